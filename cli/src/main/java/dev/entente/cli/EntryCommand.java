package dev.entente.cli;

import dev.entente.spiffe.SpiffeId;
import dev.entente.wire.spire.server.entry.v1.BatchCreateEntryRequest;
import dev.entente.wire.spire.server.entry.v1.BatchDeleteEntryRequest;
import dev.entente.wire.spire.server.entry.v1.BatchUpdateEntryRequest;
import dev.entente.wire.spire.server.entry.v1.CountEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcClient;
import dev.entente.wire.spire.server.entry.v1.GetEntryRequest;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.EntryMask;
import dev.entente.wire.spire.types.Status;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Registration entries: who may be what.
final class EntryCommand {
  private EntryCommand() {}

  static CommandLine commandLine(Session session) {
    return Group.of(
        new Noun(),
        new Create(session),
        new Show(session),
        new ListAll(session),
        new Update(session),
        new Delete(session),
        new Count(session));
  }

  /// The noun itself.
  @Command(
      name = "entry",
      description = "Registration entries: which workload may have which identity.",
      footer = {
        "entente entry create --parent-id spiffe://example.org/spire/agent/join_token/… \\",
        "    --spiffe-id spiffe://example.org/web --selector unix:uid:1000",
        "entente entry list",
        "entente entry delete 0b5d…"
      })
  static final class Noun extends Group {}

  /// Creates one entry, or those of a file.
  @Command(
      name = "create",
      description = "Creates an entry, or all entries of a JSON file.",
      footer = {
        "entente entry create --parent-id spiffe://example.org/spire/agent/x509pop/… \\",
        "    --spiffe-id spiffe://example.org/web --selector unix:uid:1000 --dns web.example.org",
        "entente entry create --node --spiffe-id spiffe://example.org/rack7 \\",
        "    --selector x509pop:subject:cn:node-7",
        "entente entry create --file entries.json"
      })
  static final class Create extends BrokerCommand {
    @Mixin private final EntryOptions options = new EntryOptions();

    @Option(
        names = "--id",
        paramLabel = "ID",
        description = "The entry's id (default: the broker chooses one).")
    private String id = "";

    @Option(
        names = "--file",
        paramLabel = "FILE",
        description = "A JSON file {\"entries\": [{\"spiffe_id\": …}]}; - reads standard input.")
    private @Nullable Path file;

    @Option(
        names = "--node",
        description =
            "An alias for the nodes with these selectors, to be the parent of entries: its own"
                + " parent is the broker.")
    private boolean node;

    Create(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var request = BatchCreateEntryRequest.newBuilder().addAllEntries(entries()).build();
      var response = calls.ask(EntryGrpcClient.BatchCreateEntry, request);
      var batch = new Batch(session());
      response
          .getResultsList()
          .forEach(result ->
              batch.add(created(result.getStatus()), result.getStatus(), result.getEntry()));
      return batch.finish(json(), "entries", "no entry was given");
    }

    private List<Entry> entries() {
      if (file != null) {
        return EntryFile.read(file);
      }
      if (node && options.parentId == null && options.spiffeId != null) {
        options.parentId = SpiffeId.of(options.spiffeId.trustDomain(), "/spire/server");
      }
      if (options.spiffeId == null || options.parentId == null || options.selectors == null) {
        throw Failure.usage(
            "an entry needs --spiffe-id, --parent-id and at least one --selector",
            "see `entente entry create --help`");
      }
      var entry = Entry.newBuilder().setId(id);
      options.apply(entry, EntryMask.newBuilder());
      return List.of(entry.build());
    }

    private static String created(Status status) {
      return status.getCode() == 0 ? "created" : "not created";
    }
  }

  /// Shows one entry.
  @Command(
      name = "show",
      description = "Shows everything an entry says.",
      footer = {"entente entry show 0b5d…", "entente entry show 0b5d… -o json"})
  static final class Show extends BrokerCommand {
    @Parameters(paramLabel = "ID", description = "The entry's id.")
    private String id = "";

    Show(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var request = GetEntryRequest.newBuilder().setId(id).build();
      var entry = calls.ask(EntryGrpcClient.GetEntry, request);
      if (json()) {
        output().json(WireJson.of(entry));
      } else {
        output().fields(EntryViews.fields(entry, session().clock().instant()));
      }
      return ExitCode.OK;
    }
  }

  /// Lists entries.
  @Command(
      name = "list",
      description = "Lists the entries that pass every given filter.",
      footer = {
        "entente entry list",
        "entente entry list --selector unix:uid:1000 --match superset",
        "entente entry list -o json"
      })
  static final class ListAll extends BrokerCommand {
    @Mixin private final EntryFilters filters = new EntryFilters();

