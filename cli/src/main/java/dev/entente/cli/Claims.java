package dev.entente.cli;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import java.util.LinkedHashMap;
import java.util.Map;

/// The claims of a validated token as plain values.
final class Claims {
  private Claims() {}

  static Map<String, Object> of(Struct struct) {
    var claims = new LinkedHashMap<String, Object>();
    struct.getFieldsMap().forEach((name, value) -> claims.put(name, plain(value)));
    return claims;
  }

  private static Object plain(Value value) {
    return switch (value.getKindCase()) {
      case STRING_VALUE -> value.getStringValue();
      case BOOL_VALUE -> value.getBoolValue();
      case NUMBER_VALUE -> number(value.getNumberValue());
      case LIST_VALUE -> value.getListValue().getValuesList().stream().map(Claims::plain).toList();
      case STRUCT_VALUE -> of(value.getStructValue());
      case NULL_VALUE, KIND_NOT_SET -> "null";
    };
  }

  /// Times arrive as floating-point numbers; whole ones are shown whole.
  private static Object number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? (Object) (long) value
        : Double.toString(value);
  }
}
