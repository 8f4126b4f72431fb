package dev.entente.runtime.kube;

import dev.entente.runtime.BoundedFiles;
import dev.entente.runtime.Causes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/// Reads a kubeconfig: where the API server of the current context is, who vouches for it, and who
/// we are to it.
///
/// What would weaken the answer or start a program is refused by name rather than left out: an API
/// server that is not verified, a proxy, `exec` and `auth-provider`. A value held in the file comes
/// before a file it names, as with `kubectl`; a file with a token comes before a token.
public final class Kubeconfig {
  private static final int HTTPS_PORT = 443;

  private static final List<String> CLUSTER_REFUSED =
      List.of("insecure-skip-tls-verify", "proxy-url", "tls-server-name");
  private static final List<String> USER_REFUSED =
      List.of("exec", "auth-provider", "username", "password", "as", "as-uid", "as-groups");

  private final Path file;

  private Kubeconfig(Path file) {
    this.file = file;
  }

  /// The API server of the file's current context.
  ///
  /// @throws IllegalArgumentException if the file cannot be read, or used
  public static KubeTarget read(Path file) {
    try {
      var text = BoundedFiles.readText(file, BoundedFiles.DOCUMENT_MAX_BYTES);
      return new Kubeconfig(file.toAbsolutePath()).target(parse(text));
    } catch (IOException e) {
      throw new IllegalArgumentException(file + " not read: " + Causes.of(e), e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
    }
  }

  private static Map<?, ?> parse(String yaml) {
    var settings =
        LoadSettings.builder()
            .setAllowDuplicateKeys(false)
            .setMaxAliasesForCollections(0)
            .setCodePointLimit(BoundedFiles.DOCUMENT_MAX_BYTES)
            .build();
    try {
      if (new Load(settings).loadFromString(yaml) instanceof Map<?, ?> map) {
        return map;
      }
      throw new IllegalArgumentException("no kubeconfig");
    } catch (YamlEngineException _) {
      // The message quotes the file, which holds secrets.
      throw new IllegalArgumentException("not YAML");
    }
  }

  private KubeTarget target(Map<?, ?> config) {
    var context = named(config, "contexts", text(config, "current-context").orElse(""), "context");
    var cluster = named(config, "clusters", text(context, "cluster").orElse(""), "cluster");
    var user = named(config, "users", text(context, "user").orElse(""), "user");
    refuse(cluster, CLUSTER_REFUSED);
    refuse(user, USER_REFUSED);
    var server = server(text(cluster, "server").orElse(""));
    int port = server.getPort();
    if ("http".equals(server.getScheme())) {
      return new KubeTarget(host(server), port < 0 ? 80 : port, Optional.empty());
    }
    var authorities = either(cluster, "certificate-authority");
    if (authorities.isEmpty()) {
      throw new IllegalArgumentException("the cluster names no certificate-authority");
    }
    return new KubeTarget(
        host(server),
        port < 0 ? HTTPS_PORT : port,
        Optional.of(new KubeTarget.Tls(authorities, true, credentials(user))));
  }

  private KubeCredentials credentials(Map<?, ?> user) {
    var token =
        text(user, "tokenFile")
            .<KubeText>map(this::inFile)
            .or(() -> text(user, "token").map(it -> new KubeText.Held("token", it)));
    var certificate = either(user, "client-certificate");
    var key = either(user, "client-key");
    if (certificate.isPresent() != key.isPresent()) {
      throw new IllegalArgumentException("client-certificate and client-key belong together");
    }
    if (token.isPresent()) {
      return new KubeCredentials.Token(token.get());
    }
    if (certificate.isEmpty() || key.isEmpty()) {
      throw new IllegalArgumentException("the user has neither a token nor a client-certificate");
    }
    return new KubeCredentials.Certificate(certificate.get(), key.get());
  }

  private Optional<KubeText> either(Map<?, ?> from, String key) {
    var data = key + "-data";
    var held = text(from, data);
    return held.isPresent()
        ? Optional.of(new KubeText.Held(data, decode(data, held.get())))
        : text(from, key).map(this::inFile);
  }

  private KubeText inFile(String name) {
    return new KubeText.InFile(file.resolveSibling(name));
  }

  private static String decode(String key, String base64) {
    try {
      return new String(Base64.getDecoder().decode(base64.strip()), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      throw new IllegalArgumentException(key + " is not base64");
    }
  }

  /// Plain http is for a proxy on this very machine: `kubectl proxy`.
  private static URI server(String text) {
    var uri = URI.create(text);
    boolean https = "https".equals(uri.getScheme()) && uri.getHost() != null;
    var path = Optional.ofNullable(uri.getPath()).orElse("");
    if (!(https || isPlainAndHere(uri)) || !(path.isEmpty() || path.equals("/"))) {
      throw new IllegalArgumentException(
          "server is not https://host[:port], nor http on a loopback address: \"" + text + "\"");
    }
    return uri;
  }

  /// Only a literal address: a name may lead elsewhere.
  private static boolean isPlainAndHere(URI uri) {
    if (!"http".equals(uri.getScheme()) || uri.getHost() == null) {
      return false;
    }
    try {
      return InetAddress.ofLiteral(host(uri)).isLoopbackAddress();
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  private static String host(URI uri) {
    var host = uri.getHost();
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  private static void refuse(Map<?, ?> from, List<String> keys) {
    for (var key : keys) {
      if (from.containsKey(key) && !Boolean.FALSE.equals(from.get(key))) {
        throw new IllegalArgumentException(key + " is not supported");
      }
    }
  }

  /// The object called `name` in one of the file's lists.
  private static Map<?, ?> named(Map<?, ?> config, String list, String name, String kind) {
    if (config.get(list) instanceof List<?> all) {
      for (var each : all) {
        if (each instanceof Map<?, ?> entry
            && name.equals(entry.get("name"))
            && entry.get(kind) instanceof Map<?, ?> found) {
          return found;
        }
      }
    }
    throw new IllegalArgumentException("there is no " + kind + " \"" + name + "\"");
  }

  private static Optional<String> text(Map<?, ?> from, String key) {
    return from.get(key) instanceof String text && !text.isEmpty()
        ? Optional.of(text)
        : Optional.empty();
  }
}
