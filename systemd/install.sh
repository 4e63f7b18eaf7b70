#!/bin/sh
# Install, upgrade or uninstall inboxray as a systemd service: install.sh install|uninstall, as root, from a checkout.
# A package takes these steps apart: files (into DESTDIR), stop, configure.
#
# PREFIX   where the program goes, in an environment of its own (/opt/inboxray)
# DESTDIR  a root to install into instead of this machine's, for images and packages: nothing is started there
# PYTHON   which Python (python3), of 3.11 or later
# EXTRAS   what to install beside the daemon (postgres)
set -eu

PREFIX=${PREFIX:-/opt/inboxray}
DESTDIR=${DESTDIR:-}
PYTHON=${PYTHON:-python3}
EXTRAS=${EXTRAS:-postgres}
PIP_OPTIONS=${PIP_OPTIONS:-}
STATE=/var/lib/inboxray
UNITS=${UNITS:-/etc/systemd/system}
RAN=/run/inboxray.ran # units that were stopped for an upgrade
SOURCE=$(cd "$(dirname "$0")/.." && pwd)
PROGRAM=$PREFIX/bin/inboxray

say() { echo "inboxray: $*"; }
fail() { say "$*" >&2; exit 1; }
is_alive() { [ -z "$DESTDIR" ] && [ -d /run/systemd/system ]; }

check() {
    case $PREFIX in /?*) ;; *) fail "PREFIX must be an absolute path, not '$PREFIX'" ;; esac
    [ -n "$DESTDIR" ] || [ "$(id -u)" -eq 0 ] || fail "only root may do this; or name a folder by DESTDIR"
}

running_units() {
    systemctl list-units --plain --no-legend --state=active,activating,reloading 'inboxray.service' 'inboxray@*.service' |
        cut -d ' ' -f 1
}

install_program() {
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "Python 3.11 or later is needed; name one: make install PYTHON=python3.12"
    "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "Python's venv is missing: apt install python3-venv"
    target=$DESTDIR$PREFIX
    [ -e "$target/pyvenv.cfg" ] || "$PYTHON" -m venv "$target"
    say "installing into $target (a minute or two) ..."
    # shellcheck disable=SC2086 -- options are several words
    "$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile $PIP_OPTIONS \
        -c "$SOURCE/requirements.lock" "$SOURCE[$EXTRAS]"
    "$target/bin/python" -m compileall -q -j 0 "$target/lib" >/dev/null 2>&1 || true
    if [ -n "$DESTDIR" ]; then # the scripts shall name the Python of the place where they will be
        grep -rlIF "$target" "$target/bin" "$target/pyvenv.cfg" | while read -r file; do
            sed -i "s|$target|$PREFIX|g" "$file"
        done
    fi
}

install_files() {
    for unit in inboxray.service inboxray@.service; do
        mkdir -p "$DESTDIR$UNITS"
        sed "s|/opt/inboxray|$PREFIX|g" "$SOURCE/systemd/$unit" >"$DESTDIR$UNITS/$unit"
        chmod 644 "$DESTDIR$UNITS/$unit"
    done
    version=$(systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
    if [ "${version:-0}" -ge 254 ]; then # earlier ones do not know the words
        for unit in inboxray inboxray@; do
            install -D -m 644 "$SOURCE/systemd/inboxray.service.d/restart-steps.conf" \
                "$DESTDIR$UNITS/$unit.service.d/restart-steps.conf"
        done
    fi
    install -D -m 644 "$SOURCE/systemd/inboxray.sysusers" "$DESTDIR/usr/lib/sysusers.d/inboxray.conf"
    install -D -m 644 "$SOURCE/systemd/inboxray.tmpfiles" "$DESTDIR/usr/lib/tmpfiles.d/inboxray.conf"
    install -D -m 644 "$SOURCE/systemd/install.sh" "$DESTDIR$PREFIX/share/inboxray/install.sh"
    install -D -m 644 "$SOURCE/systemd/inboxray.toml" "$DESTDIR$PREFIX/share/inboxray/inboxray.toml"
    install -D -m 644 "$SOURCE/systemd/postgresql-roles.sql" "$DESTDIR$PREFIX/share/inboxray/postgresql-roles.sql"
}

install_settings() {
    if [ ! -e "$DESTDIR/etc/inboxray/inboxray.toml" ]; then # yours is never touched
        install -D -m 640 "$DESTDIR$PREFIX/share/inboxray/inboxray.toml" "$DESTDIR/etc/inboxray/inboxray.toml"
    fi
}

make_users_and_folders() {
    for program in systemd-sysusers systemd-tmpfiles; do
        command -v $program >/dev/null || { say "$program is not there: make the user and the folders yourself"; return 0; }
    done
    systemd-sysusers ${DESTDIR:+--root="$DESTDIR"} inboxray.conf
    [ -n "$DESTDIR" ] || { systemd-tmpfiles --create inboxray.conf; return; }
    # The ACL of the inbox names users that this machine does not know, which is said of each line and no failure.
    said=$(systemd-tmpfiles --root="$DESTDIR" --create inboxray.conf 2>&1) || fail "systemd-tmpfiles: $said"
    printf '%s\n' "$said" | grep -v -e '^Failed to parse ACL' -e '^$' >&2 || :
    say "the ACL of the inbox is set when $DESTDIR is booted (systemd-tmpfiles)"
}

# A database as a URL, of which only root knows the password, is opened as root; a file as the user who owns it.
as_daemon() {
    if [ -n "$CREDENTIALS_DIRECTORY" ]; then
        env "$@"
    else
        runuser -u inboxray -- env -u CREDENTIALS_DIRECTORY "$@"
    fi
}

# upgrade_database SPOOL ENVIRONMENT_FILE CREDENTIAL
upgrade_database() {
    CREDENTIALS_DIRECTORY=
    folder=
    if [ -e "$3" ]; then
        folder=$(mktemp -d)
        ln -s "$3" "$folder/inboxray.database_url"
        CREDENTIALS_DIRECTORY=$folder
    fi
    export CREDENTIALS_DIRECTORY
    set -- "$1" "$2" "INBOXRAY_SPOOL=$1"
    if [ -e "$2" ]; then
        while IFS= read -r line; do
            case $line in INBOXRAY_*=*) set -- "$@" "$line" ;; esac
        done <"$2"
    fi
    spool=$1
    shift 2
    ended=0
    if [ -e "$spool/results.db" ] || [ -n "$CREDENTIALS_DIRECTORY" ] || names_database "$@"; then
        as_daemon "$@" "$PROGRAM" db upgrade --backup "$spool/before-upgrade-$(date -u +%Y%m%dT%H%M%SZ).db" || ended=1
    fi
    [ -z "$folder" ] || rm -r "$folder"
    return $ended
}

