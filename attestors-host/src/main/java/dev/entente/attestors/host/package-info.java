/// Evidence a host holds by itself: a join token, an X.509 certificate.
@NullMarked
package dev.entente.attestors.host;

import org.jspecify.annotations.NullMarked;
