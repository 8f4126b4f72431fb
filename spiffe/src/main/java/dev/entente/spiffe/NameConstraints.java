package dev.entente.spiffe;

import dev.entente.spiffe.X509Verdict.Reason;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/// What names an issuer allows below itself (RFC 5280 §4.2.1.10), as far as we judge them.
///
/// Hosts of URIs and DNS names are judged as plain text, because a trust domain may look like
/// anything (SPIFFE-ID §2.1). For directory, e-mail, address and other names there is no judgement:
/// a certificate that has a name of a kind its issuer constrains is refused.
final class NameConstraints {
  private static final int DNS = 2;
  private static final int DIRECTORY = 4;
  private static final int URI = 6;

  /// A constraint beyond these characters is no host, and we would not know what was meant.
  private static final Pattern HOST = Pattern.compile("[a-z0-9._-]*");

  /// More than any real issuer has; each is compared with each name.
  private static final int MAX_SUBTREES = 64;

  private final List<Subtree> permitted;
  private final List<Subtree> excluded;

  /// @param kind tag number of the general name
  /// @param host empty for a kind we do not judge
  private record Subtree(int kind, String host) {}

  private NameConstraints(List<Subtree> permitted, List<Subtree> excluded) {
    this.permitted = permitted;
    this.excluded = excluded;
  }

  static Optional<NameConstraints> of(CertificateFields issuer) {
    return issuer.extension(Extensions.NAME_CONSTRAINTS).map(it -> read(it.value()));
  }

  /// Says which name of the certificate is not allowed, if any.
  Optional<String> refusalOf(CertificateFields certificate) {
    var names = Extensions.altNames(certificate);
    for (var uri : names.uris()) {
      if (!allowsUri(hostOf(uri))) {
        return Optional.of(
            "the URI name " + Quoted.of(uri) + " is outside its issuer's constraints");
      }
    }
    for (var name : names.dnsNames()) {
      if (!allowsDns(name.toLowerCase(Locale.ROOT))) {
        return Optional.of(
            "the DNS name " + Quoted.of(name) + " is outside its issuer's constraints");
      }
    }
    return unjudgedKinds(certificate, names).stream()
        .filter(this::constrains)
        .findFirst()
        .map(kind ->
            "a name of kind " + kind + " is constrained by its issuer, and not judged here");
  }

  private boolean allowsUri(String host) {
    return allows(URI, subtree -> matchesUri(host, subtree));
  }

  private boolean allowsDns(String name) {
    return allows(DNS, subtree -> matchesDns(name, subtree))
        && excluded.stream().noneMatch(it -> it.kind == DNS && wildcardCovers(name, it.host));
  }

  private boolean allows(int kind, Predicate<String> matches) {
    var inside =
        permitted.stream().noneMatch(it -> it.kind == kind)
            || permitted.stream().anyMatch(it -> it.kind == kind && matches.test(it.host));
    return inside && excluded.stream().noneMatch(it -> it.kind == kind && matches.test(it.host));
  }

  private boolean constrains(int kind) {
    return permitted.stream().anyMatch(it -> it.kind == kind)
        || excluded.stream().anyMatch(it -> it.kind == kind);
  }

  /// With a leading dot everything below the host, without it the host alone; an empty constraint
  /// is everything.
  private static boolean matchesUri(String host, String subtree) {
    return subtree.startsWith(".")
        ? host.endsWith(subtree) && host.length() > subtree.length()
        : subtree.isEmpty() || host.equals(subtree);
  }

  /// The name itself and everything below it.
  private static boolean matchesDns(String name, String subtree) {
    var dotted = subtree.startsWith(".") ? subtree : "." + subtree;
    return subtree.isEmpty() || name.equals(subtree) || name.endsWith(dotted);
  }

  /// Whether `*.example.org` could stand for an excluded `a.example.org`.
  private static boolean wildcardCovers(String name, String excludedHost) {
    return name.startsWith("*.") && excludedHost.endsWith(name.substring(1));
  }

  /// The authority of a URI up to its path; whatever else it may hold matches no constraint. What
  /// has no scheme is no URI (RFC 3986 §3), and so has no host.
  private static String hostOf(String uri) {
    var start = uri.indexOf("://");
    if (start < 1) {
      throw new RefusedException(
          Reason.NAME_CONSTRAINTS, "the URI name " + Quoted.of(uri) + " has no host to constrain");
    }
    var end = uri.indexOf('/', start + 3);
    var host = uri.substring(start + 3, end < 0 ? uri.length() : end).toLowerCase(Locale.ROOT);
    if (host.isEmpty() || !HOST.matcher(host).matches()) {
      throw new RefusedException(
          Reason.NAME_CONSTRAINTS, "the URI name " + Quoted.of(uri) + " has no host to constrain");
    }
    return host;
  }

  private static Set<Integer> unjudgedKinds(
      CertificateFields certificate, Extensions.AltNames names) {
    var kinds = new HashSet<>(names.otherKinds());
    if (certificate.hasSubject()) {
      kinds.add(DIRECTORY);
    }
    return kinds;
  }

  private static NameConstraints read(Der value) {
    var sequence = value.enter(Der.SEQUENCE);
    value.finish();
    var permitted = sequence.nextIs(0xa0) ? readSubtrees(sequence.enter(0xa0)) : List.<Subtree>of();
    var excluded = sequence.nextIs(0xa1) ? readSubtrees(sequence.enter(0xa1)) : List.<Subtree>of();
    sequence.finish();
    if (permitted.isEmpty() && excluded.isEmpty()) {
      throw new MalformedException("name constraints constrain nothing");
    }
    return new NameConstraints(permitted, excluded);
  }

  private static List<Subtree> readSubtrees(Der list) {
    var subtrees = new ArrayList<Subtree>();
    while (list.hasMore()) {
      var subtree = list.enter(Der.SEQUENCE);
      subtrees.add(readSubtree(subtree));
      if (subtree.hasMore()) {
        throw new RefusedException(
            Reason.UNSUPPORTED, "a name constraint has a minimum or a maximum");
      }
      if (subtrees.size() > MAX_SUBTREES) {
        throw new RefusedException(
            Reason.UNSUPPORTED, "an issuer has more than " + MAX_SUBTREES + " name constraints");
      }
    }
    return subtrees;
  }

  private static Subtree readSubtree(Der subtree) {
    var tag = subtree.peekTag();
    var kind = tag & 0x1f;
    if (tag != 0x80 + DNS && tag != 0x80 + URI) {
      subtree.skip();
      return new Subtree(kind, "");
    }
    var host = subtree.ascii(tag).toLowerCase(Locale.ROOT);
    if (!HOST.matcher(host).matches()) {
      throw new RefusedException(
          Reason.UNSUPPORTED, "the name constraint " + Quoted.of(host) + " is no host");
    }
    return new Subtree(kind, host);
  }
}
