package dev.entente.broker.authority;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import java.security.Security;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which implementation of the cryptography this process uses.
///
/// Amazon's Corretto provider (AWS-LC) signs P-256 some eight times faster than the JDK, where its
/// native library loads; elsewhere the JDK's own serves, and everything else stays the same.
public enum CryptoProvider {
  /// AWS-LC through the Corretto provider.
  CORRETTO("AmazonCorrettoCryptoProvider"),
  /// The JDK's own.
  JDK("JDK");

  private static final Logger LOG = LoggerFactory.getLogger(CryptoProvider.class);

  /// Set once, by the first [#install()].
  private static final AtomicReference<CryptoProvider> INSTALLED = new AtomicReference<>();

  private final String displayName;

  CryptoProvider(String displayName) {
    this.displayName = displayName;
  }

  /// How `version`, `doctor` and the log call it.
  public String displayName() {
    return displayName;
  }

  /// Puts the fastest provider that works first, once a process, and says which that is. Call it
  /// before anything asks for a key or a signature.
  public static synchronized CryptoProvider install() {
    var installed = INSTALLED.get();
    if (installed == null) {
      installed = tryCorretto() ? CORRETTO : JDK;
      INSTALLED.set(installed);
      LOG.atInfo().addKeyValue("provider", installed.displayName).log("Chose crypto provider");
    }
    return installed;
  }

  /// Whatever goes wrong inside a native library, an Error among it, must not keep the broker down.
  private static boolean tryCorretto() {
    try {
      var provider = AmazonCorrettoCryptoProvider.INSTANCE;
      var fault = provider.getLoadingError();
      if (fault != null) {
        LOG.atWarn().setCause(fault).log("Native crypto library did not load, the JDK serves");
        return false;
      }
      provider.assertHealthy();
      Security.insertProviderAt(provider, 1);
      return true;
    } catch (Throwable e) {
      LOG.atWarn().setCause(e).log("Native crypto library is not usable, the JDK serves");
      return false;
    }
  }
}
