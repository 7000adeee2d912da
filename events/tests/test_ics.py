"""What the example `ics` writes is read by the packages icalendar and vobject.

The binary is built by `cargo build -p foveate-events --example ics`; ICS_EXAMPLE names another one.
"""

import os
import pathlib
import re
import subprocess
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
EXAMPLE = os.environ.get("ICS_EXAMPLE", TARGET / "debug/examples/ics")


def written(*args, text=None):
    run = subprocess.run([EXAMPLE, *args], input=text, capture_output=True, check=True)
    return run.stdout.decode()


@pytest.fixture(
    scope="module", params=[(), ("2026-04-22", "Europe/Madrid")], ids=["floating", "local"]
)
def calendar(request):
    return written(*request.param)


def events(text):
    return {str(e["SUMMARY"]): e for e in icalendar.Calendar.from_ical(text).walk("VEVENT")}


def test_lines(calendar):
    lines = calendar.split("\r\n")
    assert lines[-1] == "" and "\n" not in "".join(lines) and "\r" not in "".join(lines)
    assert all(len(line.encode()) <= 75 for line in lines)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", calendar.replace("\r\n", ""))


def test_what_outlook_asks_for(calendar):
    parsed = icalendar.Calendar.from_ical(calendar)
    assert parsed["METHOD"] == "PUBLISH" and parsed["VERSION"] == "2.0" and parsed["PRODID"]
    zones = {str(z["TZID"]) for z in parsed.walk("VTIMEZONE")}
    uids = [str(e["UID"]) for e in parsed.walk("VEVENT")]
    assert len(uids) == len(set(uids)) == 17
    for event in parsed.walk("VEVENT"):
        assert "DTSTAMP" in event
        for name in ("DTSTART", "DTEND"):
            if name in event and "TZID" in event[name].params:
                assert event[name].params["TZID"] in zones
    assert not any("UID" in z or "DTSTAMP" in z for z in parsed.walk("VTIMEZONE"))


def test_nothing_is_left_to_errors(calendar):
    parsed = icalendar.Calendar.from_ical(calendar)
    assert all(not part.errors for part in parsed.walk())


def test_vobject_agrees(calendar):
    ours = events(calendar)
    for event in vobject.readOne(calendar).vevent_list:
        name = event.summary.value
        start = ours[name]["DTSTART"].dt
        assert moment(event.dtstart.value) == moment(start), name
        if hasattr(event, "dtend"):
            assert moment(event.dtend.value) == moment(ours[name]["DTEND"].dt), name
    vobject.readOne(calendar).serialize()


def moment(value):
    """A day, a time without a zone, or a moment in Greenwich time."""
    aware = isinstance(value, datetime) and value.tzinfo
    return value.astimezone(timezone.utc) if aware else value


def test_values():
    found = events(written())
    span = {
        name: (e["DTSTART"].dt, e["DTEND"].dt if "DTEND" in e else None)
        for name, e in found.items()
    }
    assert span["Cider Evening"] == (datetime(2026, 10, 16, 19), datetime(2026, 10, 16, 21, 30))
    assert span["Whole days"] == (date(2026, 6, 12), date(2026, 6, 15))
    assert span["One day"] == (date(2026, 5, 3), date(2026, 5, 4))
    assert span["Days from ten on"] == (datetime(2026, 7, 24, 10), datetime(2026, 7, 27))
    assert span["Over midnight"] == (datetime(2026, 12, 31, 22), datetime(2027, 1, 1, 1))
    assert span["Open end"] == (datetime(2026, 5, 3, 19), None)
    assert span["Both days with times"] == (datetime(2026, 8, 1, 9), datetime(2026, 8, 2, 16))
    utc = {
        name: moment(s[0]).replace(tzinfo=None)
        for name, s in span.items()
        if isinstance(s[0], datetime)
    }
    assert utc["Eastern"] == datetime(2026, 6, 30, 19)
    assert utc["Summer time"] == datetime(2026, 10, 16, 16)
    assert utc["Offset"] == datetime(2026, 8, 24, 7)
    assert utc["Greenwich"] == datetime(2026, 10, 8, 18, 30)
    assert utc["Half hours"] == datetime(2026, 4, 28, 12, 30)
    assert str(found["Days from ten on"]["LOCATION"]) == "Green, the; \\ old"
    rules = {name: e["RRULE"].to_ical().decode() for name, e in found.items() if "RRULE" in e}
    assert rules["Weekly"] == "FREQ=WEEKLY;BYDAY=TH"
    assert rules["Monthly"] == "FREQ=MONTHLY;BYDAY=1MO,3MO"
    assert rules["Until"] == "FREQ=WEEKLY;UNTIL=20260715T065900Z;BYDAY=TU"


def test_occurrences():
    """vobject unrolls the rules: each day is one that the rule names, none comes after the last."""
    for event in vobject.readOne(written()).vevent_list:
        if hasattr(event, "rrule"):
            days = list(event.getrruleset(addRDate=False)[:6])
            start = event.dtstart.value
            assert days[0].replace(tzinfo=None) == start.replace(tzinfo=None), event.summary.value
    until = [e for e in vobject.readOne(written()).vevent_list if e.summary.value == "Until"][0]
    assert len(list(until.getrruleset())) == 7


# Every region that the library knows, once in winter and once in summer.
REGIONS = re.findall(r'^    [A-Z_]+ "([^"]+)" ', (ROOT / "events/src/zone.rs").read_text(), re.M)


@pytest.mark.parametrize("region", REGIONS)
def test_rules_of_regions(region):
    days = ["2026-01-15", "2026-03-20", "2026-04-02", "2026-07-15", "2026-10-20", "2026-10-28"]
    text = "".join(f"{day}\t{day}\t12:00\t-\t-\n" for day in days)
    for event in icalendar.Calendar.from_ical(
        written("2026-01-01", region, "-", text=text.encode())
    ).walk("VEVENT"):
        wall = datetime.fromisoformat(str(event["SUMMARY"])) + timedelta(hours=12)
        assert moment(event["DTSTART"].dt) == wall.replace(tzinfo=ZoneInfo(region)).astimezone(
            timezone.utc
        )
    # vobject makes zones of the VTIMEZONE itself, not of its name.
    vobject.icalendar.TimezoneComponent._registry = {}
    for event in vobject.readOne(
        written("2026-01-01", region, "-", text=text.encode())
    ).vevent_list:
        wall = datetime.fromisoformat(event.summary.value) + timedelta(hours=12)
        expected = wall.replace(tzinfo=ZoneInfo(region)).astimezone(timezone.utc)
        assert event.dtstart.value.astimezone(timezone.utc) == expected, event.summary.value
