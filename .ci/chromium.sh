#!/usr/bin/env bash
# Chromium, in which test/html.test.ts opens the pages that `mkt` writes; it stays where it was installed once.
set -euo pipefail

if [[ -x /usr/bin/chromium ]]; then exit 0; fi
if ((EUID != 0)); then
  echo "Chromium is not installed, and only root can: apt-get install chromium" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends chromium
