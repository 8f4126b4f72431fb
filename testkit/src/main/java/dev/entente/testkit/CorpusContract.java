package dev.entente.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.entente.attestor.spi.AttestationStep;
import dev.entente.attestor.spi.AttestationStep.Attested;
import dev.entente.attestor.spi.AttestationStep.Refused;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What holds of every attestor's corpus: evidence a broker accepts, and evidence that differs from
/// such by one mutation and is refused for its own reason.
///
/// The [CorpusIndex] lists what is there. Evidence itself is made anew in each run, of recipes:
/// documents expire, and keys in a repository are known to everybody (ADR 27).
///
/// @param <R> a recipe: a class whose fields are the parts of evidence and of the world it is shown
///   in. Two recipes of one good evidence are equal in all parts
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class CorpusContract<R> {
  /// What every corpus has bad evidence about, or says why not.
  public static final List<String> SUBJECTS =
      List.of(
          "signer-swapped",
          "content-swapped",
          "two-signers",
          "no-signer",
          "extra-certificates",
          "wrong-region-or-account",
          "ber-tricks",
          "trailing-data",
          "weak-digest",
          "future",
          "ancient",
          "replay",
          "another-audience",
          "alg-none",
          "hs256-with-the-public-key",
          "kid-from-elsewhere",
          "missing-compute-engine",
          "vm-made-again",
          "pod-deleted",
          "another-cluster",
          "giant-chain",
          "huge-rsa-key",
          "redirecting-host",
          "changing-dns");

  private static final Pattern DOCUMENTED = Pattern.compile("^\\|((?: `[a-z0-9-]+`)+) \\|.*");
  private static final Pattern CODE = Pattern.compile("`([a-z0-9-]+)`");

  private final String attestor;
  private final String prefix;
  private final CorpusIndex index;

  /// One change of a recipe, to one of its parts.
  ///
  /// @param name of the evidence that comes of it
  public record Mutation<R>(String name, Consumer<R> change) {}

  /// @param attestor its type, such as `aws_iid`
  /// @param prefix what its refusals begin with, such as `aws-iid/`
  protected CorpusContract(String attestor, String prefix) {
    this.attestor = attestor;
    this.prefix = prefix;
    this.index = CorpusIndex.read(getClass(), attestor);
  }

  /// A new recipe of that good evidence.
  protected abstract R good(String name);

  /// The mutation of each bad evidence.
  protected abstract Stream<Mutation<R>> mutations();

  /// Shows the evidence to an attestor, and answers what is asked.
  protected abstract AttestationStep judge(R recipe) throws Exception;

  final Stream<String> goodNames() {
    return index.good().keySet().stream();
  }

  final Stream<CorpusIndex.Bad> badCases() {
    return index.bad().stream();
  }

  @ParameterizedTest
  @MethodSource("goodNames")
  final void acceptsEveryGoodEvidence(String name) throws Exception {
    assertThat(judge(good(name))).isInstanceOf(Attested.class);
  }

  @ParameterizedTest
  @MethodSource("badCases")
  final void makesBadEvidenceOfItsParentByOneMutation(CorpusIndex.Bad bad) {
    assertThat(index.good()).containsKey(bad.parent());
    assertThat(differences(good(bad.parent()), good(bad.parent()))).isEmpty();
    assertThat(differences(good(bad.parent()), mutated(bad))).containsExactly(bad.changed());
  }

  @ParameterizedTest
  @MethodSource("badCases")
  final void refusesBadEvidenceForItsOwnReason(CorpusIndex.Bad bad) throws Exception {
    assertThat(judge(mutated(bad)))
        .isInstanceOfSatisfying(
            Refused.class,
            refused ->
                assertThat(refused.code()).as(refused.detail()).isEqualTo(prefix + bad.code()));
  }

  @ParameterizedTest
  @MethodSource("badCases")
  final void acceptsBadEvidenceOnceItsMutationIsUndone(CorpusIndex.Bad bad) throws Exception {
    var recipe = mutated(bad);
    var part = field(recipe, bad.changed().split("\\.", 2)[0]);
    part.set(recipe, part.get(good(bad.parent())));

    assertThat(differences(recipe, good(bad.parent()))).isEmpty();
    assertThat(judge(recipe)).isInstanceOf(Attested.class);
  }

  @Test
  final void listsWhatThereIsOnceAndByName() {
    var listed = badCases().map(CorpusIndex.Bad::name).toList();

    assertThat(listed).doesNotHaveDuplicates().allMatch(name -> name.startsWith("bad-"));
    assertThat(index.good().keySet()).allMatch(name -> name.startsWith("good-"));
    assertThat(mutations().map(Mutation::name)).containsExactlyInAnyOrderElementsOf(listed);
  }

  @Test
  final void knowsForEachCodeTheOneCheckItBelongsTo() {
    var used = badCases().map(CorpusIndex.Bad::code).collect(Collectors.toCollection(TreeSet::new));
    assertThat(used).noneMatch(index.unmade()::containsKey);

    used.addAll(index.unmade().keySet());
    assertThat(index.checks().values()).doesNotHaveDuplicates();
    assertThat(used).containsExactlyInAnyOrderElementsOf(index.checks().keySet());
  }

  @Test
  final void knowsEveryCodeThatOperatorsAreTold() throws IOException {
    var page = Path.of("..", "docs", "attestors", attestor + ".md");
    var told =
        Files.readAllLines(page).stream()
            .map(DOCUMENTED::matcher)
            .filter(it -> it.matches())
            .flatMap(it -> CODE.matcher(it.group(1)).results())
            .map(it -> it.group(1))
            .toList();

    assertThat(told).containsExactlyInAnyOrderElementsOf(index.checks().keySet());
  }

  @Test
  final void hasBadEvidenceAboutEverySubjectThatApplies() {
    assertThat(index.items()).containsOnlyKeys(SUBJECTS);
    var names = badCases().map(CorpusIndex.Bad::name).toList();
    index
        .items()
        .forEach((subject, item) -> {
          assertThat(names).as(subject).containsAll(item.bad());
          assertThat(item.bad().isEmpty()).as(subject).isEqualTo(!item.reason().isBlank());
        });
  }

  private R mutated(CorpusIndex.Bad bad) {
    var byName = mutations().collect(Collectors.toMap(Mutation::name, Function.identity()));
    var mutation = Objects.requireNonNull(byName.get(bad.name()), bad.name());
    var recipe = good(bad.parent());
    mutation.change().accept(recipe);
    return recipe;
  }

  private static List<String> differences(Object one, Object other) {
    var found = new ArrayList<String>();
    for (var field : fields(one.getClass())) {
      compare(field.getName(), value(field, one), value(field, other), found);
    }
    return found;
  }

  /// Of two maps the members are compared, so that one member is one part.
  private static void compare(String part, Object one, Object other, List<String> found) {
    if (one instanceof Map<?, ?> members
        && other instanceof Map<?, ?> others
        && members.isEmpty() == others.isEmpty()) {
      var keys = new HashSet<Object>(members.keySet());
      keys.addAll(others.keySet());
      for (var key : keys) {
        if (members.containsKey(key) && others.containsKey(key)) {
          compare(part + "." + key, value(members, key), value(others, key), found);
        } else {
          found.add(part + "." + key);
        }
      }
    } else if (!Arrays.deepEquals(new Object[] {one}, new Object[] {other})) {
      found.add(part);
    }
  }

  private static Object value(Map<?, ?> map, Object key) {
    return Objects.requireNonNull(map.get(key));
  }

  private static Object value(Field field, Object recipe) {
    try {
      return Objects.requireNonNull(field.get(recipe), field.getName());
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Field field(Object recipe, String name) {
    return fields(recipe.getClass()).stream()
        .filter(it -> it.getName().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("a recipe has no part " + name));
  }

  private static List<Field> fields(Class<?> recipe) {
    var fields = new ArrayList<Field>();
    for (Class<?> type = recipe; type != null; type = type.getSuperclass()) {
      for (var field : type.getDeclaredFields()) {
        if (!Modifier.isStatic(field.getModifiers()) && !field.isSynthetic()) {
          field.setAccessible(true);
          fields.add(field);
        }
      }
    }
    return fields;
  }
}
