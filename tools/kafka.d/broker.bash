# Brokers: their folders, ports, start and end. Sourced by tools/kafka.
#
# A broker's folder holds pid ("PID START-TIME"), address, env, server.properties, server.log, data. Further brokers of
# its cluster have folders of that kind in it: node-2, node-3 …; `address` of the first is that of all. Each broker,
# and whoever they are tied to, hold a lock on `lock` in the first's folder and on one file for each of the ports, for
# as long as they live: so a folder without a holder is debris of killed brokers, and two starts cannot choose one port.

folder=''
broker_locks=()

# Fields $2… (3 or higher) of /proc/$1/stat, of one reading; the name in field 2 may hold blanks and brackets.
process_stat() {
  local text fields field told=()
  text=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  read -ra fields <<<"${text##*) }"
  for field in "${@:2}"; do told+=("${fields[field - 3]}"); done
  printf '%s\n' "${told[*]}"
}

# True when the broker of folder $1 lives: its pid exists, is the process we started, and is no zombie.
broker_alive() {
  local pid started now
  read -r pid started 2>/dev/null <"$1/pid" || return 1
  now=$(process_stat "$pid" 22 3) || return 1
  [[ $now == "$started "* && $now != *Z ]]
}

broker_signal() {
  local pid rest
  broker_alive "$1" || return 1
  read -r pid rest <"$1/pid"
  kill -"$2" "$pid"
}

# Sets `nodes` to the folders of the brokers in folder $1; with a number $2 to that broker's alone.
nodes=()
nodes_of() {
  case ${2:-} in
    '') nodes=("$1"); [[ ! -d $1/node-2 ]] || nodes+=("$1"/node-*) ;;
    1) nodes=("$1") ;;
    *) nodes=("$1/node-$2") ;;
  esac
}

# True when one of the brokers in folder $1 lives.
cluster_alive() {
  local node
  nodes_of "$1"
  for node in "${nodes[@]}"; do ! broker_alive "$node" || return 0; done
  return 1
}

# Signal $2 to the brokers in folder $1, or to the one of number $3. False: none of them lives.
cluster_signal() {
  local node status=1
  nodes_of "$1" "${3:-}"
  for node in "${nodes[@]}"; do ! broker_signal "$node" "$2" || status=0; done
  return "$status"
}

# Ends the brokers in folder $1 and deletes the folder. SIGKILL: the data is thrown away, there is nothing to flush. A
# broker that was writing gigabytes may take half a minute to go: the kernel lets none of its threads end while the disk
# is at work for it.
broker_end() {
  [[ -n $1 && -d $1 ]] || return 0
  local waited=0
  cluster_signal "$1" KILL || :
  while cluster_alive "$1" && ((waited++ < 1200)); do sleep 0.05; done
  ! cluster_alive "$1" || fail "the broker of $1 does not end"
  rm -rf "$1"
}

# Runs a command without our locks, which belong to the broker alone.
without_locks() {
  (
    local fd
    for fd in "${broker_locks[@]}"; do exec {fd}>&-; done
    exec "$@"
  )
}

# Opens and locks file $1 for the broker; fails when somebody holds it.
hold() {
  local fd
  exec {fd}>"$1"
  if flock -n "$fd"; then broker_locks+=("$fd"); else exec {fd}>&-; return 1; fi
}

# Sets `port` to a port that nobody listens on and no other start has chosen. Ports lie below the range the kernel gives
# to outgoing connections, so that none of those can take it before the broker does.
choose_port() {
  local low=15000 high tries=0 taken
  read -r high _ </proc/sys/net/ipv4/ip_local_port_range
  ((high > low + 1000)) || { low=1024 high=15000; }
  while ((tries++ < 200)); do
    port=$((low + (RANDOM * 32768 + RANDOM) % (high - low)))
    printf -v taken ':%04X ' "$port"
    ! grep -qs "$taken" /proc/net/tcp /proc/net/tcp6 || continue
    ! hold "$state/ports/$port" || return 0
  done
  fail "no free port between $low and $high"
}

