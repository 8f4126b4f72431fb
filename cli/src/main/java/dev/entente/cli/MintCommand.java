package dev.entente.cli;

import com.google.protobuf.ByteString;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.X509Authority;
import dev.entente.spiffe.X509Svid;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.server.svid.v1.MintJWTSVIDRequest;
import dev.entente.wire.spire.server.svid.v1.MintX509SVIDRequest;
import dev.entente.wire.spire.server.svid.v1.SVIDGrpcClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// SVIDs that the broker issues to an operator.
final class MintCommand {
  private MintCommand() {}

  /// Whose SVID, and for how long.
  static final class Wanted {
    @Option(
        names = "--spiffe-id",
        required = true,
        paramLabel = "ID",
        description = "The identity.")
    private @Nullable SpiffeId id;

    @Option(
        names = "--ttl",
        paramLabel = "DURATION",
        description = "Its lifetime (default: the broker's).")
    private @Nullable Duration ttl;

    SpiffeId id() {
      return Required.value(id);
    }

    /// 0 for the broker's own choice.
    int ttlSeconds() {
      return ttl == null ? 0 : Values.seconds("--ttl", ttl);
    }
  }

  /// An X509-SVID.
  @Command(
      name = "x509",
      description = "Makes a key here and lets the broker issue an X509-SVID for it.",
      footer = {
        "entente svid mint x509 --spiffe-id spiffe://example.org/ops --write ~/ops",
        "entente svid mint x509 --spiffe-id spiffe://example.org/web \\",
        "    --dns web.example.org --ttl 12h --write /etc/web/tls"
      })
  static final class X509 extends BrokerCommand {
    @Mixin private final Wanted wanted = new Wanted();

    @Option(
        names = "--dns",
        paramLabel = "NAME",
        description = "A DNS name to put in; repeat it for more.")
    private List<String> dnsNames = new ArrayList<>();

    @Option(
        names = "--write",
        required = true,
        paramLabel = "DIR",
        description = "Where svid.pem, svid.key (mode 0600) and bundle.pem are written.")
    private Path directory = Path.of(".");

    X509(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var keys = KeyAlgorithm.EC_P256.generate();
      var csr = SigningRequest.of(wanted.id(), dnsNames, keys);
      var request =
          MintX509SVIDRequest.newBuilder()
              .setCsr(ByteString.copyFrom(csr))
              .setTtl(wanted.ttlSeconds())
              .build();
      var wire = calls.ask(SVIDGrpcClient.MintX509SVID, request).getSvid();
      var chain = wire.getCertChainList().stream().map(ByteString::toByteArray).toList();
      var bundle =
          Bundles.ofWire(
              calls.ask(BundleGrpcClient.GetBundle, GetBundleRequest.getDefaultInstance()));
      var files = new SvidFiles(directory);
      files.writeSvid("svid", X509Svid.parse(chain).chain(), keys.getPrivate().getEncoded());
      files.writeBundle(
          "bundle", bundle.x509Authorities().stream().map(X509Authority::certificate).toList());
      if (json()) {
        output().json(WireJson.of(wire));
      } else {
        var until = Values.time(wire.getExpiresAt(), session().clock().instant());
        output().line("wrote svid.pem, svid.key and bundle.pem to " + directory);
        output().note(Values.text(wire.getId()) + ", good until " + until);
      }
      return ExitCode.OK;
    }
  }

  /// A JWT-SVID.
  @Command(
      name = "jwt",
      description = "Lets the broker issue a JWT-SVID and prints the token.",
      footer = {
        "entente svid mint jwt --spiffe-id spiffe://example.org/ops \\",
        "    --audience web --ttl 5m"
      })
  static final class Jwt extends BrokerCommand {
    @Mixin private final Wanted wanted = new Wanted();

    @Option(
        names = "--audience",
        required = true,
        paramLabel = "AUDIENCE",
        description = "For whom the token is; repeat it for more.")
    private List<String> audience = new ArrayList<>();

    Jwt(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var request =
          MintJWTSVIDRequest.newBuilder()
              .setId(Values.wire(wanted.id()))
              .addAllAudience(audience)
              .setTtl(wanted.ttlSeconds())
              .build();
      var svid = calls.ask(SVIDGrpcClient.MintJWTSVID, request).getSvid();
      if (json()) {
        output().json(WireJson.of(svid));
      } else {
        output().line(svid.getToken());
        var until = Values.time(svid.getExpiresAt(), session().clock().instant());
        output().note(Values.text(svid.getId()) + ", good until " + until);
      }
      return ExitCode.OK;
    }
  }
}
