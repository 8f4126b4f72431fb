package dev.entente.runtime;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/// Finds functions of the C library for which Java has no API. Linux, glibc or musl.
///
/// Linking the first function takes up to a tenth of a second of processor time, and each of a new
/// shape some hundredths: whoever can wait does it when the function is first needed.
public final class CLibrary {
  private static final Linker LINKER = Linker.nativeLinker();

  private CLibrary() {}

  /// A function as a method handle, to be called with `invokeExact`.
  ///
  /// @throws java.util.NoSuchElementException if the C library has no function of that name
  @SuppressWarnings("restricted") // what this class is for; the launcher allows it
  public static MethodHandle function(
      String name, FunctionDescriptor type, Linker.Option... options) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type, options);
  }
}
