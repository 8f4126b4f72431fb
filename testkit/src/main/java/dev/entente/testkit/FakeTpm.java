package dev.entente.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntUnaryOperator;

/// A TPM behind a Unix socket that takes the commands an agent needs, and computes with [SoftTpm].
///
/// It has room for three keys, as the smallest real one, and wants the right passwords and whole
/// commands: what it cannot read it refuses, so that nobody waits for an answer.
public final class FakeTpm implements AutoCloseable {
  /// TPM2_Certify.
  public static final int CERTIFY = 0x148;

  /// TPM2_ActivateCredential.
  public static final int ACTIVATE = 0x147;

  /// No room for another key.
  public static final int OBJECT_MEMORY = 0x902;

  /// Ask again.
  public static final int RETRY = 0x922;

  /// Where the certificate of an RSA endorsement key is.
  private static final int CERTIFICATE_INDEX = 0x01c00002;

  private static final int MESSAGE_MAX_BYTES = 4096;
  private static final int OWNER = 0x40000001;
  private static final int AUTH_FAIL = 0x98e;
  private static final int HANDLE = 0x18b;
  private static final int ROOM = 3;
  private static final int SESSION = 0x03000000;
  private static final int FIRST_KEY = 0x80000000;
  private static final int NOTHING_WRONG = 0;
  private static final int INTEGRITY = 0x1df;
  private static final int COMMAND_SIZE = 0x142;
  private static final int BAD_SIZE = 0x095;
  private static final int NV_RANGE = 0x146;
  private static final int NV_CHUNK_MAX_BYTES = 512;
  private static final KeyPair ATTESTATION = TestRsaKeys.next();

  private final ServerSocketChannel server;
  private final Thread thread;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final KeyPair endorsement;
  private final KeyPair devId;
  private final Map<Integer, Held> held = new HashMap<>();
  private final List<Integer> asked = new CopyOnWriteArrayList<>();
  private final Set<Integer> inside = ConcurrentHashMap.newKeySet();
  private volatile IntUnaryOperator failing = _ -> NOTHING_WRONG;
  private volatile int silentAt;
  private volatile byte[] ownerPassword = {};
  private volatile byte[] endorsementPassword = {};
  private volatile byte[] devIdPassword = {};
  private boolean policySatisfied;
  private volatile byte[] memory;
  private volatile byte[] attestationPassword = {};

  /// A key that is loaded; of a parent, the template it was made of.
  private record Held(byte[] area, byte[] password) {}

  /// One command, taken apart.
  ///
  /// @param sessions what each handle is authorized by: a password, or a session
  private record Command(
      int code,
      List<Integer> handles,
      List<Integer> sessions,
      List<byte[]> passwords,
      ByteBuffer in) {
    byte[] sized() {
      byte[] bytes = new byte[in.getShort()];
      in.get(bytes);
      return bytes;
    }
  }

  /// A TPM with these keys that listens at `socket`.
  public FakeTpm(Path socket, KeyPair endorsement, KeyPair devId, byte[] endorsementCertificate)
      throws IOException {
    this.endorsement = endorsement;
    this.devId = devId;
    // Real memory is longer than the certificate in it.
    this.memory = Arrays.copyOf(endorsementCertificate, endorsementCertificate.length + 100);
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    thread = Thread.ofVirtual().name("fake-tpm").start(this::serve);
  }

  /// The DevID's public area, which is also its wrapped key here.
  public byte[] devIdArea() {
    return SoftTpm.area(
        devId.getPublic(),
        SoftTpm.DEVID_ATTRIBUTES,
        0,
        devId.getPublic().getAlgorithm().equals("RSA") ? SoftTpm.RSASSA : SoftTpm.ECDSA);
  }

  /// Wants these passwords from now on.
  public void passwords(byte[] ofDevId, byte[] ofOwner, byte[] ofEndorsement) {
    devIdPassword = ofDevId.clone();
    ownerPassword = ofOwner.clone();
    endorsementPassword = ofEndorsement.clone();
  }

  /// Has this in its memory in place of the endorsement certificate and what follows it.
  public void remembers(byte[] bytes) {
    memory = bytes.clone();
  }

  /// The password that the newest attestation key was made with.
  public byte[] attestationPassword() {
    return attestationPassword.clone();
  }

  /// Answers each command with the code that this gives for it; 0 is good.
  public void fails(IntUnaryOperator codes) {
    failing = codes;
  }

