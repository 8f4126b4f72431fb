package dev.entente.agent.endpoint;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.entente.wire.envoy.core.BuildVersion;
import dev.entente.wire.envoy.core.Node;
import dev.entente.wire.envoy.type.SemanticVersion;
import org.jspecify.annotations.Nullable;

/// What Envoys say of themselves.
final class EnvoyNodes {
  private EnvoyNodes() {}

  /// A node of `version`, whose metadata says `metadata` about the SPIFFE validator: a truth, or a
  /// text after `text:`; nothing where they are null.
  static Node node(@Nullable String version, @Nullable String metadata) {
    var node = Node.newBuilder().setId("test");
    if (version != null) {
      var numbers = version.split("\\.", -1);
      node.setUserAgentBuildVersion(
          BuildVersion.newBuilder()
              .setVersion(
                  SemanticVersion.newBuilder()
                      .setMajorNumber(Integer.parseInt(numbers[0]))
                      .setMinorNumber(Integer.parseInt(numbers[1]))
                      .setPatch(Integer.parseInt(numbers[2]))));
    }
    if (metadata != null) {
      var value =
          metadata.equals("true") || metadata.equals("false")
              ? Value.newBuilder().setBoolValue(Boolean.parseBoolean(metadata))
              : Value.newBuilder().setStringValue(metadata.replace("text:", ""));
      node.setMetadata(Struct.newBuilder().putFields(SdsClient.DISABLE, value.build()));
    }
    return node.build();
  }
}
