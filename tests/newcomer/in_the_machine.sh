#!/bin/sh
# What is typed in a bare Debian by newcomer.sh, and how long each command takes; a line RESULT for each.
set -u

USER=$(id -un)
HOME=$(sed -n "s/^$USER:.*:\(.*\):.*/\1/p" /etc/passwd)
export HOME USER
cd "$HOME/inboxray" || exit 1

echo "Debian $(cat /etc/debian_version), $(python3 --version), $(make --version | sed -n 1p), as $USER; $(nproc) processors"
echo "commit $(cut -c 1-40 .git/refs/heads/* 2>/dev/null | sed -n 1p)"
for module in ensurepip pip; do python3 -c "import $module" 2>/dev/null || echo "python3 has no $module"; done
for program in git uv initdb; do command -v $program >/dev/null || echo "there is no $program"; done

for target in $TARGETS; do
    printf '\n$ make %s %s\n' "$target" "${TESTS:+TESTS=\"$TESTS\"}"
    began=$(date +%s)
    make "$target" TESTS="$TESTS" 2>&1
    code=$?
    took=$(($(date +%s) - began))
    load=$(cut -d ' ' -f 1 /proc/loadavg)
    if [ $code -eq 0 ]; then how="done"; else how="failed with $code"; fi
    echo "RESULT: make $target: $how in $took s, load $load"
done
