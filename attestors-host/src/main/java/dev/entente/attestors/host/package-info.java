/// Evidence a host holds by itself: a join token, an X.509 certificate, an SSH certificate.
///
/// Each kind has a source, which runs on the node, and an attestor, which runs on the broker.
/// Names, selectors and payloads are SPIRE's, so that either half works with SPIRE's other half.
/// Nothing here does I/O but reading the files named in the configuration, once, when it is
/// created.
@NullMarked
package dev.entente.attestors.host;

import org.jspecify.annotations.NullMarked;
