package dev.entente.systemtests;

import dev.entente.systemtests.disk.Survival;
import dev.entente.systemtests.disk.TracedDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/// Builds of the broker that break one promise each, and the check that has to notice.
///
/// A build differs from what is shipped in one place of one class, so it cannot fall behind: text
/// that is not found there is an error.
enum BrokenBuild {
  /// A confirmed write is no more than in memory.
  ANSWERS_BEFORE_COMMIT(
      "broker/store/Writer",
      "sql.run(\"COMMIT\");",
      "if (!flows.contains(Flow.TOKEN)) { sql.run(\"COMMIT\"); }",
      "unknown") {
    @Override
    void check(BrokerProcess broker, Sandbox sandbox) {
      broker.start();
      var node = new TestNode(broker);
      broker.kill();
      broker.start();
      node.attest();
    }
  },

  /// The token is gone and nobody has joined with it.
  SPENDS_THE_TOKEN_FIRST(
      "broker/store/SqliteNodes",
      "OneTimeEvidence.consume(tx, use, by);",
      "OneTimeEvidence.consume(tx, use, by); tx.sql().run(\"COMMIT\");"
          + " tx.sql().run(\"BEGIN IMMEDIATE\"); tx.sql().run(\"SAVEPOINT one_write\");",
      "used before") {
    @Override
    void check(BrokerProcess broker, Sandbox sandbox) {
      var halting = new HaltingBroker(broker);
      halting.arm("attestation/before-commit");
      var node = new TestNode(broker);
      halting.haltBy(node::attest, "");
      node.attest();
    }
  },

  /// An agent whose renewal was interrupted is nobody.
  ENDS_THE_SVID_IN_USE(
      "broker/store/SqliteNodes",
      "\"UPDATE nodes SET pending_serial = ?, pending_not_after = ?\"",
      "\"UPDATE nodes SET serial = ?, not_after = ?\"",
      "not active") {
    @Override
    void check(BrokerProcess broker, Sandbox sandbox) {
      var halting = new HaltingBroker(broker);
      halting.arm("renewal/after-record");
      var node = new TestNode(broker);
      node.attest();
      halting.haltBy(node::renew, "");
      node.renew();
    }
  },

  /// Half of a federation relationship.
  STORES_A_RELATIONSHIP_BEFORE_ITS_BUNDLE(
      "broker/store/SqliteRelationships",
      "if (bundle.isPresent()) {",
      "tx.sql().run(\"COMMIT\"); tx.sql().run(\"BEGIN IMMEDIATE\");"
          + " tx.sql().run(\"SAVEPOINT one_write\"); if (bundle.isPresent()) {",
      "in part") {
    @Override
    void check(BrokerProcess broker, Sandbox sandbox) {
      var halting = new HaltingBroker(broker);
      halting.arm("relationship-write/before-commit");
      var node = new TestNode(broker);
      var change = AdminChange.RELATIONSHIP;
      halting.haltBy(() -> change.make(broker.admin(), node, "partner.example"), "");
      change.isMade(broker.admin(), node, "partner.example");
    }
  },

  /// What it signs cannot be verified by anybody. A rule of its own stands in the way of that.
  SIGNS_WITH_A_KEY_NOT_IN_THE_BUNDLE(
      "broker/authority/Rotation",
      "BundleEdits.append(b, made.x509(), made.jwt())",
      "state == State.ACTIVE ? BundleEdits.append(b, made.x509(), made.jwt()) : b",
      "the bundle lacks") {
    @Override
    String edited(String source) {
      return super.edited(source)
          .replace(
              "LocalAuthorityRules.activation(journaling.rows(), kind, id, bundle.get())",
              "java.util.Optional.<Refused>empty()");
    }

    @Override
    void check(BrokerProcess broker, Sandbox sandbox) {
      broker.start();
      AuthorityStep.rotate(broker.admin());
      var signatures = new Signatures(broker.admin());
      signatures.sign();
      signatures.requireKeysIn(broker.admin().bundle());
    }
  },

  /// A step on a journal that another process has taken further. There are two fences.
  JOURNALS_WITHOUT_FENCE(
      "broker/store/SqliteJournal",
      "if (epoch != step.expectedEpoch()) {",
      "if (epoch < step.expectedEpoch()) {",
      "a step was taken") {
    @Override
    String edited(String source) {
      return super.edited(source).replace(" WHERE epoch = excluded.epoch - 1", "");
    }

    @Override
    void check(BrokerProcess broker, Sandbox sandbox) {
      broker.start();
      JournalThief.takeAStep(broker.dataDir());
      JournalThief.requireNoStepTaken(broker);
    }
  },

  /// A confirmed write is no more than in the page cache.
  LEAVES_THE_STORE_UNFLUSHED(
      "broker/store/SqliteFile", "synchronous = FULL", "synchronous = OFF", "") {
    @Override
    String edited(String source) {
      return super.edited(source).replace("\"synchronous\", \"2\"", "\"synchronous\", \"0\"");
    }

    @Override
    void check(BrokerProcess broker, Sandbox sandbox) {
      cutAfterAWrite(broker, sandbox);
    }
  },

