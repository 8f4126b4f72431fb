package dev.entente.agent.endpoint;

import static dev.entente.agent.svidcache.Entries.atRevision;
import static dev.entente.agent.svidcache.Entries.entry;
import static dev.entente.agent.svidcache.Entries.federatingWith;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Value;
import dev.entente.agent.svidcache.FakeAuthority;
import dev.entente.agent.svidcache.FakeIdentitySource;
import dev.entente.agent.workload.FakeProc;
import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.JwtSvid;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spiffe.workload.ValidateJWTSVIDResponse;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// JWT-SVIDs over the Workload API: asked for, and validated.
class WorkloadApiJwtTest extends WorkloadApiCalls {
  @Test
  @Tag("+WAPI-47")
  @Tag("+WAPI-48")
  @Tag("+WAPI-50")
  @Tag("-WAPI-53")
  @DisplayName("WAPI-47 WAPI-48 WAPI-50 WAPI-53 a token per identity, or the one asked for")
  @Tag("+WAPI-46")
  void answersJwtSvids() throws Exception {
    api.source.setEntries(entry("b", "unix:uid:1"), entry("a", "unix:uid:1"));

    var all = jwt("", "db");
    assertThat(all.getSvidsList())
        .extracting(it -> it.getSpiffeId())
        .containsExactly(OWN + "/a", OWN + "/b");
    assertThat(all.getSvidsList()).allMatch(it -> it.getSvid().split("\\.", -1).length == 3);
    assertThat(all.getSvidsList())
        .allSatisfy(it ->
            assertThat(JwtSvid.readWithoutVerifying(it.getSvid()).id())
                .hasToString(it.getSpiffeId()));
    assertThat(JwtSvid.readWithoutVerifying(jwt("", "db", "web").getSvids(0).getSvid()).audience())
        .containsExactlyInAnyOrder("db", "web");
    assertThat(jwt(OWN + "/b", "db").getSvidsList())
        .extracting(it -> it.getSpiffeId())
        .containsExactly(OWN + "/b");
    assertThat(jwtCode(OWN + "/c", "db")).isEqualTo(GrpcStatus.PERMISSION_DENIED);
  }

  @Test
  void isUnavailableWhenAJwtSvidCannotBeSigned() throws Exception {
    api.source.setEntries(entry("a", "unix:uid:1"), entry("b", "unix:uid:1"));
    api.source.refuse("b");

    assertThat(jwtCode("", "db")).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(jwtCode(OWN + "/a", "db")).isEqualTo(GrpcStatus.OK);
  }

  @Test
  void givesNoTokenToACallerThatBecameSomebodyElseWhileItWasSigned() throws Exception {
    var processes = asProc();
    api.source.setEntries(API);
    api.source.whileJwtIsSigned(() -> become(processes, "unix:uid:2"));

    assertThat(jwtCode("", "db")).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(api.source.jwtsAsked()).isOne();
  }

  @Test
  void givesATokenToACallerThatIsTheSameForItsAttestorsInAnotherProgram() throws Exception {
    var processes = asProc();
    api.source.setEntries(API);
    api.source.whileJwtIsSigned(() -> become(processes, "unix:uid:1"));

    assertThat(jwt("", "db").getSvids(0).getSpiffeId()).isEqualTo(OWN + "/api");
  }

  private FakeProc asProc() throws Exception {
    api.close();
    var processes = new FakeProc(Files.createDirectory(directory.resolve("proc")));
    api =
        new WorkloadApiFixture(
            directory,
            vertx ->
                processes.attestation(vertx, Map.of("unix", workload -> attestor.attest(workload))),
            WorkloadApiSettings.DEFAULT);
    return processes;
  }

