package dev.entente.attestors.aws;

import dev.entente.attestor.spi.PlatformToken;
import dev.entente.attestor.spi.Refusal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// Who asked for a web identity token, as AWS says in it.
///
/// @param roleArn with the role's path
/// @param roleName without it
/// @param instance the EC2 instance the role's credentials were delivered to, if they were
/// @param vpcId the network of that instance
/// @param functionArn the Lambda function that runs with the role, if it is one
/// @param organizationId empty if the account belongs to none
/// @param tags of the role and of its session; those a caller adds himself are not read
record AwsPrincipal(
    String accountId,
    String region,
    String roleArn,
    String roleName,
    Optional<Instance> instance,
    Optional<String> vpcId,
    Optional<String> functionArn,
    Optional<String> organizationId,
    List<String> unitPaths,
    Map<String, String> tags) {
  /// Where AWS's own claims are.
  static final String NAMESPACE = "https://sts.amazonaws.com/";

  private static final Pattern ROLE_ARN =
      Pattern.compile("arn:aws[a-z-]*:iam::([0-9]{12}):role/(?:[!-~]{1,510}/)?([\\w+=,.@-]{1,64})");
  private static final Pattern INSTANCE_ARN =
      Pattern.compile(
          "arn:aws[a-z-]*:ec2:([a-z0-9-]{1,64}):([0-9]{12}):instance/(i-[0-9a-f]{8,32})");
  private static final Pattern FUNCTION_ARN =
      Pattern.compile("arn:aws[a-z-]*:lambda:[a-z0-9-]{1,64}:([0-9]{12}):function:[\\w:$-]{1,128}");
  private static final Pattern REGION = Pattern.compile("[a-z0-9-]{1,64}");
  private static final Pattern VPC = Pattern.compile("vpc-[0-9a-f]{8,32}");
  private static final Pattern ORGANIZATION = Pattern.compile("o-[a-z0-9]{10,32}");
  private static final Pattern UNIT_PATH = Pattern.compile("o-[a-z0-9]+/r-[a-z0-9]+/[a-z0-9/-]*");
  private static final Pattern TAG = Pattern.compile("[\\p{L}\\p{N}\\p{Zs}_.:/=+@-]{1,256}");

  AwsPrincipal {
    unitPaths = List.copyOf(unitPaths);
    tags = Map.copyOf(tags);
  }

  /// @param region of the instance, which may not be the one that signed
  record Instance(String region, String id) {}

  /// Reads the claims of a verified token. All accounts in it must be the same one.
  static AwsPrincipal read(PlatformToken token) throws Refusal {
    if (!(token.claims().get(NAMESPACE) instanceof Map<?, ?> claims)) {
      throw new Refusal("malformed-claims", "no \"" + NAMESPACE + "\"");
    }
    var account = required(claims, "aws_account", InstanceIdentity.ACCOUNT_ID);
    var role = ROLE_ARN.matcher(String.valueOf(token.claims().get("sub")));
    Refusal.unless(role.matches(), "not-a-role", "the token is of " + token.claims().get("sub"));
    same(account, role.group(1), "sub");
    return new AwsPrincipal(
        account,
        required(claims, "source_region", REGION),
        role.group(),
        role.group(2),
        instance(claims, account),
        optional(claims, "ec2_instance_source_vpc", VPC),
        function(claims, account),
        optional(claims, "org_id", ORGANIZATION),
        unitPaths(claims),
        tags(claims));
  }

  private static Optional<Instance> instance(Map<?, ?> claims, String account) throws Refusal {
    var arn = optional(claims, "ec2_source_instance_arn", INSTANCE_ARN);
    if (arn.isEmpty()) {
      return Optional.empty();
    }
    var parts = INSTANCE_ARN.matcher(arn.get());
    Refusal.unless(parts.matches(), "malformed-claims", arn.get());
    same(account, parts.group(2), "ec2_source_instance_arn");
    return Optional.of(new Instance(parts.group(1), parts.group(3)));
  }

  private static Optional<String> function(Map<?, ?> claims, String account) throws Refusal {
    var arn = optional(claims, "lambda_source_function_arn", FUNCTION_ARN);
    if (arn.isPresent()) {
      same(account, arn.get().split(":", -1)[4], "lambda_source_function_arn");
    }
    return arn;
  }

  private static void same(String account, String other, String claim) throws Refusal {
    Refusal.unless(
        account.equals(other),
        "other-account",
        "\"aws_account\" is " + account + ", \"" + claim + "\" is of " + other);
  }

  /// AWS's documentation shows one text, its service sends a list.
  private static List<String> unitPaths(Map<?, ?> claims) throws Refusal {
    var found = claims.get("ou_path");
    var paths =
        switch (found) {
          case null -> List.of();
          case List<?> list -> list;
          default -> List.of(found);
        };
    for (var path : paths) {
      Refusal.unless(
          path instanceof String text && UNIT_PATH.matcher(text).matches(),
          "malformed-claims",
          "\"ou_path\" is not like " + UNIT_PATH);
    }
    return paths.stream().map(String::valueOf).toList();
  }

  private static Map<String, String> tags(Map<?, ?> claims) throws Refusal {
    var tags = new TreeMap<String, String>();
    var found = claims.get("principal_tags") instanceof Map<?, ?> map ? map : Map.of();
    for (var tag : found.entrySet()) {
      Refusal.unless(
          TAG.matcher(String.valueOf(tag.getKey())).matches()
              && tag.getValue() instanceof String value
              && (value.isEmpty() || TAG.matcher(value).matches()),
          "malformed-claims",
          "\"principal_tags\" are not like " + TAG);
      tags.put(String.valueOf(tag.getKey()), String.valueOf(tag.getValue()));
    }
    return tags;
  }

  private static String required(Map<?, ?> claims, String name, Pattern shape) throws Refusal {
    var text = optional(claims, name, shape);
    if (text.isEmpty()) {
      throw new Refusal("malformed-claims", "no \"" + name + "\"");
    }
    return text.get();
  }

  private static Optional<String> optional(Map<?, ?> claims, String name, Pattern shape)
      throws Refusal {
    var value = claims.get(name);
    if (value == null) {
      return Optional.empty();
    }
    if (value instanceof String text && shape.matcher(text).matches()) {
      return Optional.of(text);
    }
    throw new Refusal("malformed-claims", "\"" + name + "\" is not like " + shape);
  }
}
