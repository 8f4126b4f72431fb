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
        "entente entry create --spiffe-id spiffe://example.org/web \\",
        "    --parent-id spiffe://example.org/spire/agent/join_token/… \\",
        "    --selector unix:uid:1000",
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
        "    --spiffe-id spiffe://example.org/web --dns web.example.org \\",
        "    --selector unix:uid:1000",
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
      return new EntryBatch(session(), json(), "created")
          .run(entries(), part -> create(calls, part));
    }

    private static List<EntryBatch.Result> create(Calls calls, List<Entry> part) {
      var request = BatchCreateEntryRequest.newBuilder().addAllEntries(part).build();
      return calls.ask(EntryGrpcClient.BatchCreateEntry, request).getResultsList().stream()
          .map(result -> new EntryBatch.Result(result.getStatus(), result.getEntry()))
          .toList();
    }

    private List<Entry> entries() {
      if (file != null) {
        options.refuseBesideFile(!id.isEmpty() || node);
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
        "Changes what is given and leaves the rest of an entry as it is.",
        "From a file, whole entries, each with its id, take the place of what is there."
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
      var request = BatchUpdateEntryRequest.newBuilder();
      var entries = file == null ? List.of(one(calls, request)) : ofFile(file);
      return new EntryBatch(session(), json(), "changed")
          .run(entries, part -> update(calls, request, part));
    }

    private static List<EntryBatch.Result> update(
        Calls calls, BatchUpdateEntryRequest.Builder request, List<Entry> part) {
      var asked = request.clearEntries().addAllEntries(part).build();
      return calls.ask(EntryGrpcClient.BatchUpdateEntry, asked).getResultsList().stream()
          .map(result -> new EntryBatch.Result(result.getStatus(), result.getEntry()))
          .toList();
    }

    /// The entry of the options; `request` learns which of its fields are meant.
    private Entry one(Calls calls, BatchUpdateEntryRequest.Builder request) {
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
      request.setInputMask(mask);
      return entry.build();
    }

    /// Without a mask every field is written.
    private List<Entry> ofFile(Path file) {
      options.refuseBesideFile(!id.isEmpty());
      var entries = EntryFile.read(file);
      if (entries.stream().anyMatch(entry -> entry.getId().isEmpty())) {
        throw Failure.usage(file + " has an entry without \"entry_id\"", "");
      }
      return entries;
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
      var outcomes = new Outcomes(session());
      for (var part : Parts.of(ids(), String::length)) {
        var request = BatchDeleteEntryRequest.newBuilder().addAllIds(part).build();
        for (var result : calls.ask(EntryGrpcClient.BatchDeleteEntry, request).getResultsList()) {
          outcomes.add("entry " + result.getId(), "deleted", result.getStatus());
        }
      }
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
