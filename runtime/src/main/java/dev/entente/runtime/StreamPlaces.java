package dev.entente.runtime;

import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.Optional;
import java.util.function.Supplier;

/// Counts the streams of one HTTP/2 connection's peer for as long as they hold anything, which is
/// until what ends them is written.
///
/// Belongs to the connection's event loop.
final class StreamPlaces extends Http2ConnectionAdapter {
  private final Http2Connection.PropertyKey place;
  private final Supplier<Optional<Runnable>> places;

  /// The last one for which there was no place; 0 is no stream.
  private int refused;

  /// @param place under which a stream keeps how to give its place back
  /// @param places gives each stream a place, and how to give it back; empty if there is none
  StreamPlaces(Http2Connection.PropertyKey place, Supplier<Optional<Runnable>> places) {
    this.place = place;
    this.places = places;
  }

  @Override
  public void onStreamActive(Http2Stream stream) {
    places
        .get()
        .ifPresentOrElse(
            giveBack -> stream.setProperty(place, giveBack), () -> refused = stream.id());
  }

  @Override
  public void onStreamClosed(Http2Stream stream) {
    Runnable giveBack = stream.removeProperty(place);
    if (giveBack != null) {
      giveBack.run();
    }
  }

  /// Refuses the stream whose header fields have come, if there was no place for it: what a
  /// listener throws when a stream becomes active, Netty only logs.
  void begin(int stream) throws Http2Exception {
    if (stream == refused) {
      throw Http2Exception.streamError(
          stream, Http2Error.REFUSED_STREAM, "too many calls are open; try again later");
    }
  }
}
