package dev.entente.agent.workload.container;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.entente.agent.workload.container.Pod.Owner;
import dev.entente.agent.workload.container.Pod.PodContainer;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Reads the kubelet's list of pods (a `PodList` of `v1`) while it arrives: the whole would be many
/// times what is needed of it, and the agent's heap is small.
final class PodReader {
  /// Pods nest some ten levels.
  private static final int DEPTH_MAX = 64;

  /// An annotation may have 256 KiB, all of a pod's together too.
  private static final int TEXT_MAX_CHARS = 1024 * 1024;

  /// The phases that a pod never leaves.
  private static final Set<String> ENDED = Set.of("Succeeded", "Failed");

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEPTH_MAX)
                  .maxStringLength(TEXT_MAX_CHARS)
                  .build())
          .build();

  private PodReader() {}

  /// Reads a list; pods without a uid are left out.
  ///
  /// @throws IllegalArgumentException if it is no such list; the message quotes nothing of it
  static List<Pod> readList(InputStream in) throws IOException {
    return reading(in, PodReader::list);
  }

  /// Reads the labels of a single object, such as a namespace.
  ///
  /// @throws IllegalArgumentException if it is no object
  static Map<String, String> readLabels(InputStream in) throws IOException {
    return reading(in, parser -> object(parser).labels);
  }

  private static <T> T reading(InputStream in, Reader<T> reader) throws IOException {
    try (var parser = JSON.createParser(in)) {
      parser.nextToken();
      var read = reader.read(parser);
      if (parser.nextToken() != null) {
        throw malformed(parser, "more after its end");
      }
      return read;
    } catch (JsonProcessingException e) {
      // Its message may quote a secret of a pod.
      var at =
          e.getLocation() == null ? "an unknown place" : "byte " + e.getLocation().getByteOffset();
      throw new IllegalArgumentException("no such JSON at " + at);
    }
  }

  private static List<Pod> list(JsonParser parser) throws IOException {
    List<Pod> pods = new ArrayList<>();
    var known = new boolean[1];
    members(
        parser,
        name -> {
          if (name.equals("items")) {
            known[0] = true;
            elements(
                parser,
                () -> {
                  var pod = object(parser);
                  if (!pod.uid.isEmpty()) {
                    pods.add(pod.toPod());
                  }
                });
          }
        });
    if (!known[0]) {
      throw malformed(parser, "no items");
    }
    return List.copyOf(pods);
  }

  private static Draft object(JsonParser parser) throws IOException {
    var draft = new Draft();
    members(
        parser,
        name -> {
          switch (name) {
            case "metadata" -> members(parser, member -> draft.metadata(parser, member));
            case "spec" -> members(parser, member -> draft.spec(parser, member));
            case "status" -> members(parser, member -> draft.status(parser, member));
            default -> {
              // Nothing else is told of.
            }
          }
        });
    return draft;
  }

  /// Visits the members of the object at hand, which may be null; each is skipped if `visit` leaves
  /// it where it is.
  private static void members(JsonParser parser, Visit visit) throws IOException {
    if (parser.currentToken() == JsonToken.VALUE_NULL) {
      return;
    }
    require(parser, JsonToken.START_OBJECT, "an object");
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      var name = parser.currentName();
      parser.nextToken();
      visit.member(name);
      parser.skipChildren();
    }
  }

  private static void elements(JsonParser parser, Element element) throws IOException {
    if (parser.currentToken() == JsonToken.VALUE_NULL) {
      return;
    }
    require(parser, JsonToken.START_ARRAY, "an array");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      element.read();
    }
  }

  private static String text(JsonParser parser) throws IOException {
    if (parser.currentToken() == JsonToken.VALUE_NULL) {
      return "";
    }
    require(parser, JsonToken.VALUE_STRING, "a text");
    return parser.getText();
  }

  private static void require(JsonParser parser, JsonToken token, String what) {
    if (parser.currentToken() != token) {
      throw malformed(parser, "not " + what);
    }
  }

  private static IllegalArgumentException malformed(JsonParser parser, String what) {
    return new IllegalArgumentException(
        what + " at byte " + parser.currentLocation().getByteOffset());
  }

  private interface Reader<T> {
    T read(JsonParser parser) throws IOException;
  }

  private interface Visit {
    void member(String name) throws IOException;
  }

  private interface Element {
    void read() throws IOException;
  }

  /// A pod while it is read.
  private static final class Draft {
    private final Map<String, String> labels = new LinkedHashMap<>();
    private final List<Owner> owners = new ArrayList<>();
    private final List<PodContainer> containers = new ArrayList<>();
    private final List<PodContainer> initContainers = new ArrayList<>();
    private String uid = "";
    private String name = "";
    private String namespace = "";
    private String serviceAccount = "";
    private String node = "";
    private String phase = "";

    void metadata(JsonParser parser, String member) throws IOException {
      switch (member) {
        case "uid" -> uid = text(parser);
        case "name" -> name = text(parser);
        case "namespace" -> namespace = text(parser);
        case "labels" -> members(parser, key -> labels.put(key, text(parser)));
        case "ownerReferences" -> elements(parser, () -> owners.add(owner(parser)));
        default -> {
          // Annotations and the like.
        }
      }
    }

    void spec(JsonParser parser, String member) throws IOException {
      switch (member) {
        case "serviceAccountName" -> serviceAccount = text(parser);
        case "nodeName" -> node = text(parser);
        default -> {
          // Among the rest are variables of containers, which may be secrets.
        }
      }
    }

    void status(JsonParser parser, String member) throws IOException {
      switch (member) {
        case "phase" -> phase = text(parser);
        case "containerStatuses" -> elements(parser, () -> containers.add(container(parser)));
        case "initContainerStatuses" ->
            elements(parser, () -> initContainers.add(container(parser)));
        default -> {
          // Addresses, conditions.
        }
      }
    }

    private static Owner owner(JsonParser parser) throws IOException {
      var texts = texts(parser);
      return new Owner(of(texts, "kind"), of(texts, "name"), of(texts, "uid"));
    }

    private static PodContainer container(JsonParser parser) throws IOException {
      var texts = texts(parser);
      var id = of(texts, "containerID");
      int runtime = id.indexOf("://");
      return new PodContainer(
          of(texts, "name"),
          of(texts, "image"),
          of(texts, "imageID"),
          runtime < 0 ? "" : id.substring(runtime + 3));
    }

    /// The members that are texts.
    private static Map<String, String> texts(JsonParser parser) throws IOException {
      Map<String, String> texts = new LinkedHashMap<>();
      members(
          parser,
          key -> {
            if (parser.currentToken() == JsonToken.VALUE_STRING) {
              texts.put(key, parser.getText());
            }
          });
      return texts;
    }

    private static String of(Map<String, String> texts, String key) {
      return texts.getOrDefault(key, "");
    }

    Pod toPod() {
      return new Pod(
          uid,
          name,
          namespace,
          serviceAccount,
          node,
          ENDED.contains(phase),
          labels,
          owners,
          containers,
          initContainers);
    }
  }
}
