package dev.entente.attestors.host;

import java.io.Closeable;
import java.io.IOException;
import java.util.Arrays;

/// The commands of a TPM that attestation needs (TPM 2.0 Library, Part 3). One thread. Whoever gets
/// a handle here lets go of it with [#flush].
record Tpm(TpmDevice device) implements Closeable {
  static final int OWNER = 0x40000001;
  static final int ENDORSEMENT = 0x4000000b;

  private static final int NULL_HANDLE = 0x40000007;
  private static final int POLICY_SESSION = 0x01;
  private static final int BLOB_MAX_BYTES = 2048;
  private static final int NONCE_BYTES = 16;
  private static final byte[] NOTHING = {};

  /// What every TPM gives of its non-volatile memory at once.
  private static final int NV_CHUNK_BYTES = 512;

  private static final int NV_MAX_BYTES = 16 * 1024;

  /// A key that was made and is loaded.
  record Loaded(int handle, byte[] area) {}

  /// A key that was made, wrapped by its parent.
  record Wrapped(byte[] secret, byte[] area) {}

  /// What a key signed about another.
  record Certified(byte[] statement, byte[] signature) {}

  /// The key that a hierarchy makes of this template, always the same one.
  Loaded createPrimary(int hierarchy, byte[] hierarchyPassword, byte[] password, byte[] template)
      throws IOException {
    var command = new TpmCommand("TPM2_CreatePrimary", 0x131).handle(hierarchy, hierarchyPassword);
    creation(command, password, template);
    return command.runWithHandle(
        device, (handle, in) -> new Loaded(handle, in.sized(BLOB_MAX_BYTES)));
  }

  /// A new key.
  Wrapped create(int parent, byte[] parentPassword, byte[] password, byte[] template)
      throws IOException {
    var command = new TpmCommand("TPM2_Create", 0x153).handle(parent, parentPassword);
    creation(command, password, template);
    return command.run(
        device,
        in -> {
          command.skipSize(in);
          return new Wrapped(in.sized(BLOB_MAX_BYTES), in.sized(BLOB_MAX_BYTES));
        });
  }

  private static void creation(TpmCommand command, byte[] password, byte[] template) {
    command
        .parameters()
        .sized(new TpmWriter().sized(password).sized(NOTHING).toBytes())
        .sized(template)
        .sized(NOTHING) // outsideInfo
        .uint32(0); // no PCRs
  }

  int load(int parent, byte[] parentPassword, Wrapped key) throws IOException {
    var command = new TpmCommand("TPM2_Load", 0x157).handle(parent, parentPassword);
    command.parameters().sized(key.secret()).sized(key.area());
    return command.runWithHandle(device, (handle, _) -> handle);
  }

  /// `signer` says that `object` is in this TPM.
  Certified certify(int object, byte[] objectPassword, int signer, byte[] signerPassword)
      throws IOException {
    var command =
        new TpmCommand("TPM2_Certify", 0x148)
            .handle(object, objectPassword)
            .handle(signer, signerPassword);
    command.parameters().sized(NOTHING).uint16(TpmPublic.NONE);
    return command.run(
        device,
        in -> {
          command.skipSize(in);
          byte[] statement = in.sized(BLOB_MAX_BYTES);
          return new Certified(statement, signature(in));
        });
  }

  /// Signs a message. The TPM digests it, so that a restricted key signs it as well.
  TpmSignature sign(int key, byte[] password, TpmHash hash, byte[] message) throws IOException {
    var digesting = new TpmCommand("TPM2_Hash", 0x17d);
    digesting.parameters().sized(message).uint16(hash.id()).uint32(OWNER);
    byte[] digestAndTicket = digesting.run(device, TpmReader::rest);
    byte[] digest = TpmReader.read(digestAndTicket, in -> in.sized(hash.bytes()));
    byte[] ticket = Arrays.copyOfRange(digestAndTicket, 2 + digest.length, digestAndTicket.length);
    var signing = new TpmCommand("TPM2_Sign", 0x15d).handle(key, password);
    signing.parameters().sized(digest).uint16(TpmPublic.NONE).bytes(ticket);
    return signing.run(
        device,
        in -> {
          signing.skipSize(in);
          return TpmSignature.parse(signature(in));
        });
  }

