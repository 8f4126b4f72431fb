package dev.entente.agent.endpoint;

import com.google.protobuf.Value;
import dev.entente.wire.envoy.core.Node;
import java.util.Optional;

/// What an Envoy says of itself, as far as it decides how bundles are written for it.
///
/// @param hasSpiffeValidator whether it can be told to validate by SPIFFE's rules
/// @param disablesIt its own word on the matter, which overrides ours
record SdsClient(boolean hasSpiffeValidator, Optional<Boolean> disablesIt) {
  /// Who says nothing of itself is taken for a recent Envoy.
  static final SdsClient UNKNOWN = new SdsClient(true, Optional.empty());

  static final String DISABLE = "disable_spiffe_cert_validation";

  /// The first version with the validator is 1.18.
  private static final int FIRST_MAJOR = 1;

  private static final int FIRST_MINOR = 18;

  static SdsClient of(Node node) {
    return new SdsClient(
        hasSpiffeValidator(node),
        Optional.ofNullable(node.getMetadata().getFieldsMap().get(DISABLE))
            .flatMap(SdsClient::flag));
  }

  /// Whether its bundles are written for the SPIFFE validator.
  boolean validatesBySpiffe(SdsSettings settings) {
    return hasSpiffeValidator && !disablesIt.orElse(settings.disableSpiffeCertValidation());
  }

  private static boolean hasSpiffeValidator(Node node) {
    if (!node.hasUserAgentBuildVersion() || !node.getUserAgentBuildVersion().hasVersion()) {
      return true;
    }
    var version = node.getUserAgentBuildVersion().getVersion();
    int major = version.getMajorNumber();
    return Integer.compareUnsigned(major, FIRST_MAJOR) > 0
        || (major == FIRST_MAJOR
            && Integer.compareUnsigned(version.getMinorNumber(), FIRST_MINOR) >= 0);
  }

  /// A boolean, or text in one of the forms that Go, and therefore SPIRE, reads as one.
  private static Optional<Boolean> flag(Value value) {
    return switch (value.getKindCase()) {
      case BOOL_VALUE -> Optional.of(value.getBoolValue());
      case STRING_VALUE ->
          switch (value.getStringValue()) {
            case "1", "t", "T", "true", "TRUE", "True" -> Optional.of(true);
            case "0", "f", "F", "false", "FALSE", "False" -> Optional.of(false);
            default -> Optional.empty();
          };
      case NUMBER_VALUE, NULL_VALUE, STRUCT_VALUE, LIST_VALUE, KIND_NOT_SET -> Optional.empty();
    };
  }
}
