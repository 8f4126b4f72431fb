package dev.entente.cli;

import picocli.CommandLine.Mixin;

/// A command that asks the broker.
abstract class BrokerCommand extends AskingCommand {
  @Mixin private final BrokerSocket broker = new BrokerSocket();

  BrokerCommand(Session session) {
    super(session);
  }

  @Override
  final Calls open() {
    return broker.open(session());
  }
}
