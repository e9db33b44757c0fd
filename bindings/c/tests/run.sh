#!/usr/bin/env bash
# The C tests: plain, with the sanitizers of the compiler and linked statically against what is installed; and under
# valgrind, against the debug build with test hooks, since the installed library has no names that a report could show.
# run.sh PREFIX FOLDER_WITH_TEST_HOOKS WORK_FOLDER; WECHATPAY_BIN names the command that runs the sandbox.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
prefix=$1
hooks=$2
work=$3
: "${WECHATPAY_BIN:?names the wechatpay command (cargo build -p wechatpay-cli)}"
: "${WECHATPAY_TEST_REDIS:?is set by tests/receivers/redis_server.py, under which this runs}"
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
rm -rf "$work"
mkdir -p "$work"

"$WECHATPAY_BIN" sandbox --dir "$work/sandbox" >"$work/sandbox.line" &
sandbox=$!
trap 'kill $sandbox; wait $sandbox || true' EXIT
for _ in $(seq 100); do
    [ -s "$work/sandbox.line" ] && break
    sleep 0.1
done
value() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" "$work/sandbox.line"; }
for option in mchid serial_no merchant_private_key_path public_key_id platform_public_key_path apiv3_key base_url backup_url; do
    export "WECHATPAY_${option^^}=$(value $option)"
    [ -n "$(value $option)" ] || { echo "the sandbox does not tell its $option" >&2; exit 1; }
done
# Bills of some megabytes: a download tells more than once how far it is.
"${PYTHON:-python3}" -c 'import sys, urllib.request as http; http.urlopen(http.Request(sys.argv[1], b"{\"bill_rows\":9000}", method="PATCH"))' \
    "$(value admin_url)/state"
# Under valgrind, on a busy machine, a connection may take its time; what is tested is not how long.
export WECHATPAY_TIMEOUT=150 WECHATPAY_CONNECT_TIMEOUT=60
# A fresh one for each program: they grow stale.
export WECHATPAY_NOTIFICATION=$work/notification
mkdir "$WECHATPAY_NOTIFICATION"
notification() { "${PYTHON:-python3}" "$here/make_notification.py" "$(value admin_url)" "$WECHATPAY_NOTIFICATION"; }

flags=(-std=gnu11 -D_GNU_SOURCE -g -Wall -Wextra -Werror -pthread)
sanitizers=(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
read -r -a library <<<"$(pkg-config --cflags --libs wechatpay)"

build() { # NAME OUTPUT [FLAGS…]
    local libraries=("${library[@]}")
    # Opens the library itself: linked with it, it could not close it.
    [ "$1" = unload ] && libraries=(-I"$prefix/include" -ldl)
    "${CC:-cc}" "${flags[@]}" "${@:3}" -o "$2" "$here/$1.c" "${libraries[@]}"
}
# Under valgrind a store may take longer than is waited for one: only its functions over memory run there.
under_valgrind() {
    env -u WECHATPAY_TEST_REDIS valgrind --quiet --error-exitcode=99 --leak-check="$1" --suppressions="$here/valgrind.supp" --num-callers=40 \
        --fair-sched=yes "${@:2}"
}

run() { # NAME COMMAND…: quiet unless it fails
    if ! "${@:2}" >"$work/$1.log" 2>&1; then
        cat "$work/$1.log" >&2
        echo "C tests: $1 failed" >&2
        exit 1
    fi
    grep ' checks passed' "$work/$1.log" | tail -n 1
}

for test in misuse notifications seen signer attempts files threads fork poll panic unload; do
    notification
    folder=$prefix/lib
    hooked=()
    # Only this one calls the functions that panic.
    [ $test = panic ] && folder=$hooks && hooked=("-L$hooks")
    build $test "$work/$test" "${hooked[@]}"
    build $test "$work/$test.sanitized" "${hooked[@]}" "${sanitizers[@]}"
    # A forked child forgets the runtime and the connections that it inherits: to these tools that is a leak, to us a
    # duty. What they say of invalid accesses counts there too.
    leaks=full
    export ASAN_OPTIONS=detect_leaks=1
    [ $test = fork ] && leaks=no && ASAN_OPTIONS=detect_leaks=0
    export LD_LIBRARY_PATH=$folder
    run $test "$work/$test"
    run $test.sanitized "$work/$test.sanitized"
    export LD_LIBRARY_PATH=$hooks
    run $test.valgrind under_valgrind $leaks "$work/$test"
done

# The examples, built as their first lines say.
for example in quickstart notification; do
    # shellcheck disable=SC2046 # flags are words
    "${CC:-cc}" -std=c99 -Wall -Wextra -pedantic -Werror -o "$work/$example.example" \
        "$here/../../../examples/c/$example.c" $(pkg-config --cflags --libs wechatpay)
done
export LD_LIBRARY_PATH=$prefix/lib
[ "$("$work/quickstart.example" 1900000109)" = '{"sub_mchid":"1900000109"}' ] || { echo "the example fails" >&2; exit 1; }
if "$work/quickstart.example" 1900000999 2>"$work/quickstart.log"; then echo "the example hides a failure" >&2; exit 1; fi
grep -q MCH_NOT_EXISTS "$work/quickstart.log"
notification
"$work/notification.example" "$WECHATPAY_NOTIFICATION"/{headers.json,body} >"$work/notification.log"
grep -q '"total":9007199254740993' "$work/notification.log"
[ "$(tail -n 1 "$work/notification.log")" = '{"status":204,"headers":{},"body":""}' ] || { echo "the example takes no notification" >&2; exit 1; }
echo >>"$WECHATPAY_NOTIFICATION/body"
if "$work/notification.example" "$WECHATPAY_NOTIFICATION"/{headers.json,body} >"$work/notification.log" 2>&1; then
    echo "the example takes a changed notification" >&2
    exit 1
fi
grep -q "signature does not hold" "$work/notification.log"
grep -q '^{"status":500,' "$work/notification.log"

# Without the shared library beside it -lwechatpay means the static one.
mkdir "$work/static"
ln -s "$prefix/lib/libwechatpay.a" "$work/static/"
read -r -a library <<<"$(pkg-config --cflags wechatpay) -L$work/static -lwechatpay $(pkg-config --static --libs-only-l wechatpay)"
unset LD_LIBRARY_PATH
build misuse "$work/misuse.static"
if ldd "$work/misuse.static" | grep libwechatpay; then exit 1; fi
run misuse.static "$work/misuse.static"
echo "C tests: 11 programs plain, under AddressSanitizer and UBSan, and under valgrind; 1 linked statically; 2 examples: passed"
