import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.ConstantPoolSharingOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;

/// Rewrites jars whose classes the JVM would keep out of the ahead-of-time cache; their code is not
/// touched.
///
/// - Classes compiled for Java 6 or earlier (picocli's are) get class-file version 52 and stack maps.
///   The JVM checks older ones with its old verifier at each start.
/// - A signed jar (Bouncy Castle, the crypto provider, Azure's) loses its signature. The JVM verifies it at
///   each start, and with it a digest of every file, before the first class is there. It protects
///   nothing: our own jars beside it are not signed either, and whoever can write there can write
///   to those.
///
/// Usage: `java CacheableJar.java JAR...`
final class CacheableJar {
  private static final Pattern SIGNATURE = Pattern.compile("META-INF/[^/]+\\.(SF|RSA|DSA|EC)");

  private static final int OLD_UNTIL = 50;
  private static final int VERSION = 52;

  public static void main(String[] jars) throws IOException {
    for (var jar : jars) {
      var file = Path.of(jar);
      var rewritten = Path.of(jar + ".new");
      rewrite(file, rewritten);
      Files.move(rewritten, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static void rewrite(Path from, Path to) throws IOException {
    try (var in = new JarFile(from.toFile(), false);
        var out = new JarOutputStream(Files.newOutputStream(to))) {
      var classes = classFile(in);
      for (var entry : in.stream().toList()) {
        if (SIGNATURE.matcher(entry.getName()).matches()) {
          continue;
        }
        var copy = new JarEntry(entry.getName());
        copy.setTimeLocal(entry.getTimeLocal());
        out.putNextEntry(copy);
        out.write(cacheable(classes, entry.getName(), read(in, entry)));
        out.closeEntry();
      }
    }
  }

  private static byte[] cacheable(ClassFile classes, String name, byte[] bytes) throws IOException {
    if (name.equals(JarFile.MANIFEST_NAME)) {
      return withoutDigests(bytes);
    }
    return name.endsWith(".class") ? modern(classes, bytes) : bytes;
  }

  /// The sections of single files hold nothing but what the signature was made over.
  private static byte[] withoutDigests(byte[] bytes) throws IOException {
    var manifest = new Manifest(new ByteArrayInputStream(bytes));
    manifest.getEntries().clear();
    var out = new ByteArrayOutputStream();
    manifest.write(out);
    return out.toByteArray();
  }

  /// Stack maps need to know which classes extend which: the jar's own, then the JDK's.
  private static ClassFile classFile(JarFile jar) {
    var own =
        ClassHierarchyResolver.ofResourceParsing(
            type -> {
              var name = type.descriptorString();
              var entry = jar.getEntry(name.substring(1, name.length() - 1) + ".class");
              try {
                return entry == null ? null : jar.getInputStream(entry);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    return ClassFile.of(
        StackMapsOption.GENERATE_STACK_MAPS,
        ConstantPoolSharingOption.NEW_POOL,
        ClassHierarchyResolverOption.of(own.orElse(ClassHierarchyResolver.defaultResolver())));
  }

  private static byte[] read(JarFile jar, ZipEntry entry) throws IOException {
    try (var stream = jar.getInputStream(entry)) {
      return stream.readAllBytes();
    }
  }

  private static byte[] modern(ClassFile classes, byte[] bytes) {
    var model = classes.parse(bytes);
    if (model.majorVersion() >= OLD_UNTIL) {
      return bytes;
    }
    return classes.transformClass(
        model,
        ClassTransform.dropping(element -> element instanceof ClassFileVersion)
            .andThen(ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL))
            .andThen(ClassTransform.endHandler(builder -> builder.withVersion(VERSION, 0))));
  }
}
