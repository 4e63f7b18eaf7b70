#!/bin/sh
# Make a systemd service of an installed inboxray: service.sh install|uninstall, as root. `inboxray install-service`,
# `make install` and the Debian package all go this way. A package takes its steps apart: files, stop, configure.
#
# PREFIX   the environment that the program is in (/opt/inboxray)
# DESTDIR  a root to install into instead of this machine's, for images and packages: nothing is started there
# UNITS, SHARE, BIN  folders for the units, for manual page and completions, for the command (those of an administrator)
set -eu
umask 022 # what is put in place is for all to read, also where root keeps new files to itself

PREFIX=${PREFIX:-/opt/inboxray}
DESTDIR=${DESTDIR:-}
UNITS=${UNITS:-/etc/systemd/system}
SHARE=${SHARE:-/usr/local/share}
BIN=${BIN:-/usr/local/bin}
STATE=/var/lib/inboxray
RAN=/run/inboxray.ran # units that were stopped for an upgrade
FILES=$(cd "$(dirname "$0")" && pwd)
PROGRAM=$PREFIX/bin/inboxray
PYTHON=${PYTHON:-$DESTDIR$PREFIX/bin/python} # that of the environment, which may lie in DESTDIR

MANUAL=$SHARE/man/man1/inboxray.1
BASH_COMPLETION=$SHARE/bash-completion/completions/inboxray
ZSH_COMPLETION=$SHARE/zsh/site-functions/_inboxray
FISH_COMPLETION=$SHARE/fish/vendor_completions.d/inboxray.fish

say() { echo "inboxray: $*"; }
fail() { say "$*" >&2; exit 1; }
is_alive() { [ -z "$DESTDIR" ] && [ -d /run/systemd/system ]; }

check() {
    case $PREFIX in
        *[!A-Za-z0-9/._-]*) fail "PREFIX may hold letters, digits, / . _ and - alone: '$PREFIX' is written into units" ;;
        /?*) ;;
        *) fail "PREFIX must be an absolute path, not '$PREFIX'" ;;
    esac
    [ -n "$DESTDIR" ] || [ "$(id -u)" -eq 0 ] || fail "only root may do this; or name a folder by DESTDIR"
}

