#!/usr/bin/env bash
# Sees to it that this machine has what the Makefile needs: need.sh PYTHON [all]; `all` is for the other languages, too.
# As root on Debian the packages are installed; anywhere else it says exactly what is missing, and how to get it.
set -u
python=${1:-python3}
export PATH=$PATH:/usr/sbin

# What is missing, as a line each: Debian's packages, a bar, what it is.
missing() {
    need() { # DESCRIPTION PACKAGES TEST...
        local what=$1 packages=$2
        shift 2
        "$@" >/dev/null 2>&1 || printf '%s|%s\n' "$packages" "$what"
    }
    need "Rust 1.90 or newer (https://rustup.rs)" "" \
        bash -c '[[ "$(rustc --version)" =~ ^rustc\ 1\.([0-9]+) ]] && (( BASH_REMATCH[1] >= 90 )) && cargo --version'
    need "a C compiler" build-essential cc --version
    need "the openssl command, for golden vectors" openssl openssl version
    need "Python 3.9 or newer with its venv module" "python3 python3-venv" \
        "$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 9))'
    need "redis-server, for tests of the store of notifications" redis-server redis-server --version
    [ "$1" = all ] || return
    need "Node.js 18 or newer with npm" "nodejs npm" \
        sh -c 'npm --version && node -e "process.exit(+(parseInt(process.versions.node) < 18))"'
    need "pkg-config" pkg-config pkg-config --version
    need "the C library jansson" libjansson-dev pkg-config --exists jansson
    need "valgrind" valgrind valgrind --version
    need "PHP 8.1 or newer with phpize" "php-cli php-dev" sh -c 'phpize --version && php -r "exit((int) (PHP_VERSION_ID < 80100));"'
    need "php-fpm" php-fpm bash -c 'compgen -c php-fpm'
    need "cgi-fcgi, which talks to php-fpm" libfcgi-bin sh -c 'command -v cgi-fcgi'
}

wanted=${2:-}
list=$(missing "$wanted")
packages=$(printf '%s\n' "$list" | cut -d'|' -f1 | tr '\n' ' ')
if [ -n "${packages// /}" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
    list=$(missing "$wanted")
fi
[ -z "$list" ] && exit 0
{
    printf 'This is missing on this machine:\n'
    printf '%s\n' "$list" | while IFS='|' read -r package what; do
        printf '  - %s%s\n' "$what" "${package:+ (Debian: apt-get install $package)}"
    done
} >&2
exit 1
