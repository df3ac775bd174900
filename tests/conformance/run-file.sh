#!/usr/bin/env bash
# Runs one file of the official suite, in a copy of the suite that belongs to this slot of run.sh.
# Usage: run-file.sh FILE MODE        for example unit/expire own
#   own        the suite starts its servers itself; redis-aot is its src/redis-server
#   external   against a redis-aot that is already running
# Takes from run.sh: RUN, SUITE, WORK, BINARY, SKIPS, SLOT, FILE_TIMEOUT. Leaves $WORK/results/FILE.MODE.{log,counts}.
set -uo pipefail

file=$1 mode=$2
tree=$WORK/tree-$SLOT
name=${file//\//-}.$mode
log=$WORK/results/$name.log
# 500 ports below the ephemeral ones, other ones for every run and slot, so that two clones can be tested at a time.
port=$((11000 + (RUN + SLOT) % 40 * 500))
export TERM=dumb

if [ ! -d "$tree" ]; then
    cp -r "$SUITE" "$tree"
    mkdir "$tree/src"
    # The suite empties a running server of functions before each block, also where none of its tests concern functions.
    sed -i 's/^    r function flush$/    catch {r function flush}/' "$tree/tests/support/server.tcl"
    # This file starts a server on the data of the one before, which the suite has deleted since version 7.
    sed -i 's/start_server \[list overrides \$config\]/start_server [list overrides $config keep_persistence true]/' \
        "$tree/tests/integration/aof-race.tcl"
    # There is no child process that could be killed while it saves.
    sed -i -E -e 's/catch \{exec kill -9 (\$pid[0-9]|\[get_child_pid 0\])\}/r debug fail-save/' -e 's/\[get_child_pid 0\]/[srv 0 pid]/' \
        "$tree"/tests/{integration/aof-multi-part,integration/rdb,unit/aofrw}.tcl
    ln -s "$BINARY" "$tree/src/redis-server"
    for tool in redis-cli redis-benchmark redis-check-aof redis-check-rdb; do
        ln -s "$(command -v $tool)" "$tree/src/$tool"
    done
fi
cd "$tree" || exit 1

# skip.txt: FILE | MODE | test name, /regular expression, or tag:NAME | reason       (FILE and MODE may be *)
options=(--single "$file" --clients 1 --durable --timeout "$((FILE_TIMEOUT - 10))" --baseport $((port + 100)) --portcount 350)
tags=()
while IFS= read -r what; do
    case $what in
        tag:*) tags+=("-${what#tag:}") ;;
        *) options+=(--skiptest "$what") ;;
    esac
done < <(awk -F ' [|] ' -v file="$file" -v mode="$mode" \
    '!/^#/ && NF == 4 && ($1 == file || $1 == "*") && ($2 == mode || $2 == "*") { print $3 }' "$SKIPS")

server=
if [ "$mode" = external ]; then
    tags+=(-slow)
    rm -rf "$tree/external"
    mkdir "$tree/external"
    "$BINARY" --port $port --dir "$tree/external" --save "" --enable-protected-configs yes --enable-debug-command yes \
        --enable-module-command yes >"$WORK/results/$name.server-log" 2>&1 </dev/null &
    server=$!
    for ((i = 0; i < 100; i++)); do
        redis-cli -p $port ping >/dev/null 2>&1 && break
        sleep 0.1
    done
    options+=(--host 127.0.0.1 --port $port)
fi
[ ${#tags[@]} = 0 ] || options+=(--tags "${tags[*]}")

start=$SECONDS
for ((attempt = 0; attempt < 5; attempt++)); do
    timeout -k 5 "$FILE_TIMEOUT" ./runtest "${options[@]}" >"$log" 2>&1 </dev/null
    status=$?
    # The suite looks for a free port for itself a moment before it takes it.
    [ $status != 0 ] && ! grep -a -q '^\[' "$log" && grep -q 'address already in use' "$log" || break
    sleep 1
done
[ $status -lt 124 ] || echo "[err]: not finished after $FILE_TIMEOUT s in tests/$file.tcl" >>"$log"
if [ -n "$server" ]; then
    kill -0 $server 2>/dev/null || echo "[err]: the server ended during tests/$file.tcl" >>"$log"
    kill -9 $server 2>/dev/null
    wait $server 2>/dev/null
fi
passed=$(grep -a -c '^\[ok\]: ' "$log")
failed=$(grep -a -c -E '^\[(err|exception|TIMEOUT)\]: ' "$log")
skipped=$(grep -a -c '^\[skip\]: ' "$log")
ignored=$(grep -a -c '^\[ignore\]: ' "$log")
# The suite ended in a way of its own, for example before its first test.
[ $status = 0 ] || [ "$failed" != 0 ] || failed=1
echo "$file $mode $passed $failed $skipped $ignored $((SECONDS - start))" >"$WORK/results/$name.counts"
printf '%-26s %-9s %5d passed %4d failed %4d skipped %4d s\n' "$file" "$mode" "$passed" "$failed" "$skipped" "$((SECONDS - start))"
grep -a -E '^\[(err|exception|TIMEOUT)\]: ' "$log" | cut -c 1-200 | sed 's/^/    /'
exit 0
