# Finds a JDK 25. Sourced by bin/entente and by the packaging; POSIX sh.
#
# Sets JDK_HOME and returns 0, or returns 1. Candidates, in this order: $ENTENTE_JDK, $JAVA_HOME,
# $JAVA25_HOME, $JAVA_25_HOME, the java on the PATH, then the usual places of Debian, Fedora,
# sdkman, IntelliJ, asdf, mise and /opt.
find_jdk_25() {
  path_java=$(command -v java 2>/dev/null) || path_java=
  if [ -n "$path_java" ]; then
    path_java=$(readlink -f "$path_java")
    path_java=${path_java%/bin/java}
  fi
  for candidate in \
    "${ENTENTE_JDK-}" "${JAVA_HOME-}" "${JAVA25_HOME-}" "${JAVA_25_HOME-}" "$path_java" \
    /usr/lib/jvm/*25* "${HOME-/nonexistent}"/.sdkman/candidates/java/25* \
    "${HOME-/nonexistent}"/.jdks/*25* "${HOME-/nonexistent}"/.asdf/installs/java/*25* \
    "${HOME-/nonexistent}"/.local/share/mise/installs/java/*25* /opt/*jdk*25* /opt/*temurin*25*; do
    if is_jdk_25 "$candidate"; then
      JDK_HOME=$candidate
      return 0
    fi
  done
  return 1
}

# A JDK, not only a runtime (jlink and javac), whose release file says 25.
is_jdk_25() {
  [ -n "$1" ] && [ -x "$1/bin/jlink" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  while IFS= read -r release_line; do
    case $release_line in
      'JAVA_VERSION="25"' | 'JAVA_VERSION="25.'*) return 0 ;;
    esac
  done <"$1/release"
  return 1
}
