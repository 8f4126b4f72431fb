/// Publishes JWT authorities as an OpenID provider document and a JWKS.
@NullMarked
package dev.entente.oidc.discovery;

import org.jspecify.annotations.NullMarked;
