#!/usr/bin/env bash
# The installed headers compile alone as C99, and the whole as C++17, without a warning: check-header.sh PREFIX
set -euo pipefail
prefix=$1
strict=(-Wall -Wextra -pedantic -Werror -fsyntax-only "-I$prefix/include")
program='#include <wechatpay.h>
#include <wechatpay.h>
int main(void) { return wechatpay_version() == 0; }'
"${CC:-cc}" -std=c99 -x c "${strict[@]}" - <<<"$program"
"${CXX:-c++}" -std=c++17 -x c++ "${strict[@]}" - <<<"$program"
products=("$prefix"/include/wechatpay/*.h)
for product in "${products[@]}"; do
    "${CC:-cc}" -std=c99 -x c "${strict[@]}" - <<<"#include <wechatpay/${product##*/}>
int main(void) { return wechatpay_version() == 0; }"
done
echo "header: compiles as C99 and C++17; ${#products[@]} headers of products compile alone"