  private void become(FakeProc processes, String selector) {
    try {
      attestor = _ -> List.of(Selector.parse(selector));
      processes.become();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  @Tag("+WAPI-62")
  @Tag("-WAPI-62")
  @Tag("+WAPI-63")
  @Tag("+WAPI-64")
  @DisplayName("WAPI-62 WAPI-63 WAPI-64 a valid token is answered with its claims")
  @Tag("Q-18")
  @Tag("+WAPI-02")
  void validatesTokensOfOurOwn() throws Exception {
    api.source.setEntries(API);
    var token = jwt("", "db").getSvids(0).getSvid();

    var answer = validate("db", token);

    assertThat(answer.getSpiffeId()).isEqualTo(OWN + "/api");
    assertThat(answer.getClaims().getFieldsMap())
        .containsKeys("sub", "aud", "exp", "iat", "jti")
        .containsEntry("team", Value.newBuilder().setStringValue("blue").build());
    assertThat(answer.getClaims().getFieldsOrThrow("aud").getListValue().getValues(0))
        .isEqualTo(Value.newBuilder().setStringValue("db").build());
    assertThat(validateCode("other", token)).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    api.clock.advance(Duration.ofMinutes(7));
    assertThat(validateCode("db", token)).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
  }

  @Test
  void validatesForACallerWithoutIdentity() throws Exception {
    api.source.setEntries(API);
    var token = jwt("", "db").getSvids(0).getSvid();
    attestor = _ -> List.of();

    assertThat(validate("db", token).getSpiffeId()).isEqualTo(OWN + "/api");
  }

  @Test
  @Tag("+ID-38")
  @Tag("-ID-44")
  @Tag("+WAPI-65")
  @DisplayName("WAPI-65 of a foreign token only the standard claims and the allowed ones are told")
  @Tag("+ID-46")
  @Tag("-WAPI-62")
  @Tag("-WAPI-70")
  void filtersForeignClaims() throws Exception {
    api.close();
    api = start(settings(false, Set.of("team"), WorkloadApiLimits.DEFAULT));
    var domain = TrustDomain.parse("partner.example");
    var partner = new FakeAuthority(domain, api.clock.instant());
    var token =
        partner.token(
            SpiffeId.parse("spiffe://partner.example/web"),
            List.of("db"),
            api.clock.instant(),
            Duration.ofMinutes(5));
    api.source.setFederated(FakeIdentitySource.bundle(domain, partner));
    api.source.setEntries(API);
    assertThat(validateCode("db", token)).as("WAPI-70").isEqualTo(GrpcStatus.INVALID_ARGUMENT);

    api.source.setEntries(federatingWith(atRevision(API, 1), "partner.example"));

    assertThat(validate("db", token).getClaims().getFieldsMap())
        .containsOnlyKeys("sub", "aud", "exp", "team");
  }

  @Test
  @Tag("-ID-44")
  @Tag("+ID-45")
  @Tag("-ID-45")
  void tellsAClaimOfTheOneTrustDomainItWasAgreedWith() throws Exception {
    api.close();
    api = start(settings(false, Set.of("partner.example:team"), WorkloadApiLimits.DEFAULT));
    var names = List.of("partner.example", "third.example");
    var signers =
        names.stream()
            .map(name -> new FakeAuthority(TrustDomain.parse(name), api.clock.instant()))
            .toList();
    api.source.setFederated(
        FakeIdentitySource.bundle(TrustDomain.parse(names.get(0)), signers.get(0)),
        FakeIdentitySource.bundle(TrustDomain.parse(names.get(1)), signers.get(1)));
    api.source.setEntries(federatingWith(API, "partner.example", "third.example"));

    for (var i = 0; i < 2; i++) {
      var id = SpiffeId.parse("spiffe://" + names.get(i) + "/web");
      var token =
          signers.get(i).token(id, List.of("db"), api.clock.instant(), Duration.ofMinutes(5));
      var claims = validate("db", token).getClaims().getFieldsMap();
      assertThat(claims.containsKey("team")).as(names.get(i)).isEqualTo(i == 0);
      assertThat(claims).containsKeys("sub", "aud", "exp");
    }
  }

  private ValidateJWTSVIDResponse validate(String audience, String token) throws Exception {
    return api.call(SpiffeWorkloadAPIGrpcClient.ValidateJWTSVID, validateRequest(audience, token));
  }
}
