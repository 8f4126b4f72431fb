package dev.entente.cli;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Most settings of SPIRE's full example files stand in remarks, between sentences. This takes the
/// settings out of the remarks and the sentences out of the file.
final class SpireRemarks {
  private static final String NAME = "(?:[A-Za-z_]\\w*|\"[^\"]+\")";
  private static final Pattern SETTING =
      Pattern.compile(NAME + "\\s*=\\s*(?:\".*\"|\\[.*]?|\\{|true|false|-?\\d+)\\s*,?(?:\\s*#.*)?");
  private static final Pattern SECTION =
      Pattern.compile(NAME + "(?:\\s+\"[^\"]+\")?\\s*(?:=\\s*)?\\{(?:\\s*})?");
  private static final Pattern PART =
      Pattern.compile("\"[^\"]*\",?|\\{|},?|],?|[A-Za-z_]+\\s*\\{\\s*}");

  /// How deep in an example of something else the line is, such as of logrotate's file.
  private int foreign;

  private SpireRemarks() {}

  /// The file with its remarks' settings in force.
  static String inForce(String file) {
    var remarks = new SpireRemarks();
    return file.lines()
        .flatMap(line -> remarks.settings(line).stream())
        .collect(Collectors.joining("\n", "", "\n"));
  }

  private List<String> settings(String line) {
    if (!line.strip().startsWith("#")) {
      return List.of(line);
    }
    // SPIRE's own reader would not take the escape that one of the remarks has.
    var text = line.replaceFirst("^[\\s#]+", "").strip().replace("\\.", ".");
    boolean section = SECTION.matcher(text).matches() && !text.startsWith("PluginType ");
    boolean ours = section || SETTING.matcher(text).matches() || PART.matcher(text).matches();
    if (foreign > 0 || (text.endsWith("{") && !ours)) {
      foreign += (text.endsWith("{") ? 1 : 0) - (text.equals("}") ? 1 : 0);
      return List.of();
    }
    return ours ? List.of(text) : List.of();
  }
}
