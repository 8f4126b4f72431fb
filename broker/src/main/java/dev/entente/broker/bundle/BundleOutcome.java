package dev.entente.broker.bundle;

import dev.entente.spiffe.SpiffeBundle;

/// What became of a change of our own bundle.
public sealed interface BundleOutcome {
  /// The bundle is stored with a higher sequence number.
  ///
  /// @param bundle the new bundle
  record Changed(SpiffeBundle bundle) implements BundleOutcome {}

  /// Everything asked for was so already.
  ///
  /// @param bundle the present bundle
  record Unchanged(SpiffeBundle bundle) implements BundleOutcome {}

  /// A rule said no.
  ///
  /// @param detail what was not done and why
  record Refused(String detail) implements BundleOutcome {}

  /// There is no room for what was to be added.
  ///
  /// @param detail what was not done, with the limit
  record Full(String detail) implements BundleOutcome {}
}
