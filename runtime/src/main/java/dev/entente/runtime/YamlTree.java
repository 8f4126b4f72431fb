package dev.entente.runtime;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.DocumentEndEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingEndEvent;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceEndEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.events.StreamStartEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/// Reads one YAML 1.2 document into [ConfigNode]s and refuses what makes a configuration hard to
/// read or to trust: anchors, aliases, tags, directives, a second document, a key given twice.
///
/// It works on parse events, not on constructed objects, because only events keep the line of each
/// key, and because nothing is ever instantiated from the file's own words.
final class YamlTree {
  /// Deeper than any configuration of ours by far; bounds the recursion below.
  static final int DEPTH_MAX = 16;

  /// More nodes than any configuration of ours by far; bounds memory for a dense hostile file.
  static final int NODES_MAX = 100_000;

  private final String source;
  private final List<ConfigProblem> problems;
  private final Iterator<Event> events;
  private int nodes;

  private YamlTree(String source, Iterator<Event> events, List<ConfigProblem> problems) {
    this.source = source;
    this.events = events;
    this.problems = problems;
  }

  /// Reads `yaml`; an empty document is an empty section. What the syntax forbids ends the reading
  /// at once, because the rest has no safe meaning; duplicate keys are collected in `problems`.
  static ConfigNode.Keys read(String source, String yaml, List<ConfigProblem> problems) {
    var settings =
        LoadSettings.builder()
            .setLabel(source)
            .setCodePointLimit(ConfigFile.SIZE_MAX_BYTES)
            .setUseMarks(true)
            .build();
    try {
      var events = new Parse(settings).parseString(yaml).iterator();
      return new YamlTree(source, events, problems).document();
    } catch (MarkedYamlEngineException e) {
      var line = e.getProblemMark().or(e::getContextMark).map(mark -> mark.getLine() + 1).orElse(1);
      throw refused(problems, new ConfigProblem(source, line, "", syntax(e)));
    } catch (YamlEngineException e) {
      throw refused(problems, new ConfigProblem(source, 1, "", "not YAML: " + oneLine(e)));
    }
  }

  private static String syntax(MarkedYamlEngineException e) {
    var problem = Optional.ofNullable(e.getProblem()).orElse("unreadable");
    return "not YAML: " + problem.replace('\n', ' ').strip();
  }

  private static String oneLine(YamlEngineException e) {
    return String.valueOf(e.getMessage()).replace('\n', ' ').strip();
  }

  private ConfigNode.Keys document() {
    var event = events.next();
    if (event instanceof StreamStartEvent) {
      event = events.next();
    }
    if (!(event instanceof DocumentStartEvent start)) {
      return new ConfigNode.Keys(1, Map.of());
    }
    if (start.getSpecVersion().isPresent() || !start.getTags().isEmpty()) {
      throw refuse(start, "directives (%YAML, %TAG) are not allowed in a configuration");
    }
    var root = root();
    while (events.hasNext()) {
      var rest = events.next();
      if (rest instanceof DocumentStartEvent) {
        throw refuse(rest, "a second document starts here, a configuration is exactly one");
      }
    }
    return root;
  }

  private ConfigNode.Keys root() {
    var first = events.next();
    if (first instanceof DocumentEndEvent) {
      return new ConfigNode.Keys(1, Map.of());
    }
    return switch (node(first, "", 1)) {
      case ConfigNode.Keys keys -> keys;
      case ConfigNode.Scalar scalar when scalar.isNull() ->
          new ConfigNode.Keys(scalar.line(), Map.of());
      case ConfigNode other ->
          throw refuse(first, "expected keys with values at the top, found " + other.kind());
    };
  }

  private ConfigNode node(Event event, String path, int depth) {
    refuseDecoration(event);
    if (depth > DEPTH_MAX) {
      throw refuse(event, "nested deeper than " + DEPTH_MAX + " levels");
    }
    if (++nodes > NODES_MAX) {
      throw refuse(event, "more than " + NODES_MAX + " values");
    }
    return switch (event) {
      case ScalarEvent scalar ->
          new ConfigNode.Scalar(line(scalar), scalar.getValue(), scalar.isPlain());
      case SequenceStartEvent list -> list(list, path, depth);
      case MappingStartEvent mapping -> mapping(mapping, path, depth);
      case Event other -> throw refuse(other, "unexpected " + other.getEventId());
    };
  }

  private ConfigNode.Items list(SequenceStartEvent start, String path, int depth) {
    var items = new ArrayList<ConfigNode>();
    for (var event = events.next(); !(event instanceof SequenceEndEvent); event = events.next()) {
      items.add(node(event, KeyPath.item(path, items.size()), depth + 1));
    }
    return new ConfigNode.Items(line(start), List.copyOf(items));
  }

  private ConfigNode.Keys mapping(MappingStartEvent start, String path, int depth) {
    var children = new LinkedHashMap<String, ConfigNode.Keyed>();
    for (var event = events.next(); !(event instanceof MappingEndEvent); event = events.next()) {
      refuseDecoration(event);
      if (!(event instanceof ScalarEvent key)) {
        throw refuse(event, "a key must be a plain word, found a list or a section");
      }
      var keyPath = KeyPath.child(path, key.getValue());
      var value = node(events.next(), keyPath, depth + 1);
      var earlier = children.putIfAbsent(key.getValue(), new ConfigNode.Keyed(line(key), value));
      if (earlier != null) {
        var message = "given twice, first on line " + earlier.keyLine();
        problems.add(new ConfigProblem(source, line(key), keyPath, message));
      }
    }
    return new ConfigNode.Keys(line(start), children);
  }

  private void refuseDecoration(Event event) {
    if (event instanceof AliasEvent) {
      throw refuse(event, "an alias (*name) is not allowed in a configuration, write the value");
    }
    if (event instanceof NodeEvent node && node.getAnchor().isPresent()) {
      throw refuse(event, "an anchor (&name) is not allowed in a configuration");
    }
    var tag =
        switch (event) {
          case ScalarEvent scalar -> scalar.getTag();
          case CollectionStartEvent collection -> collection.getTag();
          case Event _ -> Optional.<String>empty();
        };
    if (tag.isPresent()) {
      throw refuse(event, "a tag (!name) is not allowed in a configuration");
    }
  }

  private ConfigException refuse(Event at, String message) {
    return refused(problems, new ConfigProblem(source, line(at), "", message));
  }

  private static ConfigException refused(List<ConfigProblem> earlier, ConfigProblem last) {
    var all = new ArrayList<>(earlier);
    all.add(last);
    return new ConfigException(all);
  }

  private static int line(Event event) {
    return event.getStartMark().map(Mark::getLine).orElse(0) + 1;
  }
}
