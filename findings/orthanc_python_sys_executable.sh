#!/bin/sh
# orthanc-python 4.0 (Debian 12, Orthanc 1.10.1): in a plug-in sys.executable is Orthanc: a pool that is spawned starts Orthancs.
#
# The embedded interpreter has the name of its program, which multiprocessing runs with -c to make a child or its
# resource tracker; Orthanc takes what follows -c for a configuration, and ends. SIGPIPE has its default while the script is
# loaded, unlike in Python; it is ignored here. Guessed: /usr/bin/python3, or nothing; SIG_IGN. Seen: as in `expected` below;
# "named" is behind multiprocessing.set_executable. What we do: the pool is forked while the script is loaded, in
# tests/bench/peer_plugin.py.
# Needs apt, the libraries that Debian's package orthanc depends on, and root: Orthanc runs in a network of its own.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq orthanc=1.10.1+dfsg-2+deb12u1 orthanc-python=4.0+ds-1+b7
for package in ./*.deb; do dpkg-deb -x "$package" .; done
cat > plugin.py <<'PYTHON'
import multiprocessing
import os
import signal
import sys


def exit_code(way):
    child = multiprocessing.get_context(way).Process(target=os.getpid)
    child.start()
    child.join(60)
    return child.exitcode


seen = [f"sys.executable: {sys.executable}", f"SIGPIPE: {signal.getsignal(signal.SIGPIPE).name}"]
signal.signal(signal.SIGPIPE, signal.SIG_IGN)
seen.append(f"forked: {exit_code('fork')}")
seen.append(f"spawned: {exit_code('spawn')}")
multiprocessing.set_executable("/usr/bin/python3")
seen.append(f"named: {exit_code('spawn')}")
with open("seen", "w") as file:
    file.writelines(f"{line}\n" for line in seen)
os._exit(0)
PYTHON
cat > orthanc.json <<'JSON'
{"StorageDirectory": "storage", "IndexDirectory": "storage", "HttpServerEnabled": false, "DicomServerEnabled": false,
 "Plugins": ["usr/share/orthanc/plugins/libOrthancPython.so"], "PythonScript": "plugin.py"}
JSON
unshare --net timeout 120 "$folder/usr/sbin/Orthanc" orthanc.json > log 2>&1
sed -i "s|$folder||" seen
cat seen
cat > expected <<'TEXT'
sys.executable: /usr/sbin/Orthanc
SIGPIPE: SIG_DFL
forked: 0
spawned: 255
named: 0
TEXT
cmp seen expected
