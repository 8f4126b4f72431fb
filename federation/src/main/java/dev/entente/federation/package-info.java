/// Keeps the bundles of other trust domains fresh.
///
/// A [FederationRelationship] says whose bundle is fetched, from where, and how the endpoint proves
/// itself. [BundleFetcher] fetches once, [BundlePoller] keeps doing it, and [BundleReview] decides
/// whether what arrived may take the place of what is held. A dead partner changes the health of
/// its own relationship and nothing else. Spec: SPIFFE Federation §4 to §7.
@NullMarked
package dev.entente.federation;

import org.jspecify.annotations.NullMarked;
