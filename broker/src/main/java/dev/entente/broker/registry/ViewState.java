package dev.entente.broker.registry;

/// Whether requests can be answered from memory now.
public sealed interface ViewState {
  /// They can, from this view.
  record Ready(RegistryView view) implements ViewState {}

  /// They cannot; callers answer Unavailable with this reason.
  record Unavailable(String reason) implements ViewState {}
}
