package dev.entente.cli;

import dev.entente.spiffe.JwtSvid;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.X509Svid;
import dev.entente.wire.spiffe.workload.JWTSVIDRequest;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spiffe.workload.ValidateJWTSVIDRequest;
import dev.entente.wire.spiffe.workload.X509SVID;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// SVIDs: fetched as a workload, or issued by the broker to an operator.
final class SvidCommand {
  private SvidCommand() {}

  static CommandLine commandLine(Session session) {
    return Group.of(
        new Noun(),
        Group.of(new FetchNoun(), new FetchX509(session), new FetchJwt(session)),
        new Watch(session),
        new Validate(session),
        Group.of(new MintNoun(), new MintCommand.X509(session), new MintCommand.Jwt(session)));
  }

  /// The noun itself.
  @Command(
      name = "svid",
      description = "SVIDs: what a workload gets, seen as that workload.",
      footer = {
        "entente svid fetch x509",
        "entente svid fetch jwt --audience https://vault.example.org",
        "entente svid watch"
      })
  static final class Noun extends Group {}

  /// Fetching.
  @Command(
      name = "fetch",
      description = "Fetches SVIDs from the Workload API, as the workload that this process is.",
      footer = {"entente svid fetch x509", "entente svid fetch jwt --audience web"})
  static final class FetchNoun extends Group {}

  /// Issuing to an operator.
  @Command(
      name = "mint",
      description = "Lets the broker issue an SVID to you, without an entry. It is audited.",
      footer = {
        "entente svid mint x509 --spiffe-id spiffe://example.org/ops --write /tmp/ops",
        "entente svid mint jwt --spiffe-id spiffe://example.org/ops --audience web"
      })
  static final class MintNoun extends Group {}

  private static X509Svid svid(X509SVID wire) {
    return X509Svid.parseConcatenated(wire.getX509Svid().toByteArray());
  }

  private static Map<String, Object> describe(X509SVID wire) {
    var svid = svid(wire);
    var fields = new LinkedHashMap<String, Object>();
    fields.put("spiffe_id", svid.id().toString());
    fields.put("hint", wire.getHint());
    fields.put("serial", svid.leaf().getSerialNumber().toString(16));
    fields.put("not_before", svid.notBefore().toString());
    fields.put("not_after", svid.notAfter().toString());
    return fields;
  }

  /// Fetches X509-SVIDs once.
  @Command(
      name = "x509",
      description = "Fetches the X509-SVIDs of this process. Keys are written to files only.",
      footer = {
        "entente svid fetch x509",
        "entente svid fetch x509 --write /run/web/tls",
        "entente svid fetch x509 -o json"
      })
  static final class FetchX509 extends WorkloadCommand {
    @Option(
        names = "--write",
        paramLabel = "DIR",
        description = "Also write svid.N.pem, svid.N.key (mode 0600) and bundle.N.pem there.")
    private @Nullable Path directory;

    FetchX509(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var response = followX509(calls).first(calls.timeout());
      if (directory != null) {
        write(new SvidFiles(directory), response);
      }
      print(response);
      return ExitCode.OK;
    }

    private static void write(SvidFiles files, X509SVIDResponse response) {
      for (var i = 0; i < response.getSvidsCount(); i++) {
        var svid = response.getSvids(i);
        files.writeSvid("svid." + i, svid(svid).chain(), svid.getX509SvidKey().toByteArray());
        files.writeBundle("bundle." + i, Certs.ofConcatenatedDer(svid.getBundle().toByteArray()));
      }
    }

    private void print(X509SVIDResponse response) {
      if (json()) {
        var federated = new ArrayList<>(response.getFederatedBundlesMap().keySet());
        output()
            .json(
                Map.of(
                    "svids",
                    response.getSvidsList().stream().map(SvidCommand::describe).toList(),
                    "federates_with",
                    federated));
        return;
      }
      var now = session().clock().instant();
      output()
          .table(
              List.of("SPIFFE ID", "HINT", "EXPIRES"),
              response.getSvidsList().stream().map(svid -> row(svid, now)).toList());
      response
          .getFederatedBundlesMap()
          .keySet()
          .forEach(domain -> output().note("with the bundle of " + domain));
    }

    private static List<String> row(X509SVID wire, Instant now) {
      var svid = svid(wire);
      var expires = Values.time(svid.notAfter().getEpochSecond(), now);
      return List.of(svid.id().toString(), wire.getHint(), expires);
    }
  }

