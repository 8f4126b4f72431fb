package dev.entente.cli;

import dev.entente.runtime.Incubating;
import dev.entente.runtime.Version;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Says what is installed.
@Command(
    name = "version",
    description = {
      "Shows the version.",
      "And which text of the SPIFFE standards that may still change is followed, and whether the"
          + " ahead-of-time cache is in use."
    },
    footer = {"entente version", "entente version -o json"})
final class VersionCommand implements Callable<Integer> {
  private final Session session;
  @Mixin private final Format format = new Format();

  VersionCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var version = Version.current();
    var fields = new LinkedHashMap<String, String>();
    fields.put("version", version.version());
    fields.put("commit", version.commit());
    fields.put("java", version.java());
    if (format.isJson()) {
      for (var document : Incubating.values()) {
        fields.put(document.key(), document.revision());
      }
      fields.put("aot_cache", version.aotCache().map(Path::toString).orElse(""));
      session.output().json(fields);
    } else {
      for (var document : Incubating.values()) {
        fields.put(document.title(), "incubating, as of spiffe/spiffe " + document.revision());
      }
      fields.put("aot cache", aotCache(version));
      session.output().fields(fields);
    }
    return ExitCode.OK.value();
  }

  private static String aotCache(Version version) {
    return version
        .aotCache()
        .map(path -> "in use (" + path + ")")
        .orElse("not in use, starts take longer: run `entente warm`");
  }
}
