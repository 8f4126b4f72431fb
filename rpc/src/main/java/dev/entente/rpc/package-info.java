/// Carries gRPC calls over Vert.x, on TCP with SVIDs and on Unix sockets with kernel credentials.
///
/// Two ideas. *A handler sees values*: a typed request, a [dev.entente.rpc.CallContext] that says
/// who asks and how long they wait, and a future for the answer; it cannot hang a call, answer it
/// twice or leak a stack trace. *What a peer sends is not trusted*: sizes, compression, deadlines,
/// cardinality and content types are checked here, once, before a handler runs.
///
/// A broker binds [dev.entente.rpc.RpcService]s into an [dev.entente.rpc.RpcRouter] and listens
/// with [dev.entente.rpc.RpcServer]; agents and the command line call with
/// [dev.entente.rpc.RpcClient]. Of Vert.x gRPC this room uses the generated method constants,
/// codecs and messages; framing, status and call life are its own (docs/adr/0002-call-layer.md says
/// why).
///
/// Limits: no compression, no gRPC-Web, no JSON, HTTP/2 only; Linux with epoll for Unix sockets.
@NullMarked
package dev.entente.rpc;

import org.jspecify.annotations.NullMarked;
