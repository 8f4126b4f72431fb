/// The in-memory view of what is registered, and the change feed that keeps it current.
///
/// Whatever a request reads is read here: an immutable [RegistryView], replaced by the next one in
/// time proportional to what changed. A view that is not loaded, too old, or of a process that was
/// paused is [ViewState.Unavailable], never an empty list, because an empty list makes agents drop
/// every identity.
@NullMarked
package dev.entente.broker.registry;

import org.jspecify.annotations.NullMarked;
