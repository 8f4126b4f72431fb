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
broker= agent=
cleanup() {
  # Only ours, and only if they still run.
  for process in $broker $agent; do
    kill -KILL "$process" 2>/dev/null
  done
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

# trained LOG-NAME ARGUMENTS...: runs one command line as the launcher would, writing a cache at its
# end. ENTENTE_TRAINED_MAIN takes the place of the main class.
trained() {
  log=$1
  shift
  entente_flags "$home" "$@"
  if [ "$ENTENTE_ROLE" != cli ]; then
    set -- "$ENTENTE_CONFIG"
  fi
  IFS=' '
  # shellcheck disable=SC2086
  exec "$home/runtime/bin/java" "-XX:AOTCacheOutput=$work/$ENTENTE_ROLE.aot" $ENTENTE_FLAGS \
    "-Djava.library.path=$home/lib/native" "-Dorg.sqlite.lib.path=$home/lib/native" \
    "-Dentente.home=$home" -cp "$ENTENTE_CLASS_PATH" \
    "${ENTENTE_TRAINED_MAIN:-$ENTENTE_MAIN}" "$@" >"$work/$log.log" 2>&1
}

# await PROCESS COMMAND...: until it succeeds, at most for 30 s and while the process lives.
await() {
  process=$1
  turns=300
  shift
  while [ "$turns" -gt 0 ] && kill -0 "$process" 2>/dev/null; do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.1
    turns=$((turns - 1))
  done
  return 1
}

# keep ROLE: puts a trained cache in place, all or nothing.
keep() {
  if [ -s "$work/$1.aot" ]; then
    # Readable by all: the daemons run as other users than the owner of the installation.
    mkdir -p "$home/lib/aot" && chmod 755 "$home/lib/aot" \
      && cp "$work/$1.aot" "$home/lib/aot/.$1.aot.new" && chmod 644 "$home/lib/aot/.$1.aot.new" \
      && mv "$home/lib/aot/.$1.aot.new" "$home/lib/aot/$1.aot" && return 0
  fi
  echo "entente warm: no cache for the role $1:" >&2
  tail -n 5 "$work/$1.log" >&2
  failed=1
}

rm -f "$home"/lib/aot/*.aot
failed=0
umask 077

cat >"$work/broker.yaml" <<EOF
trust-domain: warm.invalid
data-dir: $work/broker
listen: 127.0.0.1:0
socket: $work/b/broker.sock
attestors:
  join_token: {}
EOF
(trained broker broker run --config "$work/broker.yaml") &
broker=$!
if await "$broker" test -S "$work/b/broker.sock" \
  && await "$broker" grep -q 'Broker is ready' "$work/broker.log"; then
  port=$(sed -n 's/.*Broker is ready.* address=[0-9.]*:\([0-9]*\).*/\1/p' "$work/broker.log")
  "$home/bin/entente" bundle show --socket "$work/b/broker.sock" >"$work/bundle.pem"
  "$home/bin/entente" token create --socket "$work/b/broker.sock" >"$work/token" 2>/dev/null
  cat >"$work/agent.yaml" <<EOF
trust-domain: warm.invalid
data-dir: $work/agent
brokers: ["127.0.0.1:$port"]
socket: $work/a/api.sock
admin-socket: $work/p/admin.sock
bootstrap: {trust-bundle-file: $work/bundle.pem, format: pem}
attestor: {join_token: {token: "\${file:$work/token}"}}
EOF
  (trained agent agent run --config "$work/agent.yaml") &
  agent=$!
  await "$agent" test -S "$work/a/api.sock"
  ENTENTE_TRAINED_MAIN=dev.entente.cli.Training
  (trained cli "$work/b/broker.sock" "$work/p/admin.sock" "$work/a/api.sock") \
    || { echo "entente warm: some commands failed in training:" && cat "$work/cli.log"; } >&2
  unset ENTENTE_TRAINED_MAIN
  # The caches are written while the two stop.
  kill -TERM "$agent" "$broker"
  wait "$agent"
  wait "$broker"
  agent= broker=
else
  echo "entente warm: the broker did not start:" >&2
  tail -n 5 "$work/broker.log" >&2
fi
keep cli
keep broker
keep agent
exit "$failed"
