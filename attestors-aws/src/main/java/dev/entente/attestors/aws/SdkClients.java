package dev.entente.attestors.aws;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.autoscaling.AutoScalingClient;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.eks.EksClient;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.organizations.OrganizationsClient;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.auth.StsAssumeRoleCredentialsProvider;

/// The SDK's clients, one for each region and service, made when first needed, and whom the broker
/// is to them, one for each account and region.
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
  private final ConcurrentMap<Actor, AwsCredentialsProvider> actors = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, StsClient> sts = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Ec2Client> ec2 = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, IamClient> iam = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, EksClient> eks = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, AutoScalingClient> autoScaling = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, OrganizationsClient> organizations =
      new ConcurrentHashMap<>();

  /// A role the broker has assumed.
  ///
  /// @param region of the STS that is asked for it
  private record Actor(String accountId, String role, String region) {}

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

  /// Puts into a request who asks: the role that is assumed in that account, or the broker itself
  /// if none is.
  Consumer<AwsRequestOverrideConfiguration.Builder> as(String accountId, String region) {
    return cloud
        .assumeRole()
        .map(role -> as(accountId, role, region))
        .orElseGet(() -> request -> request.credentialsProvider(own));
  }

  /// Puts into a request that the broker asks as that role.
  Consumer<AwsRequestOverrideConfiguration.Builder> as(
      String accountId, String role, String region) {
    var actor = actors.computeIfAbsent(new Actor(accountId, role, region), this::assumed);
    return request -> request.credentialsProvider(actor);
  }

  Ec2Client ec2(String region) {
    return ec2.computeIfAbsent(region, it -> at(it, Ec2Client.builder()).build());
  }

  /// IAM is one service for all regions of a partition; the SDK finds it by any of them.
  IamClient iam(String region) {
    return iam.computeIfAbsent(region, it -> at(it, IamClient.builder()).build());
  }

  EksClient eks(String region) {
    return eks.computeIfAbsent(region, it -> at(it, EksClient.builder()).build());
  }

  AutoScalingClient autoScaling(String region) {
    return autoScaling.computeIfAbsent(region, it -> at(it, AutoScalingClient.builder()).build());
  }

  /// One service for all regions of a partition, as IAM.
  OrganizationsClient organizations(String region) {
    return organizations.computeIfAbsent(
        region, it -> at(it, OrganizationsClient.builder()).build());
  }

  /// Between the pages of a long answer: whether its time is over.
  ///
  /// @param end of the time, as [System#nanoTime()] counts
  static void requireTime(long end, String message) {
    if (System.nanoTime() - end > 0) {
      throw SdkClientException.create(message);
    }
  }

  private AwsCredentialsProvider assumed(Actor actor) {
    return StsAssumeRoleCredentialsProvider.builder()
        .stsClient(sts.computeIfAbsent(actor.region(), it -> at(it, StsClient.builder()).build()))
        .refreshRequest(request ->
            request
                .roleArn(cloud.roleArn(actor.accountId(), actor.role()))
                .roleSessionName("entente-broker"))
        .build();
  }

  private <B extends AwsClientBuilder<B, ?> & AwsSyncClientBuilder<B, ?>> B at(
      String region, B builder) {
    builder
        .region(Region.of(region))
        .credentialsProvider(own)
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
