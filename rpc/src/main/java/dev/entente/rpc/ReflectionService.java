package dev.entente.rpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.vertx.core.Future;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.reflection.v1.ErrorResponse;
import io.vertx.grpc.reflection.v1.FileDescriptorResponse;
import io.vertx.grpc.reflection.v1.ListServiceResponse;
import io.vertx.grpc.reflection.v1.ServerReflectionProto;
import io.vertx.grpc.reflection.v1.ServerReflectionRequest;
import io.vertx.grpc.reflection.v1.ServerReflectionResponse;
import io.vertx.grpc.reflection.v1.ServiceResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// gRPC's server reflection, so that grpcurl and its like need no .proto files.
///
/// v1alpha is v1 under another name, byte for byte; older tools ask only for it. Files and symbols
/// are indexed once, from the services bound; extensions are not, because the protocols here have
/// none.
final class ReflectionService {
  /// How long an idle conversation is kept.
  private static final Duration IDLE_MAX = Duration.ofMinutes(1);

  private static final String V1 = "grpc.reflection.v1.ServerReflection";
  private static final String V1_ALPHA = "grpc.reflection.v1alpha.ServerReflection";
  private static final String METHOD = "ServerReflectionInfo";

  private final Map<String, ServiceDescriptor> services = new TreeMap<>();
  private final Map<String, FileDescriptor> files = new TreeMap<>();
  private final Map<String, FileDescriptor> symbols = new TreeMap<>();

  ReflectionService(List<RpcService> bound) {
    bound.forEach(service -> add(service.descriptor()));
    add(descriptor());
  }

  RpcService bind() {
    return RpcService.builder(descriptor()).bidi(method(V1), this::converse).build();
  }

  RpcService bindAlpha() {
    return RpcService.alias(descriptor(), V1_ALPHA, method(V1_ALPHA), this::converse);
  }

  private static ServiceDescriptor descriptor() {
    return ServerReflectionProto.getDescriptor().findServiceByName("ServerReflection");
  }

  private static ServiceMethod<ServerReflectionRequest, ServerReflectionResponse> method(
      String service) {
    return ServiceMethod.server(
        ServiceName.create(service),
        METHOD,
        GrpcMessageEncoder.encoder(),
        GrpcMessageDecoder.decoder(ServerReflectionRequest.newBuilder()));
  }

  private Future<Void> converse(
      CallContext call,
      RequestStream<ServerReflectionRequest> in,
      ResponseStream<ServerReflectionResponse> out) {
    return RequestLoop.run(
        in,
        IDLE_MAX,
        request -> {
          out.send(answer(request));
          return Future.succeededFuture();
        });
  }

  private ServerReflectionResponse answer(ServerReflectionRequest request) {
    var answer =
        ServerReflectionResponse.newBuilder()
            .setValidHost(request.getHost())
            .setOriginalRequest(request);
    switch (request.getMessageRequestCase()) {
      case LIST_SERVICES -> answer.setListServicesResponse(list());
      case FILE_BY_FILENAME -> file(answer, files, request.getFileByFilename());
      case FILE_CONTAINING_SYMBOL -> file(answer, symbols, request.getFileContainingSymbol());
      case FILE_CONTAINING_EXTENSION, ALL_EXTENSION_NUMBERS_OF_TYPE ->
          answer.setErrorResponse(error(GrpcStatus.NOT_FOUND, "no extensions here"));
      case MESSAGEREQUEST_NOT_SET ->
          answer.setErrorResponse(error(GrpcStatus.INVALID_ARGUMENT, "nothing asked"));
    }
    return answer.build();
  }

  private ListServiceResponse list() {
    var list = ListServiceResponse.newBuilder();
    services.keySet().forEach(name -> list.addService(ServiceResponse.newBuilder().setName(name)));
    return list.build();
  }

  private static void file(
      ServerReflectionResponse.Builder answer, Map<String, FileDescriptor> index, String name) {
    var file = index.get(name);
    if (file == null) {
      answer.setErrorResponse(error(GrpcStatus.NOT_FOUND, "not found"));
    } else {
      ByteString bytes = file.toProto().toByteString();
      answer.setFileDescriptorResponse(
          FileDescriptorResponse.newBuilder().addFileDescriptorProto(bytes));
    }
  }

  private static ErrorResponse error(GrpcStatus code, String message) {
    return ErrorResponse.newBuilder().setErrorCode(code.code).setErrorMessage(message).build();
  }

  private void add(ServiceDescriptor service) {
    services.put(service.getFullName(), service);
    add(service.getFile());
  }

  private void add(FileDescriptor file) {
    if (files.putIfAbsent(file.getName(), file) != null) {
      return;
    }
    file.getMessageTypes().forEach(this::add);
    file.getEnumTypes().forEach(this::add);
    for (ServiceDescriptor service : file.getServices()) {
      symbols.put(service.getFullName(), file);
      service.getMethods().forEach(method -> symbols.put(method.getFullName(), file));
    }
    file.getDependencies().forEach(this::add);
  }

  private void add(Descriptor type) {
    symbols.put(type.getFullName(), type.getFile());
    type.getNestedTypes().forEach(this::add);
    type.getEnumTypes().forEach(this::add);
  }

  private void add(EnumDescriptor type) {
    symbols.put(type.getFullName(), type.getFile());
  }
}