    ListAll(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var entries = filters.fetch(calls);
      if (json()) {
        output().json(Map.of("entries", WireJson.list(entries)));
      } else if (entries.isEmpty()) {
        output().note("no entries");
      } else {
        output().table(EntryViews.HEADINGS, entries.stream().map(EntryViews::row).toList());
      }
      return ExitCode.OK;
    }
  }

  /// Changes one entry, or those of a file.
  @Command(
      name = "update",
      description = {
        "Changes what is given and leaves the rest of an entry as it is. From a file, whole",
        "entries, each with its id, take the place of what is there."
      },
      footer = {
        "entente entry update 0b5d… --x509-ttl 30m",
        "entente entry update 0b5d… --selector unix:uid:1000 --selector unix:gid:100",
        "entente entry update --file entries.json"
      })
  static final class Update extends BrokerCommand {
    @Mixin private final EntryOptions options = new EntryOptions();

    @Parameters(arity = "0..1", paramLabel = "ID", description = "The entry's id.")
    private String id = "";

    @Option(
        names = "--file",
        paramLabel = "FILE",
        description = "A JSON file as `entry create` reads it, with ids; - reads standard input.")
    private @Nullable Path file;

    Update(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var request = file == null ? one(calls) : ofFile(file);
      var batch = new Batch(session());
      for (var result : calls.ask(EntryGrpcClient.BatchUpdateEntry, request).getResultsList()) {
        var failed = result.getStatus().getCode() != 0;
        batch.add(failed ? "not changed" : "changed", result.getStatus(), result.getEntry());
      }
      return batch.finish(json(), "entries", "no entry was given");
    }

    private BatchUpdateEntryRequest one(Calls calls) {
      if (id.isEmpty()) {
        throw Failure.usage("an id or --file is missing", "see `entente entry update --help`");
      }
      var entry = Entry.newBuilder().setId(id);
      if (options.hasAttributes()) {
        var present =
            calls.ask(EntryGrpcClient.GetEntry, GetEntryRequest.newBuilder().setId(id).build());
        entry.setAdditionalAttributes(present.getAdditionalAttributes());
      }
      var mask = EntryMask.newBuilder();
      options.apply(entry, mask);
      if (mask.build().equals(EntryMask.getDefaultInstance())) {
        throw Failure.usage("nothing to change was given", "see `entente entry update --help`");
      }
      return BatchUpdateEntryRequest.newBuilder().addEntries(entry).setInputMask(mask).build();
    }

    /// Without a mask every field is written.
    private static BatchUpdateEntryRequest ofFile(Path file) {
      var entries = EntryFile.read(file);
      if (entries.stream().anyMatch(entry -> entry.getId().isEmpty())) {
        throw Failure.usage(file + " has an entry without \"entry_id\"", "");
      }
      return BatchUpdateEntryRequest.newBuilder().addAllEntries(entries).build();
    }
  }

  /// Deletes entries.
  @Command(
      name = "delete",
      description = "Deletes entries; their workloads lose the identity at once.",
      footer = {
        "entente entry delete 0b5d…",
        "entente entry delete 0b5d… 7a31…",
        "entente entry delete --file ids.json"
      })
  static final class Delete extends BrokerCommand {
    @Parameters(arity = "0..*", paramLabel = "ID", description = "The entries' ids.")
    private List<String> ids = new ArrayList<>();

    @Option(
        names = "--file",
        paramLabel = "FILE",
        description = "A JSON file {\"ids\": [\"…\"]}; - reads standard input.")
    private @Nullable Path file;

    Delete(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var request = BatchDeleteEntryRequest.newBuilder().addAllIds(ids()).build();
      var outcomes = new Outcomes(session());
      calls
          .ask(EntryGrpcClient.BatchDeleteEntry, request)
          .getResultsList()
          .forEach(
              result -> outcomes.add("entry " + result.getId(), "deleted", result.getStatus()));
      return outcomes.finish(json());
    }

    private List<String> ids() {
      var all = new ArrayList<>(ids);
      if (file != null) {
        all.addAll(EntryFile.readIds(file));
      }
      if (all.isEmpty()) {
        throw Failure.usage("an id or --file is missing", "see `entente entry delete --help`");
      }
      return all;
    }
  }

  /// Counts entries.
  @Command(
      name = "count",
      description = "Counts the entries that pass every given filter.",
      footer = {"entente entry count", "entente entry count --downstream"})
  static final class Count extends BrokerCommand {
    @Mixin private final EntryFilters filters = new EntryFilters();

    Count(Session session) {
      super(session);
    }

    @Override
    ExitCode run(Calls calls) {
      var request = CountEntriesRequest.newBuilder().setFilter(filters.countFilter()).build();
      Counts.print(this, calls.ask(EntryGrpcClient.CountEntries, request).getCount());
      return ExitCode.OK;
    }
  }
}
