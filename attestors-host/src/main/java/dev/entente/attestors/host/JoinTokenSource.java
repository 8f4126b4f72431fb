package dev.entente.attestors.host;

import dev.entente.attestor.spi.AttestationFault;
import dev.entente.attestor.spi.AttestorSettings;
import dev.entente.attestor.spi.EvidenceSource;
import dev.entente.runtime.BoundedFiles;
import dev.entente.runtime.Causes;
import dev.entente.spiffe.TrustDomain;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/// Shows a join token that an operator put into the configuration or a file.
///
/// The file is read at each attestation, not at start: it may be delivered late, and it is not
/// needed any more once the node is attested.
public final class JoinTokenSource implements EvidenceSource {
  /// A token file longer than this is not a token file.
  private static final int FILE_MAX_BYTES = 1024;

  private final Optional<String> token;
  private final Optional<Path> file;

  private JoinTokenSource(Optional<String> token, Optional<Path> file) {
    this.token = token;
    this.file = file;
  }

  @Override
  public Session open() throws AttestationFault {
    return Session.unchallenged(JoinTokenAttestor.TYPE, read().getBytes(StandardCharsets.UTF_8));
  }

  private String read() throws AttestationFault {
    if (token.isPresent()) {
      return token.get();
    }
    var path = file.orElseThrow();
    String text;
    try {
      text = BoundedFiles.readText(path, FILE_MAX_BYTES).strip();
    } catch (IOException e) {
      throw new AttestationFault("no join token read from " + path + ": " + Causes.of(e), e);
    }
    if (text.isEmpty()) {
      throw new AttestationFault("no join token read from " + path + ": the file is empty");
    }
    return text;
  }

  /// Offers [JoinTokenSource], with exactly one of `token` and `token-file`.
  public static final class Provider implements EvidenceSource.Provider {
    @Override
    public String type() {
      return JoinTokenAttestor.TYPE;
    }

    @Override
    public EvidenceSource create(TrustDomain trustDomain, AttestorSettings settings) {
      var token = settings.text("token");
      var file = settings.path("token-file");
      if (token.isPresent() == file.isPresent()) {
        settings.problem("token", "set exactly one of token and token-file");
      }
      return new JoinTokenSource(token, file);
    }
  }
}
