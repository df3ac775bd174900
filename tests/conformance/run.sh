#!/usr/bin/env bash
# Runs the official Redis test suite against redis-aot and ends with 'N passed, N failed'.
# Usage: tests/conformance/run.sh [--all | FILE[:MODE]...]
#   without arguments: the files of files.txt, which must pass; --all: every file of the suite
#   FILE is for example unit/expire; MODE is own (the suite starts its servers) or external (against a running server)
# Environment: REDIS_AOT_BINARY, another server to run against; JOBS, files at a time; FILE_TIMEOUT, seconds for one file
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."

export BINARY SUITE=$PWD/.conformance/suite WORK=$PWD/.conformance/run-$$ SKIPS=$here/skip.txt FILE_TIMEOUT=${FILE_TIMEOUT:-240} RUN=$$
BINARY=$(realpath -s "${REDIS_AOT_BINARY:-redis-aot}")
[ -x "$BINARY" ] || { echo "There is no $BINARY: run ./build.sh first."; exit 1; }

missing=()
have() { command -v "$1" >/dev/null; }
have tclsh8.6 || have tclsh8.5 || have tclsh8.7 || missing+=(tcl)
have redis-cli && have redis-benchmark || missing+=(redis-tools)
have pgrep || missing+=(procps)
[ -x "$SUITE/runtest" ] || have dpkg-source || missing+=(dpkg-dev)
[ ${#missing[@]} = 0 ] || tests/install-packages.sh "${missing[@]}" || exit 1
"$here/fetch.sh" || exit 1

case ${1-} in
    --all) list=$(cd "$SUITE" && ./runtest --list-tests | awk '{ print $1 ":own"; print $1 ":external" }') ;;
    '') list=$(awk '!/^#/ && NF { print $1 ":own"; if ($2 != "own") print $1 ":external" }' "$here/files.txt") ;;
    *) list=$(printf '%s\n' "$@" | awk -F: '{ if (NF > 1) print; else { print $1 ":own"; print $1 ":external" } }') ;;
esac

mkdir -p "$WORK/results"
trap 'rm -rf "$WORK"/tree-*' EXIT
echo "Official suite of $(cat "$SUITE/version") against $BINARY"
tr ':' ' ' <<<"$list" | xargs -P "${JOBS:-$(nproc)}" --process-slot-var=SLOT -L 1 "$here/run-file.sh"

# The suite has limits of time that the official server misses too on a busy machine: a few files that failed run once more, with
# nothing beside them. What failed the first time is named in the end, for whoever looks for the reason.
failures() { (cd "$WORK/results" && grep -a -E '^\[(err|exception|TIMEOUT)\]: ' -- *.log); }
again=$(cat "$WORK"/results/*.counts | awk '$4 > 0 { print $1, $2 }')
if [ -n "$again" ] && [ "$(wc -l <<<"$again")" -le 3 ]; then
    first=$(failures)
    echo "Once more:"
    SLOT=0 xargs -L 1 "$here/run-file.sh" <<<"$again"
    printf 'Failed the first time:\n%s\n' "$(cut -c 1-300 <<<"$first")"
fi
last=$(failures) && printf 'Failed:\n%s\n' "$(cut -c 1-300 <<<"$last" | head -n 15)"

# Logs of the latest run stay for reading.
rm -rf .conformance/results
mv "$WORK/results" .conformance/results
rm -rf "$WORK"
cat .conformance/results/*.counts | awk -v expected="$(wc -l <<<"$list")" '
    { passed += $3; failed += $4; skipped += $5; ignored += $6; if ($4 == 0) whole++ }
    END {
        failed += expected - NR    # files that left no result
        printf "%d of %d runs of a file without a failure, %d tests skipped by skip.txt, %d by their tags\n", whole, expected, skipped, ignored
        printf "%d passed, %d failed\n", passed, failed
        exit failed > 0
    }'
