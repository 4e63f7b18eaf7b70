#!/bin/sh
# Installs the programs that tests start from the system's packages, if they are missing and it may:
# PostgreSQL's server, the browser in which the page is tried, and DICOM programs that judge what is made for
# archives. Without them their tests say so and skip.
set -u
has_server() {
    for initdb in "$(command -v initdb)" /usr/lib/postgresql/*/bin/initdb; do
        [ -n "$initdb" ] && [ -x "$initdb" ] && return 0
    done
    return 1
}
has_browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

missing=
has_server || missing=postgresql
has_browser >/dev/null || missing="$missing chromium"
command -v dciodvfy >/dev/null || missing="$missing dicom3tools"
command -v dcmp2pgm >/dev/null || missing="$missing dcmtk"
[ -z "$missing" ] && exit 0
if ! command -v apt-get >/dev/null; then
    echo "These are missing, and their tests will skip: $missing. Install them to run these too." >&2
    exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "These are missing, and their tests will skip. To run these too:" >&2
    echo "    sudo apt-get install --no-install-recommends $missing" >&2
    exit 0
fi
echo "Installing from the system's packages, once: $missing ..."
export DEBIAN_FRONTEND=noninteractive
printed=$(apt-get update -qq 2>&1) || printf '%s\n' "$printed" | tail -n 3 >&2
for package in $missing; do
    printed=$(apt-get install -qq -y --no-install-recommends "$package" 2>&1) || {
        printf '%s\n' "$printed" | tail -n 3 >&2
        echo "$package could not be installed, for the reason above: its tests will skip." >&2
    }
done
exit 0
