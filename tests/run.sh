#!/usr/bin/env bash
# Runs the unit, server and parity tests, the last two against the published binary, and ends with their sum.
# Usage: tests/run.sh [dotnet test options, for example --filter Name~Listpack]
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

RedisAotFramework=$(./build.sh --framework) || exit 1
export RedisAotFramework DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
if ! command -v redis-server >/dev/null && ! tests/install-packages.sh redis-server redis-tools; then
    echo "parity tests: skipped, the official redis-server is not installed"
fi

passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for project in UnitTests ServerTests ParityTests; do
    timeout -k 10 600 dotnet test "tests/RedisAot.$project" -c Release --nologo -v q --logger "console;verbosity=minimal" "$@" >"$log" 2>&1 </dev/null
    status=$?
    # The totals line of dotnet test: "Passed!  - Failed:     0, Passed:    12, Skipped:     0, Total: ..."
    if [[ $(grep -E '^ *(Passed|Failed|Skipped)! +- ' "$log") =~ Failed:\ *([0-9]+),\ *Passed:\ *([0-9]+),\ *Skipped:\ *([0-9]+) ]]; then
        counts=("${BASH_REMATCH[@]:1}")
    else
        counts=(0 0 0)
    fi
    # A project that did not build or did not end its run counts as one failure.
    [ $status -ne 0 ] && [ "${counts[0]}" = 0 ] && counts[0]=1
    [ "${counts[0]}" = 0 ] || cat "$log"
    printf '%-12s %5d passed %5d failed %5d skipped\n' $project "${counts[1]}" "${counts[0]}" "${counts[2]}"
    failed=$((failed + counts[0])) passed=$((passed + counts[1])) skipped=$((skipped + counts[2]))
done
[ $skipped = 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
