package dev.entente.rpc;

import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpServerConnection;
import java.io.IOException;

/// Asks the kernel who connected to a Unix socket: SO_PEERCRED for the numbers, SO_PEERPIDFD to
/// hold the process. The only class that reaches for the channel below a Vert.x connection.
final class PeerCredentials {
  private PeerCredentials() {}

  /// A peer, and the process to let go when the connection closes.
  record Credentials(LocalPeer peer, WatchedProcess process) {}

  /// Reads the credentials of an accepted connection; runs on its event loop.
  static Credentials read(HttpConnection connection) throws IOException {
    if (!(connection instanceof HttpServerConnection server)
        || !(server.channelHandlerContext().channel()
            instanceof EpollDomainSocketChannel channel)) {
      throw new IOException("reading peer credentials failed: not an epoll Unix socket");
    }
    var credentials = channel.peerCredentials();
    WatchedProcess process = watch(channel.fd().intValue(), credentials.pid());
    int gid = credentials.gids().length == 0 ? -1 : credentials.gids()[0];
    var peer = new LocalPeer(credentials.pid(), credentials.uid(), gid, process);
    return new Credentials(peer, process);
  }

  private static WatchedProcess watch(int socket, int pid) throws IOException {
    int descriptor = NativeCalls.peerPidFd(socket);
    if (descriptor >= 0) {
      return new PidFd(descriptor);
    }
    if (-descriptor == NativeCalls.ENOPROTOOPT) {
      return new StartTime(pid);
    }
    throw new IOException(
        "holding process " + pid + " failed: SO_PEERPIDFD gave error " + -descriptor);
  }
}
