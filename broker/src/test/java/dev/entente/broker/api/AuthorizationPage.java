package dev.entente.broker.api;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The table of docs/operating/authorization.md: `| services | methods | five ticks |`, where a row
/// without services goes on with those above it.
final class AuthorizationPage {
  private static final Path FILE = Path.of("..", "docs", "operating", "authorization.md");

  /// The order of the columns.
  private static final List<Grant> COLUMNS =
      List.of(Grant.ANYONE, Grant.LOCAL, Grant.ADMIN, Grant.DOWNSTREAM, Grant.AGENT);

  private static final Pattern SERVICE = Pattern.compile("`([\\w.]+)`");

  /// Written once for three kinds of authority.
  private static final String THE_SAME = "; the same five for X509 and for WIT";

  private AuthorizationPage() {}

  /// Who may call each method, by its full name.
  static Map<String, Set<Grant>> read() throws IOException {
    var page = Files.readString(FILE);
    var table = page.substring(page.indexOf("## The table"), page.indexOf("## Denials"));
    var rows = new TreeMap<String, Set<Grant>>();
    var services = List.<String>of();
    for (var line : table.lines().filter(it -> it.startsWith("| ")).skip(1).toList()) {
      var cells = Arrays.stream(line.split("\\|", -1)).map(String::strip).toList();
      var named = SERVICE.matcher(cells.get(1)).results().map(it -> it.group(1)).toList();
      services = named.isEmpty() ? services : named;
      for (var service : services) {
        methods(cells.get(2)).forEach(method -> rows.put(service + '/' + method, ticks(cells)));
      }
    }
    return rows;
  }

  private static Stream<String> methods(String cell) {
    if (!cell.endsWith(THE_SAME)) {
      return Arrays.stream(cell.split(", ", -1));
    }
    var once = methods(cell.substring(0, cell.length() - THE_SAME.length())).toList();
    return Stream.of("JWT", "X509", "WIT")
        .flatMap(kind -> once.stream().map(method -> method.replace("JWT", kind)));
  }

  private static Set<Grant> ticks(List<String> cells) {
    var grants = new ArrayList<Grant>();
    for (var i = 0; i < COLUMNS.size(); i++) {
      if (!cells.get(3 + i).isEmpty()) {
        grants.add(COLUMNS.get(i));
      }
    }
    return EnumSet.copyOf(grants);
  }
}
