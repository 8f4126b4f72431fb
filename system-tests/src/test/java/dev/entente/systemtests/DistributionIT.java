package dev.entente.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is in the archive, and what is not.
@DisplayName("The distribution")
final class DistributionIT {
  /// `entente-broker-0.1.jar -> java.sql`: what one of our jars needs of the JDK.
  private static final Pattern NEED = Pattern.compile("\\.jar -> ((?:java|jdk)\\.[a-z.]+)");

  /// What only a broker or a command needs. An agent runs on every node, with rights.
  private static final Pattern NOT_FOR_AGENTS =
      Pattern.compile(
          "(entente-(broker|cli|federation|oidc-discovery)|sqlite|HikariCP|jdbi|flyway|postgresql"
              + "|bucket4j|pcollections|nimbus|picocli|ascii-table|hazelcast).*");

  /// `pkg:maven/GROUP/NAME@VERSION`, as CycloneDX names a component.
  private static final Pattern PACKAGE_URL =
      Pattern.compile("\"pkg:maven/[^/\"]+/([^@\"]+)@([^?\"]+)");

  private static final Pattern SIGNATURE = Pattern.compile("META-INF/[^/]+\\.(SF|RSA|DSA|EC)");

  private static final Path HOME = Distribution.home();

  private static List<String> jars(String role) throws IOException {
    return Files.readAllLines(HOME.resolve("lib").resolve(role + ".classpath"));
  }

  @Test
  void anAgentLoadsNothingOfTheBroker() throws IOException {
    assertThat(jars("agent"))
        .noneMatch(jar -> NOT_FOR_AGENTS.matcher(jar).matches())
        .anyMatch(jar -> jar.startsWith("entente-attestors-host-"));
    assertThat(jars("broker"))
        .as("the pattern knows the broker's jars")
        .anyMatch(jar -> NOT_FOR_AGENTS.matcher(jar).matches())
        .noneMatch(jar -> jar.startsWith("entente-agent-") || jar.startsWith("entente-cli-"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cli", "broker", "agent"})
  void everyJarOfAClassPathIsThere(String role) throws IOException {
    assertThat(jars(role)).isNotEmpty().doesNotHaveDuplicates();
    assertThat(jars(role)).allSatisfy(jar -> assertThat(HOME.resolve("lib").resolve(jar)).exists());
  }

  /// Its jars are called `NAME-VERSION.jar`, some with a classifier behind.
  @Test
  void everyJarIsInAListOfComponents() throws IOException {
    var listed = new TreeSet<String>();
    try (var lists = Files.list(HOME.resolve("sbom"))) {
      for (var list : lists.toList()) {
        assertThat(list.getFileName().toString()).endsWith(".cdx.json");
        PACKAGE_URL
            .matcher(Files.readString(list))
            .results()
            .forEach(found -> listed.add(found.group(1) + '-' + found.group(2)));
      }
    }

    try (var lib = Files.list(HOME.resolve("lib"))) {
      assertThat(lib.map(file -> file.getFileName().toString()).filter(jar -> jar.endsWith(".jar")))
          .isNotEmpty()
          .allSatisfy(jar -> assertThat(listed).anyMatch(jar::startsWith));
    }
  }

  /// If a jar told which Java ran Maven, two builds of one commit could differ.
  @Test
  void noJarOfOursTellsWhichJavaRanMaven() throws IOException {
    try (var lib = Files.list(HOME.resolve("lib"))) {
      assertThat(lib.filter(file -> file.getFileName().toString().startsWith("entente-")))
          .isNotEmpty()
          .allSatisfy(jar ->
              assertThat(manifest(jar))
                  .containsOnlyKeys("Manifest-Version", "Created-By", "Build-Jdk-Spec")
                  .containsEntry("Build-Jdk-Spec", "25"));
    }
  }

  private static Map<String, String> manifest(Path jar) throws IOException {
    try (var file = new JarFile(jar.toFile())) {
      return file.getManifest().getMainAttributes().entrySet().stream()
          .collect(
              Collectors.toMap(
                  entry -> entry.getKey().toString(), entry -> entry.getValue().toString()));
    }
  }

  @Test
  void noJarIsSigned() throws IOException {
    try (var lib = Files.list(HOME.resolve("lib"))) {
      assertThat(lib.filter(file -> file.toString().endsWith(".jar")))
          .as("the ahead-of-time cache takes no class of a signed jar")
          .isNotEmpty()
          .noneMatch(DistributionIT::isSigned);
    }
  }

  private static boolean isSigned(Path jar) {
    try (var file = new JarFile(jar.toFile(), false)) {
      return file.stream().anyMatch(entry -> SIGNATURE.matcher(entry.getName()).matches());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void theRuntimeNamesOnlySecurityProvidersThatItHas() throws IOException {
    var security = new Properties();
    try (var in = Files.newInputStream(HOME.resolve("runtime/conf/security/java.security"))) {
      security.load(in);
    }

    assertThat(
            security.stringPropertyNames().stream()
                .filter(name -> name.startsWith("security.provider."))
                .sorted()
                .map(security::getProperty))
        .as("each missing one is searched for on the class path when a provider is added")
        .containsExactly("SUN", "SunRsaSign", "SunEC", "SunJSSE", "SunJCE");
  }

  @Test
  void theRuntimeHasTheModulesThatWereListed() throws IOException {
    assertThat(present()).containsAll(listed());
  }

  @Test
  void theRuntimeHasEveryModuleThatOurJarsNeed() throws IOException {
    var arguments = new ArrayList<>(List.of("-s", "--multi-release", "25"));
    arguments.add("--ignore-missing-deps");
    try (var lib = Files.list(HOME.resolve("lib"))) {
      lib.map(Path::toString)
          .filter(jar -> jar.contains("/lib/entente-") && jar.endsWith(".jar"))
          .forEach(arguments::add);
    }

    var needed = NEED.matcher(jdeps(arguments)).results().map(found -> found.group(1)).toList();

    assertThat(needed).contains("java.base", "java.sql");
    assertThat(present()).containsAll(needed);
  }

  private static Set<String> present() throws IOException {
    var release = Files.readString(HOME.resolve("runtime/release"));
    var modules = Pattern.compile("MODULES=\"([^\"]*)\"").matcher(release);
    assertThat(modules.find()).as(release).isTrue();
    return new TreeSet<>(List.of(modules.group(1).split(" ", -1)));
  }

  private static Set<String> listed() throws IOException {
    return Files.readAllLines(Distribution.sources().resolve("cli/src/build/modules.txt")).stream()
        .filter(line -> !line.startsWith("#") && !line.isBlank())
        .collect(Collectors.toSet());
  }

  private static String jdeps(List<String> arguments) {
    var out = new StringWriter();
    var tool = ToolProvider.findFirst("jdeps").orElseThrow();
    var code =
        tool.run(new PrintWriter(out), new PrintWriter(out), arguments.toArray(String[]::new));
    assertThat(code).as(out.toString()).isZero();
    return out.toString();
  }

  @Test
  void holdsNothingToBuildWith() throws IOException {
    try (var files = Files.walk(HOME)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .doesNotContain("pom.xml", "mvnw", "assemble.sh", "javac")
          .contains("entente-broker.service", "entente-agent.service", "low-ports.conf");
    }
    assertThat(HOME.resolve("bin/entente")).content().doesNotContain("mvnw");
  }
}
