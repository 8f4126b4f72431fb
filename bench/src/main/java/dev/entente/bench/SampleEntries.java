package dev.entente.bench;

import dev.entente.attestor.spi.Selector;
import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.spiffe.SpiffeId;
import java.util.List;

/// Entries as a large registry has them: 10,000 parents, three selectors that tell each from every
/// other, a fifth with a DNS name, one in a hundred an alias of nodes.
final class SampleEntries {
  private static final int PARENTS = 10_000;
  private static final SpiffeId SERVER = SpiffeId.of(SigningBench.DOMAIN, "/spire/server");

  private SampleEntries() {}

  static RegistrationEntry entry(int number) {
    var entry =
        RegistrationEntry.builder(
                SpiffeId.of(SigningBench.DOMAIN, path(number)), parent(number), selectors(number))
            .id("entry-" + number);
    if (hasDnsName(number)) {
      entry.dnsNames(List.of(dnsName(number)));
    }
    return entry.build();
  }

  static String path(int number) {
    return "/ns/team" + number % 500 + "/sa/service" + number;
  }

  static boolean hasDnsName(int number) {
    return number % 5 == 0;
  }

  static String dnsName(int number) {
    return "service" + number + ".bench.example";
  }

  /// The last of them is what makes them distinct.
  static List<Selector> selectors(int number) {
    return List.of(
        new Selector("k8s", "pod-label:app:service" + number),
        new Selector("unix", "path:/opt/app" + number % 700 + "/bin/main"),
        new Selector("unix", "uid:" + number % 1000));
  }

  static SpiffeId parent(int number) {
    return number % 100 == 99
        ? SERVER
        : SpiffeId.of(SigningBench.DOMAIN, "/spire/agent/join_token/node" + number % PARENTS);
  }
}
