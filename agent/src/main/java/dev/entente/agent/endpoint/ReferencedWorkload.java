package dev.entente.agent.endpoint;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.entente.agent.workload.PodReference;
import dev.entente.wire.spiffe.broker.KubernetesObjectReference;
import dev.entente.wire.spiffe.broker.WorkloadPIDReference;
import dev.entente.wire.spiffe.broker.WorkloadReference;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// What a SPIFFE broker's reference names (SPIFFE_Broker_API §3.1). Nothing in it is believed: it
/// only says what to look at.
sealed interface ReferencedWorkload {
  /// A process of this node, in the agent's pid namespace.
  record OfPid(int pid) implements ReferencedWorkload {}

  /// A pod of this node.
  record OfPod(PodReference reference) implements ReferencedWorkload {}

  /// Reads a reference.
  ///
  /// @throws IllegalArgumentException with what the caller is to be told, if it is none, or of a
  ///   kind that is not known here
  static ReferencedWorkload read(WorkloadReference reference) {
    if (!reference.hasReference()) {
      throw new IllegalArgumentException("a workload reference is needed");
    }
    var any = reference.getReference();
    try {
      if (any.is(WorkloadPIDReference.class)) {
        return process(any.unpack(WorkloadPIDReference.class));
      }
      if (any.is(KubernetesObjectReference.class)) {
        return pod(any.unpack(KubernetesObjectReference.class));
      }
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("the workload reference is no message of its type", e);
    }
    throw new IllegalArgumentException(
        "workload references of type \"" + Text.shortened(any.getTypeUrl()) + "\" are not known");
  }

  private static OfPid process(WorkloadPIDReference reference) {
    if (reference.getPid() <= 0) {
      throw new IllegalArgumentException("there is no process " + reference.getPid());
    }
    return new OfPid(reference.getPid());
  }

  private static OfPod pod(KubernetesObjectReference reference) {
    var type = reference.getType();
    if (type.getPlural().isEmpty() || type.getGroup().isEmpty()) {
      throw new IllegalArgumentException("the type of an object needs both plural and group");
    }
    if (!type.getPlural().equals("pods") || !type.getGroup().equals("core")) {
      throw new IllegalArgumentException(
          "only \"pods\" of the group \"core\" can be named, not \"%s\" of \"%s\""
              .formatted(Text.shortened(type.getPlural()), Text.shortened(type.getGroup())));
    }
    var name =
        reference.hasKey() ? Optional.of(name(reference)) : Optional.<PodReference.Name>empty();
    var uid = Optional.of(reference.getUid()).filter(it -> !it.isEmpty()).map(Text::uuid);
    return new OfPod(new PodReference(name, uid));
  }

  private static PodReference.Name name(KubernetesObjectReference reference) {
    var key = reference.getKey();
    if (key.getNamespace().isEmpty() || key.getName().isEmpty()) {
      throw new IllegalArgumentException("the key of a pod needs both namespace and name");
    }
    return new PodReference.Name(key.getNamespace(), key.getName());
  }

  /// Text of a caller.
  final class Text {
    private static final int CHARS_TOLD = 100;

    private static final Pattern UUID =
        Pattern.compile("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");

    private Text() {}

    private static String shortened(String text) {
      return text.length() <= CHARS_TOLD ? text : text.substring(0, CHARS_TOLD) + "…";
    }

    private static String uuid(String text) {
      if (!UUID.matcher(text).matches()) {
        throw new IllegalArgumentException("the uid \"" + shortened(text) + "\" is no UUID");
      }
      return text.toLowerCase(Locale.ROOT);
    }
  }
}
