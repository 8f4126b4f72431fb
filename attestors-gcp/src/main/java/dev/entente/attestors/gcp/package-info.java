/// Turns a token Google signed for a machine into a proven node and its selectors.
///
/// [GcpIitSource] runs on the node and asks the metadata server. [GcpIitAttestor] runs on the
/// broker and verifies with Google's published keys; if told so it asks the Compute API as well.
/// Names, selectors and payloads are SPIRE's `gcp_iit`; the nonce is ours, and off unless the
/// broker asks for it.
///
/// `gcp_confidential_space` is ours: [ConfidentialSpaceSource] asks the launcher of its container,
/// [ConfidentialSpaceAttestor] judges what Google's verifier found.
///
/// Only the broker's half uses Google's client; an agent has this room's jar without it.
@NullMarked
package dev.entente.attestors.gcp;

import org.jspecify.annotations.NullMarked;
