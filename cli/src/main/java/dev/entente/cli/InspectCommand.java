package dev.entente.cli;

import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Shows what something is: a certificate, a request, a token, a bundle, or a server's certificate.
@Command(
    name = "inspect",
    description = {
      "Shows what is in a file, a token, or the certificate of a server, and whether a bundle"
          + " vouches for it.",
      "Private keys are recognised and not shown. A server is asked for its certificate only;"
          + " nothing is sent to it after the handshake."
    },
    footer = {
      "entente inspect svid.pem",
      "entente inspect eyJhbGciOi…",
      "entente inspect broker.example.org:8081",
      "entente inspect svid.pem --bundle bundle.json --trust-domain example.org"
    })
final class InspectCommand implements Callable<Integer> {
  private final Session session;
  @Mixin private final Format format = new Format();

  @Parameters(
      paramLabel = "WHAT",
      description = "A file, - for standard input, a token, or host:port.")
  private String what = "";

  @Option(
      names = "--bundle",
      paramLabel = "FILE",
      description = "Verify it with this bundle (PEM, or the JSON document).")
  private @Nullable Path bundle;

  @Option(
      names = "--trust-domain",
      paramLabel = "TRUST-DOMAIN",
      description = "Whose bundle that is; needed with --bundle.")
  private @Nullable TrustDomain domain;

  @Option(
      names = "--audience",
      paramLabel = "AUDIENCE",
      description = "Verify a token for this audience; needed to verify a token.")
  private List<String> audience = new ArrayList<>();

  @Mixin private final Patience patience = new Patience();

  InspectCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var inspection = new Inspection(session.clock().instant(), trusted(), audience);
    var findings = inspection.of(subject());
    if (format.isJson()) {
      session.output().json(Map.of("items", findings.stream().map(Finding::fields).toList()));
    } else {
      print(findings);
    }
    var refused = findings.stream().anyMatch(Finding::refused);
    return (refused ? ExitCode.FAILED : ExitCode.OK).value();
  }

  /// What was found in one place.
  ///
  /// @param fields names and values, in reading order
  /// @param refused whether a bundle was given and does not vouch for it
  record Finding(Map<String, String> fields, boolean refused) {}

  private void print(List<Finding> findings) {
    for (var i = 0; i < findings.size(); i++) {
      if (i > 0) {
        session.output().line("");
      }
      session.output().fields(findings.get(i).fields());
    }
  }

  private Optional<SpiffeBundle> trusted() {
    if (bundle == null) {
      return Optional.empty();
    }
    if (domain == null) {
      throw Failure.usage(
          "--bundle needs --trust-domain: the document does not say whose it is", "");
    }
    var isJson = Inputs.text(bundle).stripLeading().startsWith("{");
    return Optional.of(
        Bundles.read(domain, bundle, isJson ? Bundles.Form.SPIFFE : Bundles.Form.PEM));
  }

  private Inspection.Subject subject() {
    if (what.equals("-") || Files.exists(Path.of(what))) {
      return Inspection.Subject.text(Inputs.text(Path.of(what)));
    }
    if (Inspection.looksLikeToken(what)) {
      return Inspection.Subject.text(what);
    }
    var colon = what.lastIndexOf(':');
    if (colon > 0 && what.substring(colon + 1).matches("[0-9]{1,5}")) {
      return Inspection.Subject.chain(ServerChain.of(what, patience.timeout()));
    }
    throw Failure.notFound(
        "\"" + what + "\" is no file, no token and no host:port", "see `entente inspect --help`");
  }
}
