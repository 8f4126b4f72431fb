/// Turns a Compute Engine instance identity token into a proven node and its selectors.
///
/// [GcpIitSource] runs on the node and asks the metadata server. [GcpIitAttestor] runs on the
/// broker and verifies with Google's published keys. Names, selectors and payloads are SPIRE's
/// `gcp_iit`; the nonce is ours, and off unless the broker asks for it.
@NullMarked
package dev.entente.attestors.gcp;

import org.jspecify.annotations.NullMarked;
