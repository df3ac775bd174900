.DEFAULT_GOAL := help
.PHONY: help run build test conformance conformance-all parity bench format clean

# The binary is older than a source: build.sh is asked again.
SOURCES := $(shell find src Directory.Build.props -not -path '*/obj/*' -not -path '*/bin/*' -type f)
# Only what calls dotnet itself needs it; a recursive variable would ask at every use.
parity format: export RedisAotFramework = $(shell ./build.sh --framework)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

redis-aot: $(SOURCES) build.sh
	@./build.sh

build: ## publish ./redis-aot (always)
	@./build.sh

run: redis-aot ## start the server on port 6379, built first if needed
	@exec ./redis-aot --port 6379

test: redis-aot ## unit, server and parity tests
	@tests/run.sh

conformance: redis-aot ## the official test suite's files that must pass
	@tests/conformance/run.sh

conformance-all: redis-aot ## all files of the official test suite, those too that need later features
	@tests/conformance/run.sh --all

parity: redis-aot ## the same commands to redis-aot and the official server; prints what differs
	@command -v redis-server >/dev/null || tests/install-packages.sh redis-server redis-tools || true
	@dotnet run --project tests/RedisAot.ParityTests -c Release

bench: redis-aot ## side by side with the official server; BENCH="get p16" chooses rows
	@tests/bench/run.sh $(BENCH)

format: ## bring the sources into the style of .editorconfig
	@dotnet format RedisAot.sln

clean: ## remove what was built (keeps the fetched official suite)
	@rm -rf redis-aot TestResults src/*/bin src/*/obj tests/*/bin tests/*/obj
