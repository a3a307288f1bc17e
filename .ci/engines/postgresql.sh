#!/usr/bin/env bash
# Debian's PostgreSQL 15, the oldest that `mkt` runs on, as a cluster of its own on a Unix socket.
source "$(dirname "${BASH_SOURCE[0]}")/engine.sh"

binaries=/usr/lib/postgresql/15/bin

install() {
  if [[ -x $binaries/postgres ]]; then return; fi
  if ((EUID != 0)); then
    echo "PostgreSQL 15 is not installed, and only root can: apt-get install postgresql-15" >&2
    return 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update
  # Debian starts a cluster on the usual port at once, unless it is told so between these two.
  apt-get install -y --no-install-recommends postgresql-common
  sed -i 's/^#\?create_main_cluster *=.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
  apt-get install -y --no-install-recommends postgresql-15
}

serve() {
  local directory=$1 account=()
  cd "$directory"
  mkdir data socket
  # PostgreSQL refuses to run as root.
  if ((EUID == 0)); then
    chown postgres: data socket
    account=(setpriv --reuid=postgres --regid=postgres --init-groups --)
  fi
  # Its texts sort as people's do, not by bytes as the embedded one's: no answer may depend on that.
  "${account[@]}" "$binaries/initdb" --pgdata=data --username=postgres --auth=trust --no-sync \
    --encoding=UTF8 --locale=C.UTF-8 --locale-provider=icu --icu-locale=en-US
  echo "MKT_TEST_AURORA_URL=postgres://postgres@localhost/?host=$directory/socket" >environment
  exec "${account[@]}" "$binaries/postgres" -D data -c listen_addresses= \
    -c unix_socket_directories="$directory/socket" -c max_connections=300 -c fsync=off
}

ready() {
  "$binaries/pg_isready" --quiet --host="$1/socket" --username=postgres
}

"$@"
