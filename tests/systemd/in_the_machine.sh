#!/bin/bash
# What an operator does, inside the booted container of operate.sh; ends at the first thing that is not as it should be.
set -euo pipefail

SPOOL=/var/lib/inboxray
SOURCE=/root/inboxray
SCANS=50

step() { printf '\n=== %s\n' "$*"; }
run() { printf '$ %s\n' "$*"; "$@"; }
as_daemon() { runuser -u inboxray -- /opt/inboxray/bin/inboxray --spool $SPOOL "$@"; }
ask() { printf '$ inboxray %s\n' "$*"; as_daemon "$@"; }
expect() { if [ "$1" = "$2" ]; then echo "ok: $3 is $1"; else echo "WRONG: $3 is '$1', not '$2'"; exit 1; fi; }
rows() { as_daemon results --format csv | tail -n +2 | wc -l; }
wait_for_rows() {
    for _ in $(seq 120); do
        [ "$(rows)" -ge "$1" ] && return
        sleep 1
    done
    echo "WRONG: $(rows) of $1 rows after two minutes"
    exit 1
}
trap 'echo "LEFT at line $LINENO"; journalctl -u inboxray --no-pager -o cat | tail -5' ERR

cd $SOURCE
step "a bare Debian"
run cat /etc/debian_version
systemctl --version | sed -n 1p
run python3 --version
echo "commit $(cat .git/refs/heads/*)"
run ls /opt

step "install"
run make install
expect "$(stat -c '%U %G %a' $SPOOL/inbox)" "inboxray inboxray-drop 2770" "the inbox"
expect "$(stat -c '%U %G %a' /etc/inboxray/inboxray.toml)" "root inboxray 640" "the configuration"
ask config check

step "start, with monitoring and a canary"
printf '%s\n' 'metrics_listen = "127.0.0.1:9477"' 'canary_every_minutes = 1' 'settle_s = 1' \
    'incomplete_wait_s = 2' >>/etc/inboxray/inboxray.toml
run systemctl enable --now inboxray
run systemctl show inboxray -p ActiveState -p StatusText -p WatchdogUSec -p NRestarts
expect "$(systemctl is-active inboxray)" active "the service"
if [ -e /etc/systemd/system/inboxray.service.d/restart-steps.conf ]; then # systemd 254 and later
    expect "$(systemctl show inboxray -p RestartSteps --value)" 10 "steps between pauses"
fi

step "drop $SCANS scans, as somebody of the group inboxray-drop"
useradd --create-home clerk
usermod --append --groups inboxray-drop clerk
mkdir -p /tmp/samples
PYTHONPATH=$SOURCE /opt/inboxray/bin/python -m tests.systemd.samples /tmp/samples $SCANS
chmod -R a+rX /tmp/samples
run runuser -u clerk -- bash -c "umask 077; mkdir $SPOOL/inbox/ward; cp /tmp/samples/* $SPOOL/inbox/ward/"
wait_for_rows $SCANS

step "results"
ask results --limit 5
as_daemon results --format csv >/tmp/unit.csv
echo "how they ended:"
cut -d , -f 5,6,7 /tmp/unit.csv | tail -n +2 | sort | uniq -c
expect "$(cut -d , -f 4 /tmp/unit.csv | tail -n +2 | sort -u | wc -l)" $SCANS "files with a row"
expect "$(cut -d , -f 4 /tmp/unit.csv | tail -n +2 | wc -l)" $SCANS "rows"
expect "$(find $SPOOL/inbox $SPOOL/claimed -type f | wc -l)" 0 "files not answered"
ask db check --deep

