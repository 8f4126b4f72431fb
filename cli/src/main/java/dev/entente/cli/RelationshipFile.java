package dev.entente.cli;

import dev.entente.spiffe.BundleDocument;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.types.FederationRelationship;
import dev.entente.wire.spire.types.HTTPSSPIFFEProfile;
import dev.entente.wire.spire.types.HTTPSWebProfile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Federation relationships in a JSON file, in the form SPIRE's `federation create -data` reads:
/// `{"federationRelationships": [{"trustDomain": "…", "bundleEndpointURL": "…",
/// "bundleEndpointProfile": "https_web"}]}`.
///
/// Name, URL and profile are said of each (SPIFFE Federation §7.2), and what is not understood is
/// refused.
final class RelationshipFile {
  private static final String ENDPOINT_ID = "endpointSPIFFEID";
  private static final String PROFILE = "bundleEndpointProfile";
  private static final String BUNDLE = "trustDomainBundle";
  private static final String BUNDLE_FORMAT = "trustDomainBundleFormat";

  private static final Set<String> KNOWN =
      Set.of("trustDomain", "bundleEndpointURL", PROFILE, ENDPOINT_ID, BUNDLE, BUNDLE_FORMAT);

  private RelationshipFile() {}

  /// Reads `file`, or standard input where it is `-`.
  static List<FederationRelationship> read(Path file) {
    return ItemsFile.read(file, "federationRelationships", KNOWN, RelationshipFile::relationship);
  }

  private static FederationRelationship relationship(Members members) {
    var domain = TrustDomain.parseNameOrId(required(members, "trustDomain"));
    var made =
        FederationRelationship.newBuilder()
            .setTrustDomain(domain.name())
            .setBundleEndpointUrl(required(members, "bundleEndpointURL"));
    switch (required(members, PROFILE)) {
      case "https_web" -> {
        if (members.get(ENDPOINT_ID).isPresent()) {
          throw new IllegalArgumentException("https_web has no \"" + ENDPOINT_ID + "\"");
        }
        made.setHttpsWeb(HTTPSWebProfile.getDefaultInstance());
      }
      case "https_spiffe" ->
          made.setHttpsSpiffe(
              HTTPSSPIFFEProfile.newBuilder()
                  .setEndpointSpiffeId(SpiffeId.parse(required(members, ENDPOINT_ID)).toString()));
      case String other ->
          throw new IllegalArgumentException(
              "\"" + PROFILE + "\" is neither https_web nor https_spiffe: \"" + other + "\"");
    }
    if (members.get(BUNDLE).isPresent()) {
      made.setTrustDomainBundle(Bundles.toWire(bundle(domain, members)));
    }
    return made.build();
  }

  /// PEM is one text, a bundle document stands there as it is.
  private static SpiffeBundle bundle(TrustDomain domain, Members members) {
    try {
      return switch (required(members, BUNDLE_FORMAT)) {
        case "pem" -> Bundles.ofPem(domain, required(members, BUNDLE));
        case "spiffe" -> BundleDocument.parse(domain, document(members));
        case String other ->
            throw new IllegalArgumentException(
                "\"" + BUNDLE_FORMAT + "\" is neither pem nor spiffe: \"" + other + "\"");
      };
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("the bundle of " + domain + ": " + e.getMessage(), e);
    }
  }

  private static byte[] document(Members members) {
    if (members.get(BUNDLE).orElseThrow() instanceof Map<?, ?> document) {
      return dev.entente.spiffe.Json.write(document).getBytes(StandardCharsets.UTF_8);
    }
    throw new IllegalArgumentException("\"" + BUNDLE + "\" is not an object");
  }

  private static String required(Members members, String name) {
    var text = members.text(name);
    if (text.isEmpty()) {
      throw new IllegalArgumentException("\"" + name + "\" is missing");
    }
    return text;
  }
}
