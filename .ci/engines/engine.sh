# shellcheck shell=bash
# What every engine's script shares; it is sourced. An engine's script is called as
#   install          brings the engine onto this machine, once: it is kept in the cache
#   serve DIRECTORY  writes DIRECTORY/environment, by which the tests find the engine, then becomes the engine
#   ready DIRECTORY  succeeds once that engine answers
set -euo pipefail

ci=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${MKT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mkt-ci}

# Prints a loopback port that was free a moment ago.
free_port() {
  node -e 'const server = require("node:net").createServer();
    server.listen(0, "127.0.0.1", () => { console.log(server.address().port); server.close(); });'
}

# Succeeds when something accepts connections on this loopback port.
answers() {
  (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Prints the directory that keeps the jars of a pom: another pom, another directory.
jars_of() {
  echo "$cache/$1-$(sha256sum "$ci/$1/pom.xml" | cut -c 1-12)"
}

# Brings the jars of a pom, and all that they need, into their directory.
install_jars() {
  local jars
  jars=$(jars_of "$1")
  if [[ -d $jars ]]; then return; fi
  mkdir -p "$cache"
  # Moved into place when complete, so that an interrupted download is not taken for the engine.
  draft=$(mktemp -d "$cache/$1-XXXXXX")
  trap 'rm -rf "$draft"' EXIT
  MAVEN_OPTS=-XX:-UsePerfData mvn --batch-mode --quiet -Dstyle.color=never --file "$ci/$1/pom.xml" \
    org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$draft"
  mv --no-target-directory "$draft" "$jars"
}
