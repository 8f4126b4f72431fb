package dev.entente.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import dev.entente.wire.spire.types.SPIFFEID;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A message as a program wants to read it: field names as in the .proto file, every plain field
/// present, SPIFFE IDs as text, times as Unix seconds, bytes in base64.
final class WireJson {
  private WireJson() {}

  static Object of(Message message) {
    return message instanceof SPIFFEID id ? Values.text(id) : fields(message);
  }

  /// The fields of a message, to which others may be added.
  static Map<String, Object> members(Message message) {
    return fields(message);
  }

  /// Each message is turned when its turn comes: of a hundred thousand entries, one at a time.
  static Iterable<Object> list(List<? extends Message> messages) {
    return () -> messages.stream().map(WireJson::of).iterator();
  }

  private static Map<String, Object> fields(MessageOrBuilder message) {
    var fields = new LinkedHashMap<String, Object>();
    for (var field : message.getDescriptorForType().getFields()) {
      if (field.isRepeated()) {
        var values = (List<?>) message.getField(field);
        fields.put(field.getName(), values.stream().map(WireJson::value).toList());
      } else if (!field.hasPresence() || message.hasField(field)) {
        fields.put(field.getName(), value(message.getField(field)));
      }
    }
    return fields;
  }

  private static Object value(Object value) {
    return switch (value) {
      case Message nested -> of(nested);
      case EnumValueDescriptor choice -> choice.getName();
      case ByteString bytes -> Base64.getEncoder().encodeToString(bytes.toByteArray());
      case Object plain -> plain;
    };
  }
}
