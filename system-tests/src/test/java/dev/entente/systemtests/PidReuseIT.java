package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.entente.rpc.CallOptions;
import dev.entente.rpc.RpcException;
import dev.entente.testkit.Await;
import dev.entente.wire.spiffe.workload.JWTSVIDRequest;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// A connection that outlives the process that opened it, whose pid then goes to another process.
@DisplayName("A workload's pid, taken by another process")
final class PidReuseIT {
  @RegisterExtension private final Sandbox sandbox = Sandbox.perTest();

  /// Opens a connection to the agent; what others say at its own door goes over that connection,
  /// for as long as a child of it lives, which is longer than it may live itself.
  private static final String KEEPER =
      """
      use IO::Select;
      use IO::Socket::UNIX;
      my ($agent, $door) = @ARGV;
      $| = 1;
      my $listener = IO::Socket::UNIX->new(Local => $door, Listen => 1) or die "no door: $!";
      my $connection = IO::Socket::UNIX->new(Peer => $agent) or die "no agent: $!";
      if (fork() == 0) {
        my $client = $listener->accept;
        my $both = IO::Select->new($client, $connection);
        for (;;) {
          for my $from ($both->can_read) {
            sysread($from, my $bytes, 65536) or exit;
            syswrite($from == $client ? $connection : $client, $bytes);
          }
        }
      }
      while (my $command = <STDIN>) {
        print "ok pid=$$\\n";
        exit if $command eq "leave\\n";
      }
      """;

  private static final CallOptions WORKLOADS_CALL =
      CallOptions.within(Duration.ofSeconds(15)).with("workload.spiffe.io", "true");
  private static final Duration SOON = Duration.ofSeconds(60);

  @Test
  void doesNotGetTheOtherProcesssIdentity() {
    var keeper = PidNamespace.perl(sandbox, "keeper");
    var victim = PidNamespace.perl(sandbox, "victim");
    var broker = new BrokerProcess(sandbox, "broker").start();
    var token = broker.admin().joinToken();
    for (var program : List.of(keeper, victim)) {
      var path = "/" + program.getFileName();
      var node = "/spire/agent/join_token/" + token;
      broker.admin().createEntry(AdminApi.entry(node, path, "unix:path:" + program).build());
    }
    var agent = new AgentProcess(sandbox, "agent", broker).joinToken(token);
    var namespace = PidNamespace.of(sandbox, agent);

    var first = namespace.start("first", command(keeper, agent, "first.sock"));
    var pid = pid(first.ask("pid"));
    var overFirst = client("first.sock");
    Await.until("identity", SOON, () -> isKnown(overFirst));
    assertThat(identity(overFirst)).isEqualTo("spiffe://td.example/keeper");

    first.ask("leave");
    first.awaitEnd();
    var second = namespace.startAs(pid, "second", command(victim, agent, "second.sock"));
    assumeTrue(second.takes("pid"), "pid " + pid + " went to a thread");

    assertThat(pid(second.ask("pid"))).isEqualTo(pid);
    assertThat(identity(client("second.sock"))).isEqualTo("spiffe://td.example/victim");
    var refused = catchThrowableOfType(RpcException.class, () -> identity(overFirst));
    assertThat(refused.code()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(refused).hasMessageContaining("the calling process is gone or cannot be seen");
  }

  private List<String> command(Path program, AgentProcess agent, String door) {
    var path = sandbox.directory().resolve(door).toString();
    return List.of(program.toString(), "-e", KEEPER, agent.socket().toString(), path);
  }

  private AdminApi client(String door) {
    return sandbox.register(AdminApi.of(sandbox.directory().resolve(door)));
  }

  private static boolean isKnown(AdminApi client) {
    try {
      return !identity(client).isEmpty();
    } catch (RpcException e) {
      return false;
    }
  }

  private static String identity(AdminApi client) {
    var request = JWTSVIDRequest.newBuilder().addAudience("backend").build();
    var method = SpiffeWorkloadAPIGrpcClient.FetchJWTSVID;
    return AdminApi.await(client.client().unary(method, request, WORKLOADS_CALL))
        .getSvids(0)
        .getSpiffeId();
  }

  private static String pid(Map<String, String> answer) {
    return Objects.requireNonNull(answer.get("pid"));
  }
}
