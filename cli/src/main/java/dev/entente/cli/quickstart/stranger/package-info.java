/// The relying party of `entente quickstart`: a program that knows an issuer's URL and nothing of
/// Entente. Its class path is Nimbus and this one class.
@NullMarked
package dev.entente.cli.quickstart.stranger;

import org.jspecify.annotations.NullMarked;