  /// Takes this command and never answers.
  public void silentAt(int code) {
    silentAt = code;
  }

  /// The commands so far.
  public List<Integer> asked() {
    return List.copyOf(asked);
  }

  /// What is loaded: keys and sessions.
  public Set<Integer> inside() {
    return Set.copyOf(inside);
  }

  private void serve() {
    while (server.isOpen()) {
      try (var connection = server.accept()) {
        answer(connection);
      } catch (IOException _) {
        // The peer has gone, or the test is over.
      }
    }
  }

  /// As a device takes it: one write is a command.
  private void answer(SocketChannel connection) throws IOException {
    var command = ByteBuffer.allocate(MESSAGE_MAX_BYTES);
    if (connection.read(command) < 0) {
      return;
    }
    connection.write(ByteBuffer.wrap(answer(command.flip())));
  }

  private byte[] answer(ByteBuffer command) {
    try {
      int tag = command.getShort() & 0xffff;
      if (command.getInt() != command.limit()) {
        return TpmAnswer.failed(COMMAND_SIZE);
      }
      int code = command.getInt();
      asked.add(code);
      if (code == silentAt) {
        await();
      }
      int failure = failing.applyAsInt(code);
      return failure == NOTHING_WRONG ? done(tag, code, command) : TpmAnswer.failed(failure);
    } catch (Wrong e) {
      return TpmAnswer.failed(e.code);
    } catch (RuntimeException _) {
      return TpmAnswer.failed(BAD_SIZE);
    }
  }

