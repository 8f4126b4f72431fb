package dev.entente.broker;

import com.google.protobuf.ByteString;
import dev.entente.rpc.CallOptions;
import dev.entente.rpc.RpcClient;
import dev.entente.rpc.TlsIdentity;
import dev.entente.rpc.TlsTarget;
import dev.entente.runtime.ConfigFile;
import dev.entente.spiffe.BundleSource;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.KeyAlgorithm;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.SvidTrustManager;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Authority;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.AgentX509SVIDParams;
import dev.entente.wire.spire.server.agent.v1.AttestAgentRequest;
import dev.entente.wire.spire.server.agent.v1.AttestAgentResponse;
import dev.entente.wire.spire.server.agent.v1.CreateJoinTokenRequest;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetBundleRequest;
import dev.entente.wire.spire.server.entry.v1.BatchCreateEntryRequest;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcClient;
import dev.entente.wire.spire.server.localauthority.v1.ActivateX509AuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.AuthorityState;
import dev.entente.wire.spire.server.localauthority.v1.GetX509AuthorityStateRequest;
import dev.entente.wire.spire.server.localauthority.v1.GetX509AuthorityStateResponse;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcClient;
import dev.entente.wire.spire.server.localauthority.v1.PrepareX509AuthorityRequest;
import dev.entente.wire.spire.server.svid.v1.BatchNewX509SVIDRequest;
import dev.entente.wire.spire.server.svid.v1.NewX509SVIDParams;
import dev.entente.wire.spire.server.svid.v1.SVIDGrpcClient;
import dev.entente.wire.spire.types.AttestationData;
import dev.entente.wire.spire.types.Entry;
import dev.entente.wire.spire.types.SPIFFEID;
import dev.entente.wire.spire.types.Selector;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.grpc.common.ServiceMethod;
import java.math.BigInteger;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.X509TrustManager;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/// A whole broker in this process, with clients over real sockets.
final class TestBroker implements AutoCloseable {
  static final TrustDomain DOMAIN = TrustDomain.parse("example.org");
  static final Duration LIMIT = Duration.ofSeconds(30);

  final Broker broker;
  final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
  private final BrokerConfig config;
  private final List<RpcClient> clients = new ArrayList<>();
  private final RpcClient local;

  private TestBroker(Broker broker, BrokerConfig config) {
    this.broker = broker;
    this.config = config;
    this.local = keep(RpcClient.overUnixSocket(vertx, config.socket()));
  }

  static TestBroker start(Path directory, String more) {
    return start(directory, more, InstantSource.system());
  }

  static TestBroker start(Path directory, String more, InstantSource clock) {
    return start(DOMAIN, directory, more, clock);
  }

  static TestBroker start(TrustDomain domain, Path directory, String more, InstantSource clock) {
    var yaml =
        "trust-domain: "
            + domain
            + "\nlisten: 127.0.0.1:0\ndata-dir: "
            + directory.resolve("data")
            + "\nsocket: "
            + directory.resolve("private").resolve("s")
            + "\n"
            + more;
    var config = ConfigFile.load(ConfigFile.parse("test", yaml), BrokerConfigReader::read);
    try {
      return new TestBroker(Broker.start(config, clock), config);
    } catch (Exception e) {
      throw new IllegalStateException("broker did not start", e);
    }
  }

  /// A client of the private socket.
  RpcClient local() {
    return local;
  }

  /// A client over TLS that shows nothing.
  RpcClient anonymous() {
    return tls(Optional.empty());
  }

  /// A client over TLS that shows an identity.
  RpcClient as(TlsIdentity identity) {
    return tls(Optional.of(identity));
  }

  /// The same, of what leads to the broker at another port.
  RpcClient anonymousAt(int port) {
    return tls(port, Optional.empty());
  }

  private RpcClient tls(Optional<TlsIdentity> identity) {
    return tls(broker.port(), identity);
  }

  private RpcClient tls(int port, Optional<TlsIdentity> identity) {
    return keep(
        RpcClient.overTls(vertx, new TlsTarget("127.0.0.1", port, serverTrust(), () -> identity)));
  }

  private X509TrustManager serverTrust() {
    var server = SpiffeId.of(config.trustDomain(), "/spire/server");
    return new SvidTrustManager(bundles(), server::equals, InstantSource.system());
  }

  private RpcClient keep(RpcClient client) {
    clients.add(client);
    return client;
  }

  /// What the broker's bundle says now.
  BundleSource bundles() {
    var message = get(local, BundleGrpcClient.GetBundle, GetBundleRequest.getDefaultInstance());
    var authorities =
        message.getX509AuthoritiesList().stream()
            .map(a -> X509Authority.of(Certificates.parse(a.getAsn1().toByteArray())))
            .toList();
    return BundleSource.of(
        SpiffeBundle.empty(config.trustDomain()).withX509Authorities(authorities));
  }

  String joinToken() {
    return joinToken(600);
  }

  String joinToken(int ttlSeconds) {
    return get(
            local,
            AgentGrpcClient.CreateJoinToken,
            CreateJoinTokenRequest.newBuilder().setTtl(ttlSeconds).build())
        .getValue();
  }

  /// Waits until a token of one second has expired.
  void awaitTokenExpiry() {
    var passed = Promise.<Void>promise();
    vertx.setTimer(2_100, _ -> passed.complete());
    get(passed.future());
  }

  /// An attested node.
  record Node(SpiffeId id, KeyPair keys, TlsIdentity identity) {
    BigInteger serial() {
      return identity.chain().getFirst().getSerialNumber();
    }
  }

  /// Attests a node with a fresh token.
  Node attest() {
    return node(joinToken(), KeyAlgorithm.EC_P256.generate());
  }

