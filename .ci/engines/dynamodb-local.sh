#!/usr/bin/env bash
# Amazon's DynamoDB Local, in memory. It knows no way to listen on loopback only.
source "$(dirname "${BASH_SOURCE[0]}")/engine.sh"

install() {
  install_jars dynamodb-local
}

serve() {
  local directory=$1 jars
  cd "$directory"
  jars=$(jars_of dynamodb-local)
  free_port >port
  echo "MKT_TEST_DYNAMO_URL=http://127.0.0.1:$(<port)" >environment
  exec java -XX:-UsePerfData -Xmx512m -Djava.library.path="$jars" -cp "$jars/*" \
    software.amazon.dynamodb.services.local.main.ServerRunner \
    -disableTelemetry -port "$(<port)" -sharedDb -inMemory
}

ready() {
  answers "$(<"$1/port")"
}

"$@"
