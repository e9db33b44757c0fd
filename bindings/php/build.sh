#!/bin/sh
# Builds the extension against an installed C library, outside of the sources:
#   build.sh PREFIX DIRECTORY [options of configure]
# gives DIRECTORY/modules/wechatpay.so. PHPIZE and PHP_CONFIG name those of another PHP.
set -eu
prefix=$(realpath "$1")
directory=$(realpath -m "$2")
shift 2
cd "$(dirname "$0")"

# Only what an earlier build left there goes.
[ ! -e "$directory/build.log" ] || rm -rf "$directory"
mkdir -p "$directory"
cp -R config.m4 ./*.c ./*.h generated stubs tests "$directory"
cd "$directory"
"${PHPIZE:-phpize}" > build.log 2>&1
PKG_CONFIG_PATH="$prefix/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}" \
    LDFLAGS="-Wl,-rpath,$prefix/lib ${LDFLAGS:-}" \
    ./configure --quiet --with-php-config="${PHP_CONFIG:-$(command -v php-config)}" "$@" >> build.log
make --quiet >> build.log
