package dev.entente.systemtests;

import dev.entente.testkit.Await;
import java.io.DataInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/// A TPM that `swtpm` emulates, with an endorsement certificate as its tools make it. One thread.
final class SoftwareTpm {
  private static final Duration READY_LIMIT = Duration.ofSeconds(30);

  /// It makes RSA keys, of 3072 bits for the maker.
  private static final Duration SETUP_LIMIT = Duration.ofMinutes(2);

  private static final int MESSAGE_MAX_BYTES = 4096;

  /// Handles of an object with an empty password, and the password session.
  private static final String EMPTY_PASSWORD = "00000009" + "40000009" + "0000" + "00" + "0000";

  /// No password, no data.
  private static final String NOTHING_SECRET = "0004" + "0000" + "0000";

  private static final String NO_INFO_NO_PCRS = "0000" + "00000000";

  private final Sandbox sandbox;
  private final Path directory;
  private final Path socket;

  /// What a machine was given by whoever set it up.
  ///
  /// @param secret the key, wrapped by its TPM
  /// @param area its public part, as the TPM writes it
  record DevId(Path secret, Path area, PublicKey key) {}

  /// What a DevID is made of.
  enum Kind {
    RSA(
        "0001000b000304720000" + "000600800043" + "0010" + "080000000000" + "0000",
        "0001000b000400720000" + "0010" + "0014000b" + "080000000000" + "0000"),
    ECC(
        "0023000b000304720000" + "000600800043" + "0010" + "0003" + "0010" + "00000000",
        "0023000b000400720000" + "0010" + "0018000b" + "0003" + "0010" + "00000000");

    private final String parent;
    private final String template;

    Kind(String parent, String template) {
      this.parent = parent;
      this.template = template;
    }
  }

  /// A TPM that was just made and runs.
  SoftwareTpm(Sandbox sandbox) throws IOException {
    this.sandbox = sandbox;
    directory = sandbox.subdirectory("tpm");
    socket = directory.resolve("tpm.sock");
    manufacture();
    start();
  }

  private void manufacture() throws IOException {
    var authority = Files.createDirectory(directory.resolve("maker"));
    var tool = Peer.SWTPM_SETUP.program().resolveSibling("swtpm_localca");
    var maker =
        write(
            "maker.conf",
            """
            statedir = %1$s
            signingkey = %1$s/signkey.pem
            issuercert = %1$s/issuercert.pem
            certserial = %1$s/certserial
            """
                .formatted(authority));
    var options =
        write(
            "maker.options",
            "--platform-manufacturer Test\n--platform-version 1\n--platform-model Test\n");
    var setup =
        write(
            "setup.conf",
            """
            create_certs_tool=%s
            create_certs_tool_config=%s
            create_certs_tool_options=%s
            """
                .formatted(tool, maker, options));
    var state = Files.createDirectory(directory.resolve("state"));
    var making =
        sandbox.register(
            Launched.start(
                "swtpm_setup",
                directory.resolve("setup.log"),
                Map.of(),
                List.of(
                    Peer.SWTPM_SETUP.program().toString(),
                    "--tpm2",
                    "--create-ek-cert",
                    "--tpm",
                    Peer.SWTPM.program() + " socket",
                    "--tpmstate",
                    state.toString(),
                    "--config",
                    setup.toString())));
    if (making.awaitExit(SETUP_LIMIT) != 0) {
      throw new AssertionError("no TPM made: " + making.output());
    }
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  private void start() {
    var swtpm =
        sandbox.register(
            Launched.start(
                "swtpm",
                directory.resolve("swtpm.log"),
                Map.of(),
                List.of(
                    Peer.SWTPM.program().toString(),
                    "socket",
                    "--tpm2",
                    "--tpmstate",
                    "dir=" + directory.resolve("state"),
                    "--server",
                    "type=unixio,path=" + socket,
                    "--flags",
                    "not-need-init,startup-clear")));
    Await.until(
        "swtpm answers",
        READY_LIMIT,
        () -> {
          swtpm.ensureAlive();
          return answers();
        });
  }

  /// The socket is there a moment before anybody listens: what counts is an answer.
  private boolean answers() {
    try {
      exchange("8001", "0000017b", "0008");
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  /// Where it takes commands.
  Path socket() {
    return socket;
  }

  /// Who signs that its endorsement key is a TPM's.
  Path makersCertificate() {
    return directory.resolve("maker/issuercert.pem");
  }

  /// Makes a DevID key, as whoever sets a machine up.
  DevId makeDevId(Kind kind) throws IOException {
    var parent = exchange("8002", "00000131", "40000001" + EMPTY_PASSWORD + creation(kind.parent));
    int handle = parent.getInt(10);
    var made = exchange("8002", "00000153", hex(handle) + EMPTY_PASSWORD + creation(kind.template));
    exchange("8001", "00000165", hex(handle));
    made.position(14);
    byte[] secret = sized(made);
    byte[] area = sized(made);
    return new DevId(
        Files.write(directory.resolve("devid.priv"), secret),
        Files.write(directory.resolve("devid.pub"), area),
        key(kind, area));
  }

  private static String creation(String template) {
    return NOTHING_SECRET + "%04x".formatted(template.length() / 2) + template + NO_INFO_NO_PCRS;
  }

  private static String hex(int number) {
    return "%08x".formatted(number);
  }

  private static byte[] sized(ByteBuffer in) {
    byte[] bytes = new byte[in.getShort()];
    in.get(bytes);
    return bytes;
  }

  private ByteBuffer exchange(String tag, String code, String body) throws IOException {
    var command = HexFormat.of().parseHex(tag + hex(10 + body.length() / 2) + code + body);
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      channel.write(ByteBuffer.wrap(command));
      var in = new DataInputStream(Channels.newInputStream(channel));
      byte[] header = new byte[10];
      in.readFully(header);
      int length = ByteBuffer.wrap(header).getInt(2);
      if (length > MESSAGE_MAX_BYTES || ByteBuffer.wrap(header).getInt(6) != 0) {
        throw new IOException("command " + code + " failed: " + HexFormat.of().formatHex(header));
      }
      byte[] answer = Arrays.copyOf(header, length);
      in.readFully(answer, 10, length - 10);
      return ByteBuffer.wrap(answer);
    }
  }

  /// The numbers stand at the area's end, each with its length before.
  private static PublicKey key(Kind kind, byte[] area) {
    try {
      return switch (kind) {
        case RSA ->
            KeyFactory.getInstance("RSA")
                .generatePublic(
                    new RSAPublicKeySpec(
                        number(area, area.length - 256, 256), BigInteger.valueOf(65537)));
        case ECC -> {
          var parameters = AlgorithmParameters.getInstance("EC");
          parameters.init(new ECGenParameterSpec("secp256r1"));
          var point =
              new ECPoint(number(area, area.length - 66, 32), number(area, area.length - 32, 32));
          yield KeyFactory.getInstance("EC")
              .generatePublic(
                  new ECPublicKeySpec(point, parameters.getParameterSpec(ECParameterSpec.class)));
        }
      };
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no key in what the TPM made", e);
    }
  }

  private static BigInteger number(byte[] bytes, int from, int length) {
    return new BigInteger(1, Arrays.copyOfRange(bytes, from, from + length));
  }
}
