package dev.entente.runtime.blocking;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/// A connection to a TCP port, with TLS or without.
///
/// The socket belongs to a channel, because only then an interrupt ends what it waits for.
public final class TcpConnection implements Connection {
  private final Socket socket;
  private final TimeLimit limit;

  private TcpConnection(Socket socket, TimeLimit limit) {
    this.socket = socket;
    this.limit = limit;
  }

  /// How a peer is judged.
  ///
  /// @param factory knows the authorities, and who we are
  /// @param checkHost whether the certificate has to name the host we asked for
  public record Tls(SSLSocketFactory factory, boolean checkHost) {}

  /// Connects to the first address of `host`, and shakes hands if there is TLS.
  public static TcpConnection open(String host, int port, Optional<Tls> tls, TimeLimit limit)
      throws IOException {
    var address = new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw new UnknownHostException("no address of \"" + host + "\"");
    }
    return open(address, host, tls, limit);
  }

  /// Connects to exactly that address, without TLS.
  public static TcpConnection open(InetSocketAddress address, TimeLimit limit) throws IOException {
    return open(address, address.getHostString(), Optional.empty(), limit);
  }

  private static TcpConnection open(
      InetSocketAddress address, String host, Optional<Tls> tls, TimeLimit limit)
      throws IOException {
    var channel = SocketChannel.open();
    try {
      var socket = channel.socket();
      socket.connect(address, limit.leftMillis());
      return new TcpConnection(
          tls.isPresent() ? secured(socket, host, address.getPort(), tls.get(), limit) : socket,
          limit);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private static Socket secured(Socket plain, String host, int port, Tls tls, TimeLimit limit)
      throws IOException {
    var socket = (SSLSocket) tls.factory().createSocket(plain, host, port, true);
    var parameters = socket.getSSLParameters();
    parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
    if (tls.checkHost()) {
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
    }
    socket.setSSLParameters(parameters);
    socket.setSoTimeout(limit.leftMillis());
    socket.startHandshake();
    return socket;
  }

  @Override
  public InputStream in() throws IOException {
    return new FilterInputStream(socket.getInputStream()) {
      @Override
      public int read() throws IOException {
        socket.setSoTimeout(limit.leftMillis());
        return super.read();
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        socket.setSoTimeout(limit.leftMillis());
        return super.read(bytes, offset, length);
      }
    };
  }

  @Override
  public OutputStream out() throws IOException {
    return socket.getOutputStream();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