step "the same files without the unit's restrictions, row by row"
PLAIN=/tmp/plain
mkdir -p $PLAIN/inbox/ward
cp /tmp/samples/* $PLAIN/inbox/ward/
chown -R inboxray $PLAIN
plainly() { runuser -u inboxray -- env INBOXRAY_METRICS_LISTEN=off /opt/inboxray/bin/inboxray --spool $PLAIN "$@"; }
plainly once 2>/tmp/plain.log || { cat /tmp/plain.log; exit 1; }
plainly results --format csv >/tmp/plain.csv
expect "$(tail -n +2 /tmp/plain.csv | wc -l)" $SCANS "rows without the unit"
(cd $SOURCE && python3 -m tests.systemd.same_answers /tmp/unit.csv /tmp/plain.csv)

step "under which restrictions"
PID=$(systemctl show inboxray -p MainPID --value)
grep -h -E '^(NoNewPrivs|Seccomp|CapEff)' "/proc/$PID/status"
expect "$(awk '/^Seccomp:/{print $2}' "/proc/$PID/status")" 2 "seccomp of the daemon"
for child in $(pgrep -P "$PID"); do
    expect "$(awk '/^Seccomp:/{print $2}' "/proc/$child/status")" 2 "seccomp of a child"
done
systemd-analyze security inboxray --no-pager | tail -n 1 || true

step "the canary, and whether it is ready"
get() { python3 -c 'import sys, urllib.request as u; print(u.urlopen("http://127.0.0.1:9477" + sys.argv[1]).read().decode())' "$1"; }
for _ in $(seq 90); do
    get /metrics | grep -q '^inboxray_canaries_total{code="",outcome="classified"} [1-9]' && break
    sleep 1
done
get /metrics | grep -E '^inboxray_(canar|scans_total|drift_measures_moved)'
get /ready
expect "$(rows)" $SCANS "rows that people see, with canaries answered"
ask schedule
ask drift --days 1

step "Prometheus: what the unit hides is not needed, and every panel of the dashboard can be asked for"
get /metrics | grep -E '^process_(resident_memory_bytes|start_time_seconds|cpu_seconds_total|open_fds)'
MEMORY=$(get /metrics | awk '/^process_resident_memory_bytes /{print int($2 / 1048576)}')
KERNEL=$(awk '/^VmRSS:/{print int($2 / 1024)}' "/proc/$PID/status")
expect "$((MEMORY * 10 / KERNEL >= 8 && MEMORY * 10 / KERNEL <= 12))" 1 "that $MEMORY MiB is about what the kernel says ($KERNEL MiB)"
STARTED=$(get /metrics | awk '/^process_start_time_seconds /{printf "%d", $2}')
FORKED=$(date +%s -d "$(systemctl show inboxray -p ExecMainStartTimestamp --value)")
expect "$((STARTED - FORKED >= -2 && STARTED - FORKED <= 2))" 1 "that it started when systemd started it"
get /metrics >/tmp/metrics.txt
run promtool check metrics </tmp/metrics.txt
run promtool check rules systemd/monitoring/alerts.yml
printf '%s\n' 'global: {scrape_interval: 1s}' 'scrape_configs:' \
    '  - {job_name: inboxray, static_configs: [{targets: ["127.0.0.1:9477"]}]}' >/etc/prometheus/prometheus.yml
run systemctl restart prometheus
(cd $SOURCE && run python3 -m tests.systemd.panels http://127.0.0.1:9090 systemd/monitoring/dashboard.json)
run systemctl stop prometheus

step "the journal knows priorities"
expect "$(journalctl -u inboxray -p info --no-pager -o cat | grep -c '"event": "scan_recorded"')" $SCANS "lines of scans"
expect "$(journalctl -u inboxray --no-pager -o cat | grep -c '^<[0-9]>' || true)" 0 "prefixes left in lines"
journalctl -u inboxray -p warning --no-pager -o cat | tail -3

step "the page, as a user of its own that reads only"
expect "$(systemctl is-enabled inboxray-page || true)" disabled "the page after the installation"
run systemctl enable --now inboxray-page
look() { python3 -c 'import sys, urllib.request as u; sys.stdout.buffer.write(u.urlopen("http://127.0.0.1:8070" + sys.argv[1]).read())' "$1"; }
wait_for_page() {
    for _ in $(seq 60); do
        look / >/tmp/page.html 2>/dev/null && break
        sleep 1
    done
}
wait_for_page
expect "$(grep -o 'href="/scan/[0-9a-f-]*' /tmp/page.html | sort -u | wc -l)" $SCANS "scans in the worklist"
SCAN=$(as_daemon results --outcome classified --limit 1 --format csv | tail -n 1 | cut -d , -f 1)
expect "$(look "/scan/$SCAN/1/picture.png" | head -c 4 | tail -c 3)" PNG "the picture of a scan"
PAGE_PID=$(systemctl show inboxray-page -p MainPID --value)
expect "$(stat -c %U "/proc/$PAGE_PID")" inboxray-page "the page's user"
expect "$(awk '/^Seccomp:/{print $2}' "/proc/$PAGE_PID/status")" 2 "seccomp of the page"
for place in results.db inbox done .; do
    expect "$(runuser -u inboxray-page -- test -w $SPOOL/$place && echo yes || echo no)" no "whether the page's user may write $place"
done
run systemctl stop inboxray
expect "$(look / | grep -c '</html>')" 1 "pages while no daemon runs"
run systemctl restart inboxray-page
wait_for_page
expect "$(grep -c '</html>' /tmp/page.html)" 1 "pages of one that was started while no daemon runs"
run systemctl start inboxray

step "the page asks for a token"
TOKEN=$(head -c 24 /dev/urandom | base64)
(umask 027; echo "$TOKEN" >/etc/inboxray/page.token)
chgrp inboxray-page /etc/inboxray/page.token
echo 'PAGE_OPTIONS=--token-file /etc/inboxray/page.token' >/etc/inboxray/page.env
run systemctl restart inboxray-page
ask_page() { # ask_page [AUTHORIZATION]: the status, and how many scans it shows
    python3 - "$@" <<'PYTHON'
import re, sys, urllib.error, urllib.request
asked = urllib.request.Request("http://127.0.0.1:8070/", headers={"Authorization": sys.argv[1]} if sys.argv[1:] else {})
try:
    with urllib.request.urlopen(asked) as answer:
        print(answer.status, len(set(re.findall(r'href="/scan/[0-9a-f-]*', answer.read().decode()))), "scans")
except urllib.error.HTTPError as error:
    print(error.code, len(re.findall("/scan/", error.read().decode())), "scans")
except OSError:
    print("away")
PYTHON
}
for _ in $(seq 60); do
    [ "$(ask_page)" = away ] || break
    sleep 1
done
expect "$(ask_page)" "401 0 scans" "the page without a token"
expect "$(ask_page "Bearer wrong")" "401 0 scans" "the page with a wrong one"
expect "$(ask_page "Bearer $TOKEN")" "200 $SCANS scans" "the page with the token"
expect "$(ask_page "Basic $(printf 'anybody:%s' "$TOKEN" | base64)")" "200 $SCANS scans" "the page with the token as a password"
expect "$(journalctl -u inboxray-page --no-pager -o cat | grep -c -F "$TOKEN" || true)" 0 "lines of its log with the token"
run systemctl stop inboxray-page
expect "$(systemctl show inboxray-page -p Result -p ExecMainStatus | xargs)" "Result=success ExecMainStatus=0" "the end of the page"
expect "$(ask_page "Bearer $TOKEN")" away "the page that was stopped"
rm /etc/inboxray/page.env /etc/inboxray/page.token
run systemctl start inboxray-page

step "upgrade of a running service"
run make install
expect "$(systemctl is-active inboxray inboxray-page | uniq)" active "the services"
wait_for_page # one that is asked to end before it listens is ended by the signal itself
run systemctl stop inboxray-page
expect "$(systemctl show inboxray-page -p Result -p ExecMainStatus | xargs)" "Result=success ExecMainStatus=0" "the end of the page"
expect "$(rows)" $SCANS "rows"

step "stop"
run systemctl stop inboxray
run systemctl show inboxray -p Result -p ExecMainStatus

. tests/systemd/ward.sh

step "a database of the first release"
mv $SPOOL/results.db /root/
rm -f $SPOOL/results.db-wal $SPOOL/results.db-shm
(cd $SOURCE && PYTHONPATH=$SOURCE /opt/inboxray/bin/python -m tests.support.first_release $SPOOL/results.db 120)
chown inboxray: $SPOOL/results.db*
systemctl start inboxray || true
for _ in $(seq 60); do # it is ready before it asks the database
    [ "$(systemctl is-active inboxray || true)" != failed ] || break
    sleep 1
done
run systemctl show inboxray -p ActiveState -p ExecMainStatus -p NRestarts
expect "$(systemctl show inboxray -p ExecMainStatus --value)" 78 "the exit code on an older database"
journalctl -u inboxray -p err --no-pager -o cat | tail -n 2
expect "$(journalctl -u inboxray -p err --no-pager -o cat | grep -c 'inboxray db upgrade')" 1 "errors in the journal that say what to do"

step "upgrade: the same command again"
systemctl reset-failed inboxray
run make install
expect "$(rows)" 120 "rows of the first release"
run ls -l $SPOOL
expect "$(ls $SPOOL | grep -c '^before-upgrade-')" 1 "backups"
run systemctl start inboxray
run runuser -u clerk -- cp /tmp/samples/00.dcm $SPOOL/inbox/
wait_for_rows 121
ask results --limit 3

step "uninstall"
run make uninstall
expect "$(systemctl is-active inboxray || true)" inactive "the service"
expect "$([ -e /opt/inboxray ] && echo there || echo gone)" gone "the program"
run ls $SPOOL /etc/inboxray
expect "$([ -e $SPOOL/results.db ] && echo there)" there "the database"
expect "$(find $SPOOL/done -type f | wc -l)" "$(($(cut -d , -f 5 /tmp/unit.csv | grep -c -E 'classified|rejected') + 1))" "scans that were kept"

step "the same as a package: on the spool that was kept"
run make deb
run dpkg --install build/deb/inboxray_*.deb
run systemctl start inboxray
expect "$(systemctl is-active inboxray)" active "the service"
expect "$(rows)" 121 "rows"
run dpkg --install build/deb/inboxray_*.deb
expect "$(systemctl is-active inboxray)" active "the service after an upgrade"
run dpkg --remove inboxray
expect "$([ -e /opt/inboxray/bin ] && echo there || echo gone)" gone "the program"
expect "$([ -e $SPOOL/results.db ] && echo there)" there "the database"

step "the same as a wheel, which makes a service of itself: on the spool that was kept"
run python3 -m venv /opt/inboxray
run /opt/inboxray/bin/pip wheel --quiet --no-deps --wheel-dir /root/wheel $SOURCE
run /opt/inboxray/bin/pip install --quiet -c requirements.lock "$(echo /root/wheel/inboxray-*.whl)[postgres]"
run /opt/inboxray/bin/pip check
run /opt/inboxray/bin/inboxray install-service
run systemctl start inboxray
expect "$(systemctl is-active inboxray)" active "the service"
expect "$(rows)" 121 "rows"
run runuser -u clerk -- cp /tmp/samples/01.dcm $SPOOL/inbox/
wait_for_rows 122
run inboxray install-service
expect "$(systemctl is-active inboxray)" active "the service after an upgrade"
systemctl start inboxray-page || true
for _ in $(seq 60); do
    [ "$(systemctl is-active inboxray-page || true)" != failed ] || break
    sleep 1
done
expect "$(systemctl show inboxray-page -p ExecMainStatus --value)" 78 "the exit code of a page that was not installed"
expect "$(systemctl show inboxray-page -p NRestarts --value)" 0 "how often it was started again"
expect "$(journalctl -u inboxray-page --no-pager -o cat | grep -c 'which is not installed')" 1 "lines that say so"
run inboxray uninstall-service
expect "$(systemctl is-active inboxray || true)" inactive "the service"
expect "$([ -e /usr/local/bin/inboxray ] && echo there || echo gone)" gone "the command"
expect "$([ -e $SPOOL/results.db ] && echo there)" there "the database"

echo "EVERYTHING WAS AS IT SHOULD BE"