# Say whether a database other than the spool's own is set: in a variable, or in the configuration.
names_database() {
    for setting in "$@"; do
        case $setting in INBOXRAY_DATABASE_URL=*) return 0 ;; esac
    done
    grep -qs '^ *database_url' /etc/inboxray/inboxray.toml
}

upgrade_databases() {
    [ -z "$DESTDIR" ] || return 0
    all=0
    upgrade_database $STATE "" /etc/credstore/inboxray.database_url || all=1
    for spool in $STATE-*; do
        [ -d "$spool" ] || continue
        name=${spool#"$STATE"-}
        upgrade_database "$spool" "/etc/inboxray/$name.env" "/etc/credstore/inboxray-$name.database_url" || all=1
    done
    return $all
}

do_stop() {
    is_alive || return 0
    running=$(running_units)
    [ -n "$running" ] || return 0
    echo "$running" >$RAN
    # shellcheck disable=SC2086 -- several units
    { say "stopping" $running; systemctl stop $running; }
}

do_files() {
    install_program
    install_files
}

do_configure() {
    install_settings
    make_users_and_folders
    upgrade_databases || fail "a database was not upgraded, for the reason above, so nothing was started. Mend it and do" \
        "this again; where the daemon's own role may not change tables, run 'inboxray db upgrade' with its owner's URL first"
    if ! is_alive; then
        say "installed; systemd does not run here, so nothing was started. Where it does: systemctl enable --now inboxray"
        return
    fi
    systemctl daemon-reload
    running=$(cat $RAN 2>/dev/null || true)
    rm -f $RAN
    if [ -n "$running" ]; then
        # shellcheck disable=SC2086 -- several units
        systemctl start $running
        say "upgraded, and started again:" $running
    else
        say "installed. Look through /etc/inboxray/inboxray.toml, then: systemctl enable --now inboxray"
    fi
}

do_uninstall() {
    if is_alive; then
        # shellcheck disable=SC2046 -- several units
        systemctl disable --now inboxray.service $(running_units) 2>/dev/null || true
    fi
    if [ -e "$DESTDIR$PREFIX/pyvenv.cfg" ] && [ -e "$DESTDIR$PROGRAM" ]; then
        rm -rf "$DESTDIR$PREFIX"
    fi
    rm -f "$DESTDIR$UNITS/inboxray.service" "$DESTDIR$UNITS/inboxray@.service" \
        "$DESTDIR/usr/lib/sysusers.d/inboxray.conf" "$DESTDIR/usr/lib/tmpfiles.d/inboxray.conf"
    for unit in inboxray inboxray@; do
        rm -f "$DESTDIR$UNITS/$unit.service.d/restart-steps.conf"
        rmdir "$DESTDIR$UNITS/$unit.service.d" 2>/dev/null || true
    done
    if is_alive; then systemctl daemon-reload; fi
    say "uninstalled. Kept: $STATE* (scans, results and their backups), /etc/inboxray, /etc/credstore/inboxray*,"
    say "and the user and groups of the service. Remove them yourself once nobody needs them."
}

check
if [ -n "$DESTDIR" ]; then # whole: scripts of an environment hold the whole path of their Python
    mkdir -p "$DESTDIR"
    DESTDIR=$(cd "$DESTDIR" && pwd)
fi
case ${1:-} in
    install) do_stop; do_files; do_configure ;;
    files) do_files ;;
    stop) do_stop ;;
    configure) do_configure ;;
    uninstall) do_uninstall ;;
    *) fail "install.sh install|uninstall|files|stop|configure" ;;
esac
