package dev.entente.agent.workload.systemd;

import dev.entente.runtime.blocking.Connection;
import dev.entente.runtime.blocking.TimeLimit;
import dev.entente.runtime.blocking.UnixConnection;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;

/// One connection to the system bus, for a few calls. One thread.
final class SystemBus implements AutoCloseable {
  private static final BusCall HELLO =
      new BusCall(
          "org.freedesktop.DBus",
          "/org/freedesktop/DBus",
          "org.freedesktop.DBus",
          "Hello",
          List.of());

  private static final int LINE_MAX_BYTES = 1024;

  /// Signals may come between; nobody sends us many, as we subscribe to none.
  private static final int STRANGERS_MAX = 32;

  private final Connection connection;
  private final InputStream in;
  private int serial;

  private SystemBus(Connection connection) throws IOException {
    this.connection = connection;
    this.in = new BufferedInputStream(connection.in());
  }

  /// Connects and says who we are: the user with that number, which the bus checks by the socket's
  /// credentials (Specification, "EXTERNAL").
  static SystemBus open(Path socket, long uid, TimeLimit limit) throws IOException {
    var bus = new SystemBus(UnixConnection.open(socket, limit));
    try {
      bus.authenticate(uid);
      bus.call(HELLO);
      return bus;
    } catch (IOException e) {
      bus.close();
      throw e;
    }
  }

  private void authenticate(long uid) throws IOException {
    var ascii = Long.toString(uid).getBytes(StandardCharsets.US_ASCII);
    say("\0AUTH EXTERNAL " + HexFormat.of().formatHex(ascii) + "\r\n");
    if (!line().startsWith("OK ")) {
      throw new ProtocolException("the bus does not take us for user " + uid);
    }
    say("BEGIN\r\n");
  }

  private void say(String text) throws IOException {
    connection.out().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  private String line() throws IOException {
    var text = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0 || text.length() == LINE_MAX_BYTES) {
        throw new ProtocolException("the bus does not answer with a line");
      }
      text.append((char) next);
    }
    return text.toString().stripTrailing();
  }

  /// The one text that `call` returns.
  ///
  /// @throws BusErrorException if the one who was asked answers with an error
  String call(BusCall call) throws IOException {
    connection.out().write(BusWriter.write(call, ++serial));
    for (int i = 0; i < STRANGERS_MAX; i++) {
      var message = BusMessage.read(in);
      if (message.replyTo().isPresent() && message.replyTo().getAsInt() == serial) {
        return switch (message.kind()) {
          case BusMessage.ANSWER -> message.text();
          case BusMessage.ERROR -> throw new BusErrorException(message.error().orElse("no name"));
          default -> throw new ProtocolException("neither answer nor error");
        };
      }
    }
    throw new ProtocolException("no answer among " + STRANGERS_MAX + " messages");
  }

  @Override
  public void close() throws IOException {
    connection.close();
  }

  /// The one who was asked refused.
  static final class BusErrorException extends IOException {
    private final String name;

    BusErrorException(String name) {
      super("error " + name);
      this.name = name;
    }

    /// Such as `org.freedesktop.DBus.Error.ServiceUnknown`.
    String name() {
      return name;
    }
  }
}
