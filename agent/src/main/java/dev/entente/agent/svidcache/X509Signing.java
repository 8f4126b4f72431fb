package dev.entente.agent.svidcache;

import dev.entente.agent.node.AgentEntry;
import dev.entente.agent.node.IdentitySource;
import dev.entente.agent.node.IssuedSvid;
import dev.entente.agent.svidcache.KeyPool.KeyedOrder;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Has X509-SVIDs signed, by CSRs.
record X509Signing(IdentitySource source, KeyPool keys) implements Signing<HeldSvid> {
  @Override
  public Future<List<Answer<HeldSvid>>> sign(List<AgentEntry> entries) {
    return keys.order(entries)
        .compose(orders ->
            source
                .issueX509(orders.stream().map(KeyedOrder::order).toList())
                .map(answers -> answers(orders, answers)));
  }

  private static List<Answer<HeldSvid>> answers(List<KeyedOrder> orders, List<IssuedSvid> answers) {
    Signing.requireOneEach(orders.size(), answers.size());
    List<Answer<HeldSvid>> held = new ArrayList<>(orders.size());
    for (int i = 0; i < orders.size(); i++) {
      held.add(answer(orders.get(i), answers.get(i)));
    }
    return held;
  }

  private static Answer<HeldSvid> answer(KeyedOrder order, IssuedSvid answer) {
    return switch (answer) {
      case IssuedSvid.Issued issued when isAnswerTo(order, issued) ->
          new Issued<>(new HeldSvid(order.entry(), issued.svid(), order.keys().getPrivate()));
      case IssuedSvid.Issued _ -> Refused.mistaken();
      case IssuedSvid.NotIssued(_, var kind, var reason) -> new Refused<>(kind, reason);
    };
  }

  private static boolean isAnswerTo(KeyedOrder order, IssuedSvid.Issued issued) {
    var leafKey = issued.svid().leaf().getPublicKey().getEncoded();
    return issued.entryId().equals(order.entry().id())
        && Arrays.equals(leafKey, order.keys().getPublic().getEncoded());
  }
}
