#!/usr/bin/env bash
# Versity's S3 gateway over a folder.
source "$(dirname "${BASH_SOURCE[0]}")/engine.sh"

version=v1.8.0
binaries=$cache/versitygw-$version

install() {
  if [[ -x $binaries/versitygw ]]; then return; fi
  GOBIN=$binaries go install "github.com/versity/versitygw/cmd/versitygw@$version"
}

serve() {
  local directory=$1 key=test secret="a secret of tests only"
  cd "$directory"
  mkdir data versions
  free_port >port
  printf '%s\n' "MKT_TEST_S3_URL=http://127.0.0.1:$(<port)" \
    "MKT_TEST_S3_ACCESS_KEY=$key" "MKT_TEST_S3_SECRET_KEY=$secret" >environment
  # It refuses folders that are named relatively.
  ROOT_ACCESS_KEY=$key ROOT_SECRET_KEY=$secret exec "$binaries/versitygw" \
    --port "127.0.0.1:$(<port)" posix --versioning-dir "$directory/versions" "$directory/data"
}

ready() {
  answers "$(<"$1/port")"
}

"$@"