  Node node(String token, KeyPair keys) {
    return node("join_token", token, keys);
  }

  Node node(String type, String payload, KeyPair keys) {
    var svid = get(attest(anonymous(), type, payload, csr(keys))).getResult().getSvid();
    var chain = new ArrayList<X509Certificate>();
    svid.getCertChainList().forEach(der -> chain.add(Certificates.parse(der.toByteArray())));
    return new Node(
        SpiffeId.of(config.trustDomain(), svid.getId().getPath()),
        keys,
        new TlsIdentity(keys.getPrivate(), chain));
  }

  /// Registers a workload below a node and fetches its X.509-SVID.
  TlsIdentity workload(Node node, String path, Entry.Builder entry) {
    var id =
        create(
                entry
                    .setSpiffeId(wire(path))
                    .setParentId(wire(node.id().path()))
                    .addSelectors(Selector.newBuilder().setType("unix").setValue("uid:1000"))
                    .build())
            .getId();
    var keys = KeyAlgorithm.EC_P256.generate();
    var request =
        BatchNewX509SVIDRequest.newBuilder()
            .addParams(
                NewX509SVIDParams.newBuilder()
                    .setEntryId(id)
                    .setCsr(ByteString.copyFrom(csr(keys))))
            .build();
    var result = get(as(node.identity()), SVIDGrpcClient.BatchNewX509SVID, request).getResults(0);
    return identity(keys, result.getSvid().getCertChainList());
  }

  static TlsIdentity identity(KeyPair keys, List<ByteString> chain) {
    return new TlsIdentity(
        keys.getPrivate(),
        chain.stream().map(der -> Certificates.parse(der.toByteArray())).toList());
  }

  Entry create(Entry entry) {
    var result =
        get(
                local,
                EntryGrpcClient.BatchCreateEntry,
                BatchCreateEntryRequest.newBuilder().addEntries(entry).build())
            .getResults(0);
    if (result.getStatus().getCode() != 0) {
      throw new IllegalStateException(result.getStatus().getMessage());
    }
    return result.getEntry();
  }

  /// Its X.509 authorities, as an administrator sees them.
  GetX509AuthorityStateResponse x509Authorities() {
    return get(
        local,
        LocalAuthorityGrpcClient.GetX509AuthorityState,
        GetX509AuthorityStateRequest.getDefaultInstance());
  }

  /// Prepares the next X.509 authority, as an administrator.
  AuthorityState prepareX509Authority() {
    return get(
            local,
            LocalAuthorityGrpcClient.PrepareX509Authority,
            PrepareX509AuthorityRequest.getDefaultInstance())
        .getPreparedAuthority();
  }

  /// Activates a prepared X.509 authority, as an administrator.
  void activateX509Authority(AuthorityState prepared) {
    get(
        local,
        LocalAuthorityGrpcClient.ActivateX509Authority,
        ActivateX509AuthorityRequest.newBuilder()
            .setAuthorityId(prepared.getAuthorityId())
            .build());
  }

  static SPIFFEID wire(String path) {
    return SPIFFEID.newBuilder().setTrustDomain(DOMAIN.name()).setPath(path).build();
  }

  static Future<AttestAgentResponse> attest(RpcClient client, String token, byte[] csr) {
    return attest(client, "join_token", token, csr);
  }

  static Future<AttestAgentResponse> attest(
      RpcClient client, String type, String payload, byte[] csr) {
    var call = client.bidi(AgentGrpcClient.AttestAgent, CallOptions.within(LIMIT));
    call.send(
        AttestAgentRequest.newBuilder()
            .setParams(
                AttestAgentRequest.Params.newBuilder()
                    .setData(
                        AttestationData.newBuilder()
                            .setType(type)
                            .setPayload(ByteString.copyFromUtf8(payload)))
                    .setParams(AgentX509SVIDParams.newBuilder().setCsr(ByteString.copyFrom(csr))))
            .build());
    return call.next(LIMIT).map(Optional::orElseThrow);
  }

  /// A certificate request as SPIRE's agents make them.
  static byte[] csr(KeyPair keys) {
    return csr(keys, keys, List.of(), List.of());
  }

  /// A certificate request for `key` signed by `signer`, with names.
  static byte[] csr(KeyPair key, KeyPair signer, List<String> uris, List<String> dnsNames) {
    var names = new ArrayList<GeneralName>();
    dnsNames.forEach(n -> names.add(new GeneralName(GeneralName.dNSName, n)));
    uris.forEach(u -> names.add(new GeneralName(GeneralName.uniformResourceIdentifier, u)));
    return csr(key, signer, names.toArray(new GeneralName[0]));
  }

  /// A certificate request for `key` signed by `signer`, with names of any kind.
  static byte[] csr(KeyPair key, KeyPair signer, GeneralName... names) {
    try {
      var builder =
          new JcaPKCS10CertificationRequestBuilder(new X500Name("C=US,O=SPIRE"), key.getPublic());
      if (names.length > 0) {
        var extensions = new ExtensionsGenerator();
        extensions.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
        builder.addAttribute(
            PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate());
      }
      return builder
          .build(new JcaContentSignerBuilder("SHA256withECDSA").build(signer.getPrivate()))
          .getEncoded();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  static <Q, A> A get(RpcClient client, ServiceMethod<A, Q> method, Q request) {
    return get(client.unary(method, request, LIMIT));
  }

  /// Waits for an answer; a refused call throws its RpcException.
  static <T> T get(Future<T> future) {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(LIMIT.toSeconds() * 2, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  BrokerConfig config() {
    return config;
  }

  @Override
  public void close() {
    clients.forEach(client -> get(client.close()));
    broker.close();
    get(vertx.close());
  }
}
