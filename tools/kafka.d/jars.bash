# Java, and Kafka's jars: fetched once by Maven into a cache outside the tree. Sourced by tools/kafka.

jars=${PINLOAD_KAFKA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pinload/kafka-$version}
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
keytool=${JAVA_HOME:+$JAVA_HOME/bin/}keytool

# Maven's own plugin and the logging back end are pinned: what is fetched does not change by itself.
dependency_plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
log4j_version=2.25.3
exporter_version=1.0.1
exporter=$(dirname "$jars")/jmx_prometheus_javaagent-$exporter_version.jar

# Fails with 77 unless a Java of version 17 or newer is there.
java_ready() {
  command -v "$java" >/dev/null || fail "Java is missing: install Java 17 or newer (Debian: apt-get install openjdk-17-jre-headless) or set JAVA_HOME" 77
  local told major
  told=$("$java" -version 2>&1) || fail "$java does not run: $told" 77
  major=$(sed -nE '1s/.*version "([0-9]+).*/\1/p' <<<"$told")
  ((${major:-0} >= 17)) || fail "Kafka $version needs Java 17 or newer, $java is: ${told%%$'\n'*}" 77
}

# Makes sure that `$jars` holds Kafka: the folder appears whole or not at all, and two starts do not fetch it twice.
jars_ready() {
  java_ready
  [[ ! -d $jars ]] || return 0
  mkdir -p "$(dirname "$jars")"
  local lock
  exec {lock}>"$jars.lock"
  flock "$lock"
  if [[ ! -d $jars ]]; then
    command -v mvn >/dev/null || fail "Maven is missing: it fetches Kafka $version once (Debian: apt-get install maven)" 77
    jars_fetch
  fi
  exec {lock}>&-
}

jars_fetch() {
  local work
  work=$(mktemp -d "$jars.partial.XXXXXX")
  printf 'tools/kafka: fetching Apache Kafka %s (about 55 MB, once) into %s\n' "$version" "$jars" >&2
  cat >"$work/pom.xml" <<EOF
<project><modelVersion>4.0.0</modelVersion><groupId>pinload</groupId><artifactId>kafka</artifactId><version>1</version><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version></dependency>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>$version</version></dependency>
<dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>$log4j_version</version></dependency>
<dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-core</artifactId><version>$log4j_version</version></dependency></dependencies></project>
EOF
  if ! mvn -q -B -f "$work/pom.xml" "$dependency_plugin:copy-dependencies" -DoutputDirectory="$work/libs" -DincludeScope=runtime \
    >"$work/log" 2>&1; then
    tail -n 20 "$work/log" >&2
    rm -rf "$work"
    fail "Maven could not fetch Kafka $version (its last lines are above)"
  fi
  mv -T "$work/libs" "$jars"
  rm -rf "$work"
}

# Makes sure that `$exporter` is there: the java agent that shows a broker's JMX beans as a Prometheus page.
exporter_ready() {
  [[ ! -f $exporter ]] || return 0
  command -v mvn >/dev/null || fail "Maven is missing: it fetches the JMX exporter once (Debian: apt-get install maven)" 77
  local work
  mkdir -p "$(dirname "$exporter")"
  work=$(mktemp -d "$exporter.partial.XXXXXX")
  if ! mvn -q -B "$dependency_plugin:copy" -Dartifact="io.prometheus.jmx:jmx_prometheus_javaagent:$exporter_version" -DoutputDirectory="$work" \
    >"$work/log" 2>&1; then
    tail -n 20 "$work/log" >&2
    rm -rf "$work"
    fail "Maven could not fetch the JMX exporter $exporter_version (its last lines are above)"
  fi
  mv -T "$work/${exporter##*/}" "$exporter"
  rm -rf "$work"
}
