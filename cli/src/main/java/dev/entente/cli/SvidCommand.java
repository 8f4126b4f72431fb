package dev.entente.cli;

import dev.entente.spiffe.JwtSvid;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.WitSvid;
import dev.entente.wire.spiffe.workload.JWTSVID;
import dev.entente.wire.spiffe.workload.JWTSVIDRequest;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spiffe.workload.ValidateJWTSVIDRequest;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// SVIDs: fetched as a workload, or issued by the broker to an operator.
final class SvidCommand {
  private SvidCommand() {}

  static CommandLine commandLine(Session session) {
    return Group.of(
        new Noun(),
        Group.of(
            new FetchNoun(),
            new FetchX509(session),
            new FetchJwt(session),
            new WitCommands.Fetch(session)),
        new SvidWatch(session),
        new Validate(session),
        Group.of(
            new MintNoun(),
            new MintCommand.X509(session),
            new MintCommand.Jwt(session),
            new WitCommands.Mint(session)));
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
      footer = {"entente svid fetch x509", "entente svid fetch jwt --audience ledger"})
  static final class FetchNoun extends Group {}

  /// Issuing to an operator.
  @Command(
      name = "mint",
      description = "Lets the broker issue an SVID to you, without an entry. It is audited.",
      footer = {
        "entente svid mint x509 --spiffe-id spiffe://example.org/ops --write ~/ops",
        "entente svid mint jwt --spiffe-id spiffe://example.org/ops --audience web"
      })
  static final class MintNoun extends Group {}

  static Map<String, Object> describe(X509Answer.Identity identity) {
    var svid = identity.svid();
    var fields = new LinkedHashMap<String, Object>();
    fields.put("spiffe_id", svid.id().toString());
    fields.put("hint", identity.hint());
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

    @Mixin private final Hint hint = new Hint();

    FetchX509(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var answer = read(followX509(calls).first(calls.timeout()));
      var chosen = hint.choose(answer.identities(), X509Answer.Identity::hint);
      if (directory != null) {
        new SvidFiles(directory).writeAll(chosen);
      }
      print(chosen, answer.federatesWith());
      return ExitCode.OK;
    }

    private static X509Answer read(X509SVIDResponse response) {
      try {
        return X509Answer.of(response);
      } catch (IllegalArgumentException e) {
        throw Failure.failed("the answer is not usable", String.valueOf(e.getMessage()));
      }
    }

    private void print(List<X509Answer.Identity> identities, List<String> federatesWith) {
      if (json()) {
        var svids = identities.stream().map(SvidCommand::describe).toList();
        output().json(Map.of("svids", svids, "federates_with", federatesWith));
        return;
      }
      var now = session().clock().instant();
      output()
          .table(
              List.of("SPIFFE ID", "HINT", "EXPIRES"),
              identities.stream().map(identity -> row(identity, now)).toList());
      federatesWith.forEach(domain -> output().note("with the bundle of " + domain));
    }

    private static List<String> row(X509Answer.Identity identity, Instant now) {
      var expires = Values.time(identity.svid().notAfter().getEpochSecond(), now);
      return List.of(identity.svid().id().toString(), identity.hint(), expires);
    }
  }

  /// Which of several identities.
  static final class Hint {
    @Option(
        names = "--hint",
        paramLabel = "HINT",
        description = "Only the identity with this hint (default: all; the first is the default).")
    private @Nullable String hint;

    /// All of them, or the first with this hint, which is the one that counts (SPIFFE Workload API
    /// §5.2.1, §6.2.1, §7.2.1).
    ///
    /// @param hintOf the hint of one
    /// @throws Failure naming the hints there are, if none has it
    <T> List<T> choose(List<T> svids, Function<T, String> hintOf) {
      var wanted = hint;
      if (wanted == null) {
        return svids;
      }
      return svids.stream()
          .filter(svid -> hintOf.apply(svid).equals(wanted))
          .findFirst()
          .map(List::of)
          .orElseThrow(() -> missing(wanted, svids.stream().map(hintOf).toList()));
    }

    private static Failure missing(String wanted, List<String> hints) {
      var named = hints.stream().filter(hint -> !hint.isEmpty()).toList();
      return Failure.notFound(
          "no identity of this process has the hint \"" + wanted + "\"",
          named.isEmpty()
              ? "give the entry one: `entente entry update ENTRY-ID --hint " + wanted + "`"
              : "these are there: " + String.join(", ", named));
    }
  }

  /// Fetches JWT-SVIDs.
  @Command(
      name = "jwt",
      description = "Fetches JWT-SVIDs of this process and prints the tokens, one a line.",
      footer = {
        "entente svid fetch jwt --audience https://vault.example.org",
        "entente svid fetch jwt --audience ledger --audience audit \\",
        "    --spiffe-id spiffe://example.org/web"
      })
  static final class FetchJwt extends WorkloadCommand {
    @Option(
        names = "--audience",
        required = true,
        paramLabel = "AUDIENCE",
        description =
            "For whom the token is: one service. Repeat it only if one token must serve several.")
    private List<String> audience = new ArrayList<>();

    @Option(
        names = "--spiffe-id",
        paramLabel = "ID",
        description = "Which of this process's identities (default: all).")
    private @Nullable SpiffeId id;

    @Mixin private final Hint hint = new Hint();

    FetchJwt(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var request = JWTSVIDRequest.newBuilder().addAllAudience(audience);
      if (id != null) {
        request.setSpiffeId(id.toString());
      }
      var answer = calls.ask(SpiffeWorkloadAPIGrpcClient.FetchJWTSVID, request.build());
      var svids = hint.choose(answer.getSvidsList(), JWTSVID::getHint);
      if (json()) {
        output().json(Map.of("svids", WireJson.list(svids)));
        return ExitCode.OK;
      }
      for (var svid : svids) {
        output().line(svid.getSvid());
        var expires = JwtSvid.readWithoutVerifying(svid.getSvid()).expiresAt();
        var until = Values.time(expires.getEpochSecond(), session().clock().instant());
        output().note(svid.getSpiffeId() + ", good until " + until);
      }
      return ExitCode.OK;
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
      var text = Inputs.tokenOrStandardInput(token);
      if (WitSvid.isNamed(text)) {
        throw Failure.usage(
            "it is a WIT-SVID, which nobody may accept without a proof made with its key",
            "see what it says with `entente inspect`, with --bundle whether it is genuine");
      }
      var request = ValidateJWTSVIDRequest.newBuilder().setAudience(audience).setSvid(text).build();
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
