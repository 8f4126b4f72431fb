package dev.entente.rpc;

import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.X509TrustManager;

/// As whom one side of a connection shows itself, and whom it lets in on the other.
///
/// @param identity the SVID to show; asked at every handshake. A server without one fails
///   handshakes, a client shows none
/// @param trust checks the other side's chain, and that it is the one meant, as far as the
///   handshake is to decide that; host names are not looked at. It must not block for long
public record TlsTerms(Supplier<Optional<TlsIdentity>> identity, X509TrustManager trust) {}
