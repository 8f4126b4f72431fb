package dev.entente.systemtests.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.xml.sax.SAXException;

/// The XML reports of all modules.
final class TestReports {
  /// One test, as its report tells it.
  ///
  /// @param className fully qualified
  /// @param name method, with its parameters' text where it has some
  /// @param passed neither failed, nor broke, nor was skipped
  /// @param skipped why it did not run, if it did not
  record Result(
      String className, String name, double seconds, boolean passed, Optional<String> skipped) {
    /// The method's name alone: reports put a parameter list or an invocation behind it.
    String method() {
      int end = 0;
      while (end < name.length() && Character.isJavaIdentifierPart(name.charAt(end))) {
        end++;
      }
      return name.substring(0, end);
    }
  }

  private TestReports() {}

  /// Reads every report below the modules of `root`.
  static List<Result> read(Path root) {
    var results = new ArrayList<Result>();
    try (var modules = Files.list(root)) {
      for (var module : modules.filter(Files::isDirectory).sorted().toList()) {
        for (var folder : List.of("surefire-reports", "failsafe-reports")) {
          readFolder(module.resolve("target").resolve(folder), results);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return results;
  }

  private static void readFolder(Path folder, List<Result> results) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (var file : files.filter(TestReports::isReport).sorted().toList()) {
        readFile(file, results);
      }
    }
  }

  private static boolean isReport(Path file) {
    var name = file.getFileName().toString();
    return name.startsWith("TEST-") && name.endsWith(".xml");
  }

  private static void readFile(Path file, List<Result> results) throws IOException {
    try {
      var factory = DocumentBuilderFactory.newInstance();
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      var cases =
          factory.newDocumentBuilder().parse(file.toFile()).getElementsByTagName("testcase");
      for (int i = 0; i < cases.getLength(); i++) {
        var one = (Element) cases.item(i);
        boolean passed =
            Stream.of("failure", "error", "skipped")
                .allMatch(outcome -> one.getElementsByTagName(outcome).getLength() == 0);
        results.add(
            new Result(
                one.getAttribute("classname"),
                one.getAttribute("name"),
                Double.parseDouble(one.getAttribute("time").replace(",", "")),
                passed,
                skipped(one)));
      }
    } catch (ParserConfigurationException | SAXException e) {
      throw new IOException("test report not read: " + file, e);
    }
  }

  private static Optional<String> skipped(Element testCase) {
    var skipped = (Element) testCase.getElementsByTagName("skipped").item(0);
    return Optional.ofNullable(skipped).map(element -> element.getAttribute("message"));
  }
}
