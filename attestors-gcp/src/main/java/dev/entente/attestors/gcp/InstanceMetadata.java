package dev.entente.attestors.gcp;

import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.PlatformAddress;
import dev.entente.attestor.spi.Refusal;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What is asked and used of the Compute API, and the rules for it.
///
/// An instance's name can be used again, so what stands there under the name counts only if it has
/// the number the token names.
///
/// @param labelKeys the labels that become selectors
/// @param metadataKeys the metadata that become selectors
/// @param valueMaxBytes a longer value of those refuses the node, so that no selector is cut
/// @param serviceAccount a file with the key of a service account; Google's usual places otherwise
/// @param endpoint asked in place of Google's own address
record InstanceMetadata(
    Set<String> labelKeys,
    Set<String> metadataKeys,
    int valueMaxBytes,
    Optional<Path> serviceAccount,
    Optional<URI> endpoint) {
  /// SPIRE's.
  private static final int VALUE_MAX_BYTES = 128;

  /// As long as Google lets a value be.
  private static final int VALUE_MAX_BYTES_MAX = 256 * 1024;

  /// An instance that has begun to start has a metadata server before it is said to run.
  private static final Set<String> LIVE = Set.of("PROVISIONING", "STAGING", "RUNNING");

  InstanceMetadata {
    labelKeys = Set.copyOf(labelKeys);
    metadataKeys = Set.copyOf(metadataKeys);
  }

  /// Reads it from the attestor's section, if it is switched on; mistakes are reported there.
  static Optional<InstanceMetadata> read(AttestorSettings settings) {
    var on = settings.flag("use-instance-metadata", false);
    var file = settings.path("service-account-file");
    if (on && file.isPresent() && !Files.isReadable(file.get())) {
      settings.problem("service-account-file", "not a readable file: " + file.get());
    }
    var metadata =
        new InstanceMetadata(
            Set.copyOf(settings.texts("allowed-label-keys")),
            Set.copyOf(settings.texts("allowed-metadata-keys")),
            settings.integer("max-metadata-value-size", VALUE_MAX_BYTES, 1, VALUE_MAX_BYTES_MAX),
            file,
            PlatformAddress.read(settings, "compute-endpoint"));
    return on ? Optional.of(metadata) : Optional.empty();
  }

  /// The values of selectors that `found` proves of the instance a token names.
  List<String> selectors(GcpIdentity identity, Optional<GcpInstance> found) throws Refusal {
    var instance =
        found.orElseThrow(() ->
            new Refusal("instance-not-found", "no instance is named " + identity.instanceName()));
    Refusal.unless(
        instance.id().equals(identity.instanceId()),
        "instance-replaced",
        identity.instanceName() + " is number " + instance.id() + " now");
    Refusal.unless(
        LIVE.contains(instance.status()),
        "instance-not-running",
        identity.instanceName() + " is " + instance.status());
    var values = new ArrayList<String>();
    instance.tags().forEach(tag -> values.add("tag:" + tag));
    instance.serviceAccounts().forEach(account -> values.add("sa:" + account));
    instance
        .labels()
        .forEach((key, value) -> {
          if (labelKeys.contains(key)) {
            values.add("label:" + key + ":" + value);
          }
        });
    for (var item : instance.metadata().entrySet()) {
      if (metadataKeys.contains(item.getKey())) {
        values.add("metadata:" + item.getKey() + ":" + bounded(item.getKey(), item.getValue()));
      }
    }
    return values;
  }

  private String bounded(String key, String value) throws Refusal {
    int bytes = value.getBytes(StandardCharsets.UTF_8).length;
    Refusal.unless(
        bytes <= valueMaxBytes,
        "metadata-too-long",
        "\"" + key + "\" has " + bytes + " bytes, allowed are " + valueMaxBytes);
    return value;
  }
}
