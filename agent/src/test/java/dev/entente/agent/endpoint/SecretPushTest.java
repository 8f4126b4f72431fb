package dev.entente.agent.endpoint;

import static dev.entente.agent.endpoint.SecretStream.names;
import static dev.entente.agent.svidcache.Entries.atRevision;
import static dev.entente.agent.svidcache.Entries.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.agent.node.AgentEntry;
import dev.entente.attestor.spi.AttestationFault;
import dev.entente.testkit.Await;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// What follows the first answer on an open stream.
class SecretPushTest extends SecretDiscoveryCalls {
  private static final AgentEntry API = entry("api", "unix:uid:1");
  private static final AgentEntry WEB = entry("web", "unix:uid:1");

  @Test
  void pushesARotatedSvidAndNothingElse() throws Exception {
    sds.source().setEntries(API);
    var svid = sds.open().ask("default");
    var bundle = sds.open().ask("ROOTCA");
    var before = svid.next();
    var trust = bundle.next();
    svid.ask("default");
    bundle.ask("ROOTCA");

    sds.source().setEntries(atRevision(API, 1));
    var after = svid.next();
    sds.source().taintAndReplaceAuthority();

    assertThat(before.getVersionInfo()).isEqualTo("1");
    assertThat(after.getVersionInfo()).isNotEqualTo("1");
    assertThat(after.getResources(0)).isNotEqualTo(before.getResources(0));
    assertThat(bundle.next().getResources(0))
        .as("the next message is the new bundle, not the old one again")
        .isNotEqualTo(trust.getResources(0));
  }

  @Test
  void answersAConfirmationOnlyIfItNamesSomethingElse() throws Exception {
    sds.source().setEntries(API, WEB);
    var stream = sds.open().ask("default");
    stream.next();

    stream.ask("default").ask("default").ask("default", "ROOTCA");

    assertThat(names(stream.next())).containsExactly("ROOTCA", "default");
  }

  @Test
  void ignoresARequestThatDoesNotAnswerTheLastMessage() throws Exception {
    sds.source().setEntries(API, WEB);
    var stream = sds.open().ask("default");
    stream.next();

    stream.askOutdated("nonsense").ask("ROOTCA");

    assertThat(names(stream.next())).containsExactly("ROOTCA");
  }

  @Test
  void doesNotRepeatWhatWasRejectedAndPushesTheNext() throws Exception {
    sds.source().setEntries(API);
    var stream = sds.open().ask("default");
    var rejected = stream.next();

    stream.reject("default").reject("default");
    sds.source().setEntries(atRevision(API, 1));

    assertThat(stream.next().getResources(0)).isNotEqualTo(rejected.getResources(0));
  }

  @Test
  void saysNothingWhenNothingIsWantedAnyMoreUntilSomethingIs() throws Exception {
    sds.source().setEntries(API);
    var stream = sds.open().ask("default", "ROOTCA");
    stream.next();

    stream.ask();
    sds.fetch(); // on the same connection, so the request before it has been taken
    sds.source().setEntries(atRevision(API, 1));
    Await.until(
        "the SVID was renewed", Duration.ofSeconds(20), () -> sds.source().signed().size() > 1);
    stream.ask("ROOTCA");

    assertThat(names(stream.next())).containsExactly("ROOTCA");
    stream.ask();
    stream.ask("ROOTCA");
    assertThat(names(stream.next())).as("the same again").containsExactly("ROOTCA");
  }

  @Test
  void answersAReconnectInFullWhateverVersionItStates() throws Exception {
    sds.source().setEntries(API);
    var first = sds.open().ask("default").next();

    var again = sds.open().askFromEarlierStream(first.getVersionInfo(), "default").next();

    assertThat(again.getResourcesList()).isEqualTo(first.getResourcesList());
  }

  @Test
  void waitsUntilTheSvidIsSignedButNotForBundles() throws Exception {
    sds.source().refuse("api");
    sds.source().setEntries(API);
    var svid = sds.open().ask("default", "ROOTCA");

    assertThat(names(sds.open().ask("ROOTCA").next())).containsExactly("ROOTCA");
    sds.source().accept("api");
    sds.source().setEntries(atRevision(API, 1));

    assertThat(names(svid.next())).containsExactly("ROOTCA", "default");
  }

  @Test
  void endsTheStreamWhenTheIdentityGoes() throws Exception {
    sds.source().setEntries(API);
    var named = sds.open().ask("default");
    var all = sds.open().ask();
    named.next();
    all.next();

    sds.source().setEntries();

    assertThat(named.end()).isEqualTo(GrpcStatus.INVALID_ARGUMENT);
    assertThat(all.end()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
  }

  @Test
  void isUnavailableWhileNothingCanBeSaid() {
    assertThat(sds.open().ask("default").end()).as("not synced").isEqualTo(GrpcStatus.UNAVAILABLE);
    sds.source().setEntries(API);
    sds.attestBy(_ -> {
      throw new AttestationFault("nothing there");
    });
    assertThat(sds.open().ask("default").end())
        .as("not attested")
        .isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(sds.fetchCode("default")).isEqualTo(GrpcStatus.UNAVAILABLE);
  }

  @Test
  void sharesTheLimitOfStreamsWithTheWorkloadApi() throws Exception {
    sds.start(SdsSettings.DEFAULT, false, new WorkloadApiLimits(10, 10, 10, 2));
    sds.source().setEntries(API);
    var first = sds.open().ask("default");
    first.next();
    var second = sds.open().ask("default");
    second.next();

    assertThat(sds.open().ask("default").end()).isEqualTo(GrpcStatus.UNAVAILABLE);
    assertThat(sds.fetchCode("default")).isEqualTo(GrpcStatus.UNAVAILABLE);
    first.cancel();
    second.finish();
    Await.until("both are gone", Duration.ofSeconds(20), () -> sds.endpoint().openStreams() == 0);

    assertThat(sds.fetchCode("default")).isEqualTo(GrpcStatus.OK);
    Await.until("it is over", Duration.ofSeconds(20), () -> sds.endpoint().openStreams() == 0);
  }
}
