package dev.entente.broker.store;

import static dev.entente.broker.store.StoreHarness.get;
import static dev.entente.broker.store.StoreHarness.id;

import dev.entente.attestor.spi.Selector;
import dev.entente.broker.registration.RegistrationEntry;
import dev.entente.broker.registry.Registry;
import dev.entente.broker.registry.RegistryOptions;
import dev.entente.broker.registry.ViewState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;

/// Measures a store and its registry at size: `StoreMeasurement DIR COUNT`. Not a test.
final class StoreMeasurement {
  private StoreMeasurement() {}

  public static void main(String[] args) throws InterruptedException {
    var dir = Path.of(args[0]);
    var count = Integer.parseInt(args[1]);
    try (var harness = new StoreHarness(dir)) {
      if (get(harness.store().entries().count(EntryFilter.NONE)) == 0) {
        fill(harness, count);
      }
      load(harness);
    }
  }

  private static RegistrationEntry make(int i) {
    var parent = i % 100 == 99 ? id("/spire/server") : id("/spire/agent/x509pop/n" + (i % 10_000));
    var b =
        RegistrationEntry.builder(
            id("/ns/team" + (i % 500) + "/sa/service" + i),
            parent,
            List.of(
                new Selector("unix", "uid:" + (i % 1000)),
                new Selector("unix", "path:/opt/app" + (i % 700) + "/bin/main"),
                new Selector("k8s", "pod-label:app:service" + i)));
    if (i % 5 == 0) {
      b.dnsNames(List.of("service" + i + ".example.org"));
    }
    return b.build();
  }

  private static void fill(StoreHarness harness, int count) throws InterruptedException {
    var start = System.nanoTime();
    var inFlight = new Semaphore(20);
    for (var i = 0; i < count; i += 50) {
      List<RegistrationEntry> batch = new ArrayList<>();
      for (var j = i; j < Math.min(i + 50, count); j++) {
        batch.add(make(j));
      }
      inFlight.acquire();
      harness.store().entries().create(batch).onComplete(_ -> inFlight.release());
    }
    inFlight.acquire(20);
    var s = (System.nanoTime() - start) / 1e9;
    System.out.printf("wrote %d entries in %.1f s: %.0f/s%n", count, s, count / s);
    var serial = System.nanoTime();
    for (var i = 0; i < 100; i++) {
      List<RegistrationEntry> batch = new ArrayList<>();
      for (var j = 0; j < 50; j++) {
        batch.add(make(100_000_000 + i * 50 + j));
      }
      get(harness.store().entries().create(batch));
    }
    System.out.printf(
        "one batch of 50 after the other: %.0f/s%n", 5000 / ((System.nanoTime() - serial) / 1e9));
  }

  private static void load(StoreHarness harness) {
    try (var registry =
        Registry.of(
            harness.store(), RegistryOptions.of(StoreHarness.DOMAIN, Duration.ofHours(1)))) {
      var start = System.nanoTime();
      get(registry.start());
      System.out.printf("loaded in %.2f s%n", (System.nanoTime() - start) / 1e9);
      for (var i = 0; i < 3; i++) {
        System.gc();
      }
      var used = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
      System.out.printf(
          "heap used %d MiB, entries %d%n",
          used >> 20, ((ViewState.Ready) registry.view()).view().entryCount());
      var step = new long[2000];
      for (var i = 0; i < step.length; i++) {
        var e = make(200_000_000 + i + (int) (System.nanoTime() % 1000) * 10_000);
        var w = get(harness.store().entries().create(List.of(e)));
        var t = System.nanoTime();
        get(registry.awaitRevision(w.revision()));
        step[i] = System.nanoTime() - t;
      }
      Arrays.sort(step);
      System.out.printf(
          "commit->view p50 %.3f ms p99 %.3f ms max %.3f%n",
          step[1000] / 1e6, step[1980] / 1e6, step[1999] / 1e6);
      var view = ((ViewState.Ready) registry.view()).view();
      var agent = id("/spire/agent/x509pop/n5");
      long sum = 0;
      var t = System.nanoTime();
      for (var i = 0; i < 1_000_000; i++) {
        sum += view.authorizedEntries(agent).size();
      }
      System.out.printf("authorizedEntries %d ns, %d%n", (System.nanoTime() - t) / 1_000_000, sum);
    }
  }
}
