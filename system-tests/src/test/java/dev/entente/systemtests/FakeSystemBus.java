package dev.entente.systemtests;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/// A system bus with a systemd in which chosen processes run in the unit `nginx.service`, and no
/// others in any. Its answers were made with jeepney, a D-Bus library of others, for calls numbered
/// from one: hello, the unit, its id, its file.
final class FakeSystemBus implements AutoCloseable {
  private static final String NAMES =
      "06017300040000003a312e370000000007017300040000003a312e30000000000801670001";
  private static final String HELLO =
      "6c02010109000000010000003f000000050175000100000006017300040000003a312e370000000007017300"
          + "140000006f72672e667265656465736b746f702e44427573000000000801670001730000"
          + "040000003a312e3700";
  private static final String UNIT =
      "6c02010133000000840300002f0000000501750002000000"
          + NAMES
          + "6f00002e0000002f6f72672f667265656465736b746f702f73797374656d64312f756e69742f"
          + "6e67696e785f32657365727669636500";
  private static final String ID =
      "6c02010116000000850300002f0000000501750003000000"
          + NAMES
          + "760000017300000d0000006e67696e782e7365727669636500";
  private static final String FRAGMENT_PATH =
      "6c0201012a000000860300002f0000000501750004000000"
          + NAMES
          + "76000001730000210000002f6c69622f73797374656d642f73797374656d2f"
          + "6e67696e782e7365727669636500";
  private static final String NO_UNIT =
      "6c03010131000000840300005f00000004017300250000006f72672e667265656465736b746f702e"
          + "73797374656d64312e4e6f556e6974466f72504944000000050175000200000006017300040000003a31"
          + "2e370000000007017300040000003a312e300000000008016700017300002c0000005049442034373131"
          + "20646f6573206e6f742062656c6f6e6720746f20616e79206c6f6164656420756e69742e00";

  private static final int FIXED_BYTES = 16;

  private final ServerSocketChannel server;
  private final Set<Long> members = ConcurrentHashMap.newKeySet();
  private final Set<Long> unanswered = ConcurrentHashMap.newKeySet();
  private final List<SocketChannel> open = new CopyOnWriteArrayList<>();

  FakeSystemBus(Path socket) {
    try {
      server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      server.bind(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      throw new UncheckedIOException("no bus at " + socket, e);
    }
    Thread.ofVirtual().name("fake-bus").start(this::accept);
  }

  /// Lets a process run in `nginx.service` from now on.
  void add(WorkloadProcess process) {
    members.add(process.pid());
  }

  /// Takes questions about a process from now on, and never answers.
  void leaveUnanswered(WorkloadProcess process) {
    unanswered.add(process.pid());
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
    try (connection) {
      var in = new DataInputStream(Channels.newInputStream(connection));
      var out = Channels.newOutputStream(connection);
      line(in);
      out.write("OK 0123456789abcdef0123456789abcdef\r\n".getBytes(StandardCharsets.US_ASCII));
      line(in);
      call(in);
      out.write(HexFormat.of().parseHex(HELLO));
      var unit = call(in);
      long pid = unit.getInt(unit.limit() - Integer.BYTES);
      if (unanswered.contains(pid)) {
        call(in);
        return;
      }
      out.write(HexFormat.of().parseHex(members.contains(pid) ? UNIT : NO_UNIT));
      call(in);
      out.write(HexFormat.of().parseHex(ID));
      call(in);
      out.write(HexFormat.of().parseHex(FRAGMENT_PATH));
    } catch (IOException _) {
      // The one who asked went away.
    }
  }

  private static void line(InputStream in) throws IOException {
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new IOException("cut short");
      }
    }
  }

  /// The body of a little-endian call.
  private static ByteBuffer call(DataInputStream in) throws IOException {
    var fixed = new byte[FIXED_BYTES];
    in.readFully(fixed);
    var header = ByteBuffer.wrap(fixed).order(ByteOrder.LITTLE_ENDIAN);
    int fields = (header.getInt(12) + 7) / 8 * 8;
    in.skipNBytes(fields);
    var body = new byte[header.getInt(4)];
    in.readFully(body);
    return ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (var connection : open) {
      connection.close();
    }
  }
}