# A unit starts what it can see: with ProtectHome= and PrivateTmp= not an environment there, nor one whose Python is there.
check_reachable() {
    [ -z "$DESTDIR" ] || return 0
    [ -x "$PROGRAM" ] || fail "there is no $PROGRAM: name the environment of the program as PREFIX"
    for path in "$PREFIX" "$(readlink -f "$PREFIX/bin/python")"; do
        case $path/ in
            /home/* | /root/* | /run/user/* | /tmp/* | /var/tmp/*)
                fail "a service cannot start $path, because its unit hides /home, /root and /tmp. Install inboxray into" \
                    "/opt/inboxray, in an environment of a Python that is elsewhere: /usr/bin/python3 -m venv /opt/inboxray" ;;
        esac
    done
}

# The services beside the daemon, each off until it is enabled; named SUFFIX: as inboxray-PART and the suffix.
PARTS='page receive scheduler send worker'
named() {
    for part in $PARTS; do echo "inboxray-$part$1"; done
}

running_units() {
    # shellcheck disable=SC2086 # several units
    systemctl list-units --plain --no-legend --state=active,activating,reloading 'inboxray.service' 'inboxray@*.service' \
        $(named .service) |
        cut -d ' ' -f 1
}

put() { # put FILE DESTINATION
    install -D -m 644 "$FILES/$1" "$DESTDIR$2"
    say "$2"
}

install_units() {
    for unit in inboxray.service inboxray@.service $(named .service) inboxray-receive.socket; do
        mkdir -p "$DESTDIR$UNITS"
        sed "s|/opt/inboxray|$PREFIX|g" "$FILES/$unit" >"$DESTDIR$UNITS/$unit"
        chmod 644 "$DESTDIR$UNITS/$unit"
        say "$UNITS/$unit"
    done
    version=$(systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
    [ "${version:-0}" -ge 254 ] || return 0 # earlier ones do not know the words
    for unit in inboxray inboxray@ $(named ''); do
        put inboxray.service.d/restart-steps.conf "$UNITS/$unit.service.d/restart-steps.conf"
    done
}

# write WHAT DESTINATION: what the program itself prints, so that it is always of this version
write() {
    mkdir -p "$(dirname "$DESTDIR$2")"
    # shellcheck disable=SC2086 # a command and its argument
    (cd / && "$PYTHON" -m daemon $1) >"$DESTDIR$2.new"
    chmod 644 "$DESTDIR$2.new"
    mv "$DESTDIR$2.new" "$DESTDIR$2"
    say "$2"
}

# Put the program on the PATH of every user, unless something else has that name there.
link_command() {
    link=$DESTDIR$BIN/inboxray
    if [ -e "$link" ] || [ -L "$link" ]; then
        [ "$(readlink "$link")" = "$PROGRAM" ] || { say "$BIN/inboxray is another program, and stays"; return 0; }
    else
        mkdir -p "$DESTDIR$BIN"
        ln -s "$PROGRAM" "$link"
    fi
    say "$BIN/inboxray -> $PROGRAM"
}

install_files() {
    [ -x "$DESTDIR$PROGRAM" ] || say "the program is not in $DESTDIR yet: the units start $PROGRAM"
    say "these files${DESTDIR:+, in $DESTDIR}:"
    install_units
    put inboxray.sysusers /usr/lib/sysusers.d/inboxray.conf
    put inboxray.tmpfiles /usr/lib/tmpfiles.d/inboxray.conf
    for file in service.sh README.md inboxray.toml inboxray-page.tmpfiles postgresql-roles.sql monitoring/alerts.yml \
        monitoring/dashboard.json; do
        put $file "$PREFIX/share/inboxray/$file"
    done
    write man "$MANUAL"
    write "completion bash" "$BASH_COMPLETION"
    write "completion zsh" "$ZSH_COMPLETION"
    write "completion fish" "$FISH_COMPLETION"
    link_command
}

install_settings() {
    if [ ! -e "$DESTDIR/etc/inboxray/inboxray.toml" ]; then # yours is never touched
        install -D -m 640 "$DESTDIR$PREFIX/share/inboxray/inboxray.toml" "$DESTDIR/etc/inboxray/inboxray.toml"
        say "/etc/inboxray/inboxray.toml"
    fi
}

make_users_and_folders() {
    for program in systemd-sysusers systemd-tmpfiles; do
        command -v $program >/dev/null || { say "$program is not there: make the user and the folders yourself"; return 0; }
    done
    if [ "$(id -u)" -ne 0 ]; then
        say "not root: the user and the folders are made when $DESTDIR is booted (systemd-sysusers, systemd-tmpfiles)"
        return
    fi
    systemd-sysusers ${DESTDIR:+--root="$DESTDIR"} inboxray.conf
    [ -n "$DESTDIR" ] || { systemd-tmpfiles --create inboxray.conf; return; }
    # The ACL of the inbox names users that this machine does not know, which it reports for each line; that is no failure.
    output=$(systemd-tmpfiles --root="$DESTDIR" --create inboxray.conf 2>&1) || fail "systemd-tmpfiles: $output"
    printf '%s\n' "$output" | grep -v -e '^Failed to parse ACL' -e '^$' >&2 || :
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
    for spool in "$STATE"-*; do
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
    # shellcheck disable=SC2086 # several units
    { say "stopping" $running; systemctl stop $running; }
}

do_files() {
    check_reachable
    install_files
}

# The files may be closed to it: an environment that was made with a umask of 077, or lies in a closed folder.
check_runnable() {
    [ -z "$DESTDIR" ] && id inboxray >/dev/null 2>&1 || return 0
    (cd / && runuser -u inboxray -- "$PROGRAM" --version >/dev/null 2>&1) ||
        fail "the user inboxray cannot run $PROGRAM, so nothing was started; try: chmod -R go+rX $PREFIX"
}

do_configure() {
    install_settings
    make_users_and_folders
    check_runnable
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
        # shellcheck disable=SC2086 # several units
        { systemctl start $running; say "upgraded, and started again:" $running; }
    else
        say "installed. Look through /etc/inboxray/inboxray.toml, then: systemctl enable --now inboxray"
    fi
}

do_uninstall() {
    if is_alive; then
        # shellcheck disable=SC2046 # several units
        systemctl disable --now inboxray-receive.socket $(named .service) inboxray.service $(running_units) 2>/dev/null || true
    fi
    rm -rf "$DESTDIR$PREFIX/share/inboxray"
    for unit in $(named .service) inboxray-receive.socket; do rm -f "$DESTDIR$UNITS/$unit"; done
    rm -f "$DESTDIR$UNITS/inboxray.service" "$DESTDIR$UNITS/inboxray@.service" \
        "$DESTDIR/usr/lib/sysusers.d/inboxray.conf" "$DESTDIR/usr/lib/tmpfiles.d/inboxray.conf" \
        "$DESTDIR$MANUAL" "$DESTDIR$BASH_COMPLETION" "$DESTDIR$ZSH_COMPLETION" "$DESTDIR$FISH_COMPLETION"
    [ "$(readlink "$DESTDIR$BIN/inboxray" || :)" != "$PROGRAM" ] || rm -f "$DESTDIR$BIN/inboxray"
    for unit in inboxray inboxray@ $(named ''); do
        rm -f "$DESTDIR$UNITS/$unit.service.d/restart-steps.conf"
        rmdir "$DESTDIR$UNITS/$unit.service.d" 2>/dev/null || true
    done
    if is_alive; then systemctl daemon-reload; fi
    say "uninstalled. Kept: $STATE* (scans, results and their backups), /etc/inboxray, /etc/credstore/inboxray*,"
    say "and the user and groups of the service. Remove them yourself once they are not needed."
}

check
if [ -n "$DESTDIR" ]; then # whole: scripts of an environment hold the whole path of their Python
    mkdir -p "$DESTDIR"
    DESTDIR=$(cd "$DESTDIR" && pwd)
fi
case ${1:-} in
    check) ;; # whether this may be done at all
    install) do_stop; do_files; do_configure ;;
    files) do_files ;;
    stop) do_stop ;;
    configure) do_configure ;;
    uninstall) do_uninstall ;;
    *) fail "service.sh install|uninstall|files|stop|configure" ;;
esac
