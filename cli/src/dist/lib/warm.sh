#!/bin/sh
# Trains one ahead-of-time cache per role, for this machine's copy of the distribution.
#
# usage: warm.sh HOME
# Each role runs once as it will run later, with the launcher's own flags; the JVM writes the cache
# when it ends. A cache that cannot be trained is left out: Entente then starts slower.
set -u

home=$(cd "$1" && pwd -P) || exit 1
. "$home/lib/launch.sh"

work=$(mktemp -d "${TMPDIR:-/tmp}/entente-warm.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# trained LOG-NAME ARGUMENTS...: runs one command line as the launcher would, writing a cache at its
# end.
trained() {
  log=$1
  shift
  entente_flags "$home" "$@"
  role=$ENTENTE_ROLE
  if [ "$role" != cli ]; then
    set -- "$ENTENTE_CONFIG"
  fi
  IFS=' '
  # shellcheck disable=SC2086
  exec "$home/runtime/bin/java" "-XX:AOTCacheOutput=$work/$role.aot" $ENTENTE_FLAGS \
    "-Djava.library.path=$home/lib/native" "-Dorg.sqlite.lib.path=$home/lib/native" \
    "-Dentente.home=$home" -cp "$ENTENTE_CLASS_PATH" "$ENTENTE_MAIN" "$@" >"$work/$log.log" 2>&1
}

# keep ROLE: puts a trained cache in place, all or nothing.
keep() {
  if [ -s "$work/$1.aot" ]; then
    mkdir -p "$home/lib/aot" && cp "$work/$1.aot" "$home/lib/aot/.$1.aot.new" \
      && mv "$home/lib/aot/.$1.aot.new" "$home/lib/aot/$1.aot" && return 0
  fi
  echo "entente warm: no cache for the role $1:" >&2
  tail -n 5 "$work/$1.log" >&2
  failed=1
}

failed=0
rm -f "$home"/lib/aot/*.aot
(trained cli version)
keep cli
exit $failed
