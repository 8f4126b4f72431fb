/// Carries gRPC calls over Vert.x, on TCP with SVIDs and on Unix sockets with kernel credentials.
@NullMarked
package dev.entente.rpc;

import org.jspecify.annotations.NullMarked;
