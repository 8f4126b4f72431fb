package dev.entente.broker.api;

import com.google.protobuf.Descriptors.FileDescriptor;
import dev.entente.wire.entente.broker.v1.OperationsProto;
import dev.entente.wire.entente.broker.v1.PushProto;
import dev.entente.wire.spire.server.agent.v1.AgentProto;
import dev.entente.wire.spire.server.bundle.v1.BundleProto;
import dev.entente.wire.spire.server.debug.v1.DebugProto;
import dev.entente.wire.spire.server.entry.v1.EntryProto;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityProto;
import dev.entente.wire.spire.server.logger.v1.LoggerProto;
import dev.entente.wire.spire.server.svid.v1.SvidProto;
import dev.entente.wire.spire.server.trustdomain.v1.TrustDomainProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// The services of a broker: those whose methods the tests walk, and those that the protocol's own
/// files declare, whatever the code knows of them.
public final class ServiceFiles {
  /// Every file with a service of the broker.
  public static final List<FileDescriptor> DESCRIPTORS =
      List.of(
          AgentProto.getDescriptor(),
          BundleProto.getDescriptor(),
          DebugProto.getDescriptor(),
          EntryProto.getDescriptor(),
          LocalAuthorityProto.getDescriptor(),
          LoggerProto.getDescriptor(),
          SvidProto.getDescriptor(),
          TrustDomainProto.getDescriptor(),
          PushProto.getDescriptor(),
          OperationsProto.getDescriptor());

  private static final Path ROOT = Path.of("..", "wire", "src", "main", "protobuf");
  private static final List<String> PLACES = List.of("spire/api/server", "entente/api/broker");
  private static final Pattern PACKAGE = Pattern.compile("(?m)^package ([\\w.]+);");
  private static final Pattern SERVICE = Pattern.compile("(?m)^service (\\w+)");

  private ServiceFiles() {}

  /// The full names of those that are declared.
  static Set<String> declared() throws IOException {
    var names = new TreeSet<String>();
    for (var place : PLACES) {
      try (var files = Files.walk(ROOT.resolve(place))) {
        for (var file : files.filter(Files::isRegularFile).toList()) {
          names.addAll(named(Files.readString(file)));
        }
      }
    }
    return names;
  }

  private static List<String> named(String text) {
    var within = PACKAGE.matcher(text).results().findFirst().orElseThrow().group(1);
    return SERVICE.matcher(text).results().map(found -> within + '.' + found.group(1)).toList();
  }
}
