#!/usr/bin/env bash
# What tests drive besides the engines: Chromium, in which test/html.test.ts opens the pages that `mkt` writes, and
# tmux, in which test/dashboard-screens.test.ts looks at the dashboard. They stay where they were installed once.
set -euo pipefail

missing=()
for tool in chromium tmux; do
  # Each package is called like its program.
  if [[ ! -x /usr/bin/$tool ]]; then missing+=("$tool"); fi
done
if ((${#missing[@]} == 0)); then exit 0; fi
if ((EUID != 0)); then
  echo "${missing[*]} not installed, and only root can: apt-get install ${missing[*]}" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends "${missing[@]}"