# Deletes the folders of brokers that were killed together with whoever started them. Called under the lock of `$state`.
sweep() {
  local each fd
  for each in "$state"/*/lock; do
    [[ -f $each ]] || continue
    exec {fd}<"$each"
    ! flock -n "$fd" || rm -rf "${each%/lock}"
    exec {fd}<&-
  done
}

# Makes the folders, chooses the ports, holds the locks. Sets folder, listeners, port_of (NODE.LISTENER), metrics_port.
declare -A port_of=()
listeners=()
metrics_port=''
broker_claim() {
  mkdir -p -m 700 "$state" && mkdir -p "$state/ports"
  [[ -O $state ]] || fail "$state belongs to somebody else: give --dir"
  local guard listener node
  exec {guard}>"$state/.lock"
  flock "$guard"
  sweep
  listeners=(CONTROLLER PLAINTEXT ${sasl:+SASL} ${tls:+TLS} ${sasl:+${tls:+SASLTLS}})
  for ((node = 1; node <= brokers; node++)); do
    for listener in "${listeners[@]}"; do
      choose_port
      port_of[$node.$listener]=$port
    done
  done
  [[ -z $jmx_exporter ]] || { choose_port; metrics_port=$port; }
  name=${name:-${port_of[1.PLAINTEXT]}}
  [[ ! -e $state/$name ]] || fail "a broker called $name exists already (tools/kafka stop $name)"
  mkdir -m 700 "$state/$name"
  folder=$state/$name
  for ((node = 2; node <= brokers; node++)); do mkdir "$folder/node-$node"; done
  hold "$folder/lock"
  exec {guard}>&-
}

# Shows what was said last, removes the folder, fails.
give_up() {
  local node
  nodes_of "$folder"
  for node in "${nodes[@]}"; do tail -n 30 "$node/server.log" >&2 2>/dev/null || :; done
  broker_end "$folder"
  fail "$1 (the last lines of its log are above)"
}

# Starts the brokers and returns when they answer. $1: `detached` (they outlive us) or `tied` (they die with us, even by
# SIGKILL).
broker_start() {
  jars_ready
  [[ -z $jmx_exporter ]] || exporter_ready
  broker_claim
  [[ -z $tls ]] || make_certificates >"$folder/server.log" 2>&1 || give_up "keytool could not make certificates"
  [[ -z $jmx_exporter ]] || write_exporter_beans >"$folder/exporter.yaml"
  local cluster node number=0 format formats=()
  cluster=$(head -c 16 /dev/urandom | base64 | tr '+/' 'AB')
  nodes_of "$folder"
  local -a all=("${nodes[@]}")
  for node in "${all[@]}"; do
    write_properties $((++number)) "$node" >"$node/server.properties"
    format_storage "$node" "${cluster%==}" &
    formats+=($!)
  done
  for format in "${formats[@]}"; do wait "$format" || give_up "Kafka's StorageTool could not format $folder/data"; done
  launch_all "$1" "${all[@]}"
  # From here on the locks are the brokers' alone. Those that are tied to us we may start again, and their ports are kept
  # for that.
  [[ $1 == detached ]] || return 0
  local fd
  for fd in "${broker_locks[@]}"; do exec {fd}>&-; done
  broker_locks=()
}

# Makes the data folder of the broker in folder $1, of cluster $2.
format_storage() {
  local scram=() mechanism
  for mechanism in ${sasl//,/ }; do
    [[ $mechanism == PLAIN ]] || scram+=(--add-scram "$mechanism=[name=$user,password=$password]")
  done
  without_locks "$java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -Dlog4j2.configurationFile="$here/kafka.d/tool-log4j2.properties" -cp "$jars/*" \
    kafka.tools.StorageTool format -t "$2" -c "$1/server.properties" "${scram[@]}" >>"$1/server.log" 2>&1
}

# Kills our tied brokers, or the one of number $1, as a power cut would, and starts them again on their ports and their
# data. Returns when they answer.
cluster_restart() {
  cluster_signal "$folder" KILL "$1" || fail "the broker of $folder does not run"
  local -a again=("${nodes[@]}")
  local node
  for node in "${again[@]}"; do
    while broker_alive "$node"; do sleep 0.01; done
    mv "$node/server.log" "$node/killed.log"
  done
  launch_all tied "${again[@]}"
}

# Starts the brokers of folders $2 …, $1 as of broker_start, and returns when they answer. None answers before a
# majority of its cluster is there.
launch_all() {
  local how=$1 node
  shift
  for node in "$@"; do broker_launch "$how" "$node"; done
  for node in "$@"; do await_ready "$node"; done
  write_env >"$folder/env"
}

# Starts the process in folder $2, which was made for it. $1 as of broker_start.
broker_launch() {
  local prefix=(setsid) agent=() heap=1g number=${2##*/node-}
  ((brokers == 1)) || heap=400m
  heap=${PINLOAD_KAFKA_HEAP:-$heap}
  [[ -z $metrics_port ]] || agent=("-javaagent:$exporter=127.0.0.1:$metrics_port:$2/exporter.yaml")
  # The parent-death signal goes by the thread that forked: this shell, which has one.
  [[ $1 == detached ]] || ! command -v setpriv >/dev/null || prefix+=(setpriv --pdeathsig KILL)
  "${prefix[@]}" "$java" -Xmx"$heap" -Xms"$heap" -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -Djava.awt.headless=true "${agent[@]}" \
    -Dlog4j2.configurationFile="$here/kafka.d/broker-log4j2.properties" -cp "$jars/*" kafka.Kafka "$2/server.properties" \
    </dev/null >>"$2/server.log" 2>&1 &
  local pid=$! started
  disown "$pid"
  started=$(process_stat "$pid" 22) || give_up "the broker ended at once"
  echo "$pid $started" >"$2/pid"
  if [[ $2 == "$folder" ]]; then addresses PLAINTEXT; else addresses PLAINTEXT "$number"; fi >"$2/address"
}

# Waits until the broker of folder $1 answers.
await_ready() {
  local end=$((SECONDS + deadline_s)) port
  IFS=:, read -r _ port _ <"$1/address"
  until grep -q 'Kafka Server started' "$1/server.log" && (exec {_}<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    broker_alive "$1" || give_up "the broker ended while starting"
    ((SECONDS < end)) || give_up "the broker was not ready within $deadline_s s"
    sleep 0.1
  done
}
