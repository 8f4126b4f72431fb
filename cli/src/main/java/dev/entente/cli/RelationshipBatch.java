package dev.entente.cli;

import dev.entente.wire.spire.types.FederationRelationship;
import dev.entente.wire.spire.types.Status;

/// Federation relationships to be made or changed.
final class RelationshipBatch extends Batch<FederationRelationship, Status> {
  private final Output output;
  private final boolean json;
  private final String done;
  private final Outcomes outcomes;
  private boolean told;

  /// @param done what becomes of a relationship, such as `created`
  RelationshipBatch(Session session, boolean json, String done) {
    super(session, "relationships", FederationRelationship::getSerializedSize);
    this.output = session.output();
    this.json = json;
    this.done = done;
    this.outcomes = new Outcomes(session);
  }

  @Override
  void add(FederationRelationship wanted, Status status) {
    outcomes.add("federation with " + wanted.getTrustDomain(), done, status);
    told = true;
  }

  @Override
  ExitCode show() {
    if (!told && !json) {
      output.note("no relationship was given");
    }
    return outcomes.finish(json);
  }
}
