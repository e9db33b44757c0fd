#!/usr/bin/env bash
# Builds the runner against the library that pkg-config finds, and runs it: WECHATPAY_BIN=… tests/c/run.sh
# Needs jansson (Debian: libjansson-dev). PKG_CONFIG_PATH names the folder with wechatpay.pc.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${WECHATPAY_BIN:?names the wechatpay command (cargo build -p wechatpay-cli)}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# shellcheck disable=SC2046 # flags are words
"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -g -O1 -Wall -Wextra -Werror -o "$work/suite" "$here"/*.c \
    $(pkg-config --cflags --libs wechatpay jansson)
LD_LIBRARY_PATH=$(pkg-config --variable=libdir wechatpay)${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} \
    "$work/suite" "$(dirname "$here")" "$work/sandbox"
