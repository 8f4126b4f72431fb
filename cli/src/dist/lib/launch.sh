# What each role is started with: sourced by bin/entente and by lib/warm.sh, so that the
# ahead-of-time cache is trained with the very flags that will use it. POSIX sh.

# entente_flags HOME NOUN VERB ARGUMENTS...
# Sets ENTENTE_ROLE, ENTENTE_MAIN, ENTENTE_FLAGS, ENTENTE_CLASS_PATH, and ENTENTE_CACHE if there is
# a cache.
entente_flags() {
  entente_home=$1
  entente_role "$2" "$3"
  shift 3
  for argument; do
    case $argument in
      -h | --help) entente_role cli ;;
    esac
  done
  # Serial collector: the smallest start and memory. The broker holds a large live set and answers
  # while it is collected. Compact headers save a tenth of the heap.
  ENTENTE_FLAGS="-XX:+UseCompactObjectHeaders --enable-native-access=ALL-UNNAMED \
--sun-misc-unsafe-memory-access=allow -Dorg.sqlite.lib.name=libsqlitejdbc.so \
-Dcom.amazon.corretto.crypto.provider.useExternalLib=true"
  case $ENTENTE_ROLE in
    broker) ENTENTE_FLAGS="-XX:+UseG1GC -XX:+ExitOnOutOfMemoryError $ENTENTE_FLAGS" ;;
    agent) ENTENTE_FLAGS="-XX:+UseSerialGC -Xmx48m -XX:+ExitOnOutOfMemoryError $ENTENTE_FLAGS" ;;
    # A command lives for a moment: one compiler tier, no performance counters, no log provider.
    cli) ENTENTE_FLAGS="-XX:+UseSerialGC -Xmx256m -XX:TieredStopAtLevel=1 -XX:-UsePerfData \
-Dslf4j.provider=org.slf4j.helpers.NOP_FallbackServiceProvider $ENTENTE_FLAGS" ;;
  esac
  ENTENTE_CLASS_PATH=
  while IFS= read -r jar; do
    ENTENTE_CLASS_PATH="$ENTENTE_CLASS_PATH${ENTENTE_CLASS_PATH:+:}$entente_home/lib/$jar"
  done <"$entente_home/lib/$ENTENTE_ROLE.classpath"
  unset ENTENTE_CACHE
  if [ -r "$entente_home/lib/aot/$ENTENTE_ROLE.aot" ]; then
    ENTENTE_CACHE="-XX:AOTCache=$entente_home/lib/aot/$ENTENTE_ROLE.aot"
  fi
}

# entente_role NOUN VERB: which process this command line becomes.
entente_role() {
  case "$1 ${2-}" in
    "broker run") ENTENTE_ROLE=broker ENTENTE_MAIN=dev.entente.broker.BrokerMain ;;
    "agent run") ENTENTE_ROLE=agent ENTENTE_MAIN=dev.entente.agent.AgentMain ;;
    *) ENTENTE_ROLE=cli ENTENTE_MAIN=dev.entente.cli.Main ;;
  esac
}
