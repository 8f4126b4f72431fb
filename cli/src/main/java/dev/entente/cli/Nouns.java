package dev.entente.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.UsageMessageSpec;

/// The nouns of the command line, each made only when it is needed: most of a small command's time
/// would otherwise go into commands that were not asked for.
final class Nouns {
  private static final Map<String, Function<Session, CommandLine>> ALL = all();

  private Nouns() {}

  private static Map<String, Function<Session, CommandLine>> all() {
    var nouns = new LinkedHashMap<String, Function<Session, CommandLine>>();
    nouns.put("quickstart", session -> new CommandLine(new QuickstartCommand(session)));
    nouns.put("broker", DaemonNouns::broker);
    nouns.put("agent", DaemonNouns::agent);
    nouns.put("entry", EntryCommand::commandLine);
    nouns.put("token", TokenCommand::commandLine);
    nouns.put("bundle", BundleCommand::commandLine);
    nouns.put("federation", FederationCommand::commandLine);
    nouns.put("authority", AuthorityCommand::commandLine);
    nouns.put("svid", SvidCommand::commandLine);
    nouns.put("inspect", session -> new CommandLine(new InspectCommand(session)));
    nouns.put("explain", ExplainCommand::commandLine);
    nouns.put("doctor", session -> new CommandLine(new DoctorCommand(session)));
    nouns.put("registry", RegistryCommand::commandLine);
    nouns.put("config", ConfigCommand::commandLine);
    nouns.put("audit", AuditCommand::commandLine);
    nouns.put("backup", session -> new CommandLine(new BackupCommand(session)));
    nouns.put("restore", session -> new CommandLine(new RestoreCommand(session)));
    nouns.put("warm", session -> new CommandLine(new WarmCommand(session)));
    nouns.put("completion", Nouns::completion);
    nouns.put("version", session -> new CommandLine(new VersionCommand(session)));
    return nouns;
  }

  private static CommandLine completion(Session session) {
    return new CommandLine(
        new CompletionCommand(session, () -> commandLine(new Main(), session, new String[0])));
  }

  /// The command line of `root`, with the noun that `arguments` begin with, or with all of them
  /// where the first argument is none.
  static CommandLine commandLine(Object root, Session session, String[] arguments) {
    var line = new CommandLine(root);
    var asked = arguments.length == 0 ? "" : arguments[0];
    if (ALL.containsKey(asked)) {
      line.addSubcommand(asked, ALL.get(asked).apply(session));
    } else {
      ALL.forEach((name, noun) -> line.addSubcommand(name, noun.apply(session)));
    }
    style(line, session.output().colour() ? Ansi.ON : Ansi.OFF);
    return line;
  }

  /// Applies what all commands share, downwards.
  private static void style(CommandLine line, Ansi ansi) {
    line.setCaseInsensitiveEnumValuesAllowed(true);
    Values.register(line);
    line.setAbbreviatedOptionsAllowed(false);
    line.setColorScheme(CommandLine.Help.defaultColorScheme(ansi));
    line.getSubcommands().values().forEach(child -> style(child, ansi));
    var spec = line.getCommandSpec();
    if (!spec.optionsMap().containsKey("--help")) {
      spec.addOption(helpOption());
    }
    var usage = spec.usageMessage();
    if (usage.footer().length > 0) {
      usage.footerHeading("Examples:%n");
      usage.footer(indented(usage.footer()));
    }
    usage.synopsisHeading("%nUsage: ");
    usage.descriptionHeading("%n");
    usage.optionListHeading("%nOptions:%n");
    usage.commandListHeading("%nCommands:%n");
    usage.parameterListHeading("%nArguments:%n");
    usage.sectionKeys(examplesFirst(usage.sectionKeys()));
  }

  private static CommandLine.Model.OptionSpec helpOption() {
    return CommandLine.Model.OptionSpec.builder("-h", "--help")
        .usageHelp(true)
        .description("Shows this help.")
        .build();
  }

  private static String[] indented(String[] examples) {
    var lines = new String[examples.length];
    for (var i = 0; i < examples.length; i++) {
      lines[i] = "  " + examples[i];
    }
    return lines;
  }

  private static List<String> examplesFirst(List<String> keys) {
    var ordered = new ArrayList<>(keys);
    var examples =
        List.of(UsageMessageSpec.SECTION_KEY_FOOTER_HEADING, UsageMessageSpec.SECTION_KEY_FOOTER);
    ordered.removeAll(examples);
    ordered.addAll(0, examples);
    return ordered;
  }
}
