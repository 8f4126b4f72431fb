package dev.entente.cli;

import dev.entente.runtime.Units;
import dev.entente.spiffe.SpiffeId;
import dev.entente.spiffe.TrustDomain;
import dev.entente.wire.spire.types.SPIFFEID;
import dev.entente.wire.spire.types.Selector;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Text to value and back, for options and tables.
final class Values {
  private Values() {}

  /// Teaches picocli our types.
  static void register(CommandLine line) {
    line.registerConverter(SpiffeId.class, converter(SpiffeId::parse));
    line.registerConverter(TrustDomain.class, converter(TrustDomain::parseNameOrId));
    line.registerConverter(Duration.class, converter(Units::duration));
    line.registerConverter(Selector.class, converter(Values::selector));
    line.registerConverter(Instant.class, converter(Values::instant));
    line.registerConverter(Path.class, converter(Path::of));
  }

  private static <T> ITypeConverter<T> converter(Function<String, T> parser) {
    return text -> {
      try {
        return parser.apply(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    };
  }

  private static Instant instant(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException _) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is not a time, write it like 2027-01-31T00:00:00Z");
    }
  }

  /// Reads `type:value`; the value may hold colons.
  static Selector selector(String text) {
    var colon = text.indexOf(':');
    if (colon <= 0 || colon == text.length() - 1) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is not a selector, write type:value, such as unix:uid:1000");
    }
    return Selector.newBuilder()
        .setType(text.substring(0, colon))
        .setValue(text.substring(colon + 1))
        .build();
  }

  static SPIFFEID wire(SpiffeId id) {
    return SPIFFEID.newBuilder().setTrustDomain(id.trustDomain().name()).setPath(id.path()).build();
  }

  static String text(SPIFFEID id) {
    return id.getTrustDomain().isEmpty() ? "" : "spiffe://" + id.getTrustDomain() + id.getPath();
  }

  static String text(Selector selector) {
    return selector.getType() + ":" + selector.getValue();
  }

  static String lines(List<Selector> selectors) {
    return selectors.stream().map(Values::text).collect(Collectors.joining("\n"));
  }

  /// A lifetime in seconds; zero means that the broker's default applies.
  static String lifetime(int seconds) {
    return seconds == 0 ? "default" : Units.text(Duration.ofSeconds(seconds));
  }

  /// A time in Unix seconds with its distance from now; zero means never.
  static String time(long unixSeconds, Instant now) {
    if (unixSeconds == 0) {
      return "never";
    }
    var time = Instant.ofEpochSecond(unixSeconds);
    var distance = Duration.between(now, time);
    var text = coarse(distance.abs());
    return time + (distance.isNegative() ? " (" + text + " ago)" : " (in " + text + ")");
  }

  /// Two units are enough for a person.
  private static String coarse(Duration distance) {
    if (distance.toDays() > 0) {
      return Units.text(distance.truncatedTo(ChronoUnit.HOURS));
    }
    if (distance.toHours() > 0) {
      return Units.text(distance.truncatedTo(ChronoUnit.MINUTES));
    }
    return Units.text(distance.truncatedTo(ChronoUnit.SECONDS));
  }

  /// Whole seconds of an option, refused where the wire cannot carry them: less than a second would
  /// become none, which means the default.
  static int seconds(String option, Duration value) {
    if (!value.equals(value.truncatedTo(ChronoUnit.SECONDS))) {
      throw Failure.usage(option + " of " + Units.text(value) + " is not whole seconds", "");
    }
    try {
      return Math.toIntExact(value.toSeconds());
    } catch (ArithmeticException _) {
      throw Failure.usage(option + " of " + Units.text(value) + " is too long", "");
    }
  }
}
