#!/usr/bin/env bash
# Publishes redis-aot as one trimmed, self-contained NativeAOT file: ./redis-aot
# Usage: ./build.sh [--framework]     --framework only prints the target framework that this machine can build
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

project=src/RedisAot/RedisAot.csproj
rid=linux-x64
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

fail() {
    echo "build.sh: $*" >&2
    exit 1
}

# install WHAT PACKAGE...: installs Debian packages when it may, otherwise ends with what is missing.
install() {
    local what=$1
    shift
    echo "build.sh: $what is missing"
    tests/install-packages.sh "$@" || fail "$what is missing: install it first (Debian: apt-get install $*)."
}

# Some machines can restore the NativeAOT compiler and runtime of an older release only. The answer is kept under obj,
# for each version of the SDK.
choose_framework() {
    local answer
    answer=src/RedisAot/obj/framework-of-sdk-$(dotnet --version)
    if [ ! -s "$answer" ]; then
        mkdir -p "${answer%/*}"
        local framework
        for framework in net10.0 net9.0; do
            if dotnet restore "$project" -r $rid -v q -p:RedisAotFramework=$framework >"$answer.log" 2>&1 </dev/null; then
                echo $framework >"$answer"
                break
            fi
        done
        [ -s "$answer" ] || { cat "$answer.log" >&2; fail "the NativeAOT runtime pack can be restored neither for net10.0 nor for net9.0."; }
    fi
    cat "$answer"
}

command -v dotnet >/dev/null || fail "the .NET SDK is missing: install version 10 or 9 and put dotnet on PATH."
dotnet --version >/dev/null 2>&1 || fail "no .NET SDK that this repository can use is installed: install version 10 or 9."
framework=$(choose_framework)
if [ "${1-}" = --framework ]; then
    echo "$framework"
    exit
fi

# zlib comes with the runtime pack; what the machine must have is a compiler driver that can link a C program.
can_link() { command -v "$1" >/dev/null && echo 'int main(void) { return 0; }' | "$1" -x c -o /dev/null - -lm 2>/dev/null; }
if can_link clang; then
    linker=clang
else
    can_link gcc || install "a linker (clang or gcc, with the C library's development files)" gcc libc6-dev
    linker=gcc
fi

echo "Building redis-aot for $framework with $linker"
log=src/RedisAot/obj/publish.log
if ! dotnet publish "$project" -c Release -r $rid -v q -p:RedisAotFramework="$framework" -p:CppCompilerAndLinker=$linker \
    >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    fail "the build failed."
fi
if grep -E 'warning( [A-Z]+[0-9]+)?:' "$log" >&2; then
    fail "the build must be free of warnings."
fi

# By way of a new file, so that a server that still runs the old one is not disturbed. Its symbols stay in publish.
publish=src/RedisAot/bin/$framework/Release/$rid/publish
cp "$publish/redis-aot" redis-aot.new
mv -f redis-aot.new redis-aot
echo "./redis-aot: $(($(stat -c %s redis-aot) / 1024)) KiB; debug symbols: $publish/redis-aot.dbg"
