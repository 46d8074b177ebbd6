# One broker: its folder, ports, configuration, start and end. Sourced by tools/kafka.
#
# A broker's folder holds pid ("PID START-TIME"), address, env, server.properties, server.log, data. The broker itself,
# and whoever it is tied to, hold a lock on `lock` in it and on one file for each of its ports, for as long as they
# live: so a folder without a holder is debris of a killed broker, and two starts cannot choose one port.

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

# Ends the broker of folder $1 and deletes the folder. SIGKILL: the data is thrown away, there is nothing to flush. A
# broker that was writing gigabytes may take half a minute to go: the kernel lets none of its threads end while the disk
# is at work for it.
broker_end() {
  [[ -n $1 && -d $1 ]] || return 0
  local waited=0
  broker_signal "$1" KILL || :
  while broker_alive "$1" && ((waited++ < 1200)); do sleep 0.05; done
  ! broker_alive "$1" || fail "the broker of $1 does not end"
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

# Makes the folder, chooses the ports, holds the locks. Sets folder, port_of, metrics_port.
declare -A port_of=()
metrics_port=''
broker_claim() {
  mkdir -p -m 700 "$state" && mkdir -p "$state/ports"
  [[ -O $state ]] || fail "$state belongs to somebody else: give --dir"
  local guard listener
  exec {guard}>"$state/.lock"
  flock "$guard"
  sweep
  for listener in CONTROLLER PLAINTEXT ${sasl:+SASL} ${tls:+TLS} ${sasl:+${tls:+SASLTLS}}; do
    choose_port
    port_of[$listener]=$port
  done
  [[ -z $jmx_exporter ]] || { choose_port; metrics_port=$port; }
  name=${name:-${port_of[PLAINTEXT]}}
  [[ ! -e $state/$name ]] || fail "a broker called $name exists already (tools/kafka stop $name)"
  mkdir -m 700 "$state/$name"
  folder=$state/$name
  hold "$folder/lock"
  exec {guard}>&-
}

# A CA and a server certificate for 127.0.0.1 and localhost, by keytool alone: no OpenSSL is needed.
make_certificates() {
  local store=(-storepass "$password" -keypass "$password" -storetype PKCS12)
  local k="$folder/tls"
  mkdir "$k"
  without_locks "$keytool" -genkeypair -alias ca -dname CN=pinload-test-ca -keyalg EC -groupname secp256r1 -validity 3650 -ext bc:c \
    -keystore "$k/ca.p12" "${store[@]}"
  without_locks "$keytool" -exportcert -alias ca -rfc -keystore "$k/ca.p12" "${store[@]:0:2}" -file "$k/ca.pem"
  without_locks "$keytool" -genkeypair -alias broker -dname CN=127.0.0.1 -keyalg EC -groupname secp256r1 -validity 3650 \
    -keystore "$k/broker.p12" "${store[@]}"
  without_locks "$keytool" -certreq -alias broker -keystore "$k/broker.p12" "${store[@]:0:2}" -file "$k/broker.csr"
  without_locks "$keytool" -gencert -alias ca -rfc -ext san=ip:127.0.0.1,dns:localhost -validity 3650 -keystore "$k/ca.p12" "${store[@]:0:2}" \
    -infile "$k/broker.csr" -outfile "$k/broker.pem"
  without_locks "$keytool" -importcert -alias ca -noprompt -keystore "$k/broker.p12" "${store[@]:0:2}" -file "$k/ca.pem"
  without_locks "$keytool" -importcert -alias broker -noprompt -keystore "$k/broker.p12" "${store[@]:0:2}" -file "$k/broker.pem"
}

write_properties() {
  local listener listeners='' advertised='' mechanism lower
  local -A protocol=([CONTROLLER]=PLAINTEXT [PLAINTEXT]=PLAINTEXT [SASL]=SASL_PLAINTEXT [TLS]=SSL [SASLTLS]=SASL_SSL)
  for listener in "${!port_of[@]}"; do
    listeners+=,$listener://127.0.0.1:${port_of[$listener]}
    [[ $listener == CONTROLLER ]] || advertised+=,$listener://127.0.0.1:${port_of[$listener]}
  done
  cat <<EOF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${port_of[CONTROLLER]}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listeners=${listeners#,}
advertised.listeners=${advertised#,}
listener.security.protocol.map=$(for listener in "${!protocol[@]}"; do printf '%s:%s,' "$listener" "${protocol[$listener]}"; done | sed 's/,$//')
log.dirs=$folder/data
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
EOF
  if [[ -n $sasl ]]; then
    for listener in sasl sasltls; do
      echo "listener.name.$listener.sasl.enabled.mechanisms=$sasl"
      for mechanism in ${sasl//,/ }; do
        lower=${mechanism,,}
        if [[ $mechanism == PLAIN ]]; then
          echo "listener.name.$listener.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_$user=\"$password\";"
        else
          echo "listener.name.$listener.$lower.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;"
        fi
      done
    done
  fi
  if [[ -n $tls ]]; then
    for listener in tls sasltls; do
      echo "listener.name.$listener.ssl.keystore.location=$folder/tls/broker.p12"
      echo "listener.name.$listener.ssl.keystore.type=PKCS12"
      echo "listener.name.$listener.ssl.keystore.password=$password"
      echo "listener.name.$listener.ssl.key.password=$password"
    done
  fi
  ((${#properties[@]} == 0)) || printf '%s\n' "${properties[@]}"
}

# What the JMX exporter shows: of all its beans, those of every single request make ten thousand series.
write_exporter_beans() {
  cat <<'EOF'
includeObjectNames:
  - kafka.server:type=BrokerTopicMetrics,*
  - kafka.server:type=ReplicaManager,*
  - kafka.server:type=KafkaRequestHandlerPool,*
  - kafka.network:type=RequestMetrics,request=Produce,*
  - kafka.network:type=RequestMetrics,request=FetchConsumer,*
  - kafka.network:type=RequestChannel,*
  - kafka.network:type=SocketServer,*
  - kafka.log:type=LogFlushStats,*
EOF
}

write_env() {
  echo "PINLOAD_KAFKA=127.0.0.1:${port_of[PLAINTEXT]}"
  echo "PINLOAD_KAFKA_NAME=$name"
  echo "PINLOAD_KAFKA_DIR=$state"
  [[ -z $metrics_port ]] || echo "PINLOAD_KAFKA_METRICS=http://127.0.0.1:$metrics_port/metrics"
  [[ -z $sasl ]] || echo "PINLOAD_KAFKA_SASL=127.0.0.1:${port_of[SASL]}"
  [[ -z $sasl ]] || echo "PINLOAD_KAFKA_USER=$user"
  [[ -z $sasl ]] || echo "PINLOAD_KAFKA_PASSWORD=$password"
  [[ -z $tls ]] || echo "PINLOAD_KAFKA_TLS=127.0.0.1:${port_of[TLS]}"
  [[ -z $tls ]] || echo "PINLOAD_KAFKA_CA=$folder/tls/ca.pem"
  [[ -z $sasl || -z $tls ]] || echo "PINLOAD_KAFKA_SASL_TLS=127.0.0.1:${port_of[SASLTLS]}"
}

# Shows what was said last, removes the folder, fails.
give_up() {
  tail -n 30 "$folder/server.log" >&2 2>/dev/null || :
  broker_end "$folder"
  fail "$1 (the last lines of its log are above)"
}

# Starts a broker and returns when it answers. $1: `detached` (it outlives us) or `tied` (it dies with us, even by
# SIGKILL).
broker_start() {
  jars_ready
  [[ -z $jmx_exporter ]] || exporter_ready
  broker_claim
  local fast=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1) scram=() mechanism
  [[ -z $tls ]] || make_certificates >"$folder/server.log" 2>&1 || give_up "keytool could not make certificates"
  write_properties >"$folder/server.properties"
  write_env >"$folder/env"
  [[ -z $jmx_exporter ]] || write_exporter_beans >"$folder/exporter.yaml"
  for mechanism in ${sasl//,/ }; do
    [[ $mechanism == PLAIN ]] || scram+=(--add-scram "$mechanism=[name=$user,password=$password]")
  done
  local cluster
  cluster=$(head -c 16 /dev/urandom | base64 | tr '+/' 'AB')
  without_locks "$java" "${fast[@]}" -Dlog4j2.configurationFile="$here/kafka.d/tool-log4j2.properties" -cp "$jars/*" kafka.tools.StorageTool \
    format -t "${cluster%==}" -c "$folder/server.properties" "${scram[@]}" >>"$folder/server.log" 2>&1 ||
    give_up "Kafka's StorageTool could not format $folder/data"

  broker_launch "$1"
  # From here on the locks are the broker's alone. One that is tied to us we may start again, and its ports are kept for
  # that.
  [[ $1 == detached ]] || return 0
  local fd
  for fd in "${broker_locks[@]}"; do exec {fd}>&-; done
  broker_locks=()
}

# Kills our tied broker as a power cut would, and starts it again on its ports and its data. Returns when it answers.
broker_restart() {
  broker_signal "$folder" KILL || fail "the broker of $folder does not run"
  while broker_alive "$folder"; do sleep 0.01; done
  mv "$folder/server.log" "$folder/killed.log"
  broker_launch tied
}

# Starts the process in the folder that was made for it. $1 as of broker_start.
broker_launch() {
  local prefix=(setsid) agent=() heap=${PINLOAD_KAFKA_HEAP:-1g}
  [[ -z $metrics_port ]] || agent=("-javaagent:$exporter=127.0.0.1:$metrics_port:$folder/exporter.yaml")
  # The parent-death signal goes by the thread that forked: this shell, which has one.
  [[ $1 == detached ]] || ! command -v setpriv >/dev/null || prefix+=(setpriv --pdeathsig KILL)
  "${prefix[@]}" "$java" -Xmx"$heap" -Xms"$heap" -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -Djava.awt.headless=true "${agent[@]}" \
    -Dlog4j2.configurationFile="$here/kafka.d/broker-log4j2.properties" -cp "$jars/*" kafka.Kafka "$folder/server.properties" \
    </dev/null >>"$folder/server.log" 2>&1 &
  local pid=$! started
  disown "$pid"
  started=$(process_stat "$pid" 22) || give_up "the broker ended at once"
  echo "$pid $started" >"$folder/pid"
  echo "127.0.0.1:${port_of[PLAINTEXT]}" >"$folder/address"
  await_ready
}

await_ready() {
  local end=$((SECONDS + deadline_s))
  until grep -q 'Kafka Server started' "$folder/server.log" && (exec {_}<>"/dev/tcp/127.0.0.1/${port_of[PLAINTEXT]}") 2>/dev/null; do
    broker_alive "$folder" || give_up "the broker ended while starting"
    ((SECONDS < end)) || give_up "the broker was not ready within $deadline_s s"
    sleep 0.1
  done
}
