package dev.entente.broker.registry;

/// Ends a subscription. Closing twice does nothing.
public interface Subscription extends AutoCloseable {
  @Override
  void close();
}
