#!/usr/bin/env bash
# Apache Gremlin Server over TinkerGraph, in memory.
source "$(dirname "${BASH_SOURCE[0]}")/engine.sh"

install() {
  install_jars gremlin-server
}

serve() {
  local directory=$1 settings=$ci/gremlin-server jars
  jars=$(jars_of gremlin-server)
  cd "$directory"
  free_port >port
  cp "$settings/tinkergraph.properties" "$settings/traversal.groovy" .
  sed "s/^port:.*/port: $(<port)/" "$settings/gremlin-server.yaml" >gremlin-server.yaml
  echo "MKT_TEST_NEPTUNE_URL=ws://127.0.0.1:$(<port)/gremlin" >environment
  exec java -XX:-UsePerfData -Xmx512m -cp "$jars/*" \
    org.apache.tinkerpop.gremlin.server.GremlinServer gremlin-server.yaml
}

ready() {
  answers "$(<"$1/port")"
}

"$@"
