package dev.entente.cli;

import dev.entente.wire.entente.broker.v1.ActivateAuthorityRequest;
import dev.entente.wire.entente.broker.v1.OperationsGrpcClient;
import dev.entente.wire.spire.server.localauthority.v1.AuthorityState;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcClient;
import dev.entente.wire.spire.server.localauthority.v1.RevokeX509UpstreamAuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.TaintX509UpstreamAuthorityRequest;
import dev.entente.wire.spire.types.Status;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// The broker's signing authorities, and how they are rotated by hand.
final class AuthorityCommand {
  private AuthorityCommand() {}

  static CommandLine commandLine(Session session) {
    return Group.of(
        new Noun(),
        kind(new X509Noun(), session, AuthorityKind.X509),
        kind(new JwtNoun(), session, AuthorityKind.JWT),
        kind(new WitNoun(), session, AuthorityKind.WIT),
        Group.of(new UpstreamNoun(), new TaintUpstream(session), new RevokeUpstream(session)));
  }

  private static CommandLine kind(Group noun, Session session, AuthorityKind kind) {
    return Group.of(
        noun,
        new Show(session, kind),
        new Prepare(session, kind),
        new Activate(session, kind),
        new Taint(session, kind),
        new Revoke(session, kind));
  }

  /// The noun itself.
  @Command(
      name = "authority",
      description = "Signing authorities: prepared, active, old.",
      footer = {
        "entente authority x509 show",
        "entente authority x509 prepare",
        "entente authority jwt activate"
      })
  static final class Noun extends Group {}

  /// X.509 authorities.
  @Command(
      name = "x509",
      description = "The authorities that sign X509-SVIDs.",
      footer = {
        "entente authority x509 show",
        "entente authority x509 prepare && entente authority x509 activate --now",
        "entente authority x509 taint 6c1f…",
        "entente authority x509 revoke 6c1f…"
      })
  static final class X509Noun extends Group {}

  /// JWT authorities.
  @Command(
      name = "jwt",
      description = "The authorities that sign JWT-SVIDs.",
      footer = {
        "entente authority jwt show",
        "entente authority jwt prepare",
        "entente authority jwt activate"
      })
  static final class JwtNoun extends Group {}

  /// WIT authorities.
  @Command(
      name = "wit",
      description = "The authorities that sign WIT-SVIDs, if those are switched on.",
      footer = {"entente authority wit show", "entente authority wit prepare"})
  static final class WitNoun extends Group {}

  /// Upstream roots.
  @Command(
      name = "upstream",
      description = "The roots of others that X.509 authorities of ours stand under.",
      footer = {
        "entente authority upstream taint 6c1f…",
        "entente authority upstream revoke 6c1f…"
      })
  static final class UpstreamNoun extends Group {}

  /// Leaves an upstream root.
  @Command(
      name = "taint",
      description = "Tells everyone to replace what stands under an upstream root.",
      footer = {
        "entente authority x509 prepare && entente authority x509 activate --now",
        "entente authority upstream taint 6c1f…"
      })
  static final class TaintUpstream extends BrokerCommand {
    @Parameters(paramLabel = "KEY-ID", description = "The root's subject key id, in hex.")
    private String id = "";

    TaintUpstream(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var request = TaintX509UpstreamAuthorityRequest.newBuilder().setSubjectKeyId(id).build();
      calls.ask(LocalAuthorityGrpcClient.TaintX509UpstreamAuthority, request);
      return done(this, id, "tainted");
    }
  }

  /// Takes an upstream root out of the bundle.
  @Command(
      name = "revoke",
      description = "Takes a tainted upstream root out of the bundle.",
      footer = {"entente authority upstream revoke 6c1f…"})
  static final class RevokeUpstream extends BrokerCommand {
    @Parameters(paramLabel = "KEY-ID", description = "The root's subject key id, in hex.")
    private String id = "";

    RevokeUpstream(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var request = RevokeX509UpstreamAuthorityRequest.newBuilder().setSubjectKeyId(id).build();
      calls.ask(LocalAuthorityGrpcClient.RevokeX509UpstreamAuthority, request);
      return done(this, id, "revoked");
    }
  }

  private static ExitCode done(BrokerCommand command, String id, String what) {
    var outcomes = new Outcomes(command.session());
    outcomes.add("upstream root " + id, what, Status.getDefaultInstance());
    return outcomes.finish(command.json());
  }

  private static Map<String, String> fields(AuthorityState state, Instant now) {
    var fields = new LinkedHashMap<String, String>();
    fields.put("authority id", state.getAuthorityId());
    fields.put("expires at", Values.time(state.getExpiresAt(), now));
    if (!state.getUpstreamAuthoritySubjectKeyId().isEmpty()) {
      fields.put("upstream", state.getUpstreamAuthoritySubjectKeyId());
    }
    return fields;
  }

