package dev.entente.broker.store;

import dev.entente.broker.store.HighWaterWitness.Mark;
import dev.entente.broker.store.StoreRefusedException.Code;
import dev.entente.spiffe.TrustDomain;
import java.nio.file.Path;
import java.util.Optional;

/// Decides whether what lies in a data directory is the store that was there before.
final class StoreGuard {
  /// What an operator does who knows why the store is another one.
  static final String CURE =
      "put the newest store back, or, if this one is meant, run \"entente restore --accept-present\"";

  private StoreGuard() {}

  /// Refuses a directory that has seen a store and now has none.
  static void checkPresence(Path dataDir, boolean storePresent, Optional<Mark> witness) {
    if (!storePresent && witness.isPresent()) {
      throw new StoreRefusedException(
          Code.STORE_EMPTIED,
          "store not made: "
              + dataDir
              + " has held one at revision "
              + witness.get().revision()
              + ", and it is gone",
          CURE);
    }
  }

  /// Refuses a store of another domain, another history or an earlier time.
  static void check(
      Path dataDir,
      TrustDomain trustDomain,
      StoreHead head,
      long bundleSequence,
      Optional<Mark> witness) {
    if (!head.trustDomain().equals(trustDomain.name())) {
      throw new StoreRefusedException(
          Code.STORE_OTHER_TRUST_DOMAIN,
          "store in "
              + dataDir
              + " not opened: it belongs to \""
              + head.trustDomain()
              + "\", configured is \""
              + trustDomain
              + "\"",
          "use a data directory of its own for each trust domain");
    }
    if (witness.isEmpty()) {
      requireVirgin(dataDir, head);
    } else {
      checkAgainst(dataDir, head, bundleSequence, witness.get());
    }
  }

  private static void requireVirgin(Path dataDir, StoreHead head) {
    if (!head.isVirgin()) {
      throw new StoreRefusedException(
          Code.WITNESS_MISSING,
          "store in "
              + dataDir
              + " not opened: it is at revision "
              + head.revision()
              + ", and "
              + HighWaterWitness.FILE_NAME
              + " is missing",
          CURE);
    }
  }

  private static void checkAgainst(
      Path dataDir, StoreHead head, long bundleSequence, Mark witness) {
    var behind = head.revision() < witness.revision() || bundleSequence < witness.bundleSequence();
    if (!head.epoch().equals(witness.epoch())) {
      throw new StoreRefusedException(
          head.isVirgin() ? Code.STORE_EMPTIED : Code.STORE_EPOCH_CHANGED,
          "store in "
              + dataDir
              + " not opened: this directory last held history "
              + witness.epoch()
              + " at revision "
              + witness.revision()
              + ", the file holds "
              + head.epoch()
              + " at revision "
              + head.revision(),
          CURE);
    }
    if (behind) {
      throw new StoreRefusedException(
          Code.STORE_OLDER,
          "store in "
              + dataDir
              + " not opened: it is at revision "
              + head.revision()
              + " and bundle sequence "
              + bundleSequence
              + ", this directory has seen "
              + witness.revision()
              + " and "
              + witness.bundleSequence(),
          CURE);
    }
  }
}
