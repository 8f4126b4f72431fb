package dev.entente.agent.workload.systemd;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/// Writes messages of D-Bus (Specification, "Message Format"), little-endian.
final class BusWriter {
  static final int METHOD_CALL = 1;
  static final int HEADER_ALIGNMENT = 8;

  private static final int PROTOCOL_VERSION = 1;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  private BusWriter() {}

  /// The bytes of a call.
  static byte[] write(BusCall call, int serial) {
    var body = new BusWriter();
    for (var argument : call.arguments()) {
      switch (argument) {
        case BusCall.Argument.Text(var value) -> body.text(value);
        case BusCall.Argument.Uint32(var value) -> body.number(value);
      }
    }
    var fields = new BusWriter();
    fields.field(BusMessage.PATH, "o", call.path());
    fields.field(BusMessage.INTERFACE, "s", call.iface());
    fields.field(BusMessage.MEMBER, "s", call.member());
    fields.field(BusMessage.DESTINATION, "s", call.destination());
    if (!call.arguments().isEmpty()) {
      fields.align(HEADER_ALIGNMENT);
      fields.bytes.write(BusMessage.SIGNATURE);
      fields.signature("g");
      fields.signature(call.signature());
    }

    var message = new BusWriter();
    message.bytes.write('l');
    message.bytes.write(METHOD_CALL);
    message.bytes.write(0);
    message.bytes.write(PROTOCOL_VERSION);
    message.number(body.bytes.size());
    message.number(serial);
    // The fields begin at a multiple of eight, so that their own alignment holds in the whole.
    message.number(fields.bytes.size());
    message.bytes.writeBytes(fields.bytes.toByteArray());
    message.align(HEADER_ALIGNMENT);
    message.bytes.writeBytes(body.bytes.toByteArray());
    return message.bytes.toByteArray();
  }

  private void field(int code, String type, String value) {
    align(HEADER_ALIGNMENT);
    bytes.write(code);
    signature(type);
    text(value);
  }

  private void text(String value) {
    var utf8 = value.getBytes(StandardCharsets.UTF_8);
    number(utf8.length);
    bytes.writeBytes(utf8);
    bytes.write(0);
  }

  private void signature(String types) {
    bytes.write(types.length());
    bytes.writeBytes(types.getBytes(StandardCharsets.US_ASCII));
    bytes.write(0);
  }

  private void number(int value) {
    align(Integer.BYTES);
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      bytes.write(value >>> shift);
    }
  }

  private void align(int boundary) {
    while (bytes.size() % boundary != 0) {
      bytes.write(0);
    }
  }
}
