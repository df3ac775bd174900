#!/usr/bin/env bash
# Installs Debian packages if this is root on Debian; fails with one line otherwise.
# Usage: tests/install-packages.sh PACKAGE...
set -euo pipefail

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "not root on a Debian system, so not installed: $*" >&2
    exit 1
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# With RUNLEVEL=1 the packages' scripts do not start the services that they bring.
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
echo "Installing $*"
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"; } >"$log" 2>&1 </dev/null; then
    tail -n 5 "$log" >&2
    echo "apt-get could not install: $*" >&2
    exit 1
fi
