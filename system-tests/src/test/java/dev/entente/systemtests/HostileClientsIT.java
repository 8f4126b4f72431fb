package dev.entente.systemtests;

import static dev.entente.systemtests.RawHttp2.CONTINUATION;
import static dev.entente.systemtests.RawHttp2.DATA;
import static dev.entente.systemtests.RawHttp2.END_HEADERS;
import static dev.entente.systemtests.RawHttp2.END_STREAM;
import static dev.entente.systemtests.RawHttp2.HEADERS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.entente.testkit.Await;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.regex.Pattern;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// What clients that mean no good do to a listener, and whether others are served meanwhile and
/// afterwards: the Workload API on its Unix socket, the broker's gRPC port, and a bundle endpoint.
@Timeout(300)
@DisplayName("Hostile clients")
final class HostileClientsIT {
  private static final String FETCH = "/SpiffeWorkloadAPI/FetchX509SVID";
  private static final String[] HEADER = {"workload.spiffe.io", "true"};

  /// As many as one connection may have, and as many as one user may have of the agent's.
  private static final int STREAMS_PER_CONNECTION = 1000;

  private static final int STREAMS_PER_USER = 4096;

  /// Of a stranger on the broker's port, and of all strangers of an address there.
  private static final int STRANGERS_STREAMS = 100;

  private static final int STRANGERS_STREAMS_PER_ADDRESS = 1024;

  /// And all of them.
  private static final int STRANGERS_STREAMS_ALL = 4096;

  /// Held by all of them, a thousand calls each would be twice the heap of a broker.
  private static final int DEAF = 60;

  /// At least as many streams as the well-meaning workload holds. It is of the attacker's user, so
  /// these are missing from what the attacker gets, and are left when all of its own have ended.
  private static final int NEIGHBOURS = 10;

  private static final Duration SOON = Duration.ofSeconds(30);
  private static final Pattern BROKER_CONNECTIONS =
      Pattern.compile("entente_connections\\{listener=\"(tcp|https)\"} (\\S+)");

  @RegisterExtension private static final Sandbox SANDBOX = Sandbox.perClass();

  private static AttackedHost host;
  private static BrokerProcess broker;
  private static AgentProcess agent;
  private static WorkloadProcess web;
  private static TestNode node;

  @BeforeAll
  static void start() {
    host = AttackedHost.start(SANDBOX);
    broker = host.broker();
    agent = host.agent();
    web = host.web();
    node = host.node();
  }

  /// Whatever was done, those who mean well are served, and nobody could fill the log.
  @AfterEach
  void othersAreServed() throws IOException {
    web.ask("context");
    web.ask("jwt soon");
    node.renew();
    try (var socket = RawTls.connect(host.https(), "http/1.1")) {
      assertThat(firstLine(socket)).contains("200");
    }
    Await.until("hostile connections closed", SOON, () -> brokerConnections() <= 1);
    broker.running().ensureAlive();
    agent.running().ensureAlive();
    assertThat(broker.running().output()).doesNotContain(" ERROR ", "NullPointer");
    assertThat(agent.running().output()).doesNotContain(" ERROR ", "NullPointer");
  }

  private static String firstLine(Socket socket) throws IOException {
    var request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
        .lines()
        .findFirst()
        .orElse("");
  }

  /// The agent has one.
  private static int brokerConnections() {
    return BROKER_CONNECTIONS
        .matcher(broker.metrics())
        .results()
        .mapToInt(found -> (int) Double.parseDouble(found.group(2)))
        .sum();
  }

  @ParameterizedTest
  @CsvSource({"0, 3", "2, 3"})
  void areRefusedWithoutTheWorkloadHeaderAndWithTwo(int headers, String status) throws IOException {
    var fields = new ArrayList<String>();
    for (var i = 0; i < headers; i++) {
      fields.addAll(Arrays.asList(HEADER));
    }
    try (var raw = RawHttp2.on(agent.socket())) {
      raw.frame(HEADERS, END_HEADERS, 1, RawHttp2.call(FETCH, fields.toArray(String[]::new)));
      raw.frame(DATA, END_STREAM, 1, RawHttp2.message(0)).flush();

      assertThat(raw.status(1)).isEqualTo(status);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"WORKLOAD_API", "BROKER"})
  void areRefusedMessagesAndFieldsThatAreTooLarge(AttackedListener listener) throws IOException {
    try (var raw = host.open(listener)) {
      raw.frame(HEADERS, END_HEADERS, 1, listener.call());
      raw.frame(DATA, 0, 1, RawHttp2.message(Integer.MAX_VALUE)).flush();
      assertThat(raw.status(1)).as("a message of two gigabytes, announced").isEqualTo("8");

      raw.frame(HEADERS, END_HEADERS, 3, listener.call());
      raw.frame(DATA, 0, 3, (byte) 1, (byte) 0, (byte) 0, (byte) 0, (byte) 1).flush();
      assertThat(raw.status(3)).as("a compressed message").isEqualTo("12");

      assertThat(statusOfFields(raw, 5, listener, 20_000)).isEqualTo("HTTP 431");
    }
  }

