package dev.entente.attestors.aws;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.auth.StsAssumeRoleCredentialsProvider;

/// The SDK's clients, one for each account, region and service, made when first needed.
///
/// They are never closed: their number is bounded by the allowed accounts and the known regions,
/// and they live as long as the broker. All share one HTTP client and one thread for their time
/// limits.
final class SdkClients {
  /// An answer of EC2 takes tens of milliseconds, and seconds on bad days. Two calls, the first
  /// with a role to assume, have to fit into an attestation's 30 s.
  static final Limits LIMITS = new Limits(Duration.ofSeconds(5), Duration.ofSeconds(12));

  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(2);

  /// @param attempt for one answer
  /// @param call for a call with its retries
  record Limits(Duration attempt, Duration call) {}

  private final AwsIidConfig.Cloud cloud;
  private final Limits timeLimits;
  private final AwsCredentialsProvider own;
  private final SdkHttpClient http;
  private final ScheduledExecutorService timers =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("aws-timers").daemon().factory());
  private final ConcurrentMap<Place, AwsCredentialsProvider> credentials =
      new ConcurrentHashMap<>();
  private final ConcurrentMap<Place, Ec2Client> ec2 = new ConcurrentHashMap<>();
  private final ConcurrentMap<Place, IamClient> iam = new ConcurrentHashMap<>();

  private record Place(String accountId, String region) {}

  SdkClients(AwsIidConfig.Cloud cloud, Limits timeLimits) {
    this.cloud = cloud;
    this.timeLimits = timeLimits;
    this.http =
        UrlConnectionHttpClient.builder()
            .connectionTimeout(CONNECT_LIMIT)
            .socketTimeout(timeLimits.attempt())
            .build();
    this.own =
        cloud
            .keys()
            .<AwsCredentialsProvider>map(keys ->
                StaticCredentialsProvider.create(
                    AwsBasicCredentials.create(keys.id(), keys.secret())))
            .orElseGet(() -> DefaultCredentialsProvider.builder().build());
  }

  Ec2Client ec2(String accountId, String region) {
    return ec2.computeIfAbsent(
        new Place(accountId, region),
        place -> at(place.region(), Ec2Client.builder(), credentials(place)).build());
  }

  /// IAM is one service for all regions of a partition; the SDK finds it by any of them.
  IamClient iam(String accountId, String region) {
    return iam.computeIfAbsent(
        new Place(accountId, region),
        place -> at(place.region(), IamClient.builder(), credentials(place)).build());
  }

  private AwsCredentialsProvider credentials(Place place) {
    return cloud
        .assumeRole()
        .map(role -> credentials.computeIfAbsent(place, it -> assumed(it, role)))
        .orElse(own);
  }

  private AwsCredentialsProvider assumed(Place place, String role) {
    var sts = at(place.region(), StsClient.builder(), own).build();
    return StsAssumeRoleCredentialsProvider.builder()
        .stsClient(sts)
        .refreshRequest(request ->
            request
                .roleArn(cloud.roleArn(place.accountId(), role))
                .roleSessionName("entente-broker"))
        .build();
  }

  private <B extends AwsClientBuilder<B, ?> & AwsSyncClientBuilder<B, ?>> B at(
      String region, B builder, AwsCredentialsProvider who) {
    builder
        .region(Region.of(region))
        .credentialsProvider(who)
        .overrideConfiguration(
            ClientOverrideConfiguration.builder()
                .apiCallAttemptTimeout(timeLimits.attempt())
                .apiCallTimeout(timeLimits.call())
                .scheduledExecutorService(timers)
                .build())
        .httpClient(http);
    cloud.endpoint().ifPresent(builder::endpointOverride);
    return builder;
  }
}
