/// Evidence a host holds by itself: a join token, an X.509 certificate, an SSH certificate, a DevID
/// in its TPM, a token of Kubernetes, its name.
///
/// Each kind has a source, which runs on the node, and an attestor, which runs on the broker.
/// Names, selectors and payloads are SPIRE's, so that either half works with SPIRE's other half.
/// What is known of a node beyond its evidence is asked of an API server (`k8s_psat`) or of the
/// node itself (`http_challenge`), in bounded time; everything else is read from files or a TPM.
@NullMarked
package dev.entente.attestors.host;

import org.jspecify.annotations.NullMarked;
