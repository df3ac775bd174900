#!/usr/bin/env bash
# Runs redis-aot with the arguments given, in the caller's working directory; builds it first if it is not there.
set -e
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
[ -x "$here/redis-aot" ] || "$here/build.sh" >&2
exec "$here/redis-aot" "$@"
