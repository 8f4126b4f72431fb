/// The broker's edge: who may call what, and the translation between messages and our own values.
///
/// Every call passes the same four steps: the peer is read from the connection ([Caller]), the
/// [Gate] decides by the [AuthorizationTable], a service class answers with values, and a failure
/// is a [Refusal] whose kind becomes a gRPC status in [Statuses]. Protobuf and Vert.x HTTP types
/// stop in this package.
@NullMarked
package dev.entente.broker.api;

import org.jspecify.annotations.NullMarked;
