package dev.entente.cli;

import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.server.bundle.v1.BatchDeleteFederatedBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.trustdomain.v1.BatchCreateFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.BatchCreateFederationRelationshipResponse;
import dev.entente.wire.spire.server.trustdomain.v1.BatchDeleteFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.BatchUpdateFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.BatchUpdateFederationRelationshipResponse;
import dev.entente.wire.spire.server.trustdomain.v1.GetFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.ListFederationRelationshipsRequest;
import dev.entente.wire.spire.server.trustdomain.v1.RefreshBundleRequest;
import dev.entente.wire.spire.server.trustdomain.v1.TrustDomainGrpcClient;
import dev.entente.wire.spire.types.FederationRelationship;
import dev.entente.wire.spire.types.FederationRelationshipMask;
import dev.entente.wire.spire.types.HTTPSSPIFFEProfile;
import dev.entente.wire.spire.types.HTTPSWebProfile;
import dev.entente.wire.spire.types.Status;
import io.vertx.grpc.common.GrpcStatus;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Federation: where the bundles of other trust domains come from.
final class FederationCommand {
  /// An answer need not repeat bundles: those of a thousand relationships are too much for one.
  private static final FederationRelationshipMask NAME_ONLY =
      FederationRelationshipMask.getDefaultInstance();

  private FederationCommand() {}

  static CommandLine commandLine(Session session) {
    return Group.of(
        new Noun(),
        new Create(session),
        new ListAll(session),
        new Show(session),
        new Update(session),
        new Delete(session),
        new Refresh(session));
  }

  private static FederationRelationship relationship(Calls calls, TrustDomain domain) {
    var request =
        GetFederationRelationshipRequest.newBuilder().setTrustDomain(domain.name()).build();
    return calls.ask(TrustDomainGrpcClient.GetFederationRelationship, request);
  }

  /// Tells who else is trusted with the bundle that a relationship brings (SPIFFE Federation §7.4).
  private static void noteHost(FederationRelationship relationship, Output output) {
    if (!relationship.hasHttpsSpiffe()) {
      return;
    }
    var endpoint = SpiffeId.parse(relationship.getHttpsSpiffe().getEndpointSpiffeId());
    if (!endpoint.trustDomain().name().equals(relationship.getTrustDomain())) {
      output.note(
          "the bundle of "
              + relationship.getTrustDomain()
              + " is served by "
              + endpoint.trustDomain()
              + ": whoever runs that can replace it, consider whether you trust them with it");
    }
  }

  /// The noun itself.
  @Command(
      name = "federation",
      description = "Federation: the trust domains whose bundles we keep fresh.",
      footer = {
        "entente federation create partner.example --web \\",
        "    --url https://partner.example/bundle",
        "entente federation refresh partner.example",
        "entente federation list"
      })
  static final class Noun extends Group {}

  /// Where and how a bundle is fetched.
  static final class Endpoint {
    @Option(
        names = "--url",
        paramLabel = "URL",
        description = "Where the other side serves its bundle.")
    private @Nullable URI url;

    @Option(
        names = "--endpoint-spiffe-id",
        paramLabel = "ID",
        description = "The server proves itself with this SPIFFE ID (profile https_spiffe).")
    private @Nullable SpiffeId endpointId;

    @Option(
        names = "--web",
        description = "The server proves itself with a Web PKI certificate (profile https_web).")
    private boolean web;

    @Option(
        names = "--bundle",
        paramLabel = "FILE",
        description = "Its bundle to begin with; needed for https_spiffe. - reads standard input.")
    private @Nullable Path bundle;

    @Option(
        names = "--bundle-format",
        paramLabel = "pem|spiffe",
        description = "The form of that file (default: spiffe).")
    private Bundles.Form form = Bundles.Form.SPIFFE;

    /// Nothing is derived from something else: whoever guesses a profile is led to the wrong server
    /// (SPIFFE Federation §7.2).
    void checkComplete() {
      var help = "see `entente federation create --help`";
      if (url == null) {
        throw Failure.usage("--url is missing", help);
      }
      if (endpointId == null && !web) {
        throw Failure.usage(
            "it is not said how the server proves itself: --web or --endpoint-spiffe-id ID", help);
      }
    }