  /// A verb that changes one authority and shows it.
  abstract static class Step extends BrokerCommand {
    private final AuthorityKind kind;

    Step(Session session, AuthorityKind kind) {
      super(session);
      this.kind = kind;
    }

    final AuthorityKind kind() {
      return kind;
    }

    final ExitCode print(AuthorityState state) {
      if (json()) {
        output().json(WireJson.of(state));
      } else {
        output().fields(fields(state, session().clock().instant()));
      }
      return ExitCode.OK;
    }
  }

  /// Shows the slots.
  @Command(
      name = "show",
      description = "Shows which authority signs, which comes next and which was before.",
      footer = {"entente authority x509 show", "entente authority jwt show -o json"})
  static final class Show extends Step {
    Show(Session session, AuthorityKind kind) {
      super(session, kind);
    }

    @Override
    ExitCode run(Calls calls) {
      var slots = kind().slots(calls);
      if (json()) {
        var values = new LinkedHashMap<String, Object>();
        slots.forEach((slot, state) -> values.put(slot, WireJson.of(state)));
        output().json(values);
      } else {
        var now = session().clock().instant();
        output()
            .table(
                List.of("SLOT", "AUTHORITY ID", "EXPIRES AT"),
                slots.entrySet().stream()
                    .map(slot ->
                        List.of(
                            slot.getKey(),
                            slot.getValue().getAuthorityId(),
                            Values.time(slot.getValue().getExpiresAt(), now)))
                    .toList());
      }
      return ExitCode.OK;
    }
  }

  /// Makes the next authority.
  @Command(
      name = "prepare",
      description = "Makes the next authority and puts it into the bundle; it does not sign yet.",
      footer = {"entente authority x509 prepare"})
  static final class Prepare extends Step {
    Prepare(Session session, AuthorityKind kind) {
      super(session, kind);
    }

    @Override
    ExitCode run(Calls calls) {
      return print(kind().prepare(calls));
    }
  }

  /// A verb about an authority that may be left unnamed.
  abstract static class Named extends Step {
    @Parameters(
        arity = "0..1",
        paramLabel = "AUTHORITY-ID",
        description = "Which authority (default: the one in the slot this verb is about).")
    private String id = "";

    Named(Session session, AuthorityKind kind) {
      super(session, kind);
    }

    /// The given id, or that of the authority in `slot`.
    final String idOr(Calls calls, String slot) {
      return Optional.of(id)
          .filter(given -> !given.isEmpty())
          .or(() ->
              Optional.ofNullable(kind().slots(calls).get(slot))
                  .map(AuthorityState::getAuthorityId))
          .orElseThrow(() ->
              Failure.notFound(
                  "there is no " + slot + " authority",
                  "see `entente authority %s show`"
                      .formatted(kind().name().toLowerCase(Locale.ROOT))));
    }
  }

  /// Lets the prepared authority sign.
  @Command(
      name = "activate",
      description = "Lets the prepared authority sign, and retires the one that signs now.",
      footer = {"entente authority x509 activate", "entente authority jwt activate --now"})
  static final class Activate extends Named {
    @Option(
        names = "--now",
        description =
            "Before everybody has had time to see it in the bundle: peers may refuse new SVIDs for a"
                + " while. It is audited.")
    private boolean now;

    Activate(Session session, AuthorityKind kind) {
      super(session, kind);
    }

    @Override
    ExitCode run(Calls calls) {
      var id = idOr(calls, "prepared");
      if (!now) {
        return print(kind().activate(calls, id));
      }
      var request =
          ActivateAuthorityRequest.newBuilder()
              .setKind(kind().wire())
              .setAuthorityId(id)
              .setNow(true)
              .build();
      calls.ask(OperationsGrpcClient.ActivateAuthority, request);
      return print(Required.value(kind().slots(calls).get("active")));
    }
  }

  /// Marks an authority as not to be trusted.
  @Command(
      name = "taint",
      description =
          "Marks the old authority as not to be trusted: what it signed is replaced soon.",
      footer = {"entente authority x509 taint", "entente authority jwt taint 6c1f…"})
  static final class Taint extends Named {
    Taint(Session session, AuthorityKind kind) {
      super(session, kind);
    }

    @Override
    ExitCode run(Calls calls) {
      return print(kind().taint(calls, idOr(calls, "old")));
    }
  }

  /// Takes an authority out of the bundle.
  @Command(
      name = "revoke",
      description =
          "Takes the old authority out of the bundle: what it signed is refused from then, and an"
              + " agent that has not renewed its SVID since the taint has to be attested anew.",
      footer = {"entente authority x509 revoke", "entente authority jwt revoke 6c1f…"})
  static final class Revoke extends Named {
    Revoke(Session session, AuthorityKind kind) {
      super(session, kind);
    }

    @Override
    ExitCode run(Calls calls) {
      return print(kind().revoke(calls, idOr(calls, "old")));
    }
  }
}