  /// Keys and state are whole files of which the directory knows nothing.
  LEAVES_THE_DIRECTORY_UNFLUSHED(
      "runtime/DurableFiles",
      "StandardCopyOption.ATOMIC_MOVE);\n    syncDirectory(parentOf(target));",
      "StandardCopyOption.ATOMIC_MOVE);",
      "") {
    @Override
    void check(BrokerProcess broker, Sandbox sandbox) {
      cutAfterAWrite(broker, sandbox);
    }
  },

  /// Keys and state are names of empty files.
  LEAVES_FILES_UNFLUSHED(
      "runtime/DurableFiles",
      "Files.setPosixFilePermissions(temporary, permissions);\n      channel.force(true);",
      "Files.setPosixFilePermissions(temporary, permissions);",
      "") {
    @Override
    void check(BrokerProcess broker, Sandbox sandbox) {
      cutAfterAWrite(broker, sandbox);
    }
  },

  /// A signature of which the audit log knows nothing.
  SIGNS_BEFORE_THE_RECORD_IS_FLUSHED("broker/audit/SegmentWriter", "target.force(false);", "", "") {
    @Override
    void check(BrokerProcess broker, Sandbox sandbox) {
      cutAfterAWrite(broker, sandbox);
    }
  };

  private final String file;
  private final String right;
  private final String wrong;
  private final String symptom;

  BrokenBuild(String file, String right, String wrong, String symptom) {
    this.file = file;
    this.right = right;
    this.wrong = wrong;
    this.symptom = symptom;
  }

  /// Does what the build is broken for, and throws if a promise was not kept.
  ///
  /// @param broker never started
  abstract void check(BrokerProcess broker, Sandbox sandbox);

  /// What the failure says, so that no other failure counts.
  String symptom() {
    return symptom;
  }

  /// Whether a system-call trace is needed.
  boolean isTraced() {
    return symptom.isEmpty();
  }

  /// Makes a distribution of its own in `home`, an existing directory: the shipped launcher and
  /// jars, and in front of them the one class that differs.
  void assemble(Path home) {
    try {
      var shipped = Distribution.home();
      Files.createDirectories(home.resolve("bin"));
      Files.createDirectories(home.resolve("lib/broken"));
      Files.createSymbolicLink(home.resolve("runtime"), shipped.resolve("runtime"));
      Files.copy(Distribution.launcher(), home.resolve("bin/entente"));
      try (var files = Files.list(shipped.resolve("lib"))) {
        for (var library : files.filter(BrokenBuild::isShared).toList()) {
          Files.createSymbolicLink(home.resolve("lib").resolve(library.getFileName()), library);
        }
      }
      var jars = Files.readAllLines(shipped.resolve("lib/broker.classpath"));
      Files.writeString(
          home.resolve("lib/broker.classpath"), "broken\n" + String.join("\n", jars) + "\n");
      compile(jars, home);
    } catch (IOException e) {
      throw new IllegalStateException(this + " not assembled", e);
    }
  }

  /// The ahead-of-time cache belongs to the shipped class path.
  private static boolean isShared(Path library) {
    var name = library.getFileName().toString();
    return !name.equals("aot") && !name.equals("broker.classpath");
  }

  private void compile(List<String> jars, Path home) throws IOException {
    var slash = file.indexOf('/');
    var source =
        Distribution.sources()
            .resolve(file.substring(0, slash))
            .resolve("src/main/java/dev/entente")
            .resolve(file + ".java");
    var broken = home.resolve(source.getFileName());
    Files.writeString(broken, edited(Files.readString(source)));
    var classPath =
        String.join(
            ":", jars.stream().map(jar -> home.resolve("lib").resolve(jar).toString()).toList());
    var options =
        new String[] {
          "-nowarn", "-proc:none", "-cp", classPath, "-d", home.resolve("lib/broken").toString()
        };
    Compiler.run(broken, options);
  }

  /// The source with its one difference.
  String edited(String source) {
    if (source.split(Pattern.quote(right), -1).length != 2) {
      throw new IllegalStateException(file + " does not have once: " + right);
    }
    return source.replace(right, wrong);
  }

  /// Writes, signs, cuts the power, and compares.
  private static void cutAfterAWrite(BrokerProcess broker, Sandbox sandbox) {
    var disk = new TracedDisk(sandbox.subdirectory("disks"));
    broker.dataDir(disk.directory().resolve("data")).below(disk.command()).start();
    var node = new TestNode(broker);
    AdminChange.ENTRY.make(broker.admin(), node, "written");
    var signatures = new Signatures(broker.admin());
    signatures.sign();
    broker.kill();
    disk.cut(Survival.none());
    broker.dataDir(disk.directory().resolve("data")).below().start();
    if (!AdminChange.ENTRY.isMade(broker.admin(), node, "written")) {
      throw new AssertionError("an entry was lost");
    }
    signatures.requireKeysIn(broker.admin().bundle());
    signatures.requireRecordedIn(broker.dataDir().resolve("audit"));
  }
}
