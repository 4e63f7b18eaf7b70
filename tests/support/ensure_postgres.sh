#!/bin/sh
# Installs PostgreSQL's server programs from the system's packages, if they are missing and it may.
set -u
for initdb in "$(command -v initdb)" /usr/lib/postgresql/*/bin/initdb; do
    [ -n "$initdb" ] && [ -x "$initdb" ] && exit 0
done
if ! command -v apt-get >/dev/null; then
    echo "PostgreSQL's server programs are missing: its tests will skip. Install them to run these too." >&2
    exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "PostgreSQL's server programs are missing: its tests will skip. To run these too:" >&2
    echo "    sudo apt-get install postgresql" >&2
    exit 0
fi
echo "Installing PostgreSQL's server programs from the system's packages, once ..."
export DEBIAN_FRONTEND=noninteractive
said=$({ apt-get update -qq && apt-get install -qq -y --no-install-recommends postgresql; } 2>&1) || {
    printf '%s\n' "$said" | tail -n 3 >&2
    echo "PostgreSQL could not be installed, for the reason above: its tests will skip." >&2
}
exit 0
