# What brokers are configured with: server.properties, certificates, and what a caller is told. Sourced by
# tools/kafka.

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

# Addresses of listener $1, commas between them: of all brokers, or of the one of number $2.
addresses() {
  local node first=${2:-1} last=${2:-$brokers} joined=''
  for ((node = first; node <= last; node++)); do joined+=,127.0.0.1:${port_of[$node.$1]}; done
  echo "${joined#,}"
}

# server.properties of broker number $1 in folder $2.
write_properties() {
  local listener bound='' advertised='' voters='' node mechanism lower copies=$((brokers < 3 ? brokers : 3))
  local -A protocol=([CONTROLLER]=PLAINTEXT [PLAINTEXT]=PLAINTEXT [SASL]=SASL_PLAINTEXT [TLS]=SSL [SASLTLS]=SASL_SSL)
  for listener in "${listeners[@]}"; do
    bound+=,$listener://$(addresses "$listener" "$1")
    [[ $listener == CONTROLLER ]] || advertised+=,$listener://$(addresses "$listener" "$1")
  done
  for ((node = 1; node <= brokers; node++)); do voters+=,$node@$(addresses CONTROLLER "$node"); done
  cat <<EOF
process.roles=broker,controller
node.id=$1
controller.quorum.voters=${voters#,}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listeners=${bound#,}
advertised.listeners=${advertised#,}
listener.security.protocol.map=$(for listener in "${!protocol[@]}"; do printf '%s:%s,' "$listener" "${protocol[$listener]}"; done | sed 's/,$//')
log.dirs=$2/data
offsets.topic.num.partitions=4
offsets.topic.replication.factor=$copies
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=$(((copies + 1) / 2))
share.coordinator.state.topic.num.partitions=4
share.coordinator.state.topic.replication.factor=$copies
share.coordinator.state.topic.min.isr=$(((copies + 1) / 2))
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
  local node pid pids='' rest
  echo "PINLOAD_KAFKA=$(addresses PLAINTEXT)"
  echo "PINLOAD_KAFKA_NAME=$name"
  echo "PINLOAD_KAFKA_DIR=$state"
  if ((brokers > 1)); then
    nodes_of "$folder"
    for node in "${nodes[@]}"; do
      read -r pid rest <"$node/pid"
      pids+=,$pid
    done
    echo "PINLOAD_KAFKA_PIDS=${pids#,}"
  fi
  [[ -z $metrics_port ]] || echo "PINLOAD_KAFKA_METRICS=http://127.0.0.1:$metrics_port/metrics"
  [[ -z $sasl ]] || echo "PINLOAD_KAFKA_SASL=$(addresses SASL)"
  [[ -z $sasl ]] || echo "PINLOAD_KAFKA_USER=$user"
  [[ -z $sasl ]] || echo "PINLOAD_KAFKA_PASSWORD=$password"
  [[ -z $tls ]] || echo "PINLOAD_KAFKA_TLS=$(addresses TLS)"
  [[ -z $tls ]] || echo "PINLOAD_KAFKA_CA=$folder/tls/ca.pem"
  [[ -z $sasl || -z $tls ]] || echo "PINLOAD_KAFKA_SASL_TLS=$(addresses SASLTLS)"
}
