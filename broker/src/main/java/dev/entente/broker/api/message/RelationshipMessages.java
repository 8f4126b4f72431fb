package dev.entente.broker.api.message;

import dev.entente.broker.registration.Relationship;
import dev.entente.broker.registration.Relationship.EndpointProfile;
import dev.entente.federation.BundleEndpointUrl;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.wire.spire.types.BundleMask;
import dev.entente.wire.spire.types.FederationRelationship;
import dev.entente.wire.spire.types.FederationRelationshipMask;
import dev.entente.wire.spire.types.HTTPSSPIFFEProfile;
import dev.entente.wire.spire.types.HTTPSWebProfile;
import java.net.URI;
import java.util.Optional;

/// Federation relationships as messages.
public final class RelationshipMessages {
  /// Every field; what a request without a mask means.
  public static final FederationRelationshipMask ALL =
      FederationRelationshipMask.newBuilder()
          .setBundleEndpointUrl(true)
          .setBundleEndpointProfile(true)
          .setTrustDomainBundle(true)
          .build();

  private RelationshipMessages() {}

  /// Writes the trust domain of a relationship and the fields in `mask`.
  ///
  /// @param bundle the stored bundle of that domain, if there is one
  /// @param shown what of it is written
  public static FederationRelationship toWire(
      Relationship relationship,
      Optional<SpiffeBundle> bundle,
      FederationRelationshipMask mask,
      BundleMask shown) {
    var message =
        FederationRelationship.newBuilder().setTrustDomain(relationship.trustDomain().name());
    if (mask.getBundleEndpointUrl()) {
      message.setBundleEndpointUrl(relationship.bundleEndpointUrl().toString());
    }
    if (mask.getBundleEndpointProfile()) {
      writeProfile(relationship.profile(), message);
    }
    if (mask.getTrustDomainBundle()) {
      bundle.ifPresent(b -> message.setTrustDomainBundle(BundleMessages.toWire(b, shown)));
    }
    return message.build();
  }

  /// The sub-message is set even when it is empty: controllers read the profile from its presence.
  private static void writeProfile(
      EndpointProfile profile, FederationRelationship.Builder message) {
    switch (profile) {
      case EndpointProfile.HttpsWeb() -> message.setHttpsWeb(HTTPSWebProfile.getDefaultInstance());
      case EndpointProfile.HttpsSpiffe(SpiffeId endpointId) ->
          message.setHttpsSpiffe(
              HTTPSSPIFFEProfile.newBuilder().setEndpointSpiffeId(endpointId.toString()));
    }
  }

  /// Reads a relationship; URL and profile are needed.
  public static Relationship read(FederationRelationship message) {
    return new Relationship(
        IdMessages.readTrustDomain(message.getTrustDomain()),
        readUrl(message.getBundleEndpointUrl()),
        readProfile(message));
  }

  /// Reads the bundle that came with a relationship; it must be of the same trust domain.
  public static Optional<SpiffeBundle> readBundle(FederationRelationship message) {
    if (!message.hasTrustDomainBundle()) {
      return Optional.empty();
    }
    var bundle = BundleMessages.read(message.getTrustDomainBundle());
    var relationship = IdMessages.readTrustDomain(message.getTrustDomain());
    if (!bundle.trustDomain().equals(relationship)) {
      throw new IllegalArgumentException(
          "trust_domain_bundle is of \""
              + bundle.trustDomain()
              + "\", the relationship is with \""
              + relationship
              + "\"");
    }
    return Optional.of(bundle);
  }

  /// Puts the fields in `mask` over an existing relationship; `update` was read whole, as SPIRE
  /// validates it whatever the mask says.
  public static Relationship patch(
      Relationship existing, Relationship update, FederationRelationshipMask mask) {
    return new Relationship(
        existing.trustDomain(),
        mask.getBundleEndpointUrl() ? update.bundleEndpointUrl() : existing.bundleEndpointUrl(),
        mask.getBundleEndpointProfile() ? update.profile() : existing.profile());
  }

  private static URI readUrl(String text) {
    try {
      return BundleEndpointUrl.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("bundle_endpoint_url: " + e.getMessage(), e);
    }
  }

  private static EndpointProfile readProfile(FederationRelationship message) {
    return switch (message.getBundleEndpointProfileCase()) {
      case HTTPS_WEB -> new EndpointProfile.HttpsWeb();
      case HTTPS_SPIFFE -> {
        try {
          yield new EndpointProfile.HttpsSpiffe(
              SpiffeId.parse(message.getHttpsSpiffe().getEndpointSpiffeId()));
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException("endpoint_spiffe_id: " + e.getMessage(), e);
        }
      }
      case BUNDLEENDPOINTPROFILE_NOT_SET ->
          throw new IllegalArgumentException("bundle_endpoint_profile is missing");
    };
  }
}
