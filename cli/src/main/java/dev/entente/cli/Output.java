package dev.entente.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/// The one place that prints.
///
/// Results go to standard output, everything else to standard error, so that a pipe gets data only.
/// Control characters of foreign text are shown, not sent: what a broker or a file says cannot move
/// the cursor or recolour the screen.
final class Output {
  private static final String BOLD_RED = "\u001b[1;31m";
  private static final String BOLD = "\u001b[1m";
  private static final String PLAIN = "\u001b[0m";

  private final PrintWriter out;
  private final PrintWriter err;
  private final Terminal terminal;

  Output(PrintWriter out, PrintWriter err, Terminal terminal) {
    this.out = out;
    this.err = err;
    this.terminal = terminal;
  }

  /// The output of this process.
  static Output standard() {
    return new Output(
        new PrintWriter(System.out, true, StandardCharsets.UTF_8),
        new PrintWriter(System.err, true, StandardCharsets.UTF_8),
        Terminal.of(System.getenv()));
  }

  /// One line of a result.
  void line(String text) {
    out.println(Printable.line(text));
    out.flush();
  }

  /// A block of our own making, such as a PEM file or a usage text, as it is.
  void block(String text) {
    out.print(text.endsWith("\n") ? text : text + "\n");
    out.flush();
  }

  /// A remark that is not part of the result.
  void note(String text) {
    err.println(Printable.line(text));
    err.flush();
  }

  /// Rows under headings, or one block a row where they do not fit the terminal.
  void table(List<String> headings, List<List<String>> rows) {
    out.print(TextTable.render(headings, rows, terminal.columns()));
    out.flush();
  }

  /// Rows under headings, as a remark that is not part of the result.
  void noteTable(List<String> headings, List<List<String>> rows) {
    err.print(TextTable.render(headings, rows, terminal.columns()));
    err.flush();
  }

  /// Names and values of one thing, one a line; a value of several lines is indented.
  void fields(Map<String, String> fields) {
    out.print(TextTable.fields(fields));
    out.flush();
  }

  /// A value for programs: maps, lists, texts, numbers, truths.
  void json(Object value) {
    Json.write(value, out);
    out.println();
    out.flush();
  }

  /// Says what went wrong and what to do.
  void failure(Failure failure) {
    var name = "error[" + failure.exitCode() + "]:";
    err.println(
        styled(BOLD_RED, name) + " " + Printable.lines(String.valueOf(failure.getMessage())));
    if (!failure.cause().isEmpty()) {
      err.println(styled(BOLD, "cause:") + " " + Printable.lines(failure.cause()));
    }
    if (!failure.fix().isEmpty()) {
      err.println(styled(BOLD, "fix:") + " " + Printable.lines(failure.fix()));
    }
    err.flush();
  }

  boolean colour() {
    return terminal.colour();
  }

  Terminal terminal() {
    return terminal;
  }

  PrintWriter out() {
    return out;
  }

  PrintWriter err() {
    return err;
  }

  private String styled(String style, String text) {
    return terminal.colour() ? style + text + PLAIN : text;
  }
}
