#!/usr/bin/env bash
# Puts the official test suite, from Debian's source package `redis`, into .conformance/suite (git-ignored).
# Uses an apt configuration of its own under .conformance/apt, so it needs no root and leaves the system's apt as it is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

suite=$PWD/.conformance/suite
[ -x "$suite/runtest" ] && exit

apt=$PWD/.conformance/apt
rm -rf "$apt" "$suite.new"
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/sources"

# The machine's own Debian sources, as sources of source packages; both formats that apt reads.
for file in /etc/apt/sources.list.d/*.sources; do
    [ -f "$file" ] || continue
    sed 's/^#.*/#/' "$file" | awk -v RS= -v ORS='\n\n' '/\nURIs:[^\n]*\/(debian|ubuntu)/ || /^URIs:[^\n]*\/(debian|ubuntu)/' |
        sed 's/^Types:.*/Types: deb-src/' >"$apt/sources/$(basename "$file")"
done
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$file" ] || continue
    sed -n -E '/\/(debian|ubuntu)/s/^deb(-src)? /deb-src /p' "$file" | sort -u >"$apt/sources/$(basename "$file" .list).list"
done

options=(-q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$apt/sources"
    -o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User= -o APT::Get::List-Cleanup=0)
cd "$apt"
if ! { apt-get "${options[@]}" update && apt-get "${options[@]}" source redis; } >"$apt/log" 2>&1 </dev/null; then
    tail -n 5 "$apt/log" >&2
    echo "The source package redis could not be fetched with apt-get." >&2
    exit 1
fi
unpacked=$(find "$apt" -maxdepth 1 -type d -name 'redis-*')
mkdir -p "$suite.new"
cp -r "$unpacked"/{runtest,redis.conf,sentinel.conf,tests,utils} "$suite.new"
basename "$unpacked" >"$suite.new/version"
rm -rf "$apt" "$suite"
mv "$suite.new" "$suite"
echo "Fetched the official test suite of $(cat "$suite/version")"
