package dev.entente.broker.store;

import dev.entente.runtime.CrashPoints;

/// Which flow a write belongs to, so that a test can end the process at each of its steps.
///
/// The crash points are `<flow>/before-write`, `/before-commit`, `/after-commit` and
/// `/after-witness`, the last right before the caller hears of it.
enum Flow {
  ENTRY_WRITE("entry-write"),
  ATTESTATION("attestation"),
  RENEWAL("renewal"),
  ROTATION("rotation"),
  TOKEN("token-create"),
  AGENT_BAN("agent-ban"),
  AGENT_DELETE("agent-delete"),
  NODE_WRITE("node-write"),
  BUNDLE_WRITE("bundle-write"),
  RELATIONSHIP_WRITE("relationship-write"),
  SETTING_WRITE("setting-write"),
  PRUNE("prune");

  private final String beforeWrite;
  private final String beforeCommit;
  private final String afterCommit;
  private final String afterWitness;

  Flow(String name) {
    beforeWrite = name + "/before-write";
    beforeCommit = name + "/before-commit";
    afterCommit = name + "/after-commit";
    afterWitness = name + "/after-witness";
  }

  void beforeWrite() {
    CrashPoints.at(beforeWrite);
  }

  void beforeCommit() {
    CrashPoints.at(beforeCommit);
  }

  void afterCommit() {
    CrashPoints.at(afterCommit);
  }

  void afterWitness() {
    CrashPoints.at(afterWitness);
  }
}