  private void await() {
    try {
      closed.await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private byte[] done(int tag, int code, ByteBuffer body) {
    var handles = new ArrayList<Integer>();
    for (int i = 0; i < handles(code); i++) {
      handles.add(body.getInt());
    }
    var sessions = new ArrayList<Integer>();
    var passwords = new ArrayList<byte[]>();
    if (tag == 0x8002) {
      int end = body.getInt() + body.position();
      while (body.position() < end) {
        sessions.add(body.getInt());
        body.position(body.position() + 2 + body.getShort(body.position()) + 1);
        byte[] password = new byte[body.getShort()];
        body.get(password);
        passwords.add(password);
      }
    }
    return run(new Command(code, handles, sessions, passwords, body));
  }

  private static int handles(int code) {
    return switch (code) {
      case 0x131, 0x153, 0x157, 0x15d, 0x169, 0x165 -> 1;
      case CERTIFY, 0x14e, 0x176, 0x151, ACTIVATE -> 2;
      default -> 0;
    };
  }

  private byte[] run(Command command) {
    return switch (command.code()) {
      case 0x131 -> createPrimary(command);
      case 0x153 -> create(command);
      case 0x157 -> load(command);
      case CERTIFY -> certify(command);
      // The message stands for its digest: signing digests it, and both are 32 bytes long here.
      case 0x17d ->
          TpmAnswer.of(
              false,
              out -> {
                SoftTpm.sized(out, command.sized());
                out.write(new byte[] {(byte) 0x80, 0x24, 0x40, 0, 0, 1, 0, 0});
              });
      case 0x15d -> sign(command);
      case 0x169 -> describe(command);
      case 0x14e -> read(command);
      case 0x176 -> {
        policySatisfied = false;
        inside.add(SESSION);
        yield TpmAnswer.withHandle(SESSION, false, out -> SoftTpm.sized(out, new byte[16]));
      }
      case 0x151 -> {
        right(command, 0, endorsementPassword);
        policySatisfied = command.handles().getLast() == SESSION;
        yield TpmAnswer.of(true, out -> out.writeInt(0));
      }
      case ACTIVATE -> activate(command);
      case 0x165 -> {
        held.remove(command.handles().getFirst());
        if (!inside.remove(command.handles().getFirst())) {
          throw new Wrong(HANDLE);
        }
        yield TpmAnswer.of(false, _ -> {});
      }
      default -> throw new Wrong(0x143);
    };
  }

  private byte[] createPrimary(Command command) {
    boolean owner = command.handles().getFirst() == OWNER;
    right(command, 0, owner ? ownerPassword : endorsementPassword);
    byte[] password = password(command);
    byte[] template = command.sized();
    byte[] area =
        owner
            ? template
            : SoftTpm.area(
                endorsement.getPublic(), SoftTpm.ENDORSEMENT_ATTRIBUTES, 128, SoftTpm.NONE);
    return loaded(area, password);
  }

  private static byte[] password(Command command) {
    var sensitive = ByteBuffer.wrap(command.sized());
    byte[] password = new byte[sensitive.getShort()];
    sensitive.get(password);
    return password;
  }

  private byte[] loaded(byte[] area, byte[] password) {
    if (held.size() == ROOM) {
      throw new Wrong(OBJECT_MEMORY);
    }
    int handle = FIRST_KEY;
    while (held.containsKey(handle)) {
      handle++;
    }
    held.put(handle, new Held(area, password));
    inside.add(handle);
    return TpmAnswer.withHandle(handle, true, out -> SoftTpm.sized(out, area));
  }

  private byte[] create(Command command) {
    right(command, 0, key(command, 0).password());
    attestationPassword = password(command);
    byte[] area =
        SoftTpm.area(ATTESTATION.getPublic(), SoftTpm.ATTESTATION_ATTRIBUTES, 0, SoftTpm.RSASSA);
    return TpmAnswer.of(
        true,
        out -> {
          SoftTpm.sized(out, area);
          SoftTpm.sized(out, area);
        });
  }

  private byte[] load(Command command) {
    right(command, 0, key(command, 0).password());
    byte[] secret = command.sized();
    byte[] area = command.sized();
    boolean devIdKey = Arrays.equals(area, devIdArea());
    // A DevID key was made below a parent of its own type.
    if (!Arrays.equals(secret, area) || (devIdKey && key(command, 0).area()[1] != area[1])) {
      throw new Wrong(INTEGRITY);
    }
    return loaded(area, devIdKey ? devIdPassword : attestationPassword);
  }

  private byte[] certify(Command command) {
    right(command, 0, key(command, 0).password());
    right(command, 1, key(command, 1).password());
    byte[] statement =
        SoftTpm.statement(SoftTpm.MAGIC, SoftTpm.CERTIFY, SoftTpm.name(key(command, 0).area()));
    return TpmAnswer.of(
        true,
        out -> {
          SoftTpm.sized(out, statement);
          out.write(SoftTpm.signature(ATTESTATION, statement));
        });
  }

  private byte[] sign(Command command) {
    right(command, 0, key(command, 0).password());
    byte[] message = command.sized();
    return TpmAnswer.of(true, out -> out.write(SoftTpm.signature(devId, message)));
  }

  private byte[] describe(Command command) {
    atCertificate(command);
    return TpmAnswer.of(
        false,
        out ->
            SoftTpm.sized(
                out,
                SoftTpm.bytes(area -> {
                  area.writeInt(CERTIFICATE_INDEX);
                  area.writeShort(0x0b);
                  area.writeInt(0x62072001);
                  area.writeShort(0);
                  area.writeShort(memory.length);
                })));
  }

  private byte[] read(Command command) {
    atCertificate(command);
    int length = command.in().getShort() & 0xffff;
    int from = command.in().getShort() & 0xffff;
    if (length > NV_CHUNK_MAX_BYTES || from + length > memory.length) {
      throw new Wrong(NV_RANGE);
    }
    return TpmAnswer.of(
        true, out -> SoftTpm.sized(out, Arrays.copyOfRange(memory, from, from + length)));
  }

  private static void atCertificate(Command command) {
    if (command.handles().stream().anyMatch(index -> index != CERTIFICATE_INDEX)) {
      throw new Wrong(HANDLE);
    }
  }

  private byte[] activate(Command command) {
    right(command, 0, key(command, 0).password());
    if (!policySatisfied || command.sessions().getLast() != SESSION) {
      throw new Wrong(0x99d);
    }
    byte[] name = SoftTpm.name(key(command, 0).area());
    try {
      byte[] secret = SoftTpm.activate(endorsement, name, command.sized(), command.sized());
      inside.remove(SESSION);
      return TpmAnswer.of(true, out -> SoftTpm.sized(out, secret));
    } catch (IllegalArgumentException _) {
      throw new Wrong(INTEGRITY);
    }
  }

  private Held key(Command command, int index) {
    var key = held.get(command.handles().get(index));
    if (key == null) {
      throw new Wrong(HANDLE);
    }
    return key;
  }

  private static void right(Command command, int index, byte[] password) {
    if (!Arrays.equals(command.passwords().get(index), password)) {
      throw new Wrong(AUTH_FAIL);
    }
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      server.close();
      thread.join();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /// A command is refused with this code.
  private static final class Wrong extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final int code;

    Wrong(int code) {
      super("0x%03x".formatted(code), null, false, false);
      this.code = code;
    }
  }
}
