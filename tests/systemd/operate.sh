#!/bin/sh
# From a bare Debian to uninstalled, in a booted container: install, start, 50 scans, results, the page, upgrade of a
# running service, stop; PostgreSQL behind PgBouncer, a standby that takes over without the last commits, a clock that goes
# 40 days ahead; upgrade of the first release's database, uninstall. What happened there is written to FILE.
#
#     sh tests/systemd/operate.sh [FILE]          as root; WORK=FOLDER keeps the Debian for the next time
#
# Exits 77 where it cannot run. NSPAWN_OPTIONS are handed to systemd-nspawn, for a package index on this disk for instance.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
SOURCE=$(cd "$HERE/../.." && pwd)
WORK=${WORK:-$SOURCE/build/operate}
TRANSCRIPT=${1:-$WORK/transcript.log}
SUITE=${SUITE:-bookworm}
MIRROR=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' "Created-By: Packages" | sed -n 1p)}
PACKAGES=systemd,systemd-sysv,dbus,python3-venv,make,acl,ca-certificates,util-linux,procps,passwd,prometheus
PACKAGES=$PACKAGES,postgresql,pgbouncer,gcc,libc6-dev

[ "$(id -u)" -eq 0 ] || { echo "only root boots a container" >&2; exit 77; }
for program in systemd-nspawn debootstrap git; do
    command -v $program >/dev/null || { echo "$program is not installed" >&2; exit 77; }
done

mkdir -p "$WORK"
bare=$WORK/$SUITE
if [ "$(cat "$bare/.whole" 2>/dev/null)" != "$PACKAGES" ]; then
    rm -rf "$bare"
    debootstrap --variant=minbase --include=$PACKAGES "$SUITE" "$bare" "$MIRROR" >"$WORK/debootstrap.log"
    echo "$PACKAGES" >"$bare/.whole"
fi

machine=$WORK/machine
rm -rf "$machine"
cp -a "$bare" "$machine"
git clone --quiet --no-hardlinks "$SOURCE" "$machine/root/inboxray"
if [ -e /etc/pip.conf ]; then cp /etc/pip.conf "$machine/etc/pip.conf"; fi
cp /etc/ssl/certs/ca-certificates.crt "$machine/etc/ssl/certs/ca-certificates.crt"
env | grep '^PIP_' >"$machine/root/pip.env" || true
cat >"$machine/etc/systemd/system/operate.service" <<'UNIT'
[Unit]
After=multi-user.target dbus.service
Wants=multi-user.target
[Service]
Type=oneshot
EnvironmentFile=-/root/pip.env
Environment=HOME=/root
ExecStart=/bin/sh -c 'bash /root/inboxray/tests/systemd/in_the_machine.sh >/root/transcript.log 2>&1; systemctl --no-block poweroff'
UNIT

echo "booting; this takes some minutes ..."
# shellcheck disable=SC2086 # options are several words
SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 timeout -s KILL 2700 systemd-nspawn -D "$machine" --register=no --keep-unit \
    --machine=inboxray-operate ${NSPAWN_OPTIONS:-} --console=read-only --boot systemd.unit=operate.service \
    >"$WORK/console.log" 2>&1 || true
cp "$machine/root/transcript.log" "$TRANSCRIPT" 2>/dev/null || { tail -20 "$WORK/console.log" >&2; exit 1; }
tail -n 1 "$TRANSCRIPT"
[ "$(tail -n 1 "$TRANSCRIPT")" = "EVERYTHING WAS AS IT SHOULD BE" ]
