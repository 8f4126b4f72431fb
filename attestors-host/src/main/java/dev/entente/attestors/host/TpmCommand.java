package dev.entente.attestors.host;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// One command to a TPM (TPM 2.0 Library, Part 1, 18): handles, authorizations, parameters.
///
/// No command is encrypted: the bus between processor and TPM is trusted, as SPIRE does.
final class TpmCommand {
  private static final int NO_SESSIONS = 0x8001;
  private static final int SESSIONS = 0x8002;
  private static final int PASSWORD = 0x40000009;
  private static final int HEADER_BYTES = 10;
  private static final byte[] NOTHING = {};

  /// The TPM wants to be asked again: TPM_RC_YIELDED, TPM_RC_TESTING, TPM_RC_RETRY.
  private static final List<Integer> AGAIN = List.of(0x908, 0x90a, 0x922);

  private static final int TRIES = 20;
  private static final int PAUSE_MILLIS = 250;

  /// What an operator can do something about; numbers say the rest.
  private static final Map<Integer, String> KNOWN =
      Map.of(
          0x902, "no room for another key: use the device of the kernel's resource manager",
          0x921, "locked after wrong passwords",
          0x08b, "no such object",
          0x08e, "wrong password",
          0x0a2, "wrong password",
          0x09f, "not made by this TPM under this parent");

  private final String name;
  private final int code;
  private final List<Integer> handles = new ArrayList<>();
  private final TpmWriter authorizations = new TpmWriter();
  private final TpmWriter parameters = new TpmWriter();
  private boolean authorized;

  /// @param name as the library calls it, for messages
  TpmCommand(String name, int code) {
    this.name = name;
    this.code = code;
  }

  TpmCommand handle(int handle) {
    handles.add(handle);
    return this;
  }

  /// A handle that is used with its password.
  TpmCommand handle(int handle, byte[] password) {
    return session(handle, PASSWORD, password);
  }

  /// A handle that is used with a policy session, which ends with the command.
  TpmCommand handleBy(int handle, int policySession) {
    return session(handle, policySession, NOTHING);
  }

  private TpmCommand session(int handle, int session, byte[] password) {
    authorized = true;
    authorizations.uint32(session).sized(NOTHING).uint8(0).sized(password);
    return handle(handle);
  }

  TpmWriter parameters() {
    return parameters;
  }

  /// Has it done and reads the answer, which follows a handle.
  <T> T runWithHandle(TpmDevice device, Answered<T> reader) throws IOException {
    return run(
        device,
        in -> {
          int handle = in.uint32();
          skipSize(in);
          return reader.read(handle, in);
        });
  }

  /// Has it done; the answer says nothing more.
  void run(TpmDevice device) throws IOException {
    run(device, TpmReader::rest);
  }

  /// Has it done and reads the answer.
  <T> T run(TpmDevice device, Function<TpmReader, T> reader) throws IOException {
    byte[] command = toBytes();
    for (int tries = 1; ; tries++) {
      byte[] answer = device.exchange(command);
      try {
        int result = TpmReader.read(answer, TpmCommand::result);
        if (result == 0) {
          return TpmReader.read(
              answer,
              in -> {
                result(in);
                return reader.apply(in);
              });
        }
        if (!AGAIN.contains(result) || tries == TRIES) {
          throw new IOException(name + " failed with " + text(result));
        }
      } catch (IllegalArgumentException e) {
        throw new IOException(name + " was answered with something else: " + e.getMessage(), e);
      }
      pause();
    }
  }

  private static int result(TpmReader in) {
    in.uint16();
    in.uint32();
    return in.uint32();
  }

  /// An answer to a command with authorizations says how long its parameters are.
  void skipSize(TpmReader in) {
    if (authorized) {
      in.uint32();
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private byte[] toBytes() {
    var body = new TpmWriter();
    handles.forEach(body::uint32);
    if (authorized) {
      byte[] area = authorizations.toBytes();
      body.uint32(area.length).bytes(area);
    }
    byte[] rest = body.bytes(parameters.toBytes()).toBytes();
    return new TpmWriter()
        .uint16(authorized ? SESSIONS : NO_SESSIONS)
        .uint32(HEADER_BYTES + rest.length)
        .uint32(code)
        .bytes(rest)
        .toBytes();
  }

  /// A code of format one has the number of what it is about in bits 8 to 11.
  private static String text(int result) {
    int base = (result & 0x080) == 0 ? result : result & 0x0bf;
    var known = KNOWN.get(base);
    return "0x%03x".formatted(result) + (known == null ? "" : " (" + known + ")");
  }

  /// Reads an answer that begins with a handle.
  @FunctionalInterface
  interface Answered<T> {
    T read(int handle, TpmReader in);
  }
}
