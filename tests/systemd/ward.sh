# Part of in_the_machine.sh: inboxray@ward on PostgreSQL, behind PgBouncer in transaction mode; a standby is promoted
# that lacks the last commits (fault 69); the clock goes 40 days ahead (fault 57).
WARD=/var/lib/inboxray-ward
VERSION=$(ls /usr/lib/postgresql)
OWNER=$(head -c 12 /dev/urandom | base64)
WRITER=$(head -c 12 /dev/urandom | base64)
POOLED=postgresql://inboxray_writer@127.0.0.1:6432/inboxray
LOST=30

as_ward() {
    runuser -u inboxray -- env "PGPASSWORD=$WRITER" INBOXRAY_DATABASE_URL=$POOLED \
        /opt/inboxray/bin/inboxray --spool $WARD "$@"
}
ward() { printf '$ inboxray %s\n' "$*"; as_ward "$@"; }
cd / # where the user postgres may be, too
sql() { runuser -u postgres -- psql --no-psqlrc --tuples-only --no-align --port "$1" --dbname inboxray --command "$2"; }
ward_log() { journalctl -u inboxray@ward --no-pager -o cat "$@"; }
wait_for() { # wait_for SECONDS WHAT COMMAND...: until that command succeeds
    local seconds=$1 what=$2
    shift 2
    for _ in $(seq "$seconds"); do
        "$@" >/dev/null 2>&1 && return
        sleep 1
    done
    echo "WRONG: $what did not come in $seconds s"
    exit 1
}
has_rows() { [ "$(as_ward results --format csv | tail -n +2 | wc -l)" -ge "$1" ] && [ -z "$(ls $WARD/claimed)" ]; }
drop_in_ward() { # drop_in_ward FOLDER NUMBER
    runuser -u clerk -- bash -c "umask 077; mkdir $WARD/inbox/$1; ls -d /tmp/samples/* | head -n $2 | xargs cp -t $WARD/inbox/$1"
}

step "PostgreSQL with a standby, and PgBouncer in transaction mode before it: inboxray@ward"
run pg_dropcluster --stop "$VERSION" main
run pg_createcluster --locale C.UTF-8 --port 5432 --start "$VERSION" first
runuser -u postgres -- createdb --template=template0 --encoding=UTF8 --locale=C inboxray
ROLES=/opt/inboxray/share/inboxray/postgresql-roles.sql
runuser -u postgres -- psql --quiet --dbname inboxray <$ROLES
sql 5432 "ALTER ROLE inboxray_owner PASSWORD '$OWNER'" >/dev/null
sql 5432 "ALTER ROLE inboxray_writer PASSWORD '$WRITER'" >/dev/null
PGPASSWORD=$OWNER run /opt/inboxray/bin/inboxray --database-url postgresql://inboxray_owner@127.0.0.1/inboxray db upgrade
runuser -u postgres -- psql --quiet --dbname inboxray <$ROLES
run pg_createcluster --port 5433 "$VERSION" second
rm -r "/var/lib/postgresql/$VERSION/second"
run runuser -u postgres -- pg_basebackup --pgdata "/var/lib/postgresql/$VERSION/second" --write-recovery-conf --checkpoint fast
run pg_ctlcluster "$VERSION" second start
cat >/etc/pgbouncer/pgbouncer.ini <<'INI'
[databases]
inboxray = host=127.0.0.1 port=5432
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = 6432
auth_type = scram-sha-256
auth_file = /etc/pgbouncer/userlist.txt
pool_mode = transaction
default_pool_size = 2
admin_users = inboxray_owner
logfile = /var/log/postgresql/pgbouncer.log
pidfile = /var/run/postgresql/pgbouncer.pid
unix_socket_dir = /var/run/postgresql
INI
printf '"inboxray_owner" "%s"\n"inboxray_writer" "%s"\n' "$OWNER" "$WRITER" >/etc/pgbouncer/userlist.txt
run systemctl restart pgbouncer
mkdir -p /etc/credstore
(umask 077; echo "${POOLED/@/:$WRITER@}" >/etc/credstore/inboxray-ward.database_url)
SOON=$(date -u -d '+6 min' +%H:%M)
printf '%s\n' INBOXRAY_CANARY_EVERY_MINUTES=0 INBOXRAY_KEEP_DONE_DAYS=30 "INBOXRAY_RETENTION_AT=$SOON" INBOXRAY_SWEEP_S=5 \
    >/etc/inboxray/ward.env
# The clock of this unit alone, right at first: tests/systemd/wrong_clock.c says why not that of the container.
run cc -shared -fPIC -O2 -o /usr/local/lib/wrong_clock.so $SOURCE/tests/systemd/wrong_clock.c
ahead() { python3 -c 'import struct, sys; open("/run/wrong_clock", "r+b").write(struct.pack("q", int(sys.argv[1]) * 86400))' "$1"; }
install -m 644 /dev/null /run/wrong_clock
ahead 0
mkdir -p /etc/systemd/system/inboxray@ward.service.d
printf '%s\n' '[Service]' Environment=LD_PRELOAD=/usr/local/lib/wrong_clock.so \
    >/etc/systemd/system/inboxray@ward.service.d/clock.conf