  /// Who asks for a document is answered before anything else it says is looked at.
  @Test
  void areRefusedFieldsThatAreTooLargeAndNotHeardWhereTheyAskForADocument() throws IOException {
    var listener = AttackedListener.BUNDLE_ENDPOINT;
    try (var raw = host.open(listener)) {
      raw.frame(HEADERS, END_HEADERS, 1, listener.call());
      for (var i = 0; i < 4; i++) {
        raw.frame(DATA, 0, 1, new byte[16_000]);
      }
      raw.flush();
      assertThat(raw.statusAtTheEnd(1)).as("a message that does not end").isEqualTo("HTTP 200");

      assertThat(statusOfFields(raw, 3, listener, 9_000)).isEqualTo("HTTP 431");
      assertThat(statusOfFields(raw, 5, listener, 20_000)).isEqualTo("connection ended");
    }
  }

  private static String statusOfFields(
      RawHttp2 raw, int stream, AttackedListener listener, int bytes) throws IOException {
    var field = RawHttp2.fields("large", "x".repeat(bytes));
    raw.frame(HEADERS, 0, stream, listener.call());
    raw.frame(CONTINUATION, 0, stream, Arrays.copyOf(field, bytes / 2));
    raw.frame(
        CONTINUATION, END_HEADERS, stream, Arrays.copyOfRange(field, bytes / 2, field.length));
    raw.flush();
    return raw.status(stream);
  }

  @ParameterizedTest
  @EnumSource
  void areCutOffWhenTheyFlood(AttackedListener listener) throws IOException {
    for (var flood : Flood.values()) {
      try (var raw = host.open(listener)) {
        flood.over(raw, listener.call());
        raw.awaitEnd();
      }
    }
  }

  @Test
  void mayOpenTenThousandStreamsAndHaveAsManyAsThereIsRoomFor() throws IOException {
    var ends = new HashMap<String, Integer>();
    var all = new ArrayList<RawHttp2>();
    try {
      for (var i = 0; i < 10; i++) {
        all.add(openStreams(RawHttp2.on(agent.socket())));
      }
      for (var raw : all) {
        for (var i = 0; i < STREAMS_PER_CONNECTION; i++) {
          var first = raw.await("first of a stream", HostileClientsIT::decides);
          ends.merge(first.type() == DATA ? "served" : first.status(), 1, Integer::sum);
        }
      }
      assertThat(ends).containsOnlyKeys("served", "14");
      assertThat(ends.get("served")).isBetween(STREAMS_PER_USER - NEIGHBOURS, STREAMS_PER_USER);
      web.ask("jwt meanwhile");
      web.ask("x509");
    } finally {
      all.forEach(RawHttp2::close);
    }
    Await.until("streams closed", SOON, () -> streams() <= NEIGHBOURS);
  }

  /// Calls whose message never comes; on each connection one more than it may have.
  @Test
  void mayHaveFewStreamsOverTcpAndEndNobodyElses() throws IOException {
    var all = new ArrayList<RawHttp2>();
    try {
      for (var i = 0; i < STRANGERS_STREAMS_PER_ADDRESS / STRANGERS_STREAMS; i++) {
        all.add(openCalls(host.open(AttackedListener.BROKER), STRANGERS_STREAMS + 1));
      }
      for (var raw : all) {
        assertThat(raw.status(2 * STRANGERS_STREAMS + 1)).isEqualTo("reset");
      }
      try (var one = openCalls(host.open(AttackedListener.BROKER), STRANGERS_STREAMS)) {
        assertThat(one.status(2 * STRANGERS_STREAMS - 1)).as("of the address").isEqualTo("reset");
      }
      node.renew();
      web.ask("jwt while they are open");
      var one = all.getFirst().frame(DATA, END_STREAM, 1, RawHttp2.message(0)).flush();
      assertThat(one.status(1)).as("the attacker, once it asks").isEqualTo("0");
    } finally {
      all.forEach(RawHttp2::close);
    }
  }

  /// From ten addresses, none of which has more than it may.
  @Test
  void mayOpenTenThousandStreamsOverTcpAndKeepAsManyAsThereIsRoomFor() throws IOException {
    var all = new ArrayList<RawHttp2>();
    var reset = 0;
    try {
      for (var i = 0; i < 100; i++) {
        var raw = RawHttp2.at(broker.address(), "127.10.0." + (1 + i / 10), true);
        all.add(openCalls(raw, STRANGERS_STREAMS));
        reset += raw.resetsUntilPong();
      }
      assertThat(reset).isEqualTo(10_000 - STRANGERS_STREAMS_ALL);
      node.renew();
      web.ask("jwt beside ten thousand");
    } finally {
      all.forEach(RawHttp2::close);
    }
  }

