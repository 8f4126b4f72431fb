package dev.entente.attestors.aws;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.BoundedHttp;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.attestor.spi.NonceFirst;
import dev.entente.attestor.spi.PlatformAddress;
import dev.entente.spiffe.TrustDomain;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.regex.Pattern;

/// Shows a token that AWS's Security Token Service signed for the role this process runs with: on
/// an EC2 instance, in an ECS or Fargate task, in a Lambda function.
///
/// The broker speaks first. Its nonce goes into the token's audience, and so does the name of this
/// node if the configuration or the platform gives it one: AWS signs both.
public final class AwsWebIdentitySource implements EvidenceSource {
  static final String TYPE = "aws_web_identity";

  /// Two regions of AWS away is still below a second.
  private static final Duration TIME_LIMIT = Duration.ofSeconds(5);

  /// A token has about 1,400 characters.
  private static final int BODY_MAX_BYTES = 32 * 1024;

  private static final BoundedHttp HTTP = new BoundedHttp(TIME_LIMIT, BODY_MAX_BYTES);
  private static final String FORM = "application/x-www-form-urlencoded; charset=utf-8";

  /// The shortest AWS offers.
  private static final int TOKEN_TTL_SECONDS = 60;

  private static final Pattern REGION = Pattern.compile("[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}");
  private static final Pattern TOKEN =
      Pattern.compile("<WebIdentityToken>([A-Za-z0-9_.-]+)</WebIdentityToken>");
  private static final Pattern ERROR_CODE = Pattern.compile("<Code>([A-Za-z.]{1,64})</Code>");

  private final Settings settings;
  private final AwsSurroundings surroundings;
  private final InstantSource clock;

  /// @param endpoint asked in place of the region's own Security Token Service
  record Settings(
      String audience,
      Optional<String> nodeName,
      Optional<String> region,
      Optional<URI> endpoint) {}

  AwsWebIdentitySource(Settings settings, AwsSurroundings surroundings, InstantSource clock) {
    this.settings = settings;
    this.surroundings = surroundings;
    this.clock = clock;
  }

  @Override
  public Session open() {
    return NonceFirst.session(this::token);
  }

  private byte[] token(String nonce) throws AttestationFault {
    try {
      var name = settings.nodeName().isPresent() ? settings.nodeName() : surroundings.nodeName();
      var audience = WebIdentityAudience.of(settings.audience(), nonce, name);
      var region = settings.region().isPresent() ? settings.region().get() : surroundings.region();
      if (!REGION.matcher(region).matches()) {
        throw new IOException("not a region: \"" + region + "\"");
      }
      return ask(region, audience).getBytes(StandardCharsets.US_ASCII);
    } catch (IOException | IllegalArgumentException e) {
      throw new AttestationFault("no web identity token: " + e.getMessage(), e);
    }
  }

  private String ask(String region, String audience) throws IOException {
    var uri = settings.endpoint().orElseGet(() -> regional(region));
    byte[] body =
        ("Action=GetWebIdentityToken&Version=2011-06-15&SigningAlgorithm=RS256&DurationSeconds="
                + TOKEN_TTL_SECONDS
                + "&Audience.member.1="
                + URLEncoder.encode(audience, StandardCharsets.UTF_8))
            .getBytes(StandardCharsets.UTF_8);
    var signature = new SignatureV4(surroundings.credentials(), region, "sts");
    var answer = HTTP.send("POST", uri, signature.headers(uri, FORM, body, clock.instant()), body);
    var text = new String(answer.body(), StandardCharsets.UTF_8);
    var token = TOKEN.matcher(text);
    if (answer.status() != 200 || !token.find()) {
      var code = ERROR_CODE.matcher(text);
      throw new IOException(
          uri + " answered " + answer.status() + (code.find() ? " " + code.group(1) : ""));
    }
    return token.group(1);
  }

  /// The token is to be had at a region's own address only.
  private static URI regional(String region) {
    var suffix = region.startsWith("cn-") ? ".amazonaws.com.cn/" : ".amazonaws.com/";
    return URI.create("https://sts." + region + suffix);
  }

  /// Offers [AwsWebIdentitySource].
  ///
  /// `audience` (`spiffe://<trust domain>`) is the broker's; `node-name` (the task's id, or that of
  /// the Lambda environment) tells nodes of one role apart; `region` (AWS's variables, then the
  /// metadata service), `sts-endpoint` and `ec2-metadata-endpoint` say where AWS is.
  public static final class Provider implements EvidenceSource.Provider {
    @Override
    public String type() {
      return TYPE;
    }

    @Override
    public EvidenceSource create(TrustDomain trustDomain, AttestorSettings settings) {
      return new AwsWebIdentitySource(
          new Settings(
              WebIdentityAudience.read(settings, trustDomain),
              checked(settings, "node-name", WebIdentityAudience.NODE_NAME),
              checked(settings, "region", REGION),
              PlatformAddress.read(settings, "sts-endpoint")),
          new AwsSurroundings(System.getenv(), Ec2Metadata.read(settings)),
          InstantSource.system());
    }

    private static Optional<String> checked(
        AttestorSettings settings, String key, Pattern allowed) {
      var text = settings.text(key);
      if (text.isPresent() && !allowed.matcher(text.get()).matches()) {
        settings.problem(key, "not like " + allowed + ": \"" + text.get() + "\"");
        return Optional.empty();
      }
      return text;
    }
  }
}
