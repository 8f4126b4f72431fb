package dev.entente.runtime.kube;

import dev.entente.runtime.BoundedFiles;
import dev.entente.runtime.Causes;
import java.io.IOException;
import java.nio.file.Path;

/// A token, a key or certificates: in a file, which Kubernetes replaces from time to time, or as a
/// kubeconfig holds them. Its text says which, and never what.
public sealed interface KubeText {
  /// What it is now.
  String read() throws IOException;

  /// In a file of at most 1 MiB.
  record InFile(Path file) implements KubeText {
    @Override
    public String read() throws IOException {
      try {
        return BoundedFiles.readText(file, BoundedFiles.DOCUMENT_MAX_BYTES);
      } catch (IOException e) {
        throw new IOException(file + ": " + Causes.of(e), e);
      }
    }

    @Override
    public String toString() {
      return file.toString();
    }
  }

  /// Held here.
  ///
  /// @param name of the key it stands under, for messages
  record Held(String name, String text) implements KubeText {
    @Override
    public String read() {
      return text;
    }

    @Override
    public String toString() {
      return name;
    }
  }
}