    /// Refuses what would say of one relationship what a file says of its own.
    void refuseBesideFile(@Nullable TrustDomain domain) {
      if (domain != null || !isEmpty()) {
        throw Failure.usage(
            "--file and what describes one relationship exclude each other",
            "write it into the file, for each relationship");
      }
    }

    boolean isEmpty() {
      return url == null && endpointId == null && !web && bundle == null;
    }

    void apply(
        TrustDomain domain,
        FederationRelationship.Builder relationship,
        FederationRelationshipMask.Builder mask) {
      relationship.setTrustDomain(domain.name());
      if (url != null) {
        relationship.setBundleEndpointUrl(url.toString());
        mask.setBundleEndpointUrl(true);
      }
      if (endpointId != null && web) {
        throw Failure.usage("--web and --endpoint-spiffe-id exclude each other", "");
      }
      if (endpointId != null) {
        relationship.setHttpsSpiffe(
            HTTPSSPIFFEProfile.newBuilder().setEndpointSpiffeId(endpointId.toString()));
        mask.setBundleEndpointProfile(true);
      } else if (web) {
        relationship.setHttpsWeb(HTTPSWebProfile.getDefaultInstance());
        mask.setBundleEndpointProfile(true);
      }
      if (bundle != null) {
        relationship.setTrustDomainBundle(Bundles.toWire(Bundles.read(domain, bundle, form)));
        mask.setTrustDomainBundle(true);
      }
    }
  }

  /// Begins one relationship, or those of a file.
  @Command(
      name = "create",
      description =
          "Begins to fetch the bundle of another trust domain, or of all those of a JSON file.",
      footer = {
        "entente federation create partner.example --web \\",
        "    --url https://partner.example/bundle",
        "entente federation create partner.example --url https://10.0.0.7:8443 \\",
        "    --endpoint-spiffe-id spiffe://partner.example/spire/server \\",
        "    --bundle partner.json",
        "entente federation create --file partners.json"
      })
  static final class Create extends BrokerCommand {
    @Parameters(
        arity = "0..1",
        paramLabel = "TRUST-DOMAIN",
        description = "The other trust domain.")
    private @Nullable TrustDomain domain;

    @Mixin private final Endpoint endpoint = new Endpoint();

    @Option(
        names = "--file",
        paramLabel = "FILE",
        description =
            "A JSON file {\"federationRelationships\": [{\"trustDomain\": …}]}; - reads standard"
                + " input.")
    private @Nullable Path file;

    Create(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var relationships = relationships();
      relationships.forEach(relationship -> noteHost(relationship, output()));
      return new RelationshipBatch(session(), json(), "created")
          .run(relationships, part -> create(calls, part));
    }

    private List<FederationRelationship> relationships() {
      if (file != null) {
        endpoint.refuseBesideFile(domain);
        return RelationshipFile.read(file);
      }
      if (domain == null) {
        throw Failure.usage(
            "a trust domain or --file is missing", "see `entente federation create --help`");
      }
      endpoint.checkComplete();
      var relationship = FederationRelationship.newBuilder();
      endpoint.apply(domain, relationship, FederationRelationshipMask.newBuilder());
      return List.of(relationship.build());
    }

    private static List<Status> create(Calls calls, List<FederationRelationship> part) {
      var request =
          BatchCreateFederationRelationshipRequest.newBuilder()
              .addAllFederationRelationships(part)
              .setOutputMask(NAME_ONLY)
              .build();
      return calls
          .ask(TrustDomainGrpcClient.BatchCreateFederationRelationship, request)
          .getResultsList()
          .stream()
          .map(BatchCreateFederationRelationshipResponse.Result::getStatus)
          .toList();
    }
  }

