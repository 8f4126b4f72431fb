package dev.entente.broker.store;

import dev.entente.attestor.spi.Selector;
import dev.entente.spiffe.Digests;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/// Writes selectors as one text, each with its length in characters before it: `8:unix:uid`.
///
/// Two lists of sorted, distinct selectors have the same text exactly if they are equal, whatever
/// characters the values contain; the digest is over that text.
final class SelectorText {
  private SelectorText() {}

  static String write(List<Selector> sortedDistinct) {
    var text = new StringBuilder();
    for (var selector : sortedDistinct) {
      text.append(selector.type().length() + 1 + selector.value().length()).append(':');
      text.append(selector.type()).append(':').append(selector.value());
    }
    return text.toString();
  }

  static List<Selector> read(String text) {
    return read(text, UnaryOperator.identity());
  }

  static List<Selector> read(String text, UnaryOperator<Selector> share) {
    List<Selector> selectors = new ArrayList<>(3);
    var at = 0;
    while (at < text.length()) {
      var colon = text.indexOf(':', at);
      var end = colon + 1 + Integer.parseInt(text, at, colon, 10);
      selectors.add(share.apply(Selector.parse(text.substring(colon + 1, end))));
      at = end;
    }
    return List.copyOf(selectors);
  }

  static byte[] digest(String written) {
    return Digests.sha256(written.getBytes(StandardCharsets.UTF_8));
  }
}
