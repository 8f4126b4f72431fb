package dev.entente.attestors.aws;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.AwsSessionCredentialsIdentity;

class SignatureV4Test {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:07Z");
  private static final String FORM = "application/x-www-form-urlencoded; charset=utf-8";

  /// What AWS's own library signs is the measure.
  @ParameterizedTest
  @CsvSource({
    "https://sts.us-west-2.amazonaws.com/, token/with+signs=",
    "https://sts.us-west-2.amazonaws.com/, ''",
    "https://sts.us-west-2.amazonaws.com, token",
    "http://127.0.0.1:4566/, token"
  })
  void signsAsTheLibraryOfAwsDoes(URI uri, String sessionToken) {
    byte[] body =
        "Action=GetWebIdentityToken&Audience.member.1=a%2Fb".getBytes(StandardCharsets.UTF_8);
    var ours =
        new SignatureV4(
                new AwsCredentials("AKIDEXAMPLE", "s/e+cret", sessionToken), "us-west-2", "sts")
            .headers(uri, FORM, body, NOW);

    var theirs = library(uri, sessionToken, body);

    assertThat(ours.get("authorization"))
        .isEqualTo(theirs.firstMatchingHeader("Authorization").orElseThrow());
    assertThat(ours.get("x-amz-date"))
        .isEqualTo(theirs.firstMatchingHeader("X-Amz-Date").orElseThrow());
    assertThat(ours).doesNotContainKey("host");
  }

  private static SdkHttpRequest library(URI uri, String sessionToken, byte[] body) {
    var request =
        SdkHttpRequest.builder()
            .method(SdkHttpMethod.POST)
            .uri(uri)
            .putHeader("Content-Type", FORM)
            .build();
    return AwsV4HttpSigner.create()
        .sign(to ->
            to.identity(identity(sessionToken))
                .request(request)
                .payload(ContentStreamProvider.fromByteArray(body))
                .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "sts")
                .putProperty(AwsV4HttpSigner.REGION_NAME, "us-west-2")
                .putProperty(HttpSigner.SIGNING_CLOCK, Clock.fixed(NOW, ZoneOffset.UTC)))
        .request();
  }

  private static AwsCredentialsIdentity identity(String sessionToken) {
    return sessionToken.isEmpty()
        ? AwsCredentialsIdentity.create("AKIDEXAMPLE", "s/e+cret")
        : AwsSessionCredentialsIdentity.create("AKIDEXAMPLE", "s/e+cret", sessionToken);
  }
}
