#!/usr/bin/env bash
# Installs what building (demo) or testing (test) needs and isn't there, from Debian's packages.
# Says what and why; does nothing when nothing is missing.
set -euo pipefail

purpose=${1:?usage: install-deps.sh demo|test}

# Package, the file or command that shows that it's there already, and why it is needed.
# `*` stands for OTP's version.
needs=(
    "erlang-base|erlc|compiles Erlang; its libraries go into the images"
    "erlang-dev|/usr/lib/erlang/lib/kernel-*/include/file.hrl|header files of Erlang's libraries"
    "gcc|cc|Rust links with it"
    "libc6-dev|/usr/include/stdlib.h|Rust links with it"
    "ca-certificates|/etc/ssl/certs/ca-certificates.crt|cargo downloads libraries over HTTPS"
)
if [[ $purpose == test ]]; then
    needs+=(
        "erlang-eunit|/usr/lib/erlang/lib/eunit-*/ebin/eunit.beam|runs the tests of the Erlang side"
        "erlang-mnesia|/usr/lib/erlang/lib/mnesia-*/ebin/mnesia.beam|a program keeps its tables with it"
        "erlang-parsetools|/usr/lib/erlang/lib/parsetools-*/ebin/yecc.beam|OTP's own test suites call it"
        "erlang-runtime-tools|/usr/lib/erlang/lib/runtime_tools-*/ebin/dbg.beam|OTP's own test suites call it"
        "erlang-syntax-tools|/usr/lib/erlang/lib/syntax_tools-*/ebin/erl_syntax.beam|OTP's own test suites call it"
        "erlang-tools|/usr/lib/erlang/lib/tools-*/ebin/xref.beam|OTP's own test suites call it"
        "xz-utils|xz|unpacks OTP's source package, where its test suites are"
    )
fi

if ! command -v cargo >/dev/null; then
    echo "Rust is missing: there is no cargo in PATH or in ~/.cargo/bin." >&2
    echo "Install it with rustup, https://rustup.rs, and run this again." >&2
    exit 1
fi

present() {
    case $1 in
        /*) compgen -G "$1" >/dev/null ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

# A file of OTP counts where the erl in PATH has its root, be that Debian's or another one.
root=
if command -v erl >/dev/null; then
    root=$(erl -noinput -noshell -eval 'io:put_chars(code:root_dir()), halt().')
fi

missing=()
for need in "${needs[@]}"; do
    IFS='|' read -r package evidence why <<<"$need"
    if ! present "${evidence/#\/usr\/lib\/erlang/${root:-/usr/lib/erlang}}"; then
        echo "missing: $package ($why)"
        missing+=("$package")
    fi
done
if [[ ${#missing[@]} -eq 0 ]]; then
    exit 0
fi

if ! command -v apt-get >/dev/null; then
    echo "This is not a Debian system: please install these by hand." >&2
    exit 1
fi
as_root=()
if [[ $EUID -ne 0 ]]; then
    if ! command -v sudo >/dev/null; then
        echo "Please run as root: apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
echo "installing from Debian's packages: ${missing[*]}"
install() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null
}
# The package lists may be absent or old.
install || { "${as_root[@]}" apt-get update -qq </dev/null && install; }
