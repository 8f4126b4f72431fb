package dev.entente.systemtests.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/// The reports of all modules in Open Test Reporting's event form, which keep each test's tags.
///
/// An event file is a sequence of `started` and `finished` events. A test belongs to its parent, a
/// container, and so to the container's tags.
final class TestReports {
  private static final List<String> FOLDERS = List.of("open-test-report", "open-test-report-it");

  private static final String FILE = "open-test-report.xml";

  /// One test that ran, or was to run.
  ///
  /// @param className fully qualified
  /// @param method its method's name; a method with several invocations has several results
  /// @param name what the report calls this invocation
  /// @param tags its own and those of all it belongs to
  /// @param passed neither failed, nor broke, nor was skipped
  /// @param skipped why it did not run, if it did not
  record Result(
      String className,
      String method,
      String name,
      Set<String> tags,
      double seconds,
      boolean passed,
      Optional<String> skipped) {
    String simpleClassName() {
      return className.substring(className.lastIndexOf('.') + 1);
    }
  }

  private TestReports() {}

  /// Reads every report below the modules of `root`.
  static List<Result> read(Path root) {
    return read(root, Instant.MIN);
  }

  /// Reads those that were written at `began` or later.
  static List<Result> read(Path root, Instant began) {
    var results = new ArrayList<Result>();
    try (var modules = Files.list(root)) {
      for (var module : modules.filter(Files::isDirectory).sorted().toList()) {
        for (var folder : FOLDERS) {
          results.addAll(readFolder(module.resolve("target").resolve(folder), began));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return results;
  }

  /// Deletes what builds before the newest `kept` ones of each module have left below `root`.
  static void forgetAllBut(int kept, Path root) {
    try (var modules = Files.list(root)) {
      for (var module : modules.filter(Files::isDirectory).toList()) {
        var builds = builds(module.resolve("target").resolve(FOLDERS.getFirst()));
        for (var build : builds.subList(0, Math.max(0, builds.size() - kept))) {
          delete(build);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path build) throws IOException {
    try (var files = Files.walk(build)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private static List<Result> readFolder(Path folder, Instant began) throws IOException {
    var results = new ArrayList<Result>();
    for (var file : newest(folder)) {
      if (!Files.getLastModifiedTime(file).toInstant().isBefore(began)) {
        results.addAll(readFile(file));
      }
    }
    return results;
  }

  /// The reports of the last build: in a directory named by the time it began, or the only one.
  private static List<Path> newest(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    var builds = builds(folder);
    try (var files = Files.walk(builds.isEmpty() ? folder : builds.getLast())) {
      return files.filter(file -> file.endsWith(FILE)).sorted().toList();
    }
  }

  /// The directories of a folder, which are named by the times their builds began; oldest first.
  private static List<Path> builds(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (var builds = Files.list(folder)) {
      return builds.filter(Files::isDirectory).sorted().toList();
    }
  }

  private static List<Result> readFile(Path file) throws IOException {
    var factory = XMLInputFactory.newFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    try (var in = Files.newInputStream(file)) {
      var events = new Events();
      var xml = factory.createXMLStreamReader(in);
      while (xml.hasNext()) {
        switch (xml.next()) {
          case XMLStreamConstants.START_ELEMENT -> events.start(xml);
          case XMLStreamConstants.END_ELEMENT -> events.end(xml.getLocalName());
          default -> {}
        }
      }
      return events.results;
    } catch (XMLStreamException e) {
      throw new IOException("test report not read: " + file, e);
    }
  }

  /// What has been started, and what became of it.
  private static final class Events {
    private final Map<String, Node> nodes = new HashMap<>();
    private final List<Result> results = new ArrayList<>();
    private Node current = new Node("", Instant.EPOCH, Set.of());
    private Instant finished = Instant.EPOCH;
    private String status = "";
    private String reason = "";

    void start(XMLStreamReader xml) throws XMLStreamException {
      switch (xml.getLocalName()) {
        case "started" -> {
          var parent = nodes.get(attribute(xml, "parentId"));
          current =
              new Node(
                  attribute(xml, "name"),
                  Instant.parse(attribute(xml, "time")),
                  parent == null ? Set.of() : parent.tags);
          nodes.put(attribute(xml, "id"), current);
        }
        case "tag" -> current.tags.add(xml.getElementText());
        case "type" -> current.isTest = xml.getElementText().equals("TEST");
        case "classSource" -> current.className = attribute(xml, "className");
        case "methodSource" -> {
          current.className = attribute(xml, "className");
          current.method = attribute(xml, "methodName");
        }
        case "finished" -> {
          current =
              Objects.requireNonNull(nodes.get(attribute(xml, "id")), "finished, not started");
          finished = Instant.parse(attribute(xml, "time"));
          reason = "";
        }
        case "result" -> status = attribute(xml, "status");
        case "reason" -> reason = xml.getElementText();
        case "throwable" -> reason = xml.getElementText().lines().findFirst().orElse("");
        default -> {}
      }
    }

    /// Books a finished test. A container is booked only if it did not pass itself: its tests are
    /// missing then.
    void end(String element) {
      boolean passed = status.equals("SUCCESSFUL");
      boolean counts = current.isTest || !passed;
      if (!element.equals("finished") || current.className.isEmpty() || !counts) {
        return;
      }
      boolean skipped = status.equals("SKIPPED") || status.equals("ABORTED");
      results.add(
          new Result(
              current.className,
              current.method,
              current.name,
              Set.copyOf(current.tags),
              Duration.between(current.started, finished).toMillis() / 1000.0,
              passed,
              skipped ? Optional.of(withoutPrefix(reason)) : Optional.empty()));
    }

    private static String withoutPrefix(String reason) {
      var prefix = "Assumption failed: ";
      return reason.substring(
          reason.contains(prefix) ? reason.indexOf(prefix) + prefix.length() : 0);
    }

    private static String attribute(XMLStreamReader xml, String name) {
      return Optional.ofNullable(xml.getAttributeValue(null, name)).orElse("");
    }
  }

  private static final class Node {
    private final String name;
    private final Instant started;
    private final Set<String> tags;
    private String className = "";
    private String method = "";
    private boolean isTest;

    Node(String name, Instant started, Set<String> inherited) {
      this.name = name;
      this.started = started;
      this.tags = new TreeSet<>(inherited);
    }
  }
}
