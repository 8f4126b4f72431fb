/// Publishes JWT authorities as an OpenID provider: a discovery document and a JWKS.
///
/// Pure: bytes are made from an issuer and a bundle, once per bundle; the broker's HTTPS listeners
/// serve them. Relying parties that know nothing of SPIFFE (clouds, Vault, Kubernetes) verify our
/// JWT-SVIDs with nothing else, so the documents carry public members only, and only the keys that
/// sign JWT-SVIDs.
@NullMarked
package dev.entente.oidc.discovery;

import org.jspecify.annotations.NullMarked;
