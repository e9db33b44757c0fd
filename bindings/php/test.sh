#!/bin/sh
# Builds and tests the extension: test.sh PREFIX HOOKS DIRECTORY
# PREFIX: where the C library is installed. HOOKS: directory of a libwechatpay with test-hooks. DIRECTORY: for builds.
# WECHATPAY_BIN names the wechatpay command, which runs the sandbox. TESTS: only these, such as tests/fork.phpt.
set -eu
here=$(realpath "$(dirname "$0")")
prefix=$(realpath "$1")
hooks=$(realpath "$2")
directory=$(realpath -m "$3")
: "${WECHATPAY_TEST_REDIS:?is set by tests/receivers/redis_server.py, under which this runs}"
binary=$(realpath "${WECHATPAY_BIN:?must name the wechatpay command}")
mkdir -p "$directory"

CFLAGS="-O2 -g -Werror" "$here/build.sh" "$prefix" "$directory/extension"
CFLAGS="-O2 -g -Werror" "$here/build.sh" "$prefix" "$directory/with-hooks" --enable-wechatpay-test-hooks

rm -rf "$directory/sandbox"
mkdir "$directory/sandbox"
mkfifo "$directory/sandbox/says"
"$binary" sandbox --dir "$directory/sandbox/data" > "$directory/sandbox/says" &
sandbox=$!
trap 'kill $sandbox' EXIT
read -r WECHATPAY_SANDBOX < "$directory/sandbox/says"
export WECHATPAY_SANDBOX
export WECHATPAY_EXAMPLES="$here/../../examples/php"
export WECHATPAY_CASES="$here/../../tests/cases"

# Through the Makefile of phpize, as anybody tests an extension. What skips itself, or passes only when it is repeated,
# has not passed.
run() {
    cd "$directory/$1"
    make --quiet test NO_INTERACTION=1 TESTS="--show-diff --no-color --no-progress -q $2" > "$directory/$1.log" 2>&1 || {
        cat "$directory/$1.log"
        return 1
    }
    grep -aE '^(PASS|SKIP|WARN|FAIL) ' "$directory/$1.log"
    grep -qE '^Tests skipped +: +0 ' "$directory/$1.log"
    # run-tests.php repeats what fails now and then, and only warns of it.
    grep -qE '^Tests warned +: +0 ' "$directory/$1.log"
    grep -qE '^Tests passed +: +[1-9]' "$directory/$1.log"
}
run extension "${TESTS:-tests/*.phpt}"
[ -z "${TESTS:-}" ] || exit 0
LD_LIBRARY_PATH=$hooks run with-hooks tests/hooks/panics.phpt

# The library with test hooks is a debug build: its names are in a report. With PHP's own allocator nothing could be seen.
LD_LIBRARY_PATH=$hooks USE_ZEND_ALLOC=0 ZEND_DONT_UNLOAD_MODULES=1 valgrind --quiet --error-exitcode=99 \
    --leak-check=full --num-callers=40 --fair-sched=yes --suppressions="$here/../c/tests/valgrind.supp" \
    "${PHP:-php}" -n -d extension="$directory/extension/modules/wechatpay.so" "$here/tests/valgrind.php" \
    > "$directory/valgrind.log" 2>&1 && grep -q '^done$' "$directory/valgrind.log" || {
    cat "$directory/valgrind.log"
    exit 1
}
echo 'PASS under valgrind: no leak, no invalid access'
