#!/usr/bin/env bash
# Every declaration is exported and every export declared, by the shared and by the static library; and what the tests
# add to their own build is in neither: check-symbols.sh PREFIX FOLDER_WITH_TEST_HOOKS
set -euo pipefail
prefix=$1
hooks=$2
export LC_ALL=C

# The preprocessor takes the comments away, which name functions too.
declared=$("${CC:-cc}" -E -P -x c "$prefix/include/wechatpay.h" | grep -oE '\bwechatpay_[a-z0-9_]+ ?\(' | tr -d ' (' | sort)
shared=$(nm -D --defined-only "$prefix/lib/libwechatpay.so" | awk '{print $3}' | sort)
# Text symbols that are global; of all that the static library is made of, only ours are called this way.
static=$(nm --defined-only --extern-only "$prefix/lib/libwechatpay.a" 2>/dev/null | awk '$2 == "T" && $3 ~ /^wechatpay_/ {print $3}' | sort)

same() {
    if ! diff <(echo "$declared") <(echo "$2") >&2; then
        echo "< is declared in wechatpay.h only, > is exported by the $1 library only" >&2
        exit 1
    fi
}
[ "$(wc -l <<<"$declared")" -ge 50 ] || { echo "too few declarations were found: is this the header?" >&2; exit 1; }
[ -z "$(uniq -d <<<"$declared")" ] || { echo "declared twice: $(uniq -d <<<"$declared")" >&2; exit 1; }
same shared "$shared"
same static "$static"

# The hooks are there in the build for tests, so their absence elsewhere means something.
hooked() { { nm "$1"; nm -D "$1"; } 2>/dev/null | grep -c ' wechatpay_test_' || true; }
[ "$(hooked "$hooks/libwechatpay.so")" -gt 0 ] || { echo "the build for tests lacks its hooks" >&2; exit 1; }
for library in libwechatpay.so libwechatpay.a; do
    [ "$(hooked "$prefix/lib/$library")" -eq 0 ] || { echo "test hooks in the installed $library" >&2; exit 1; }
done
soname=$(readelf -d "$prefix/lib/libwechatpay.so" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
[ -e "$prefix/lib/$soname" ] || { echo "soname $soname is not installed" >&2; exit 1; }
echo "symbols: $(wc -l <<<"$declared") declared, exported by $soname and libwechatpay.a, nothing else"