  /// Fetches JWT-SVIDs.
  @Command(
      name = "jwt",
      description = "Fetches JWT-SVIDs of this process and prints the tokens, one a line.",
      footer = {
        "entente svid fetch jwt --audience https://vault.example.org",
        "entente svid fetch jwt --audience a --audience b --spiffe-id spiffe://example.org/web"
      })
  static final class FetchJwt extends WorkloadCommand {
    @Option(
        names = "--audience",
        required = true,
        paramLabel = "AUDIENCE",
        description = "For whom the token is; repeat it for more.")
    private List<String> audience = new ArrayList<>();

    @Option(
        names = "--spiffe-id",
        paramLabel = "ID",
        description = "Which of this process's identities (default: all).")
    private @Nullable SpiffeId id;

    FetchJwt(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var request = JWTSVIDRequest.newBuilder().addAllAudience(audience);
      if (id != null) {
        request.setSpiffeId(id.toString());
      }
      var svids = calls.ask(SpiffeWorkloadAPIGrpcClient.FetchJWTSVID, request.build());
      if (json()) {
        output().json(Map.of("svids", WireJson.list(svids.getSvidsList())));
        return ExitCode.OK;
      }
      for (var svid : svids.getSvidsList()) {
        output().line(svid.getSvid());
        var expires = JwtSvid.readWithoutVerifying(svid.getSvid()).expiresAt();
        var until = Values.time(expires.getEpochSecond(), session().clock().instant());
        output().note(svid.getSpiffeId() + ", good until " + until);
      }
      return ExitCode.OK;
    }
  }

  /// Follows the stream.
  @Command(
      name = "watch",
      description = "Shows each update of this process's X509-SVIDs until it is stopped.",
      footer = {"entente svid watch", "entente svid watch --count 2 --write /run/web/tls"})
  static final class Watch extends WorkloadCommand {
    @Option(
        names = "--count",
        paramLabel = "N",
        description = "Stop after so many updates (default: go on).")
    private int count;

    @Option(
        names = "--write",
        paramLabel = "DIR",
        description = "Also write each update there, as `svid fetch x509 --write` does.")
    private @Nullable Path directory;

    Watch(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var updates = followX509(calls);
      for (var seen = 1; count <= 0 || seen <= count; seen++) {
        var response = updates.next();
        if (directory != null) {
          FetchX509.write(new SvidFiles(directory), response);
        }
        print(seen, response);
      }
      return ExitCode.OK;
    }

    private void print(int update, X509SVIDResponse response) {
      if (json()) {
        var svids = response.getSvidsList().stream().map(SvidCommand::describe).toList();
        output().json(Map.of("update", update, "svids", svids));
        return;
      }
      var now = session().clock().instant();
      for (var wire : response.getSvidsList()) {
        var svid = svid(wire);
        output()
            .line(
                "update "
                    + update
                    + "  "
                    + svid.id()
                    + "  serial "
                    + svid.leaf().getSerialNumber().toString(16)
                    + "  expires "
                    + Values.time(svid.notAfter().getEpochSecond(), now));
      }
    }
  }

  /// Validates a token.
  @Command(
      name = "validate",
      description = "Asks the Workload API whether a JWT-SVID is valid for an audience.",
      footer = {
        "entente svid validate --audience web eyJhbGciOi…",
        "entente svid fetch jwt --audience web | entente svid validate --audience web -"
      })
  static final class Validate extends WorkloadCommand {
    @Option(
        names = "--audience",
        required = true,
        paramLabel = "AUDIENCE",
        description = "Who must be among the token's audiences.")
    private String audience = "";

    @Parameters(paramLabel = "TOKEN", description = "The token; - reads it from standard input.")
    private String token = "";

    Validate(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var request =
          ValidateJWTSVIDRequest.newBuilder()
              .setAudience(audience)
              .setSvid(Inputs.tokenOrStandardInput(token))
              .build();
      var answer = calls.ask(SpiffeWorkloadAPIGrpcClient.ValidateJWTSVID, request);
      var claims = Claims.of(answer.getClaims());
      if (json()) {
        output().json(Map.of("spiffe_id", answer.getSpiffeId(), "claims", claims));
      } else {
        output().line("valid: " + answer.getSpiffeId());
        var fields = new LinkedHashMap<String, String>();
        claims.forEach((name, value) -> fields.put(name, String.valueOf(value)));
        output().fields(fields);
      }
      return ExitCode.OK;
    }
  }
}
