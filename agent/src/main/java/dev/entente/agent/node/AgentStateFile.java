package dev.entente.agent.node;

import dev.entente.runtime.BoundedFiles;
import dev.entente.runtime.Causes;
import dev.entente.runtime.DurableFiles;
import dev.entente.spiffe.BundleDocument;
import dev.entente.spiffe.Certificates;
import dev.entente.spiffe.PrivateKeys;
import dev.entente.spiffe.PublicKeys;
import dev.entente.spiffe.SpiffeBundle;
import dev.entente.spiffe.TrustDomain;
import dev.entente.spiffe.X509Svid;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Optional;

/// Keeps the agent's state in `agent-data.json`: SVID, keys and bundle in one file, written whole,
/// because only then can no crash leave an SVID without its key.
///
/// The file holds private keys and is refused if others may read it.
final class AgentStateFile implements AgentStateStore {
  static final String FILE_NAME = "agent-data.json";

  /// Raised when a reader of the old form could no longer make sense of the file.
  private static final int FORMAT = 1;

  /// Many times a large bundle; a larger file is not ours.
  private static final int FILE_MAX_BYTES = 16 * 1024 * 1024;

  private final Path file;
  private final TrustDomain trustDomain;

  AgentStateFile(Path dataDir, TrustDomain trustDomain) {
    this.file = dataDir.resolve(FILE_NAME);
    this.trustDomain = trustDomain;
  }

  @Override
  public AgentState load() throws IOException {
    if (Files.notExists(file)) {
      return AgentState.EMPTY;
    }
    DurableFiles.ensurePrivate(file);
    var bytes = bytes();
    try {
      return read(new JsonObject(Buffer.buffer(bytes)));
    } catch (DecodeException | ClassCastException | IllegalArgumentException e) {
      // The JSON reader's message is dropped: it may quote a key.
      var why = e instanceof IllegalArgumentException ? e.getMessage() : "it is no valid JSON";
      throw new IOException(
          file + " was not read: " + why + "; move it away to attest this node anew");
    }
  }

  private byte[] bytes() throws IOException {
    try {
      return BoundedFiles.read(file, FILE_MAX_BYTES);
    } catch (IOException e) {
      throw new IOException(file + " was not read: " + Causes.of(e), e);
    }
  }

  @Override
  public void save(AgentState state) throws IOException {
    DurableFiles.writeAtomically(file, write(state).toBuffer().getBytes());
  }

  private AgentState read(JsonObject json) {
    var format = json.getInteger("format", 0);
    if (format != FORMAT) {
      throw new IllegalArgumentException(
          "it has format " + format + ", this agent reads " + FORMAT);
    }
    if (!trustDomain.name().equals(json.getString("trust_domain"))) {
      throw new IllegalArgumentException(
          "it belongs to trust domain \""
              + json.getString("trust_domain")
              + "\", not to \""
              + trustDomain
              + "\"");
    }
    return new AgentState(identity(json), pendingKey(json), bundle(json));
  }

  private static Optional<AgentIdentity> identity(JsonObject json) {
    var chain = json.getJsonArray("svid");
    if (chain == null) {
      return Optional.empty();
    }
    var der = new ArrayList<byte[]>();
    for (var i = 0; i < chain.size(); i++) {
      der.add(decode(chain.getString(i)));
    }
    var svid = X509Svid.parse(der);
    var key = PrivateKeys.fromPkcs8(decode(json.getString("key", "")));
    if (!PrivateKeys.isPair(key, svid.leaf().getPublicKey())) {
      throw new IllegalArgumentException("its key is not the SVID's");
    }
    return Optional.of(new AgentIdentity(svid, key, json.getBoolean("reattestable", false)));
  }

  private static Optional<KeyPair> pendingKey(JsonObject json) {
    var privateKey = json.getString("pending_key");
    if (privateKey == null) {
      return Optional.empty();
    }
    var publicKey = PublicKeys.read(decode(json.getString("pending_public_key", "")));
    return Optional.of(new KeyPair(publicKey, PrivateKeys.fromPkcs8(decode(privateKey))));
  }

  private Optional<SpiffeBundle> bundle(JsonObject json) {
    var document = json.getJsonObject("bundle");
    return document == null
        ? Optional.empty()
        : Optional.of(BundleDocument.parse(trustDomain, document.toBuffer().getBytes()));
  }

  private JsonObject write(AgentState state) {
    var json = new JsonObject().put("format", FORMAT).put("trust_domain", trustDomain.name());
    state
        .identity()
        .ifPresent(identity -> {
          var chain = new JsonArray();
          identity.svid().chain().forEach(it -> chain.add(encode(Certificates.der(it))));
          json.put("svid", chain)
              .put("key", encode(PrivateKeys.toPkcs8(identity.key())))
              .put("reattestable", identity.reattestable());
        });
    state
        .pendingKey()
        .ifPresent(key ->
            json.put("pending_key", encode(PrivateKeys.toPkcs8(key.getPrivate())))
                .put("pending_public_key", encode(key.getPublic().getEncoded())));
    state
        .bundle()
        .ifPresent(bundle ->
            json.put("bundle", new JsonObject(Buffer.buffer(BundleDocument.toJson(bundle)))));
    return json;
  }

  private static String encode(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static byte[] decode(String base64) {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException _) {
      throw new IllegalArgumentException("it holds text that is not base64");
    }
  }
}
