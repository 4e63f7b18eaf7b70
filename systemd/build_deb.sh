#!/bin/sh
# Build a Debian package for this release of Debian and this machine's kind: build_deb.sh FOLDER. It holds the whole
# environment, so it fits the Python that it was built with alone.
set -eu

SOURCE=$(cd "$(dirname "$0")/.." && pwd)
FOLDER=${1:-$SOURCE/build/deb}
PYTHON=${PYTHON:-python3}
ROOT=$FOLDER/root

command -v dpkg-deb >/dev/null || { echo "dpkg-deb is not installed: this needs Debian or its kin" >&2; exit 69; }
rm -rf "$ROOT"
mkdir -p "$ROOT/DEBIAN"
DESTDIR=$ROOT UNITS=/usr/lib/systemd/system SHARE=/usr/share BIN=/usr/bin PYTHON=$PYTHON sh "$SOURCE/systemd/install.sh" files

version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$SOURCE/pyproject.toml")
this=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
next=$("$PYTHON" -c 'import sys; print("%d.%d" % (sys.version_info[0], sys.version_info[1] + 1))')
architecture=$(dpkg --print-architecture)

cat >"$ROOT/DEBIAN/control" <<CONTROL
Package: inboxray
Version: $version
Architecture: $architecture
Maintainer: inboxray maintainers <root@localhost>
Depends: python3 (>= $this), python3 (<< $next), systemd, acl
Section: science
Priority: optional
Description: answers bone X-rays that are dropped into a folder
 Each file ends in exactly one lasting answer in a results database. Not a medical device.
CONTROL

cat >"$ROOT/DEBIAN/prerm" <<'PRERM'
#!/bin/sh
set -e
sh /opt/inboxray/share/inboxray/service.sh stop
[ "$1" != remove ] || rm -f /run/inboxray.ran
PRERM
cat >"$ROOT/DEBIAN/postinst" <<'POSTINST'
#!/bin/sh
set -e
[ "$1" = configure ] && sh /opt/inboxray/share/inboxray/service.sh configure
POSTINST
cat >"$ROOT/DEBIAN/postrm" <<'POSTRM'
#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
[ "$1" != remove ] || echo "inboxray: kept /var/lib/inboxray* and /etc/inboxray: scans, results and settings"
POSTRM
chmod 755 "$ROOT/DEBIAN/prerm" "$ROOT/DEBIAN/postinst" "$ROOT/DEBIAN/postrm"

# gzip: xz takes minutes for an environment of this size
dpkg-deb --root-owner-group -Zgzip -z4 --build "$ROOT" "$FOLDER/inboxray_${version}_$architecture.deb"