run systemctl daemon-reload
run systemctl start inboxray@ward
run systemd-tmpfiles --create inboxray.conf
ward config check

step "PgBouncer in transaction mode: $SCANS files, while others read through the same two sessions"
run drop_in_ward first $SCANS
for _ in $(seq 10); do
    as_ward results --limit 1 >/dev/null
    get /ready >/dev/null
done
wait_for 120 "$SCANS rows" has_rows $SCANS
PGPASSWORD=$OWNER psql --no-psqlrc --host 127.0.0.1 --port 6432 --username inboxray_owner --dbname pgbouncer --command 'SHOW POOLS' |
    cut -d '|' -f 1-8
for _ in $(seq 10); do
    PGPASSWORD=$WRITER psql --no-psqlrc --tuples-only --no-align --host 127.0.0.1 --port 6432 --username inboxray_writer \
        --dbname inboxray --command "SELECT current_setting('default_transaction_read_only'), count(*) FROM pg_prepared_statements"
done | sort | uniq -c
expect "$(sql 5432 'SELECT count(*) FROM results')" $SCANS "rows in the server"
expect "$(ward_log | grep -c intake_paused || true)" 0 "pauses of intake"
ward db check --deep

step "a standby takes over that lacks the last $LOST commits"
NOW=$(sql 5432 'SELECT pg_current_wal_lsn()')
has_caught_up() { [ "$(sql 5433 "SELECT pg_last_wal_replay_lsn() >= '$NOW'")" = t ]; }
wait_for 60 "the standby" has_caught_up
expect "$(sql 5433 'SELECT count(*) FROM results')" $SCANS "rows in the standby"
sql 5433 "ALTER SYSTEM SET primary_conninfo = ''"
sql 5433 'SELECT pg_reload_conf()' >/dev/null
is_cut_off() { [ "$(sql 5433 'SELECT count(*) FROM pg_stat_wal_receiver')" = 0 ]; }
wait_for 60 "the end of replication" is_cut_off
run drop_in_ward second $LOST
wait_for 120 "$((SCANS + LOST)) rows" has_rows $((SCANS + LOST))
expect "$(sql 5432 'SELECT count(*) FROM results')" $((SCANS + LOST)) "rows that the first server confirmed"
expect "$(sql 5433 'SELECT count(*) FROM results')" $SCANS "rows that the standby has"
run systemctl kill --signal=SIGKILL "postgresql@$VERSION-first"
run systemctl stop "postgresql@$VERSION-first"
run pg_ctlcluster "$VERSION" second promote
run sed -i 's/port=5432/port=5433/' /etc/pgbouncer/pgbouncer.ini
run systemctl reload pgbouncer
run drop_in_ward third 5
wait_for 180 "$((SCANS + LOST + 5)) rows" has_rows $((SCANS + LOST + 5))
ward_log | grep rows_recorded_again
expect "$(ward_log | grep rows_recorded_again | grep -c "\"rows\": $LOST\b")" 1 "warnings that name $LOST rows"
expect "$(sql 5433 'SELECT count(*), count(DISTINCT source_name) FROM results')" "$((SCANS + LOST + 5))|$((SCANS + LOST + 5))" \
    "rows and names in the server that took over"
ward db check --deep

step "the clock goes 40 days ahead while it runs, with keep_done_days = 30"
STORED=$(find $WARD/done -type f | wc -l)
expect "$([ "$STORED" -gt 40 ] && echo yes)" yes "whether there is something to lose ($STORED files)"
date
ahead 40
run env LD_PRELOAD=/usr/local/lib/wrong_clock.so date
has_retained() { ward_log | grep '"job": "retention"'; }
wait_for 480 "retention" has_retained
ward_log | grep -E 'clock_jumped|"job": "retention"'
expect "$(ward_log | grep '"job": "retention"' | grep -c '"rests_days": 30')" 1 "runs of retention that rest"
run systemctl restart inboxray@ward
sleep 65 # what was said to take them all in 61 s; nothing tells when nothing happens
expect "$(find $WARD/done -type f | wc -l)" "$STORED" "files in done/ after a start 40 days ahead"
ahead 0
run systemctl restart inboxray@ward
ward db check --deep
expect "$(find $WARD/done -type f | wc -l)" "$STORED" "files in done/ with the right clock again"

step "the end of inboxray@ward"
run systemctl stop inboxray@ward
expect "$(systemctl show inboxray@ward -p Result -p ExecMainStatus | xargs)" "Result=success ExecMainStatus=0" "the end of the daemon"
run systemctl stop pgbouncer postgresql
rm -r /etc/systemd/system/inboxray@ward.service.d /etc/inboxray/ward.env /etc/credstore/inboxray-ward.database_url
systemctl daemon-reload
cd $SOURCE
