package dev.entente.broker;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.entente.spiffe.TrustDomain;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

class NameAdviceTest {
  @ParameterizedTest
  @ValueSource(strings = {"prod", "a_b", "cluster.local", "k8s.internal", "my.test", "x.home.arpa"})
  @Tag("+ID-13")
  void adviseAgainstNamesThatAnyoneMayHaveTaken(String name) {
    assertThat(NameAdvice.on(TrustDomain.parse(name))).isPresent();
  }

  @ParameterizedTest
  @ValueSource(strings = {"prod.acme.com", "example.org", "local.acme.com", "1.2.3.4"})
  @Tag("+ID-13")
  void haveNothingAgainstOthers(String name) {
    assertThat(NameAdvice.on(TrustDomain.parse(name))).isEmpty();
  }

  @Test
  @Tag("+ID-13")
  void aBrokerOfSuchANameSaysSoAndWorks(@TempDir Path directory) {
    var log = (Logger) LoggerFactory.getLogger(Broker.class);
    var lines = new ListAppender<ILoggingEvent>();
    lines.start();
    log.addAppender(lines);
    try (var broker =
        TestBroker.start(TrustDomain.parse("prod"), directory, "", InstantSource.system())) {
      assertThat(broker.attest().id().trustDomain().name()).isEqualTo("prod");
    } finally {
      log.detachAppender(lines);
    }

    assertThat(List.copyOf(lines.list))
        .filteredOn(line -> line.getLevel() == Level.WARN)
        .extracting(ILoggingEvent::getMessage)
        .containsOnlyOnce("The name of the trust domain may not be unique");
  }
}
