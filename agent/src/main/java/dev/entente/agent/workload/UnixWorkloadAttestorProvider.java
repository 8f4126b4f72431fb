package dev.entente.agent.workload;

import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.WorkloadAttestor;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;

/// Builds the `unix` workload attestor.
///
/// `discover-workload-path` (default false) adds `path` and `sha256`; it needs an agent that may
/// look into other users' processes. `workload-size-limit` (bytes, or with `KiB`, `MiB`, `GiB`;
/// default 0) is the largest executable that is hashed: 0 sets no limit, a negative number hashes
/// none. A larger executable makes this attestor fail for that caller.
public final class UnixWorkloadAttestorProvider implements WorkloadAttestor.Provider {
  private static final String SIZE_LIMIT = "workload-size-limit";

  @Override
  public String type() {
    return UnixWorkloadAttestor.TYPE;
  }

  @Override
  public WorkloadAttestor create(AttestorSettings settings) {
    boolean discover = settings.flag("discover-workload-path", false);
    long limit = settings.text(SIZE_LIMIT).map(text -> size(text, settings)).orElse(0L);
    Optional<ExecutableDigests> digests =
        discover
            ? Optional.of(new ExecutableDigests(limit, InstantSource.system()))
            : Optional.empty();
    return new UnixWorkloadAttestor(ProcFs.system(), new CachedNames(new LibcNames()), digests);
  }

  private static long size(String text, AttestorSettings settings) {
    try {
      return parseSize(text);
    } catch (ArithmeticException | NumberFormatException e) {
      settings.problem(SIZE_LIMIT, "not a size such as 64MiB: \"" + text + "\"");
      return 0;
    }
  }

  static long parseSize(String text) {
    var trimmed = text.trim().toLowerCase(Locale.ROOT);
    long factor = 1;
    if (trimmed.endsWith("kib")) {
      factor = 1L << 10;
    } else if (trimmed.endsWith("mib")) {
      factor = 1L << 20;
    } else if (trimmed.endsWith("gib")) {
      factor = 1L << 30;
    }
    var digits = factor == 1 ? trimmed : trimmed.substring(0, trimmed.length() - "kib".length());
    return Math.multiplyExact(Long.parseLong(digits.trim()), factor);
  }
}
