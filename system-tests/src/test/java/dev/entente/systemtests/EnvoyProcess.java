package dev.entente.systemtests;

import dev.entente.runtime.ListenAddress;
import dev.entente.testkit.Await;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// A real Envoy with one listener, whose certificates come from an agent over SDS. Any thread.
final class EnvoyProcess {
  private static final Duration START_LIMIT = Duration.ofSeconds(30);
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);

  /// In answers: the serial number of the client's certificate, as the server saw it, and from when
  /// on the server's certificate is good, as the client saw it.
  static final String CLIENT_CERTIFICATE = "x-client-serial";

  static final String SERVER_CERTIFICATE = "x-server-since";

  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(ANSWER_LIMIT).build();

  private final ListenAddress listen;
  private final ListenAddress admin;
  private final Launched process;

  private EnvoyProcess(ListenAddress listen, ListenAddress admin, Launched process) {
    this.listen = listen;
    this.admin = admin;
    this.process = process;
  }

  /// A proxy that answers on its listener only whom it lets in, and says who that was.
  static EnvoyProcess server(Sandbox sandbox, String name, AgentProcess agent, Secrets secrets) {
    var routes =
        """
        [{match: {prefix: "/"}, direct_response: {status: 200, body: {inline_string: "hello"}},
          response_headers_to_add: [{header: {key: x-peer, value: "%DOWNSTREAM_PEER_URI_SAN%"}},
          {header: {key: @, value: "%DOWNSTREAM_PEER_SERIAL%"}}]}]\
        """
            .replace("\n", " ")
            .replace("@", CLIENT_CERTIFICATE);
    var tls =
        """
        transport_socket: {name: envoy.transport_sockets.tls, typed_config: {\
        "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext, \
        require_client_certificate: true, common_tls_context: %s}}\
        """
            .formatted(secrets.tlsContext());
    return start(sandbox, name, agent, routes, tls, "");
  }

  /// A proxy that forwards each request of its plain listener over a new TLS connection of its own,
  /// what `/kept` is asked over some that it keeps, and what `/wrong` is asked to a server of
  /// another name than it expects.
  static EnvoyProcess client(
      Sandbox sandbox,
      String name,
      AgentProcess agent,
      EnvoyProcess server,
      Secrets secrets,
      Secrets expectingAnother) {
    var routes =
        """
        [{match: {prefix: "/wrong"}, route: {cluster: wrong}},
         {match: {prefix: "/kept"}, route: {cluster: kept}},
         {match: {prefix: "/"}, route: {cluster: right},
          response_headers_to_add: [{header: {key: @, value: "%UPSTREAM_PEER_CERT_V_START%"}}]}]\
        """
            .replace("\n", " ")
            .replace("@", SERVER_CERTIFICATE);
    return start(
        sandbox,
        name,
        agent,
        routes,
        "",
        cluster("right", "{max_requests_per_connection: 1}", server.listen, secrets)
            + cluster("kept", "{}", server.listen, secrets)
            + cluster("wrong", "{}", server.listen, expectingAnother));
  }

  private static String cluster(
      String name, String options, ListenAddress server, Secrets secrets) {
    return """
    - name: %s
      connect_timeout: 5s
      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
          common_http_protocol_options: %s
          explicit_http_config: {http_protocol_options: {}}
      load_assignment:
        cluster_name: %s
        endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: %s, port_value: %d}}}}]}]
      transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
          common_tls_context: %s
    """
        .formatted(name, options, name, server.host(), server.port(), secrets.tlsContext())
        .indent(2);
  }

  private static EnvoyProcess start(
      Sandbox sandbox,
      String name,
      AgentProcess agent,
      String routes,
      String listenerTls,
      String clusters) {
    var listen = ListenAddress.parse(sandbox.freeAddress());
    var admin = ListenAddress.parse(sandbox.freeAddress());
    var config =
        """
        node: {id: "%s", cluster: test}
        admin: {address: {socket_address: {address: %s, port_value: %d}}}
        static_resources:
          listeners:
          - name: main
            address: {socket_address: {address: %s, port_value: %d}}
            filter_chains:
            - filters:
              - name: envoy.filters.network.http_connection_manager
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: main
                  http_filters:
                  - name: envoy.filters.http.router
                    typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
                  route_config:
                    virtual_hosts:
                    - name: main
                      domains: ["*"]
                      routes: %s
              %s
          clusters:
          - name: agent
            connect_timeout: 2s
            typed_extension_protocol_options:
              envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                explicit_http_config: {http2_protocol_options: {}}
            load_assignment:
              cluster_name: agent
              endpoints: [{lb_endpoints: [{endpoint: {address: {pipe: {path: "%s"}}}}]}]
        %s
        """
            .formatted(
                name,
                admin.host(),
                admin.port(),
                listen.host(),
                listen.port(),
                routes,
                listenerTls,
                agent.socket(),
                clusters);
    var directory = sandbox.subdirectory(name);
    var command =
        List.of(
            Peer.ENVOY.program().toString(),
            "--config-path",
            write(directory.resolve("envoy.yaml"), config).toString(),
            "--disable-hot-restart",
            "--concurrency",
            "1",
            "--log-level",
            "info");
    var process =
        sandbox.register(
            Launched.start("envoy " + name, directory.resolve("envoy.log"), Map.of(), command));
    var started = new EnvoyProcess(listen, admin, process);
    Await.until("Envoy " + name + " ready", START_LIMIT, started::isReady);
    return started;
  }

  private boolean isReady() {
    process.ensureAlive();
    try {
      return get(admin, "/ready").statusCode() == 200;
    } catch (UncheckedIOException _) {
      return false;
    }
  }

  /// Asks its listener, in plain HTTP.
  HttpResponse<String> ask(String path) {
    return get(listen, path);
  }

  /// How often secrets came that it could not use.
  long rejectedSecrets() {
    return secrets("update_rejected");
  }

  /// How often a secret of that name came.
  long updates(String secret) {
    return secrets("sds." + secret.replace("://", "_") + ".update_success");
  }

  private long secrets(String figure) {
    return get(admin, "/stats")
        .body()
        .lines()
        .filter(line -> line.contains("sds.") && line.contains(figure))
        .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(':') + 1).strip()))
        .sum();
  }

  private static HttpResponse<String> get(ListenAddress address, String path) {
    var uri = URI.create("http://" + address.host() + ":" + address.port() + path);
    try {
      return HTTP.send(
          HttpRequest.newBuilder(uri).timeout(ANSWER_LIMIT).build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException("no answer from " + uri, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while asking " + uri, e);
    }
  }

  private static Path write(Path file, String text) {
    try {
      return Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException("configuration not written", e);
    }
  }

  /// Which secrets a TLS context asks for, and whom it expects.
  ///
  /// @param protocol `GRPC` or `DELTA_GRPC`
  /// @param certificate the name of the certificate
  /// @param bundle the name of what peers are judged by
  /// @param peer the SPIFFE ID a peer has to have
  record Secrets(String protocol, String certificate, String bundle, String peer) {
    private String tlsContext() {
      var source =
          """
          {resource_api_version: V3, api_config_source: {api_type: %s, transport_api_version: V3, \
          grpc_services: [{envoy_grpc: {cluster_name: agent}}]}}\
          """
              .formatted(protocol);
      return """
      {tls_certificate_sds_secret_configs: [{name: "%s", sds_config: %s}], \
      combined_validation_context: {default_validation_context: {match_typed_subject_alt_names: \
      [{san_type: URI, matcher: {exact: "%s"}}]}, \
      validation_context_sds_secret_config: {name: "%s", sds_config: %s}}}\
      """
          .formatted(certificate, source, peer, bundle, source);
    }
  }
}
