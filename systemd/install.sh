#!/bin/sh
# Install, upgrade or uninstall inboxray as a systemd service: install.sh install|uninstall, as root, from a checkout.
# It makes the environment that the program is in; all else is done by service.sh, which ships with the program.
#
# PREFIX   where the program goes, in an environment of its own (/opt/inboxray)
# DESTDIR  a root to install into instead of this machine's, for images and packages: nothing is started there
# PYTHON   which Python (python3), of 3.11 or later
# EXTRAS   what to install beside the daemon (postgres,page)
set -eu
umask 022 # the service runs as another user, also where root keeps new files to itself

PREFIX=${PREFIX:-/opt/inboxray}
DESTDIR=${DESTDIR:-}
PYTHON=${PYTHON:-python3}
EXTRAS=${EXTRAS:-postgres,page}
PIP_OPTIONS=${PIP_OPTIONS:-}
SOURCE=$(cd "$(dirname "$0")/.." && pwd)

say() { echo "inboxray: $*"; }
fail() { say "$*" >&2; exit 1; }
service() { env -u PYTHON PREFIX="$PREFIX" DESTDIR="$DESTDIR" sh "$SOURCE/systemd/service.sh" "$1"; }

install_program() {
    target=$DESTDIR$PREFIX
    PYTHON=$PYTHON sh "$SOURCE/environment.sh" "$target"
    say "installing into $target (a minute or two) ..."
    # shellcheck disable=SC2086 # options are several words
    "$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile $PIP_OPTIONS \
        -c "$SOURCE/requirements.lock" "${SOURCE}[$EXTRAS]"
    "$target/bin/python" -m compileall -q -j 0 "$target/lib" >/dev/null 2>&1 || true
    if [ -n "$DESTDIR" ]; then # the scripts shall name the Python of the place where they will be
        grep -rlIF "$target" "$target/bin" "$target/pyvenv.cfg" | while read -r file; do
            sed -i "s|$target|$PREFIX|g" "$file"
        done
    fi
}

uninstall_program() {
    if [ -e "$DESTDIR$PREFIX/pyvenv.cfg" ] && [ -e "$DESTDIR$PREFIX/bin/inboxray" ]; then
        rm -rf "$DESTDIR$PREFIX"
    fi
}

if [ -n "$DESTDIR" ]; then # whole: scripts of an environment hold the whole path of their Python
    mkdir -p "$DESTDIR"
    DESTDIR=$(cd "$DESTDIR" && pwd)
fi
service check
case ${1:-} in
    install) service stop; install_program; service install ;;
    files) install_program; service files ;;
    uninstall) service uninstall; uninstall_program ;;
    *) fail "install.sh install|uninstall|files" ;;
esac
