package dev.entente.broker;

import static dev.entente.broker.TestBroker.get;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Empty;
import dev.entente.broker.api.AuthorizationTable;
import dev.entente.broker.api.Grant;
import dev.entente.broker.api.ServiceFiles;
import dev.entente.rpc.CallOptions;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.RpcException;
import dev.entente.wire.spire.types.Entry;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Walks every method of every service as every kind of caller, over real sockets.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuthorizationTest {
  /// Bound on the private socket only.
  private static final Set<String> LOCAL_SERVICES =
      Set.of(
          "spire.api.server.debug.v1.Debug",
          "spire.api.server.logger.v1.Logger",
          "entente.api.broker.v1.Operations");

  private enum Kind {
    ANONYMOUS,
    LOCAL,
    ADMIN,
    ADMIN_BY_CONFIG,
    DOWNSTREAM,
    AGENT,
    WORKLOAD
  }

  private final Map<Kind, RpcClient> clients = new EnumMap<>(Kind.class);
  private TestBroker broker;

  @BeforeAll
  void start(@TempDir Path directory) {
    broker = TestBroker.start(directory, "admin-ids: [spiffe://example.org/config/admin]");
    var node = broker.attest();
    clients.put(Kind.ANONYMOUS, broker.anonymous());
    clients.put(Kind.LOCAL, broker.local());
    clients.put(Kind.AGENT, broker.as(node.identity()));
    clients.put(Kind.ADMIN, workload(node, "/any/admin", Entry.newBuilder().setAdmin(true)));
    clients.put(Kind.ADMIN_BY_CONFIG, workload(node, "/config/admin", Entry.newBuilder()));
    clients.put(
        Kind.DOWNSTREAM, workload(node, "/any/downstream", Entry.newBuilder().setDownstream(true)));
    clients.put(Kind.WORKLOAD, workload(node, "/any/workload", Entry.newBuilder()));
  }

  private RpcClient workload(TestBroker.Node node, String path, Entry.Builder entry) {
    return broker.as(broker.workload(node, path, entry));
  }

  @AfterAll
  void stop() {
    broker.close();
  }

  static Stream<MethodDescriptor> methods() {
    return ServiceFiles.DESCRIPTORS.stream()
        .flatMap(file -> file.getServices().stream())
        .flatMap(service -> service.getMethods().stream());
  }

  @ParameterizedTest
  @MethodSource("methods")
  void onlyThoseWithAGrantPass(MethodDescriptor method) {
    for (var kind : Kind.values()) {
      var code = call(Objects.requireNonNull(clients.get(kind)), method);
      if (mayCall(kind, method)) {
        assertThat(code)
            .as("%s as %s", method.getFullName(), kind)
            .isNotEqualTo(GrpcStatus.PERMISSION_DENIED);
      } else {
        assertThat(code)
            .as("%s as %s", method.getFullName(), kind)
            .isIn(GrpcStatus.PERMISSION_DENIED, GrpcStatus.UNIMPLEMENTED);
        boolean closed =
            kind != Kind.LOCAL && LOCAL_SERVICES.contains(method.getService().getFullName());
        assertThat(code == GrpcStatus.UNIMPLEMENTED)
            .as("%s as %s is not bound", method.getFullName(), kind)
            .isEqualTo(closed);
      }
    }
  }

  private static boolean mayCall(Kind kind, MethodDescriptor method) {
    var grants =
        AuthorizationTable.grants(method.getService().getFullName() + "/" + method.getName());
    if (grants.contains(Grant.ANYONE)) {
      return true;
    }
    return switch (kind) {
      case ANONYMOUS, WORKLOAD -> false;
      case LOCAL -> grants.contains(Grant.LOCAL);
      case ADMIN, ADMIN_BY_CONFIG -> grants.contains(Grant.ADMIN);
      case DOWNSTREAM -> grants.contains(Grant.DOWNSTREAM);
      case AGENT -> grants.contains(Grant.AGENT);
    };
  }

  /// Sends one empty message, which every method understands and most refuse.
  private static GrpcStatus call(RpcClient client, MethodDescriptor method) {
    ServiceMethod<Empty, Empty> any =
        ServiceMethod.client(
            ServiceName.create(method.getService().getFullName()),
            method.getName(),
            GrpcMessageEncoder.encoder(),
            GrpcMessageDecoder.decoder(Empty.newBuilder()));
    var call = client.bidi(any, CallOptions.within(TestBroker.LIMIT));
    call.send(Empty.getDefaultInstance());
    call.finish();
    try {
      get(call.next(TestBroker.LIMIT));
      call.cancel();
      return GrpcStatus.OK;
    } catch (RpcException e) {
      return e.code();
    }
  }
}
