package dev.entente.rpc;

import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.X509TrustManager;

/// A server on TCP, and how both sides prove themselves.
///
/// @param host name or address
/// @param port TCP port
/// @param serverTrust checks the server's chain, and that it is the one meant: host names are not
///   looked at
/// @param identity the SVID to show; asked at every handshake. Empty shows none
public record TlsTarget(
    String host,
    int port,
    X509TrustManager serverTrust,
    Supplier<Optional<TlsIdentity>> identity) {}
