package dev.entente.cli;

import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.server.bundle.v1.BatchDeleteFederatedBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.BatchDeleteFederatedBundleRequest.Mode;
import dev.entente.wire.spire.server.bundle.v1.BatchSetFederatedBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.CountBundlesRequest;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.GetFederatedBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.ListFederatedBundlesRequest;
import dev.entente.wire.spire.types.Bundle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Trust bundles: our own, and those of other trust domains.
final class BundleCommand {
  private BundleCommand() {}

  static CommandLine commandLine(Session session) {
    return Group.of(
        new Noun(),
        new Show(session),
        new ListAll(session),
        new Set(session),
        new Delete(session),
        new Count(session));
  }

  /// The noun itself.
  @Command(
      name = "bundle",
      description = "Trust bundles: who may sign for a trust domain.",
      footer = {
        "entente bundle show >bundle.pem",
        "entente bundle show --format spiffe >bundle.json",
        "entente bundle set partner.example --file partner.json --format spiffe"
      })
  static final class Noun extends Group {}

  /// Shows one bundle.
  @Command(
      name = "show",
      description = "Shows our own bundle, or that of another trust domain.",
      footer = {
        "entente bundle show",
        "entente bundle show --format spiffe",
        "entente bundle show partner.example"
      })
  static final class Show extends BrokerCommand {
    @Parameters(
        arity = "0..1",
        paramLabel = "TRUST-DOMAIN",
        description = "Whose bundle (default: our own).")
    private @Nullable TrustDomain domain;

    @Option(
        names = "--format",
        paramLabel = "pem|spiffe",
        description = "pem: X.509 authorities (default); spiffe: the whole JSON document.")
    private Bundles.Form form = Bundles.Form.PEM;

    Show(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var bundle = fetch(calls);
      if (json()) {
        output().json(WireJson.of(bundle));
      } else {
        output().block(Bundles.text(Bundles.ofWire(bundle), form));
      }
      return ExitCode.OK;
    }

    private Bundle fetch(Calls calls) {
      if (domain == null) {
        return calls.ask(BundleGrpcClient.GetBundle, GetBundleRequest.getDefaultInstance());
      }
      var request = GetFederatedBundleRequest.newBuilder().setTrustDomain(domain.name()).build();
      return calls.ask(BundleGrpcClient.GetFederatedBundle, request);
    }
  }

  /// Lists the others.
  @Command(
      name = "list",
      description = "Lists the bundles of other trust domains.",
      footer = {"entente bundle list", "entente bundle list -o json"})
  static final class ListAll extends BrokerCommand {
    ListAll(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var bundles = new ArrayList<Bundle>();
      var request = ListFederatedBundlesRequest.newBuilder();
      String next;
      do {
        var page = calls.ask(BundleGrpcClient.ListFederatedBundles, request.build());
        bundles.addAll(page.getBundlesList());
        next = page.getNextPageToken();
        request.setPageToken(next);
      } while (!next.isEmpty());
      print(bundles);
      return ExitCode.OK;
    }

    private void print(List<Bundle> bundles) {
      if (json()) {
        output().json(Map.of("bundles", WireJson.list(bundles)));
      } else if (bundles.isEmpty()) {
        output().note("no bundles of other trust domains");
      } else {
        output()
            .table(
                List.of("TRUST DOMAIN", "SEQUENCE", "X.509 AUTHORITIES", "JWT AUTHORITIES"),
                bundles.stream().map(ListAll::row).toList());
      }
    }

    private static List<String> row(Bundle bundle) {
      return List.of(
          bundle.getTrustDomain(),
          Long.toUnsignedString(bundle.getSequenceNumber()),
          Integer.toString(bundle.getX509AuthoritiesCount()),
          Integer.toString(bundle.getJwtAuthoritiesCount()));
    }
  }

  /// Stores a bundle of another trust domain.
  @Command(
      name = "set",
      description = "Stores the bundle of another trust domain in place of the one we have.",
      footer = {
        "entente bundle set partner.example --file partner.pem",
        "curl -s https://partner.example/bundle | entente bundle set partner.example \\",
        "    --file - --format spiffe"
      })
  static final class Set extends BrokerCommand {
    @Parameters(paramLabel = "TRUST-DOMAIN", description = "Whose bundle it is.")
    private @Nullable TrustDomain domain;

    @Option(
        names = "--file",
        required = true,
        paramLabel = "FILE",
        description = "The bundle; - reads standard input.")
    private Path file = Path.of("-");

    @Option(
        names = "--format",
        paramLabel = "pem|spiffe",
        description = "pem: X.509 authorities (default); spiffe: the whole JSON document.")
    private Bundles.Form form = Bundles.Form.PEM;

    Set(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      SpiffeBundle bundle = Bundles.read(Required.value(domain), file, form);
      var request =
          BatchSetFederatedBundleRequest.newBuilder().addBundle(Bundles.toWire(bundle)).build();
      var outcomes = new Outcomes(session());
      calls
          .ask(BundleGrpcClient.BatchSetFederatedBundle, request)
          .getResultsList()
          .forEach(result -> outcomes.add("bundle of " + domain, "stored", result.getStatus()));
      return outcomes.finish(json());
    }
  }

  /// What becomes of entries that federate with a trust domain whose bundle is deleted.
  enum Consequence {
    /// They keep the bundle: it is not deleted.
    RESTRICT,
    /// They are deleted, too.
    DELETE,
    /// They federate with it no more.
    DISSOCIATE;

    Mode ofWire() {
      return switch (this) {
        case RESTRICT -> Mode.RESTRICT;
        case DELETE -> Mode.DELETE;
        case DISSOCIATE -> Mode.DISSOCIATE;
      };
    }
  }

  /// Deletes bundles of other trust domains.
  @Command(
      name = "delete",
      description = "Deletes the bundle of another trust domain.",
      footer = {
        "entente bundle delete partner.example",
        "entente bundle delete partner.example --mode dissociate"
      })
  static final class Delete extends BrokerCommand {
    @Parameters(arity = "1..*", paramLabel = "TRUST-DOMAIN", description = "Whose bundles.")
    private List<TrustDomain> domains = new ArrayList<>();

    @Option(
        names = "--mode",
        paramLabel = "restrict|delete|dissociate",
        description =
            "If entries federate with it: restrict refuses (default), delete deletes those entries,"
                + " dissociate takes the trust domain out of them.")
    private Consequence mode = Consequence.RESTRICT;

    Delete(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var request = BatchDeleteFederatedBundleRequest.newBuilder().setMode(mode.ofWire());
      domains.forEach(domain -> request.addTrustDomains(domain.name()));
      var outcomes = new Outcomes(session());
      calls
          .ask(BundleGrpcClient.BatchDeleteFederatedBundle, request.build())
          .getResultsList()
          .forEach(result ->
              outcomes.add("bundle of " + result.getTrustDomain(), "deleted", result.getStatus()));
      return outcomes.finish(json());
    }
  }

  /// Counts bundles.
  @Command(
      name = "count",
      description = "Counts all bundles, our own included.",
      footer = {"entente bundle count"})
  static final class Count extends BrokerCommand {
    Count(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var request = CountBundlesRequest.getDefaultInstance();
      Counts.print(this, calls.ask(BundleGrpcClient.CountBundles, request).getCount());
      return ExitCode.OK;
    }
  }
}
