package dev.entente.broker.upstream;

import dev.entente.runtime.ListenAddress;
import java.nio.file.Path;

/// Where the server above is, and where this process learns who it is itself.
///
/// @param server host and port of its gRPC
/// @param workloadApi the Workload API's socket of an agent that is one of the server's
public record UpstreamPlace(ListenAddress server, Path workloadApi) {}
