#!/bin/sh
# What a new user meets: `make demo` and `make test` in bare Debians that have Python, make and certificates, as root
# and as a user who is not. Each in a fresh copy, with nothing of this checkout but its last commit.
#
#     sh tests/newcomer/newcomer.sh [FOLDER]      as root; the transcript with the times goes there (build/newcomer)
#
# SUITES   which Debians (bookworm trixie)
# USERS    as whom (root newcomer)
# TARGETS  what to make, in this order (demo test)
# TESTS    which tests `make test` runs; empty is all of them, and takes its time
#
# The package index and Debian's mirror are those that this machine is set up for. Everything is mounted in a mount
# namespace and runs in a process namespace of its own, so that nothing is left of either, however this ends.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
SOURCE=$(cd "$HERE/../.." && pwd)
WORK=${1:-$SOURCE/build/newcomer}
SUITES=${SUITES:-bookworm trixie}
USERS=${USERS:-root newcomer}
TARGETS=${TARGETS:-demo test}
TESTS=${TESTS:-}
SETTINGS="index-url extra-index-url proxy trusted-host timeout"

[ "$(id -u)" -eq 0 ] || { echo "only root makes a Debian to enter" >&2; exit 77; }
for program in debootstrap unshare git python3; do
    command -v $program >/dev/null || { echo "$program is not installed" >&2; exit 77; }
done
MIRROR=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sed -n 1p)}
mkdir -p "$WORK"
WORK=$(cd "$WORK" && pwd)
machine=$WORK/machine
inside=
trap leave EXIT
trap 'exit 130' INT TERM HUP

# Whatever still runs inside goes with the first process there.
leave() {
    [ -z "$inside" ] || { kill -KILL "$inside"; wait "$inside" 2>/dev/null; } || true
    rm -rf --one-file-system "$machine"
}

# bare SUITE: the Debian itself, kept for the next time
bare() {
    [ ! -e "$WORK/$1/.whole" ] || return 0
    rm -rf --one-file-system "${WORK:?}/$1"
    echo "making a bare Debian ($1) ..."
    debootstrap --variant=minbase --include=python3,make,ca-certificates "$1" "$WORK/$1" "$MIRROR" >"$WORK/$1.log"
    touch "$WORK/$1/.whole"
}

# furnish SUITE USER: a copy of the Debian with the last commit in the user's home, set up for the same package index
furnish() {
    rm -rf --one-file-system "$machine"
    cp -a "$WORK/$1" "$machine"
    home=$machine/root
    if [ "$2" != root ]; then
        chroot "$machine" useradd --create-home --shell /bin/sh "$2"
        home=$machine/home/$2
    fi
    git clone --quiet --no-hardlinks "$SOURCE" "$home/inboxray"
    chroot "$machine" chown -R "$2:" "${home#"$machine"}/inboxray"
    cp "$HERE/in_the_machine.sh" "$machine/in_the_machine.sh"
    cp /etc/resolv.conf "$machine/etc/resolv.conf"
    cp /etc/ssl/certs/ca-certificates.crt "$machine/etc/ssl/certs/ca-certificates.crt"
    {
        echo "[global]"
        for setting in $SETTINGS; do
            value=$(printenv "PIP_$(echo "$setting" | tr a-z- A-Z_)" || python3 -m pip config get "global.$setting" 2>/dev/null) ||
                continue
            case $value in file:* | /*) ;; *) echo "$setting = $value" ;; esac # what lies on this disk is not there
        done
    } >"$machine/etc/pip.conf"
    apt-config dump | grep -E '^Acquire::(Check-|https?::|Retries )' >"$machine/etc/apt/apt.conf.d/99machine" || true
    printf '#!/bin/sh\nexit 101\n' >"$machine/usr/sbin/policy-rc.d" # packages start no services
    chmod 755 "$machine/usr/sbin/policy-rc.d"
}

# enter USER: goes through the targets inside. The first process there stays root and dies with unshare: one that
# becomes another user is forgotten by --kill-child.
enter() {
    # shellcheck disable=SC2016 -- the inner shell's variables
    unshare --mount --pid --uts --ipc --fork --kill-child sh -euc '
        hostname newcomer
        mount -t proc proc "$1/proc"
        mount -t tmpfs -o mode=755 tmpfs "$1/dev"
        for node in null zero full random urandom tty; do touch "$1/dev/$node"; mount --bind "/dev/$node" "$1/dev/$node"; done
        mkdir "$1/dev/shm" "$1/dev/pts"
        mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
        mount -t devpts -o newinstance,ptmxmode=0666 devpts "$1/dev/pts"
        ln -s pts/ptmx "$1/dev/ptmx"; ln -s /proc/self/fd "$1/dev/fd"; ln -s fd/0 "$1/dev/stdin"
        ln -s fd/1 "$1/dev/stdout"; ln -s fd/2 "$1/dev/stderr"
        chroot "$1" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
            http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" TARGETS="$3" TESTS="$4" \
            setpriv --reuid "$2" --regid "$2" --init-groups sh /in_the_machine.sh
    ' enter "$machine" "$1" "$TARGETS" "$TESTS" &
    inside=$!
    wait "$inside" || true
    inside=
}

transcript=$WORK/transcript.log
: >"$transcript"
for suite in $SUITES; do
    bare "$suite"
    for user in $USERS; do
        echo "=== $suite, as $user"
        furnish "$suite" "$user"
        echo "=== $suite, as $user" >>"$transcript"
        enter "$user" >"$WORK/seen" 2>&1
        cat "$WORK/seen" >>"$transcript"
        sed -n "s/^RESULT: /$suite, as $user: /p" "$WORK/seen"
        grep -q '^RESULT: ' "$WORK/seen" || { tail -n 20 "$WORK/seen" >&2; exit 1; }
    done
done
echo "what was typed and seen: $transcript"
! grep -q '^RESULT: .* failed with' "$transcript"
