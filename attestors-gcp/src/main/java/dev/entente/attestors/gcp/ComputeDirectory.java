package dev.entente.attestors.gcp;

import com.google.api.gax.core.CredentialsProvider;
import com.google.api.gax.rpc.ApiException;
import com.google.api.gax.rpc.NotFoundException;
import com.google.auth.oauth2.GoogleCredentials;
import com.google.auth.oauth2.ServiceAccountCredentials;
import com.google.cloud.compute.v1.Instance;
import com.google.cloud.compute.v1.InstancesClient;
import com.google.cloud.compute.v1.InstancesSettings;
import com.google.cloud.compute.v1.ServiceAccount;
import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.Turns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Optional;
import java.util.concurrent.Executors;

/// Asks the Compute API through Google's own client, over HTTP and JSON.
///
/// The client is made when first needed, which takes a second or two: its description of the whole
/// API is large. It is never closed and lives as long as the broker.
final class ComputeDirectory implements GcpDirectory {
  private static final String UNDONE = "instance not looked up in Compute Engine";
  private static final String SCOPE = "https://www.googleapis.com/auth/compute.readonly";

  /// An answer takes tenths of a second, and seconds on bad days; before it a token may have to be
  /// fetched.
  static final Duration TIME_LIMIT = Duration.ofSeconds(12);

  private final InstanceMetadata config;
  private final Duration timeLimit;
  private final Turns turns = new Turns("Google Cloud");
  private final Object making = new Object();

  /// Written under `making`.
  private volatile Optional<InstancesClient> client = Optional.empty();

  ComputeDirectory(InstanceMetadata config, Duration timeLimit) {
    this.config = config;
    this.timeLimit = timeLimit;
  }

  @Override
  public Optional<GcpInstance> find(GcpIdentity identity) throws AttestationFault {
    return turns.take(
        UNDONE,
        () -> {
          try {
            return Optional.of(
                instance(
                    client().get(identity.projectId(), identity.zone(), identity.instanceName())));
          } catch (NotFoundException _) {
            return Optional.empty();
          } catch (ApiException e) {
            throw new AttestationFault(
                UNDONE + ": Google answered " + e.getStatusCode().getCode(), e);
          } catch (IOException | RuntimeException e) {
            throw new AttestationFault(UNDONE + ": " + e.getMessage(), e);
          }
        });
  }

  private InstancesClient client() throws IOException {
    var made = client;
    if (made.isEmpty()) {
      synchronized (making) {
        made = client;
        if (made.isEmpty()) {
          made = Optional.of(make());
          client = made;
        }
      }
    }
    return made.get();
  }

  private InstancesClient make() throws IOException {
    var channel =
        InstancesSettings.defaultHttpJsonTransportProviderBuilder()
            .setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    var settings = InstancesSettings.newBuilder().setCredentialsProvider(credentials());
    config.endpoint().ifPresent(it -> settings.setEndpoint(it.toString()));
    settings.setTransportChannelProvider(channel.build());
    // The agent tries again, and a wait in here would keep others waiting.
    settings.getSettings().setSimpleTimeoutNoRetriesDuration(timeLimit);
    return InstancesClient.create(settings.build());
  }

  private CredentialsProvider credentials() {
    var file = config.serviceAccount();
    return () ->
        (file.isPresent() ? fromFile(file.get()) : GoogleCredentials.getApplicationDefault())
            .createScoped(SCOPE);
  }

  /// Only a key: other kinds of such files can name programs to run and addresses to ask.
  private static GoogleCredentials fromFile(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return ServiceAccountCredentials.fromStream(in);
    }
  }

  private static GcpInstance instance(Instance instance) {
    var metadata = new HashMap<String, String>();
    for (var item : instance.getMetadata().getItemsList()) {
      metadata.put(item.getKey(), item.getValue());
    }
    return new GcpInstance(
        Long.toUnsignedString(instance.getId()),
        instance.getStatus(),
        instance.getTags().getItemsList(),
        instance.getLabelsMap(),
        metadata,
        instance.getServiceAccountsList().stream().map(ServiceAccount::getEmail).toList());
  }
}
