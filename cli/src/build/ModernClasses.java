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
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;

/// Raises the class-file version of a jar's old classes to 52 and gives them stack maps.
///
/// picocli is compiled for Java 5. The JVM checks such classes with its old verifier at each start
/// and keeps them out of the ahead-of-time cache, which more than doubles the time of a small
/// command. The code itself is not touched.
///
/// Usage: `java ModernClasses.java IN.jar OUT.jar`
final class ModernClasses {
  private static final int OLD_UNTIL = 50;
  private static final int VERSION = 52;

  public static void main(String[] jars) throws IOException {
    try (var in = new JarFile(jars[0], false);
        var out = new JarOutputStream(Files.newOutputStream(Path.of(jars[1])))) {
      var classes = classFile(in);
      for (var entry : in.stream().toList()) {
        var bytes = read(in, entry);
        var copy = new JarEntry(entry.getName());
        copy.setTimeLocal(entry.getTimeLocal());
        out.putNextEntry(copy);
        out.write(entry.getName().endsWith(".class") ? modern(classes, bytes) : bytes);
        out.closeEntry();
      }
    }
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
