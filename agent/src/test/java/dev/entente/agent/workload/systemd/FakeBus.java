package dev.entente.agent.workload.systemd;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;

/// A system bus that follows a script: after each question, which has to be the recorded one byte
/// for byte, it says what is recorded.
final class FakeBus implements AutoCloseable {
  /// Where a script waits for ever.
  static final String SILENCE = "silence";

  private static final Properties RECORDED = load();

  private final ServerSocketChannel server;
  private final String greeting;
  private final List<String> script;
  private final List<SocketChannel> open = new CopyOnWriteArrayList<>();
  private final List<String> surprises = new CopyOnWriteArrayList<>();

  /// @param greeting what it says to whoever authenticates
  /// @param script names of recorded messages; those that begin with `ask-` are waited for
  FakeBus(Path socket, String greeting, List<String> script) throws IOException {
    this.greeting = greeting;
    this.script = List.copyOf(script);
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    Thread.ofVirtual().name("fake-bus").start(this::accept);
  }

  /// The bytes of a recorded message.
  static byte[] recorded(String name) {
    return HexFormat.of().parseHex(RECORDED.getProperty(name, ""));
  }

  /// What was asked that is not in the script.
  List<String> surprises() {
    return List.copyOf(surprises);
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        var connection = server.accept();
        open.add(connection);
        Thread.ofVirtual().name("fake-bus-peer").start(() -> serve(connection));
      } catch (IOException _) {
        // Closed.
      }
    }
  }

  private void serve(SocketChannel connection) {
    try {
      var in = Channels.newInputStream(connection);
      var out = Channels.newOutputStream(connection);
      expect(in, authentication());
      out.write(greeting.getBytes(StandardCharsets.US_ASCII));
      expect(in, "BEGIN\r\n".getBytes(StandardCharsets.US_ASCII));
      for (var name : script) {
        if (name.equals(SILENCE)) {
          return;
        }
        if (name.startsWith("ask-")) {
          expect(in, recorded(name));
        } else {
          out.write(recorded(name));
        }
      }
    } catch (IOException _) {
      // The one who asked went away.
    }
  }

  private static byte[] authentication() throws IOException {
    var uid = Integer.toString((int) Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    var hex = HexFormat.of().formatHex(uid.getBytes(StandardCharsets.US_ASCII));
    return ("\0AUTH EXTERNAL " + hex + "\r\n").getBytes(StandardCharsets.US_ASCII);
  }

  private void expect(InputStream in, byte[] expected) throws IOException {
    var got = new ByteArrayOutputStream();
    for (byte want : expected) {
      int next = in.read();
      got.write(next);
      if (next != (want & 0xff)) {
        if (next >= 0) {
          surprises.add(HexFormat.of().formatHex(got.toByteArray()));
        }
        throw new IOException("not what was expected");
      }
    }
  }

  private static Properties load() {
    var properties = new Properties();
    try (var in = FakeBus.class.getResourceAsStream("bus.properties")) {
      properties.load(in);
      return properties;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (var connection : open) {
      connection.close();
    }
  }
}
