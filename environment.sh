#!/bin/sh
# Makes a virtual environment with pip in a folder, also where Python came without ensurepip, as Debian's does:
#
#     PYTHON=python3 sh environment.sh FOLDER
#
# An environment that works is left as it is; one that was left half-made, or whose Python is gone, is made anew.
# Without ensurepip it tries, in this order, until one works: as root, the system's package of it; uv, virtualenv or
# pip, where one is installed; the wheel in Debian's package of pip, which is unpacked and not installed.
set -u

FOLDER=${1:?the folder of the environment}
PYTHON=${PYTHON:-python3}

say() { echo "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }
imports() { "$PYTHON" -c "import $1" >/dev/null 2>&1; }
works() { "$FOLDER/bin/python" -m pip --version >/dev/null 2>&1; }

# quietly COMMAND...: its last lines are shown if it fails
quietly() {
    "$@" >"$temporary/log" 2>&1 || { tail -n 3 "$temporary/log" >&2; return 1; }
}

# Only a folder that an environment made is emptied.
make_without_pip() {
    if [ -e "$FOLDER/pyvenv.cfg" ]; then set -- --clear "$FOLDER"; else set -- "$FOLDER"; fi
    quietly "$PYTHON" -m venv --without-pip "$@"
}

make_with_ensurepip() {
    make_without_pip && quietly "$FOLDER/bin/python" -m ensurepip --upgrade --default-pip && works
}

# Whether this Python is the system's, so that the system's packages fit it.
is_packaged() {
    has apt-get && has dpkg-query || return 1
    program=$("$PYTHON" -c 'import os, sys; print(os.path.realpath(sys.executable))')
    dpkg-query --search "$program" >/dev/null 2>&1
}

by_system_package() {
    [ "$(id -u)" -eq 0 ] && is_packaged || return 1
    say "Installing $PACKAGE from the system's packages, because this Python has no ensurepip ..."
    export DEBIAN_FRONTEND=noninteractive
    quietly apt-get update -qq && quietly apt-get install -qq -y --no-install-recommends "$PACKAGE" || return 1
    make_with_ensurepip
}

by_uv() {
    has uv || return 1
    say "Making the environment with uv, because this Python has no ensurepip ..."
    make_without_pip && quietly uv pip install --python "$FOLDER/bin/python" pip && works
}

by_virtualenv() {
    imports virtualenv || return 1
    say "Making the environment with virtualenv, because this Python has no ensurepip ..."
    make_without_pip && quietly "$PYTHON" -m virtualenv "$FOLDER" && works
}

by_pip() {
    imports pip || return 1
    say "Making the environment with the installed pip, because this Python has no ensurepip ..."
    make_without_pip && quietly "$PYTHON" -m pip --python "$FOLDER/bin/python" install pip && works
}

by_wheel() {
    has dpkg-deb && is_packaged || return 1
    say "Taking pip from Debian's package of it, without installing that, because this Python has no ensurepip ..."
    quietly fetch_wheel || return 1
    wheel=$(echo "$temporary"/usr/share/python-wheels/pip-*.whl)
    make_without_pip && quietly "$FOLDER/bin/python" "$wheel/pip" install --no-index "$wheel" && works
}

# The lists of packages may be old, or away as in an image, and only root renews the system's: then into lists of our own.
fetch_wheel() (
    cd "$temporary" || exit 1
    if ! apt-get -qq download python3-pip-whl; then
        mkdir -p lists/partial cache/archives/partial
        set -- -qq -o Dir::State::Lists="$temporary/lists" -o Dir::Cache="$temporary/cache"
        apt-get "$@" update && apt-get "$@" download python3-pip-whl || exit 1
    fi
    dpkg-deb --extract python3-pip-whl_*.deb .
)

works && exit 0
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    say "Python 3.11 or later is needed; name one by PYTHON=, as in: make PYTHON=python3.12 ..."
    exit 1
}
PACKAGE=$("$PYTHON" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
trap 'exit 130' INT TERM HUP
if imports ensurepip; then
    make_with_ensurepip && exit 0
    say "No environment could be made in $FOLDER, for the reason above."
    exit 1
fi
for way in by_system_package by_uv by_virtualenv by_pip by_wheel; do
    $way && exit 0
done
say "No environment could be made in $FOLDER: this Python has no ensurepip. Install it, then do the same again:"
if has apt-get; then say "    sudo apt-get install $PACKAGE"; else say "    the package of your system that holds Python's venv"; fi
exit 1