  private static RawHttp2 openCalls(RawHttp2 raw, int calls) throws IOException {
    for (var j = 0; j < calls; j++) {
      raw.frame(HEADERS, END_HEADERS, 2 * j + 1, AttackedListener.BROKER.call());
    }
    return raw.flush();
  }

  private static boolean decides(RawHttp2.Frame frame) {
    return (frame.type() == DATA && frame.payload().length > 0)
        || frame.headers().containsKey("grpc-status");
  }

  private static RawHttp2 openStreams(RawHttp2 raw) throws IOException {
    for (var i = 0; i < STREAMS_PER_CONNECTION; i++) {
      raw.frame(HEADERS, END_HEADERS, 2 * i + 1, RawHttp2.call(FETCH, HEADER));
      raw.frame(DATA, END_STREAM, 2 * i + 1, RawHttp2.message(0));
    }
    return raw.flush();
  }

  @Test
  void mayLeaveWhatTheyGetUnread() throws IOException {
    var all = new ArrayList<RawHttp2>();
    try {
      for (var i = 0; i < 3; i++) {
        all.add(openStreams(RawHttp2.deafOn(agent.socket())));
      }
      Await.until("streams open", SOON, () -> streams() >= 3 * STREAMS_PER_CONNECTION);
      web.ask("context");
    } finally {
      all.forEach(RawHttp2::close);
    }
    Await.until("streams closed", SOON, () -> streams() <= NEIGHBOURS);
  }

  @Test
  void mayLeaveWhatTheBrokerAnswersUnread() throws IOException {
    var all = new ArrayList<RawHttp2>();
    try {
      for (var i = 0; i < DEAF; i++) {
        var raw = RawHttp2.deafOn(broker.address());
        all.add(raw);
        askAndNotRead(raw);
      }
      node.renew();
      web.ask("jwt beside the deaf");
      broker.running().ensureAlive();
    } finally {
      all.forEach(RawHttp2::close);
    }
    try (var other = host.open(AttackedListener.BROKER)) {
      other.frame(HEADERS, END_HEADERS, 1, AttackedListener.BROKER.call());
      other.frame(DATA, END_STREAM, 1, RawHttp2.message(0)).flush();
      assertThat(other.status(1)).as("a stranger afterwards").isEqualTo("0");
    }
  }

  private static void askAndNotRead(RawHttp2 raw) {
    try {
      for (var j = 0; j < STREAMS_PER_CONNECTION; j++) {
        raw.frame(HEADERS, END_HEADERS, 2 * j + 1, AttackedListener.BROKER.call());
        raw.frame(DATA, END_STREAM, 2 * j + 1, RawHttp2.message(0));
      }
      raw.flush();
    } catch (IOException cutOff) {
      // The broker may have had enough of it already.
      assertThat(cutOff).isInstanceOf(IOException.class);
    }
  }

  private static double streams() {
    return agent
        .metrics()
        .lines()
        .filter(line -> line.startsWith("entente_agent_streams "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' ') + 1)))
        .sum();
  }

  @ParameterizedTest
  @EnumSource(names = {"BROKER", "BUNDLE_ENDPOINT"})
  void areLetGoWhenTheySpeakTlsByHalves(AttackedListener listener) throws IOException {
    var address = host.address(listener);

    assertThatThrownBy(() -> RawTls.connect(address, "smtp"))
        .isInstanceOf(SSLHandshakeException.class)
        .hasMessageContaining("no_application_protocol");
    try (var plain = RawTls.plain(address)) {
      assertThat(firstLine(plain)).as("HTTP without TLS").doesNotContain("200");
    }
    try (var cut = RawTls.plain(address)) {
      cut.getOutputStream().write(new byte[] {22, 3, 1, 0, 100, 1, 0, 0, 96});
      cut.shutdownOutput();
      assertThat(cut.getInputStream().readAllBytes()).as("half a greeting").isEmpty();
    }
    try (var raw = host.open(listener)) {
      raw.frame(HEADERS, END_HEADERS, 1, listener.call()).flush();
      raw.finish();
      raw.awaitEnd();
    }
  }

  @Test
  void speakNothingButHttp2WithTheBroker() throws IOException {
    assertThatThrownBy(() -> RawTls.connect(broker.address(), "http/1.1"))
        .isInstanceOf(SSLHandshakeException.class);
    try (var unsaid = RawTls.connect(broker.address())) {
      assertThat(firstLine(unsaid)).as("HTTP/1.1 without saying so").contains("505");
    }
    try (var garbage = RawTls.connect(broker.address(), "h2")) {
      assertThat(firstLine(garbage)).doesNotContain("200");
    }
  }
}