  /// A signature has no length of its own: algorithm, hash, and one or two numbers.
  private static byte[] signature(TpmReader in) {
    int algorithm = in.uint16();
    var out = new TpmWriter().uint16(algorithm).uint16(in.uint16()).sized(in.sized(512));
    return (algorithm == TpmPublic.ECDSA ? out.sized(in.sized(512)) : out).toBytes();
  }

  /// What stands in non-volatile memory under `index`, which may be read without a password.
  byte[] readMemory(int index) throws IOException {
    int size = memorySize(index);
    var out = new TpmWriter();
    for (int from = 0; from < size; from += NV_CHUNK_BYTES) {
      int length = Math.min(NV_CHUNK_BYTES, size - from);
      var command = new TpmCommand("TPM2_NV_Read", 0x14e).handle(index, NOTHING).handle(index);
      command.parameters().uint16(length).uint16(from);
      byte[] chunk =
          command.run(
              device,
              in -> {
                command.skipSize(in);
                return in.sized(NV_CHUNK_BYTES);
              });
      if (chunk.length != length) {
        throw new IOException("TPM2_NV_Read gave " + chunk.length + " bytes of " + length);
      }
      out.bytes(chunk);
    }
    return out.toBytes();
  }

  private int memorySize(int index) throws IOException {
    byte[] area =
        new TpmCommand("TPM2_NV_ReadPublic", 0x169)
            .handle(index)
            .run(device, in -> in.sized(BLOB_MAX_BYTES));
    int size =
        TpmReader.read(
            area,
            in -> {
              in.uint32(); // nvIndex
              in.uint16(); // nameAlg
              in.uint32(); // attributes
              in.sized(64); // authPolicy
              return in.uint16();
            });
    if (size > NV_MAX_BYTES) {
      throw new IOException(size + " bytes of memory, at most " + NV_MAX_BYTES);
    }
    return size;
  }

  /// What is in a credential for `key`, in the TPM of the endorsement key.
  byte[] activate(
      int key,
      byte[] password,
      int endorsement,
      byte[] endorsementHierarchyPassword,
      TpmCredential credential)
      throws IOException {
    int session = policySession();
    try {
      requireSecret(session, endorsementHierarchyPassword);
      var command =
          new TpmCommand("TPM2_ActivateCredential", 0x147)
              .handle(key, password)
              .handleBy(endorsement, session);
      command.parameters().sized(credential.credential()).sized(credential.secret());
      return command.run(
          device,
          in -> {
            command.skipSize(in);
            return in.sized(BLOB_MAX_BYTES);
          });
    } catch (IOException e) {
      // The command ends the session itself, but only when it succeeds.
      flushAfter(session, e);
      throw e;
    }
  }

  private int policySession() throws IOException {
    var command = new TpmCommand("TPM2_StartAuthSession", 0x176);
    command.handle(NULL_HANDLE).handle(NULL_HANDLE);
    command
        .parameters()
        .sized(new byte[NONCE_BYTES])
        .sized(NOTHING)
        .uint8(POLICY_SESSION)
        .uint16(TpmPublic.NONE)
        .uint16(TpmHash.SHA256.id());
    return command.runWithHandle(device, (handle, _) -> handle);
  }

  private void requireSecret(int session, byte[] endorsementHierarchyPassword) throws IOException {
    var command =
        new TpmCommand("TPM2_PolicySecret", 0x151)
            .handle(ENDORSEMENT, endorsementHierarchyPassword)
            .handle(session);
    command.parameters().sized(NOTHING).sized(NOTHING).sized(NOTHING).uint32(0);
    command.run(device);
  }

  /// Lets go of a key or a session.
  void flush(int handle) throws IOException {
    new TpmCommand("TPM2_FlushContext", 0x165).handle(handle).run(device);
  }

  private void flushAfter(int handle, IOException cause) {
    try {
      flush(handle);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  @Override
  public void close() throws IOException {
    device.close();
  }
}
