package dev.entente.attestors.azure;

import com.azure.core.credential.TokenCredential;
import com.azure.core.credential.TokenRequestContext;
import com.azure.core.http.HttpClient;
import com.azure.core.http.jdk.httpclient.JdkHttpClientBuilder;
import com.azure.core.http.policy.FixedDelay;
import com.azure.core.http.policy.RetryPolicy;
import com.azure.identity.ChainedTokenCredentialBuilder;
import com.azure.identity.ClientAssertionCredentialBuilder;
import com.azure.identity.ClientSecretCredentialBuilder;
import com.azure.identity.EnvironmentCredentialBuilder;
import com.azure.identity.ManagedIdentityCredentialBuilder;
import com.azure.identity.WorkloadIdentityCredentialBuilder;
import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestors.azure.AzureTenant.OfTheEnvironment;
import dev.entente.attestors.azure.AzureTenant.Secret;
import dev.entente.attestors.azure.AzureTenant.TokenFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/// Gets tokens through Azure's identity library, which keeps them until shortly before they expire.
///
/// Of the library's chain for the environment, the credentials of servers are tried: variables, a
/// workload identity, a managed identity. Those of developers' tools are not.
///
/// Who issues tokens is the operator's word: nobody else is asked whether that address is known.
/// Credentials are made when first needed, one for each tenant, and never closed: a broker whose
/// configuration names no tenant loads nothing of the library.
final class IdentityTokens implements ArmTokens {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(2);

  /// Tried twice; two questions to Azure have to fit into an attestation's 30 s beside it.
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

  private static final String TOKEN_FILE_VARIABLE = "AZURE_FEDERATED_TOKEN_FILE";

  private final AzureCloud cloud;
  private final ConcurrentMap<AzureTenant, TokenCredential> credentials = new ConcurrentHashMap<>();

  IdentityTokens(AzureCloud cloud) {
    this.cloud = cloud;
  }

  @Override
  public String token(AzureTenant tenant) throws AttestationFault {
    var request = new TokenRequestContext().addScopes(cloud.arm() + "/.default");
    try {
      return credentials.computeIfAbsent(tenant, this::credential).getTokenSync(request).getToken();
    } catch (RuntimeException e) { // the library has many
      throw new AttestationFault(
          "no token for " + cloud.arm() + " in tenant " + tenant.tenantId() + ": " + e.getMessage(),
          e);
    }
  }

  private TokenCredential credential(AzureTenant tenant) {
    return switch (tenant.credentials()) {
      case OfTheEnvironment _ -> ofTheEnvironment();
      case Secret(var appId, var secret) ->
          new ClientSecretCredentialBuilder()
              .tenantId(tenant.tenantId())
              .clientId(appId)
              .clientSecret(secret)
              .disableInstanceDiscovery()
              .authorityHost(cloud.authority().toString())
              .httpClient(http())
              .retryPolicy(once())
              .build();
      case TokenFile(var appId, var file) ->
          new ClientAssertionCredentialBuilder()
              .tenantId(tenant.tenantId())
              .clientId(appId)
              .clientAssertion(() -> read(file))
              .disableInstanceDiscovery()
              .authorityHost(cloud.authority().toString())
              .httpClient(http())
              .retryPolicy(once())
              .build();
    };
  }

  private TokenCredential ofTheEnvironment() {
    var chain = new ChainedTokenCredentialBuilder();
    chain.addLast(
        new EnvironmentCredentialBuilder()
            .authorityHost(cloud.authority().toString())
            .httpClient(http())
            .retryPolicy(once())
            .build());
    if (System.getenv(TOKEN_FILE_VARIABLE) != null) {
      chain.addLast(
          new WorkloadIdentityCredentialBuilder()
              .authorityHost(cloud.authority().toString())
              .httpClient(http())
              .retryPolicy(once())
              .build());
    }
    chain.addLast(
        new ManagedIdentityCredentialBuilder().httpClient(http()).retryPolicy(once()).build());
    return chain.build();
  }

  private static HttpClient http() {
    return new JdkHttpClientBuilder()
        .connectionTimeout(CONNECT_LIMIT)
        .responseTimeout(ANSWER_LIMIT)
        .readTimeout(ANSWER_LIMIT)
        .build();
  }

  private static RetryPolicy once() {
    return new RetryPolicy(new FixedDelay(1, Duration.ofMillis(200)));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new UncheckedIOException("token not read from " + file, e);
    }
  }
}
