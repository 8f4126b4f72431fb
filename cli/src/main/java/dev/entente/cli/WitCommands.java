package dev.entente.cli;

import com.google.protobuf.ByteString;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.Jwk;
import dev.entente.spiffe.JwsAlgorithm;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.WitSvid;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spiffe.workload.WITSVID;
import dev.entente.wire.spiffe.workload.WITSVIDRequest;
import dev.entente.wire.spiffe.workload.WITSVIDResponse;
import dev.entente.wire.spire.server.svid.v1.MintWITSVIDRequest;
import dev.entente.wire.spire.server.svid.v1.SVIDGrpcClient;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// WIT-SVIDs, fetched as a workload or issued to an operator. A token is worth nothing without its
/// key, and keys are written to files only.
final class WitCommands {
  private WitCommands() {}

  /// Fetches WIT-SVIDs once.
  @Command(
      name = "wit",
      description = {
        "Fetches the WIT-SVIDs of this process and prints the tokens, one a line. Keys are written to"
            + " files only.",
        "The agent and its broker must have WIT-SVIDs switched on (wit-svids)."
      },
      footer = {"entente svid fetch wit", "entente svid fetch wit --write /run/web/wit"})
  static final class Fetch extends WorkloadCommand {
    @Option(
        names = "--spiffe-id",
        paramLabel = "ID",
        description = "Which of this process's identities (default: all).")
    private @Nullable SpiffeId id;

    @Option(
        names = "--write",
        paramLabel = "DIR",
        description = "Also write svid.N.jwt and svid.N.jwk (mode 0600) there.")
    private @Nullable Path directory;

    @Mixin private final SvidCommand.Hint hint = new SvidCommand.Hint();

    Fetch(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var request = WITSVIDRequest.newBuilder();
      if (id != null) {
        request.setSpiffeId(id.toString());
      }
      var follower = new Follower<WITSVIDResponse>(calls.peer());
      calls.follow(SpiffeWorkloadAPIGrpcClient.FetchWITSVID, request.build(), follower);
      var svids = hint.choose(follower.first(calls.timeout()).getSvidsList(), WITSVID::getHint);
      if (directory != null) {
        write(new SvidFiles(directory), svids);
      }
      if (json()) {
        output().json(Map.of("svids", svids.stream().map(Fetch::describe).toList()));
        return ExitCode.OK;
      }
      for (var svid : svids) {
        output().line(svid.getWitSvid());
        var expires = WitSvid.readWithoutVerifying(svid.getWitSvid()).expiresAt();
        var until = Values.time(expires.getEpochSecond(), session().clock().instant());
        output().note(svid.getSpiffeId() + ", good until " + until);
      }
      return ExitCode.OK;
    }

    private static void write(SvidFiles files, List<WITSVID> svids) {
      for (var i = 0; i < svids.size(); i++) {
        files.writeWit("svid." + i, svids.get(i).getWitSvid(), svids.get(i).getWitSvidKey());
      }
    }

    private static Map<String, Object> describe(WITSVID svid) {
      var fields = new LinkedHashMap<String, Object>();
      fields.put("spiffe_id", svid.getSpiffeId());
      fields.put("hint", svid.getHint());
      fields.put("wit_svid", svid.getWitSvid());
      return fields;
    }
  }

  /// Issues a WIT-SVID to an operator.
  @Command(
      name = "wit",
      description = "Makes a key here and lets the broker issue a WIT-SVID for it.",
      footer = {
        "entente svid mint wit --spiffe-id spiffe://example.org/ops \\",
        "    --write ~/ops --ttl 10m"
      })
  static final class Mint extends BrokerCommand {
    @Mixin private final MintCommand.Wanted wanted = new MintCommand.Wanted();

    @Option(
        names = "--write",
        required = true,
        paramLabel = "DIR",
        description = "Where svid.jwt and svid.jwk (mode 0600) are written.")
    private Path directory = Path.of(".");

    Mint(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var keys = KeyAlgorithm.EC_P256.generate();
      var request =
          MintWITSVIDRequest.newBuilder()
              .setId(Values.wire(wanted.id()))
              .setPublicKey(ByteString.copyFrom(keys.getPublic().getEncoded()))
              .setSigningAlgorithm(JwsAlgorithm.ES256.name())
              .setTtl(wanted.ttlSeconds())
              .build();
      var svid = calls.ask(SVIDGrpcClient.MintWITSVID, request).getSvid();
      var jwk = Jwk.membersRevealingPrivateKey(keys.getPublic(), keys.getPrivate());
      jwk.put("alg", JwsAlgorithm.ES256.name());
      new SvidFiles(directory).writeWit("svid", svid.getToken(), Json.write(jwk));
      if (json()) {
        output().json(WireJson.of(svid));
      } else {
        var until = Values.time(svid.getExpiresAt(), session().clock().instant());
        output().line("wrote svid.jwt and svid.jwk to " + directory);
        output().note(Values.text(svid.getId()) + ", good until " + until);
      }
      return ExitCode.OK;
    }
  }
}
