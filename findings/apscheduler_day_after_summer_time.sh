#!/bin/sh
# APScheduler 3.11.3: a daily CronTrigger shortly after midnight leaves out the day after the clocks went forward.
#
# CronTrigger(hour=0, minute=30) in Europe/Berlin comes on 29 March 2026, whose night loses an hour at 02:00, and then
# on 31 March: 30 March has a 00:30 of its own and is left out. One at 12:30 comes each day. Seen:
# "00:30: 28 29 31 1" and "12:30: 28 29 30 31". What we do: a trigger of our own for a time of each day.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet apscheduler==3.11.3 tzlocal==5.4.5 tzdata==2026.6
"$folder/venv/bin/python" - <<'PYTHON'
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

BERLIN = ZoneInfo("Europe/Berlin")
seen = {}
for hour in (0, 12):
    trigger = CronTrigger(hour=hour, minute=30, timezone=BERLIN)
    before, now, days = None, datetime(2026, 3, 27, 13, tzinfo=BERLIN), []
    for _ in range(4):
        before = trigger.get_next_fire_time(before, now)
        now = before + timedelta(seconds=1)
        days.append(before.day)
    seen[hour] = days
    print(f"{hour:02}:30:", *days)
assert seen == {0: [28, 29, 31, 1], 12: [28, 29, 30, 31]}, "the behaviour has changed"
PYTHON
