package dev.entente.rpc;

import io.vertx.core.MultiMap;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What is known of a call when its headers have arrived.
final class ServerCallContext implements CallContext {
  private final String fullMethodName;
  private final Connection connection;
  private final MultiMap headers;
  private final @Nullable Duration wait;
  private final long startedNanos;

  ServerCallContext(
      String fullMethodName, Connection connection, MultiMap headers, @Nullable Duration wait) {
    this.fullMethodName = fullMethodName;
    this.connection = connection;
    this.headers = headers;
    this.wait = wait;
    this.startedNanos = System.nanoTime();
  }

  @Override
  public String fullMethodName() {
    return fullMethodName;
  }

  @Override
  public Peer peer() {
    return connection.peer();
  }

  @Override
  public Optional<String> metadata(String name) {
    return Optional.ofNullable(headers.get(name));
  }

  @Override
  public List<String> metadataValues(String name) {
    return List.copyOf(headers.getAll(name));
  }

  @Override
  public Optional<Duration> timeLeft() {
    if (wait == null) {
      return Optional.empty();
    }
    Duration left = wait.minus(elapsed());
    return Optional.of(left.isNegative() ? Duration.ZERO : left);
  }

  @Override
  public long connectionId() {
    return connection.id();
  }

  @Override
  public void onConnectionClose(Runnable hook) {
    connection.onClose(hook);
  }

  Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - startedNanos);
  }
}
