package dev.entente.runtime;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/// Says in words what a file operation's exception means; their own messages are bare paths.
public final class Causes {
  private Causes() {}

  /// A short reason in lower case, without the path.
  public static String of(Throwable failure) {
    return switch (failure) {
      case NoSuchFileException _ -> "no such file";
      case AccessDeniedException _ -> "permission denied";
      case FileAlreadyExistsException _ -> "it already exists";
      case NotDirectoryException _ -> "not a directory";
      case FileSystemException e when e.getReason() != null -> lower(e.getReason());
      case Throwable other when other.getMessage() != null -> other.getMessage();
      case Throwable other -> other.getClass().getSimpleName();
    };
  }

  private static String lower(String text) {
    return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
  }
}
