package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.agent.node.IdentitySource;
import dev.entente.agent.node.IssuedWit;
import dev.entente.agent.node.WitOrder;
import dev.entente.spiffe.JwsAlgorithm;
import io.vertx.core.Future;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Has WIT-SVIDs signed, each for the algorithm that its key usually signs with.
record WitSigning(IdentitySource source, KeyPool keys) implements Signing<HeldWit> {
  @Override
  public Future<List<Answer<HeldWit>>> sign(List<AgentEntry> entries) {
    return keys.take(entries.size())
        .compose(pairs -> {
          List<WitOrder> orders = new ArrayList<>(pairs.size());
          for (int i = 0; i < pairs.size(); i++) {
            var key = pairs.get(i).getPublic();
            orders.add(new WitOrder(entries.get(i).id(), key, JwsAlgorithm.usualFor(key)));
          }
          return source.issueWit(orders).map(answers -> answers(entries, pairs, answers));
        });
  }

  @Override
  public boolean isOptional() {
    return true;
  }

  private static List<Answer<HeldWit>> answers(
      List<AgentEntry> entries, List<KeyPair> pairs, List<IssuedWit> answers) {
    Signing.requireOneEach(entries.size(), answers.size());
    List<Answer<HeldWit>> held = new ArrayList<>(entries.size());
    for (int i = 0; i < entries.size(); i++) {
      held.add(answer(entries.get(i), pairs.get(i), answers.get(i)));
    }
    return held;
  }

  private static Answer<HeldWit> answer(AgentEntry entry, KeyPair keys, IssuedWit answer) {
    return switch (answer) {
      case IssuedWit.Issued issued when isFor(entry, keys, issued) ->
          new Issued<>(new HeldWit(entry, issued.svid(), issued.issuedAt(), keys.getPrivate()));
      case IssuedWit.Issued _ -> Refused.mistaken();
      case IssuedWit.NotIssued(_, var kind, var reason) -> new Refused<>(kind, reason);
    };
  }

  private static boolean isFor(AgentEntry entry, KeyPair keys, IssuedWit.Issued issued) {
    return issued.entryId().equals(entry.id())
        && Arrays.equals(issued.svid().proofKey().getEncoded(), keys.getPublic().getEncoded());
  }
}
