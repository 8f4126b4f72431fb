package dev.entente.attestors.gcp;

import java.util.List;
import java.util.Map;

/// What the Compute API says of an instance now.
///
/// @param id the number Google gives an instance once, in decimal
/// @param status Compute's word, such as `RUNNING`
/// @param tags its network tags
/// @param serviceAccounts their email addresses
record GcpInstance(
    String id,
    String status,
    List<String> tags,
    Map<String, String> labels,
    Map<String, String> metadata,
    List<String> serviceAccounts) {
  GcpInstance {
    tags = List.copyOf(tags);
    labels = Map.copyOf(labels);
    metadata = Map.copyOf(metadata);
    serviceAccounts = List.copyOf(serviceAccounts);
  }
}
