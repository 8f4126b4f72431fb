package dev.entente.broker.store;

import dev.entente.broker.registration.RegistrationEntry;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;

/// Keeps registration entries.
///
/// The rules of an entry are the caller's: what arrives here has passed
/// [dev.entente.broker.registration.EntryRules]. Outcomes stand in the order of the request; one
/// item's refusal leaves the others alone.
public interface EntryStore {
  /// Creates entries. Revision number and time of creation are set here.
  Future<Written<List<Creation>>> create(List<RegistrationEntry> entries);

  /// Changes entries, each as it stands when the change is made. Id, revision number and time of
  /// creation stay the store's own, whatever the change says.
  Future<Written<List<Update>>> update(List<Change> changes);

  /// Deletes entries by id.
  Future<Written<List<Deletion>>> delete(List<String> ids);

  /// Takes over entries as another server kept them: id, revision number and time of creation are
  /// theirs. An entry that is here already is left alone, unless `update` is set and the other
  /// server's revision is further.
  Future<Written<List<Adoption>>> adopt(List<RegistrationEntry> entries, boolean update);

  /// Says what [#adopt] would do, and does nothing.
  Future<List<Adoption>> judge(List<RegistrationEntry> entries, boolean update);

  Future<Optional<RegistrationEntry>> find(String id);

  Future<Page<RegistrationEntry>> list(EntryFilter filter, PageRequest page);

  Future<Long> count(EntryFilter filter);

  /// What became of one entry to create.
  sealed interface Creation {
    record Created(RegistrationEntry entry) implements Creation {}

    /// An entry with this parent, SPIFFE ID and set of selectors exists; it is as it was.
    record Similar(RegistrationEntry existing) implements Creation {}

    /// Another entry has this id.
    record IdTaken(String id) implements Creation {}
  }

  /// A change of one entry.
  ///
  /// @param edit pure and quick; runs on the writer's thread, inside the transaction
  record Change(String id, Edit edit) {}

  /// Makes the next form of an entry out of the present one.
  @FunctionalInterface
  interface Edit {
    Edited apply(RegistrationEntry present);
  }

  /// What an [Edit] wants.
  sealed interface Edited {
    record Next(RegistrationEntry entry) implements Edited {}

    /// The change would break a rule.
    record Refused(String why) implements Edited {}
  }

  /// What became of one change.
  sealed interface Update {
    record Updated(RegistrationEntry entry) implements Update {}

    record Refused(String why) implements Update {}

    record NotFound(String id) implements Update {}
  }

  /// What became of one deletion.
  sealed interface Deletion {
    record Deleted(RegistrationEntry entry) implements Deletion {}

    record NotFound(String id) implements Deletion {}
  }

  /// What became of one entry to take over.
  sealed interface Adoption {
    record Adopted(RegistrationEntry entry) implements Adoption {}

    /// The further revision is in the place of the earlier.
    record Updated(RegistrationEntry entry) implements Adoption {}

    /// It is here already, the same in all respects.
    record Same(RegistrationEntry present) implements Adoption {}

    /// The one with its id is of an earlier revision, and was left alone.
    record Newer(RegistrationEntry present) implements Adoption {}

    /// The one with its id says something else, and is not of an earlier revision.
    record Differs(RegistrationEntry present) implements Adoption {}

    /// Another entry has this parent, SPIFFE ID and set of selectors.
    record Similar(RegistrationEntry present) implements Adoption {}
  }
}
