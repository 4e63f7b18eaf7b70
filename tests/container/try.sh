#!/bin/sh
# Build the image of Containerfile on a Debian made by debootstrap, as if its registry had given it, and try it as it is
# meant to run: read-only, as an unknown user, without capabilities and network. The transcript goes to FILE.
#
#     sh tests/container/try.sh [FILE]          as root; WORK=FOLDER keeps the Debian and the image for the next time
#
# Exits 77 where it cannot run.
set -eu

SOURCE=$(cd "$(dirname "$0")/../.." && pwd)
WORK=${WORK:-$SOURCE/build/container}
TRANSCRIPT=${1:-$WORK/transcript.log}
SUITE=${SUITE:-bookworm}
MIRROR=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' "Created-By: Packages" | sed -n 1p)}
RUNTIME=${RUNTIME:-runc}
NAME=inboxray-try
LIMITS="--ulimit nofile=1024:4096 --ulimit nproc=1000:1000" # podman's own are more than some machines allow
UNKNOWN=54321                                               # no user of the image, nor of this machine
SPOOL=$WORK/spool

[ "$(id -u)" -eq 0 ] || { echo "only root makes a Debian" >&2; exit 77; }
for program in podman debootstrap "$RUNTIME"; do
    command -v "$program" >/dev/null || { echo "$program is not installed" >&2; exit 77; }
done

# Images of its own: the Debian made here must not be taken for the registry's by anybody else.
engine() { podman --root "$WORK/images" --runroot "$WORK/run" --cgroup-manager cgroupfs --runtime "$RUNTIME" "$@"; }
# shellcheck disable=SC2086 # options are several words
locked() {
    engine run --rm --network none --read-only --read-only-tmpfs=false --user $UNKNOWN:$UNKNOWN --cap-drop all \
        --security-opt no-new-privileges $LIMITS --volume "$SPOOL:/spool" "$@"
}
step() { printf '\n=== %s\n' "$*"; }
expect() { if [ "$1" = "$2" ]; then echo "ok: $3 is $1"; else echo "WRONG: $3 is '$1', not '$2'"; exit 1; fi; }
ask() { engine exec $NAME inboxray "$@"; }
ended() { set +e; "$@"; code=$?; set -e; }
wait_for() { # wait_for WHAT COMMAND...
    what=$1
    shift
    for _ in $(seq 120); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 1
    done
    echo "WRONG: no $what after two minutes"
    engine logs $NAME | tail -5
    exit 1
}
has_rows() { [ "$(ask results --format csv | tail -n +2 | wc -l)" -eq "$1" ]; }

make_debian() {
    bare=$WORK/$SUITE
    if [ ! -e "$bare/.whole" ]; then
        rm -rf "$bare"
        debootstrap --variant=minbase --include=ca-certificates "$SUITE" "$bare" "$MIRROR" >"$WORK/debootstrap.log"
        touch "$bare/.whole"
    fi
    if [ -e /etc/pip.conf ]; then cp /etc/pip.conf "$bare/etc/pip.conf"; fi
    cp /etc/ssl/certs/ca-certificates.crt "$bare/etc/ssl/certs/ca-certificates.crt"
    tar -C "$bare" -c . | engine import --quiet - "docker.io/library/debian:$SUITE-slim"
}

try() {
    step "build"
    engine build --isolation chroot --pull=never --network host --format docker --quiet --build-arg "DEBIAN=$SUITE-slim" \
        --tag $NAME "$SOURCE"
    engine image inspect $NAME --format 'user {{.Config.User}}, size {{.Size}}, health {{.Config.Healthcheck.Test}}'

    step "the daemon: read-only root, an unknown user, no capability, no network"
    rm -rf "$SPOOL"
    mkdir "$SPOOL"
    chown $UNKNOWN:$UNKNOWN "$SPOOL"
    chmod 700 "$SPOOL"
    locked --detach --name $NAME --health-interval disable --tmpfs /tmp $NAME # no timer: it would be systemd's
    wait_for "daemon" ask status --health
    engine exec $NAME id
    ended engine exec $NAME sh -c 'touch /opt/inboxray/changed 2>&1'
    expect "$code" 1 "the end of a write to its own program"
    engine exec $NAME grep -E '^(CapEff|NoNewPrivs)' /proc/1/status

    step "a scan is answered"
    cp "$WORK/scan.png" "$SPOOL/inbox/"
    chown $UNKNOWN "$SPOOL/inbox/scan.png"
    wait_for "row" has_rows 1
    ask results --format csv | cut -d , -f 4,5,7,8
    expect "$(find "$SPOOL/done" -name scan.png | wc -l)" 1 "scans in done/"

    step "its health"
    ended engine healthcheck run $NAME
    expect "$code" 0 "the health of a daemon that works"
    began=$(date +%s)
    expect "$(engine stop --time 45 $NAME >/dev/null && echo stopped)" stopped "the daemon"
    echo "it took $(($(date +%s) - began)) s to stop"
    ended locked --no-healthcheck --tmpfs /tmp $NAME status --health
    expect "$code" 69 "the health where no daemon runs"
    locked --no-healthcheck --tmpfs /tmp $NAME results --format csv | cut -d , -f 4,5,7,8

    step "what it says where something is missing"
    ended locked --no-healthcheck --ipc none --tmpfs /tmp $NAME once
    expect "$code" 78 "the end without /dev/shm"
    ended locked --no-healthcheck $NAME once
    expect "$code" 78 "the end without /tmp"
    # shellcheck disable=SC2086 # options are several words
    ended engine run --rm --network none --read-only --user $UNKNOWN:$UNKNOWN --no-healthcheck $LIMITS $NAME once
    expect "$code" 73 "the end without a spool"

    echo "EVERYTHING WAS AS IT SHOULD BE"
}

mkdir -p "$WORK"
trap 'engine rm --force --time 5 $NAME >/dev/null 2>&1 || :' EXIT
make_debian
(cd "$SOURCE" && "${PYTHON:-python3}" -c 'import sys; from tests.support.pictures import png_bytes; sys.stdout.buffer.write(png_bytes(1))') \
    >"$WORK/scan.png"
(try) >"$TRANSCRIPT" 2>&1 || :
cat "$TRANSCRIPT"
[ "$(tail -n 1 "$TRANSCRIPT")" = "EVERYTHING WAS AS IT SHOULD BE" ]
