# What each role is started with: sourced by bin/entente and by lib/warm.sh, so that the
# ahead-of-time cache is trained with the very flags that will use it. POSIX sh.

# entente_flags HOME ARGUMENTS...
# Sets ENTENTE_ROLE, ENTENTE_MAIN, ENTENTE_CONFIG, ENTENTE_FLAGS, ENTENTE_CLASS_PATH, and
# ENTENTE_CACHE if there is a cache.
entente_flags() {
  entente_home=$1
  shift
  entente_role "$@"
  # Serial collector: the smallest start and memory. The broker holds a large live set and answers
  # while it is collected. Compact headers save a tenth of the heap. Netty's flight recorder events
  # would start the recorder in every process.
  # A client of TLS 1.2 may begin a handshake again whenever it likes, and none of ours does.
  entente_server=-Djdk.tls.rejectClientInitiatedRenegotiation=true
  ENTENTE_FLAGS="-XX:+UseCompactObjectHeaders --enable-native-access=ALL-UNNAMED \
--sun-misc-unsafe-memory-access=allow -Dorg.sqlite.lib.name=libsqlitejdbc.so \
-Dcom.amazon.corretto.crypto.provider.useExternalLib=true -Dio.netty.jfr.enabled=false"
  case $ENTENTE_ROLE in
    # As many connections to a cloud are kept as calls to it may run at once (Turns): Java's own
    # number is 5, and the others would be opened anew, with a handshake, for every call.
    broker) ENTENTE_FLAGS="-XX:+UseG1GC -XX:+ExitOnOutOfMemoryError -Dhttp.maxConnections=32 \
$entente_server $ENTENTE_FLAGS"
      # G1 gives back what a quiet broker does not use, and a fleet of nodes would then find a heap
      # so small that it is collected every second, with all the nodes that wait in it.
      if entente_heap_is_ours && entente_has_room /proc /sys/fs/cgroup; then
        ENTENTE_FLAGS="-Xms384m $ENTENTE_FLAGS"
      fi ;;
    # An agent shares its machine with those it serves: a heap that starts small and shrinks again,
    # one compiler tier, and what the C library keeps of freed memory given back. The most it may
    # take holds as many connections and streams as its limits let in (WorkloadApiLimits). Methods
    # are compiled when they were called four times as often as elsewhere: most never are, and
    # compiled code is what grows longest. Netty's adaptive buffers come in chunks of eight times
    # what was asked for lately, some megabytes at once; pooled ones in chunks of 64 KiB.
    agent) ENTENTE_FLAGS="-XX:+UseSerialGC -Xms12m -Xmx160m -Xmn6m \
-XX:MinHeapFreeRatio=5 -XX:MaxHeapFreeRatio=10 -XX:-ShrinkHeapInSteps -XX:TieredStopAtLevel=1 \
-XX:CompileThresholdScaling=4 -XX:ReservedCodeCacheSize=32m \
-XX:+UnlockExperimentalVMOptions -XX:TrimNativeHeapInterval=10000 \
-Dio.netty.allocator.type=pooled -Dio.netty.allocator.maxOrder=3 \
-XX:+ExitOnOutOfMemoryError $entente_server $ENTENTE_FLAGS" ;;
    # A command lives for a moment: one compiler tier, no performance counters, no log provider, and
    # none of Java's own, which Netty takes then and which would write among what a person reads.
    cli) ENTENTE_FLAGS="-XX:+UseSerialGC -Xmx256m -XX:TieredStopAtLevel=1 -XX:-UsePerfData \
-Djava.util.logging.config.file=/dev/null \
-Dslf4j.provider=org.slf4j.helpers.NOP_FallbackServiceProvider \
-Dslf4j.internal.verbosity=ERROR $ENTENTE_FLAGS" ;;
  esac
  ENTENTE_CLASS_PATH=
  entente_jars "$ENTENTE_ROLE"
  # Who reads a daemon's configuration needs every attestor that may stand in it. Other commands start
  # faster without; the ahead-of-time cache fits as long as these come last.
  case "$ENTENTE_ROLE ${1-} ${2-}" in
    "cli broker validate" | "cli agent validate" | "cli config import" | "cli audit verify" | \
      "cli restore "*) entente_jars broker ;;
  esac
  unset ENTENTE_CACHE
  if [ -r "$entente_home/lib/aot/$ENTENTE_ROLE.aot" ]; then
    ENTENTE_CACHE="-XX:AOTCache=$entente_home/lib/aot/$ENTENTE_ROLE.aot"
  fi
}

# entente_jars ROLE: adds to ENTENTE_CLASS_PATH what the role may load and is not there yet.
entente_jars() {
  entente_there=:$ENTENTE_CLASS_PATH:
  while IFS= read -r entente_jar; do
    case $entente_there in *":$entente_home/lib/$entente_jar:"*) continue ;; esac
    ENTENTE_CLASS_PATH="$ENTENTE_CLASS_PATH${ENTENTE_CLASS_PATH:+:}$entente_home/lib/$entente_jar"
  done <"$entente_home/lib/$1.classpath"
}

# entente_heap_is_ours: nobody has said how large the heap is to be. Java does not start if its least
# is more than its most.
entente_heap_is_ours() {
  case " ${JDK_JAVA_OPTIONS-} ${JAVA_TOOL_OPTIONS-} ${ENTENTE_JAVA_OPTS-}" in
    *" -Xm"[sx]* | *" -XX:"*HeapSize=* | *" -XX:"*RAMPercentage=*) return 1 ;;
  esac
}

# entente_has_room PROC CGROUPS: whether the machine, and every cgroup (version 2) around this process,
# has 1.5 GiB, of which Java takes a quarter for its heap.
entente_has_room() {
  { read -r _ entente_kib _ <"$1/meminfo"; } 2>/dev/null || return 1
  [ "$entente_kib" -ge 1572864 ] || return 1
  entente_group=
  while IFS= read -r entente_line; do
    case $entente_line in 0::/*) entente_group=${entente_line#0::} ;; esac
  done <"$1/self/cgroup"
  while :; do
    entente_limit=max
    { read -r entente_limit <"$2$entente_group/memory.max"; } 2>/dev/null
    [ "$entente_limit" = max ] || [ "$entente_limit" -ge 1610612736 ] || return 1
    [ -n "$entente_group" ] || return 0
    entente_group=${entente_group%/*}
  done
}

# entente_role ARGUMENTS...: which process this command line becomes. A daemon's main class takes its
# configuration file and nothing else; whatever else stands there, a request for help or a mistake,
# is the command's to answer.
entente_role() {
  ENTENTE_ROLE=cli ENTENTE_MAIN=dev.entente.cli.Main ENTENTE_CONFIG=
  case "${1-} ${2-}" in
    "broker run") entente_wanted=broker entente_main=dev.entente.broker.BrokerMain ;;
    "agent run") entente_wanted=agent entente_main=dev.entente.agent.AgentMain ;;
    *) return ;;
  esac
  case "$# ${3-}" in
    "2 ") ENTENTE_CONFIG=/etc/entente/$entente_wanted.yaml ;;
    "3 --config="?*) ENTENTE_CONFIG=${3#--config=} ;;
    "4 --config") ENTENTE_CONFIG=$4 ;;
    *) return ;;
  esac
  ENTENTE_ROLE=$entente_wanted ENTENTE_MAIN=$entente_main
}
