#!/usr/bin/env bash
# Measures redis-aot beside the official server: servers on one core, load on another. Usage: run.sh [WORD... [, WORD...]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

missing=()
command -v redis-server >/dev/null || missing+=(redis-server)
command -v redis-benchmark >/dev/null || missing+=(redis-tools)
[ ${#missing[@]} = 0 ] || tests/install-packages.sh "${missing[@]}"

RedisAotFramework=$(./build.sh --framework)
export RedisAotFramework DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
dotnet build tests/bench -c Release --nologo -v q </dev/null
exec taskset -c $(($(nproc) > 1)) "tests/bench/bin/$RedisAotFramework/Release/RedisAot.Bench" "$@"
