package dev.entente.testkit;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The parts of AWS's services an attestor asks, in their protocols over HTTP: EC2, IAM and STS,
/// and through [FakeAwsGroups] Organizations, EKS and Auto Scaling.
///
/// What a caller sees depends on its access key, as at AWS: a key of STS belongs to the account of
/// the role it was made for, any other key to [#OWN_ACCOUNT]. Signatures are not verified.
public final class FakeAws implements AutoCloseable {
  /// The account of whoever comes with a key of his own.
  public static final String OWN_ACCOUNT = "111122223333";

  private static final Pattern ACCESS_KEY = Pattern.compile("Credential=([A-Z0-9]+)/");
  private static final Pattern ROLE_ARN = Pattern.compile("arn:aws:iam::([0-9]{12}):role/(.+)");
  private static final String XML = "text/xml";

  /// One EC2 instance with one network interface and one EBS volume.
  ///
  /// @param profile name of its instance profile, which holds the role of the same name
  public record Machine(
      String accountId,
      String instanceId,
      String state,
      Instant interfaceAttachedAt,
      Instant volumeAttachedAt,
      Map<String, String> tags,
      Optional<String> profile) {
    /// A running instance, started at `startedAt`.
    public static Machine running(String accountId, String instanceId, Instant startedAt) {
      return new Machine(
          accountId,
          instanceId,
          "running",
          startedAt,
          startedAt.plusSeconds(1),
          Map.of("Name", "node-1"),
          Optional.of("node-role"));
    }

    /// The same instance in another state.
    public Machine state(String other) {
      return new Machine(
          accountId, instanceId, other, interfaceAttachedAt, volumeAttachedAt, tags, profile);
    }
  }

  /// How the service fails.
  ///
  /// @param status 0: does not answer until it is over
  private record Failure(int status, String body, CountDownLatch over) {}

  private final Map<String, Machine> machines = new ConcurrentHashMap<>();
  private final FakeAwsGroups groups = new FakeAwsGroups();
  private final List<String> calls = new CopyOnWriteArrayList<>();
  private final AtomicReference<Optional<Failure>> failure =
      new AtomicReference<>(Optional.empty());
  private final FakeHttp http = new FakeHttp(this::answer);
  private final AtomicInteger inHand = new AtomicInteger();
  private final AtomicInteger mostInHand = new AtomicInteger();
  private volatile long delayMillis;

  /// The address of all services.
  public URI endpoint() {
    return http.address();
  }

  /// Puts an instance there, or in place of the one with its id.
  public void put(Machine machine) {
    machines.put(machine.instanceId(), machine);
  }

  /// Puts an account into the organisation, or gives it another status, such as `ACTIVE`.
  public void putAccount(String accountId, String status) {
    groups.putAccount(accountId, status);
  }

  /// Puts an instance into a node group of an EKS cluster of [#OWN_ACCOUNT].
  public void putNode(String cluster, String nodeGroup, String instanceId) {
    groups.putNode(cluster, nodeGroup, instanceId);
  }

  /// Takes an instance out of its node group.
  public void removeNode(String cluster, String nodeGroup, String instanceId) {
    groups.removeNode(cluster, nodeGroup, instanceId);
  }

  /// From now on every call is answered with this.
  public void failWith(int status, String body) {
    failure.set(Optional.of(new Failure(status, body, new CountDownLatch(1))));
  }

  /// From now on every call is answered this much later.
  public void answerAfter(Duration delay) {
    delayMillis = delay.toMillis();
  }

  /// From now on no call is answered.
  public void hang() {
    failWith(0, "");
  }

  /// Answers again.
  public void recover() {
    failure.getAndSet(Optional.empty()).ifPresent(broken -> broken.over().countDown());
  }

  /// The calls so far, as `<account> <action>`.
  public List<String> calls() {
    return List.copyOf(calls);
  }

  /// How many calls there were at once at the most.
  public int mostCallsAtOnce() {
    return mostInHand.get();
  }

  /// The body of an error of EC2.
  public static String ec2Error(String code) {
    return "<Response><Errors><Error><Code>%s</Code><Message>no</Message></Error></Errors>"
            .formatted(code)
        + "<RequestID>5f1a</RequestID></Response>";
  }

  private void answer(HttpExchange exchange) throws IOException {
    mostInHand.accumulateAndGet(inHand.incrementAndGet(), Math::max);
    try {
      answerOne(exchange);
    } finally {
      inHand.decrementAndGet();
    }
  }

