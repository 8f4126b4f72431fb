package dev.entente.broker;

import dev.entente.broker.BrokerConfig.CertificateFiles;
import dev.entente.rpc.TlsIdentity;
import dev.entente.runtime.BoundedFiles;
import dev.entente.runtime.Fields;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.PrivateKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A Web PKI certificate in files, read again when they change. A pair that cannot be read or does
/// not fit is not taken: the last good one stays.
final class CertificateFile {
  private static final Logger LOG = LoggerFactory.getLogger(CertificateFile.class);

  private final CertificateFiles files;

  /// Written by [#reload()], of which one runs at a time.
  private volatile Optional<TlsIdentity> identity = Optional.empty();

  private List<FileTime> seen = List.of();

  CertificateFile(CertificateFiles files) {
    this.files = files;
  }

  Optional<TlsIdentity> current() {
    return identity;
  }

  /// Reads the files for the first time.
  ///
  /// @throws IOException if they cannot be used
  void open() throws IOException {
    seen = times();
    identity = Optional.of(read());
  }

  /// Reads the files again if they changed. Blocks for two small reads.
  synchronized void reload() {
    try {
      var now = times();
      if (!now.equals(seen)) {
        identity = Optional.of(read());
        seen = now;
        LOG.atInfo().addKeyValue(Fields.PATH, files.certificate()).log("Read a new certificate");
      }
    } catch (IOException e) {
      LOG.atWarn()
          .setCause(e)
          .addKeyValue(Fields.PATH, files.certificate())
          .log("Certificate was not read, the last one stays");
    }
  }

  private List<FileTime> times() throws IOException {
    return List.of(modified(files.certificate()), modified(files.key()));
  }

  private static FileTime modified(Path file) throws IOException {
    return Files.getLastModifiedTime(file);
  }

  private static String text(Path file) throws IOException {
    return BoundedFiles.readText(file, BoundedFiles.DOCUMENT_MAX_BYTES);
  }

  private TlsIdentity read() throws IOException {
    try {
      var chain = Pem.certificates(text(files.certificate()));
      var key = PrivateKeys.fromPem(text(files.key()));
      if (chain.isEmpty() || !PrivateKeys.isPair(key, chain.getFirst().getPublicKey())) {
        throw new IOException(
            files.key() + " is not the key of the first certificate in " + files.certificate());
      }
      return new TlsIdentity(key, chain);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          files.certificate() + " and " + files.key() + " were not read: " + e.getMessage(), e);
    }
  }
}
