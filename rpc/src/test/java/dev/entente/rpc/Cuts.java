package dev.entente.rpc;

import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcStatus;
import java.util.ArrayList;
import java.util.List;

/// What a [MessageDeframer] made of a body.
///
/// @param refusals the codes it refused with, in order; never more than one
/// @param midMessage whether it waits for the rest of a message
record Cuts(List<Buffer> messages, List<GrpcStatus> refusals, boolean midMessage) {
  /// Feeds `body` in chunks of `step` bytes.
  static Cuts of(int limit, byte[] body, int step) {
    var messages = new ArrayList<Buffer>();
    var refusals = new ArrayList<GrpcStatus>();
    var deframer = new MessageDeframer(limit, messages::add, status -> refusals.add(status.code()));
    for (int at = 0; at < body.length; at += step) {
      deframer.feed(Buffer.buffer().appendBytes(body, at, Math.min(step, body.length - at)));
    }
    return new Cuts(List.copyOf(messages), List.copyOf(refusals), deframer.midMessage());
  }
}