  /// Lists relationships.
  @Command(
      name = "list",
      description = "Lists the trust domains whose bundles we fetch.",
      footer = {"entente federation list", "entente federation list -o json"})
  static final class ListAll extends BrokerCommand {
    ListAll(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var relationships = new ArrayList<FederationRelationship>();
      var request = ListFederationRelationshipsRequest.newBuilder();
      String next;
      do {
        var page = calls.ask(TrustDomainGrpcClient.ListFederationRelationships, request.build());
        relationships.addAll(page.getFederationRelationshipsList());
        next = page.getNextPageToken();
        request.setPageToken(next);
      } while (!next.isEmpty());
      if (json()) {
        output().json(Map.of("federation_relationships", WireJson.list(relationships)));
      } else if (relationships.isEmpty()) {
        output().note("no federation");
      } else {
        output()
            .table(
                List.of("TRUST DOMAIN", "PROFILE", "URL", "ENDPOINT SPIFFE ID"),
                relationships.stream().map(ListAll::row).toList());
      }
      return ExitCode.OK;
    }

    private static List<String> row(FederationRelationship relationship) {
      return List.of(
          relationship.getTrustDomain(),
          profile(relationship),
          relationship.getBundleEndpointUrl(),
          relationship.getHttpsSpiffe().getEndpointSpiffeId());
    }
  }

  private static String profile(FederationRelationship relationship) {
    return relationship.hasHttpsSpiffe() ? "https_spiffe" : "https_web";
  }

  /// Shows one relationship.
  @Command(
      name = "show",
      description = "Shows one relationship and the bundle it brought.",
      footer = {"entente federation show partner.example"})
  static final class Show extends BrokerCommand {
    @Parameters(paramLabel = "TRUST-DOMAIN", description = "The other trust domain.")
    private @Nullable TrustDomain domain;

    Show(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var relationship = relationship(calls, Required.value(domain));
      if (json()) {
        output().json(WireJson.of(relationship));
        return ExitCode.OK;
      }
      var fields = new LinkedHashMap<String, String>();
      fields.put("trust domain", relationship.getTrustDomain());
      fields.put("url", relationship.getBundleEndpointUrl());
      fields.put("profile", profile(relationship));
      if (relationship.hasHttpsSpiffe()) {
        fields.put("endpoint spiffe id", relationship.getHttpsSpiffe().getEndpointSpiffeId());
      }
      var bundle = relationship.getTrustDomainBundle();
      fields.put(
          "bundle",
          relationship.hasTrustDomainBundle()
              ? "sequence "
                  + Long.toUnsignedString(bundle.getSequenceNumber())
                  + ", "
                  + bundle.getX509AuthoritiesCount()
                  + " X.509 and "
                  + bundle.getJwtAuthoritiesCount()
                  + " JWT authorities"
              : "not fetched yet");
      output().fields(fields);
      return ExitCode.OK;
    }
  }

  /// Changes one relationship, or those of a file.
  @Command(
      name = "update",
      description = {
        "Changes what is given and leaves the rest of a relationship as it is.",
        "From a file, whole relationships take the place of what is there; a bundle stays where the"
            + " file has none."
      },
      footer = {
        "entente federation update partner.example \\",
        "    --url https://new.partner.example/bundle",
        "entente federation update --file partners.json"
      })
  static final class Update extends BrokerCommand {
    @Parameters(
        arity = "0..1",
        paramLabel = "TRUST-DOMAIN",
        description = "The other trust domain.")
    private @Nullable TrustDomain domain;

    @Mixin private final Endpoint endpoint = new Endpoint();

    @Option(
        names = "--file",
        paramLabel = "FILE",
        description = "A JSON file as `federation create` reads it; - reads standard input.")
    private @Nullable Path file;

    Update(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var request = BatchUpdateFederationRelationshipRequest.newBuilder().setOutputMask(NAME_ONLY);
      var relationships = file == null ? List.of(one(calls, request)) : ofFile(file);
      return new RelationshipBatch(session(), json(), "changed")
          .run(relationships, part -> update(calls, request, part));
    }