  private void answerOne(HttpExchange exchange) throws IOException {
    var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    var form = FakeHttp.fields(body);
    var account = account(FakeHttp.header(exchange, "Authorization"));
    var action = form.getOrDefault("Action", FakeAwsGroups.action(exchange));
    calls.add(account + " " + action);
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(delayMillis));
    var broken = failure.get();
    if (broken.isPresent()) {
      fail(exchange, broken.get());
      return;
    }
    switch (action) {
      case "DescribeInstances" -> describe(exchange, account, form);
      case "GetInstanceProfile" ->
          FakeHttp.send(
              exchange, 200, XML, profile(account, form.getOrDefault("InstanceProfileName", "")));
      case "AssumeRole" -> assumeRole(exchange, form.getOrDefault("RoleArn", ""));
      case "ListAccounts" -> groups.listAccounts(exchange, body);
      case "ListNodegroups", "DescribeNodegroup" -> groups.eks(exchange, account);
      case "DescribeAutoScalingGroups" -> groups.describeAutoScalingGroups(exchange, form);
      default -> FakeHttp.send(exchange, 400, XML, ec2Error("InvalidAction"));
    }
  }

  private void fail(HttpExchange exchange, Failure broken) throws IOException {
    if (broken.status() > 0) {
      FakeHttp.send(exchange, broken.status(), XML, broken.body());
      return;
    }
    try {
      broken.over().await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /// Keys of [#assumeRole] carry their account behind `ASIA`.
  private static String account(String authorization) {
    var key = ACCESS_KEY.matcher(authorization);
    return key.find() && key.group(1).startsWith("ASIA") ? key.group(1).substring(4) : OWN_ACCOUNT;
  }

  private void describe(HttpExchange exchange, String account, Map<String, String> form)
      throws IOException {
    var machine = machines.get(form.getOrDefault("InstanceId.1", ""));
    if (machine == null || !machine.accountId().equals(account)) {
      FakeHttp.send(exchange, 400, XML, ec2Error("InvalidInstanceID.NotFound"));
    } else {
      FakeHttp.send(exchange, 200, XML, reservation(machine));
    }
  }

  private static void assumeRole(HttpExchange exchange, String roleArn) throws IOException {
    var role = ROLE_ARN.matcher(roleArn);
    if (!role.matches()) {
      FakeHttp.send(
          exchange,
          403,
          XML,
          "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
              + "<Message>no</Message></Error><RequestId>5f1a</RequestId></ErrorResponse>");
      return;
    }
    FakeHttp.send(
        exchange,
        200,
        XML,
        """
        <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
        <AssumedRoleUser><Arn>arn:aws:sts::%1$s:assumed-role/%2$s/s</Arn>
        <AssumedRoleId>AROA:s</AssumedRoleId></AssumedRoleUser>
        <Credentials><AccessKeyId>ASIA%1$s</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
        <SessionToken>token</SessionToken><Expiration>%3$s</Expiration></Credentials>
        </AssumeRoleResult><ResponseMetadata><RequestId>5f1a</RequestId></ResponseMetadata>
        </AssumeRoleResponse>
        """
            .formatted(role.group(1), role.group(2), Instant.now().plusSeconds(3600)));
  }

  private static String profile(String account, String name) {
    return """
    <GetInstanceProfileResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
    <GetInstanceProfileResult><InstanceProfile><InstanceProfileId>AIPA</InstanceProfileId>
    <Roles><member><Path>/</Path><Arn>arn:aws:iam::%1$s:role/%2$s</Arn><RoleName>%2$s</RoleName>
    <RoleId>AROA</RoleId><CreateDate>2026-01-01T00:00:00Z</CreateDate></member></Roles>
    <InstanceProfileName>%2$s</InstanceProfileName><Path>/</Path>
    <Arn>arn:aws:iam::%1$s:instance-profile/%2$s</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>
    </InstanceProfile></GetInstanceProfileResult>
    <ResponseMetadata><RequestId>5f1a</RequestId></ResponseMetadata></GetInstanceProfileResponse>
    """
        .formatted(account, name);
  }

  private static String reservation(Machine machine) {
    var tags =
        machine.tags().entrySet().stream()
            .map(tag ->
                "<item><key>%s</key><value>%s</value></item>"
                    .formatted(tag.getKey(), tag.getValue()))
            .collect(Collectors.joining());
    var profile =
        machine
            .profile()
            .map(name ->
                "<iamInstanceProfile><arn>arn:aws:iam::%s:instance-profile/%s</arn><id>AIPA</id>"
                        .formatted(machine.accountId(), name)
                    + "</iamInstanceProfile>")
            .orElse("");
    return """
    <DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
    <requestId>5f1a</requestId><reservationSet><item><reservationId>r-1</reservationId>
    <ownerId>%1$s</ownerId><groupSet/><instancesSet><item><instanceId>%2$s</instanceId>
    <instanceState><code>16</code><name>%3$s</name></instanceState>
    <groupSet><item><groupId>sg-1</groupId><groupName>web</groupName></item></groupSet>
    <rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/xvda</rootDeviceName>
    <blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-1</volumeId>
    <status>attached</status><attachTime>%5$s</attachTime>
    <deleteOnTermination>true</deleteOnTermination></ebs></item></blockDeviceMapping>
    <networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId><attachment>
    <attachmentId>eni-attach-1</attachmentId><deviceIndex>0</deviceIndex>
    <status>attached</status><attachTime>%4$s</attachTime></attachment></item></networkInterfaceSet>
    <tagSet>%6$s</tagSet>%7$s</item></instancesSet></item></reservationSet>
    </DescribeInstancesResponse>
    """
        .formatted(
            machine.accountId(),
            machine.instanceId(),
            machine.state(),
            machine.interfaceAttachedAt(),
            machine.volumeAttachedAt(),
            tags,
            profile);
  }

  @Override
  public void close() {
    recover();
    http.close();
  }
}
