package dev.entente.cli;

import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spiffe.workload.X509SVIDRequest;
import dev.entente.wire.spiffe.workload.X509SVIDResponse;
import picocli.CommandLine.Mixin;

/// A command that asks the Workload API, as a workload of its own.
abstract class WorkloadCommand extends AskingCommand {
  @Mixin private final WorkloadApi api = new WorkloadApi();

  WorkloadCommand(Session session) {
    super(session);
  }

  @Override
  final Calls open() {
    return api.open(session());
  }

  static Follower<X509SVIDResponse> followX509(Calls calls) {
    var follower = new Follower<X509SVIDResponse>(calls.peer());
    calls.follow(
        SpiffeWorkloadAPIGrpcClient.FetchX509SVID, X509SVIDRequest.getDefaultInstance(), follower);
    return follower;
  }
}