    private static List<Status> update(
        Calls calls,
        BatchUpdateFederationRelationshipRequest.Builder request,
        List<FederationRelationship> part) {
      var asked =
          request.clearFederationRelationships().addAllFederationRelationships(part).build();
      return calls
          .ask(TrustDomainGrpcClient.BatchUpdateFederationRelationship, asked)
          .getResultsList()
          .stream()
          .map(BatchUpdateFederationRelationshipResponse.Result::getStatus)
          .toList();
    }

    /// The relationship of the options; `request` learns which of its fields are meant.
    private FederationRelationship one(
        Calls calls, BatchUpdateFederationRelationshipRequest.Builder request) {
      var help = "see `entente federation update --help`";
      if (domain == null) {
        throw Failure.usage("a trust domain or --file is missing", help);
      }
      if (endpoint.isEmpty()) {
        throw Failure.usage("nothing to change was given", help);
      }
      // The API judges a relationship as a whole, also what the mask leaves out.
      var relationship = relationship(calls, domain).toBuilder().clearTrustDomainBundle();
      var mask = FederationRelationshipMask.newBuilder();
      endpoint.apply(domain, relationship, mask);
      request.setInputMask(mask);
      return relationship.build();
    }

    /// Without a mask every field is written.
    private List<FederationRelationship> ofFile(Path file) {
      endpoint.refuseBesideFile(domain);
      return RelationshipFile.read(file);
    }
  }

  /// Ends relationships.
  @Command(
      name = "delete",
      description =
          "Stops fetching and deletes the bundle that was fetched: the trust domain's SVIDs are not"
              + " trusted any more.",
      footer = {
        "entente federation delete partner.example",
        "entente federation delete partner.example --keep-bundle"
      })
  static final class Delete extends BrokerCommand {
    @Parameters(arity = "1..*", paramLabel = "TRUST-DOMAIN", description = "The trust domains.")
    private List<TrustDomain> domains = new ArrayList<>();

    @Option(
        names = "--keep-bundle",
        description = "Stop fetching only; the bundle stays until `entente bundle delete`.")
    private boolean keepBundle;

    Delete(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var outcomes = new Outcomes(session());
      var request = BatchDeleteFederationRelationshipRequest.newBuilder();
      domains.forEach(domain -> request.addTrustDomains(domain.name()));
      calls
          .ask(TrustDomainGrpcClient.BatchDeleteFederationRelationship, request.build())
          .getResultsList()
          .forEach(result ->
              outcomes.add(
                  "federation with " + result.getTrustDomain(), "ended", result.getStatus()));
      if (!keepBundle) {
        deleteBundles(calls, outcomes);
      }
      return outcomes.finish(json());
    }

    /// The end of a relationship takes the bundle along (SPIFFE Federation §6.3). Entries stay, and
    /// federate no more; a domain of which nothing was fetched yet has no bundle.
    private void deleteBundles(Calls calls, Outcomes outcomes) {
      var request =
          BatchDeleteFederatedBundleRequest.newBuilder()
              .setMode(BatchDeleteFederatedBundleRequest.Mode.DISSOCIATE);
      domains.forEach(domain -> request.addTrustDomains(domain.name()));
      calls
          .ask(BundleGrpcClient.BatchDeleteFederatedBundle, request.build())
          .getResultsList()
          .stream()
          .filter(result -> result.getStatus().getCode() != GrpcStatus.NOT_FOUND.code)
          .forEach(result ->
              outcomes.add("bundle of " + result.getTrustDomain(), "deleted", result.getStatus()));
    }
  }

  /// Fetches now.
  @Command(
      name = "refresh",
      description = "Fetches the bundle of another trust domain now.",
      footer = {"entente federation refresh partner.example"})
  static final class Refresh extends BrokerCommand {
    @Parameters(paramLabel = "TRUST-DOMAIN", description = "The other trust domain.")
    private @Nullable TrustDomain domain;

    Refresh(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var request =
          RefreshBundleRequest.newBuilder().setTrustDomain(Required.value(domain).name()).build();
      calls.ask(TrustDomainGrpcClient.RefreshBundle, request);
      var outcomes = new Outcomes(session());
      outcomes.add("bundle of " + domain, "fetched", Status.getDefaultInstance());
      return outcomes.finish(json());
    }
  }
}
