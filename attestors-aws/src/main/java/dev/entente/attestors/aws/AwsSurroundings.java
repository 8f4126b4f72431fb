package dev.entente.attestors.aws;

import dev.entente.attestor.spi.BoundedHttp;
import dev.entente.spiffe.Json;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// What a process on AWS finds around it: its role's credentials, its region, its task.
///
/// The order is the one of AWS's own libraries: variables (Lambda), the container service (ECS,
/// Fargate, EKS), the instance's metadata service. Nothing is kept: each attestation asks anew.
final class AwsSurroundings {
  private static final Duration TIME_LIMIT = Duration.ofSeconds(3);

  /// Credentials have about 1,500 bytes, a task's metadata a few thousand.
  private static final int BODY_MAX_BYTES = 64 * 1024;

  private static final BoundedHttp HTTP = new BoundedHttp(TIME_LIMIT, BODY_MAX_BYTES);
  private static final String ECS = "http://169.254.170.2";
  private static final String ROLES = "/latest/meta-data/iam/security-credentials/";
  private static final Pattern ROLE = Pattern.compile("[\\w+=,.@-]{1,64}");
  private static final Pattern TASK_ARN =
      Pattern.compile("arn:[a-z-]+:ecs:[a-z0-9-]+:[0-9]{12}:task/(?:.*/)?([0-9a-zA-Z-]+)");

  /// Lambda names the log of one execution environment `2026/11/22/[$LATEST]<32 hex digits>`.
  private static final Pattern LOG_STREAM = Pattern.compile(".*]([0-9a-f]{32})");

  private final Map<String, String> environment;
  private final Ec2Metadata metadata;

  /// @param environment the process's variables
  AwsSurroundings(Map<String, String> environment, Ec2Metadata metadata) {
    this.environment = Map.copyOf(environment);
    this.metadata = metadata;
  }

  /// The credentials of the role this process runs with.
  AwsCredentials credentials() throws IOException {
    var accessKeyId = variable("AWS_ACCESS_KEY_ID");
    if (accessKeyId.isPresent()) {
      return new AwsCredentials(
          accessKeyId.get(),
          variable("AWS_SECRET_ACCESS_KEY").orElse(""),
          variable("AWS_SESSION_TOKEN").orElse(""));
    }
    var container = container();
    var json = container.isPresent() ? ask(container.get(), authorization()) : ofInstance();
    try {
      return AwsCredentials.parse(json);
    } catch (IllegalArgumentException e) {
      throw new IOException("unusable credentials: " + e.getMessage(), e);
    }
  }

  /// Where this process runs, unless the configuration says it.
  String region() throws IOException {
    var told = variable("AWS_REGION").or(() -> variable("AWS_DEFAULT_REGION"));
    return told.isPresent()
        ? told.get()
        : metadata.open().get("/latest/meta-data/placement/region");
  }

  /// What tells this process from others with the same role: the id of its task, or of its Lambda
  /// execution environment. Empty where there is neither.
  Optional<String> nodeName() throws IOException {
    var task = variable("ECS_CONTAINER_METADATA_URI_V4");
    if (task.isPresent()) {
      return Optional.of(taskId(ask(local(task.get() + "/task"), Map.of())));
    }
    return variable("AWS_LAMBDA_LOG_STREAM_NAME")
        .map(LOG_STREAM::matcher)
        .filter(name -> name.matches())
        .map(name -> name.group(1));
  }

  private Optional<URI> container() throws IOException {
    var relative = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    if (relative.isPresent()) {
      return Optional.of(local(ECS + relative.get()));
    }
    var full = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    return full.isPresent() ? Optional.of(local(full.get())) : Optional.empty();
  }

  /// Services of the platform are on this machine or reached over TLS.
  private static URI local(String text) throws IOException {
    try {
      var uri = URI.create(text);
      var host = uri.getHost();
      if (host != null
          && ("https".equals(uri.getScheme())
              || ("http".equals(uri.getScheme()) && isThisMachine(host)))) {
        return uri;
      }
    } catch (IllegalArgumentException _) {
      // The same answer as for any other address that is none.
    }
    throw new IOException("not an address of this machine: \"" + text + "\"");
  }

  private static boolean isThisMachine(String host) {
    return host.equals("localhost")
        || host.equals("[::1]")
        || host.equals("[fd00:ec2::23]")
        || host.matches("127(\\.[0-9]{1,3}){3}|169\\.254(\\.[0-9]{1,3}){2}");
  }

  private Map<String, String> authorization() throws IOException {
    var file = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    var token =
        file.isPresent()
            ? Optional.of(read(Path.of(file.get())))
            : variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    var headers = new HashMap<String, String>();
    token.ifPresent(text -> headers.put("Authorization", text));
    return headers;
  }

  private static String read(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return new String(in.readNBytes(BODY_MAX_BYTES), StandardCharsets.UTF_8).strip();
    }
  }

  private String ofInstance() throws IOException {
    var pages = metadata.open();
    var role = pages.get(ROLES).strip();
    if (!ROLE.matcher(role).matches()) {
      throw new IOException("the instance has no single role");
    }
    return pages.get(ROLES + role);
  }

  private static String ask(URI uri, Map<String, String> headers) throws IOException {
    var answer = HTTP.send("GET", uri, headers);
    if (answer.status() != 200) {
      throw new IOException("GET " + uri + " answered " + answer.status());
    }
    return new String(answer.body(), StandardCharsets.UTF_8);
  }

  private static String taskId(String json) throws IOException {
    try {
      if (Json.parseObject(json.getBytes(StandardCharsets.UTF_8)).get("TaskARN")
          instanceof String arn) {
        var matcher = TASK_ARN.matcher(arn);
        if (matcher.matches()) {
          return matcher.group(1);
        }
      }
    } catch (IllegalArgumentException e) {
      throw new IOException("the task's metadata is not JSON", e);
    }
    throw new IOException("the task's metadata has no TaskARN");
  }

  private Optional<String> variable(String name) {
    return Optional.ofNullable(environment.get(name)).filter(text -> !text.isEmpty());
  }
}
