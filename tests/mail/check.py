"""Reads the sample mails of a folder with Python's email package, and their calendars with icalendar. Writes the
calendar of each mail beside it, as KIND.LANGUAGE.ics."""

import sys
from datetime import datetime, timedelta, timezone
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path

from icalendar import Calendar

FOLDER = Path(sys.argv[1])
INVITATIONS = {"booked": "REQUEST", "moved": "REQUEST", "cancelled": "CANCEL"}
SEVERAL = {"booked-several", "moved-several", "cancelled-several"}
UID = "appointment-42@0000000000000000000000000c0ffee0.rounds"
UTC = timezone.utc
FIRST, SECOND = datetime(2030, 3, 5, 13, 30, tzinfo=UTC), datetime(2030, 3, 6, 9, 15, tzinfo=UTC)


class Page(HTMLParser):
    """Collects the tags, the links and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.links, self.text, self.hidden = [], [], "", False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        attrs = dict(attrs)
        assert not {"src", "srcset", "background", "onload", "onclick"} & set(attrs), attrs
        if "href" in attrs:
            self.links.append(attrs["href"])
        self.hidden = tag in ("style", "title")

    def handle_endtag(self, tag):
        self.hidden = False

    def handle_data(self, data):
        if not self.hidden:
            self.text += data


def check_headers(mail, kind, language):
    names = [name.lower() for name in mail.keys()]
    assert len(set(names)) == len(names) and "bcc" not in names, names
    assert mail["message-id"] == "<00112233445566778899aabbccddeeff@clinic.example>"
    assert mail["date"].datetime == datetime(2030, 1, 7, 8, tzinfo=UTC)
    assert mail["auto-submitted"] == "auto-generated"
    assert mail["content-language"] == ("en" if language == "hostile" else language)
    assert [address.addr_spec for address in mail["from"].addresses] == ["rounds@clinic.example"]
    assert [address.addr_spec for address in mail["to"].addresses] == ["sam@example.org"]
    assert [address.addr_spec for address in mail["reply-to"].addresses] == ["desk@clinic.example"]
    assert mail["subject"] and not mail["subject"].defects, mail["subject"]
    if language == "en" and kind in INVITATIONS:
        assert "5 March at 14:30" in mail["subject"] or "6 March at 10:15" in mail["subject"], mail["subject"]
    for name, value in mail.items():
        assert not getattr(value, "defects", ()), (name, value.defects)


def check_page(html, kind):
    page = Page(html)
    assert page.tags[:2] == ["html", "head"] and page.tags.count("html") == 1, page.tags
    allowed = "html head meta title style body div table tr td p h1 span bdi br a".split()
    assert set(page.tags) <= set(allowed), page.tags
    schemes = {link.split(":")[0] for link in page.links}
    assert schemes <= {"https", "tel", "mailto"} and "tel" in schemes, page.links
    pages = [link for link in page.links if link.startswith("https")]
    assert all(link.startswith("https://clinic.example/#/") for link in pages), pages
    assert len(html) < 102_000, "Gmail shows only the first 102 kB"
    return page


def check_event(calendar, method, version, start):
    assert calendar["METHOD"] == method
    [event] = calendar.walk("VEVENT")
    assert not calendar.walk("VALARM") and not event.errors, event.errors
    assert (event["UID"], event["SEQUENCE"]) == (UID, version - 1)
    assert event["DTSTART"].dt == start and event["DTEND"].dt == start + timedelta(minutes=30)
    assert event["DTSTAMP"].dt == datetime(2030, 1, 7, 8, tzinfo=UTC)
    assert event["STATUS"] == ("CANCELLED" if method == "CANCEL" else "CONFIRMED")
    return event


def check_invitation(part, kind, attachment):
    method = INVITATIONS[kind]
    assert part.get_param("method") == method and part.get_content_charset() == "utf-8"
    data = part.get_payload(decode=True)
    assert data.replace(b"\r\n", b"").count(b"\n") == 0 and all(len(line) <= 75 for line in data.split(b"\r\n"))
    version = 1 + list(INVITATIONS).index(kind)
    event = check_event(Calendar.from_ical(data), method, version, FIRST if version == 1 else SECOND)
    assert event["ORGANIZER"] == "mailto:rounds@clinic.example" and event["ATTENDEE"] == "mailto:sam@example.org"
    assert event["ATTENDEE"].params["RSVP"] == "FALSE" and event["ATTENDEE"].params["CN"]
    assert attachment.get_filename() == "appointment.ics" and attachment.get_content_type() == "application/ics"
    assert attachment.get_payload(decode=True).strip() == data.strip()
    return data


def check_several(attachment, kind):
    """A calendar with the appointments of half a year. No program shows it as an invitation."""
    calendar = Calendar.from_ical(attachment.get_payload(decode=True))
    assert calendar["METHOD"] == "PUBLISH"
    events = calendar.walk("VEVENT")
    assert [event["UID"] for event in events] == [UID.replace("42", str(42 + week)) for week in range(26)]
    assert [event["DTSTART"].dt for event in events] == [FIRST + timedelta(weeks=week) for week in range(26)]
    status = "CANCELLED" if kind == "cancelled-several" else "CONFIRMED"
    assert all(event["STATUS"] == status and "ATTENDEE" not in event and not event.errors for event in events)
    assert attachment.get_filename() == "appointments.ics" and attachment.get_content_type() == "application/ics"


def check_mail(path):
    kind, language, _ = path.name.split(".")
    mail = message_from_bytes(path.read_bytes(), policy=default)
    assert not any(part.defects for part in mail.walk()), [part.defects for part in mail.walk()]
    check_headers(mail, kind, language)
    types = [part.get_content_type() for part in mail.walk() if not part.is_multipart()]
    calendars = ["text/calendar"] * (kind in INVITATIONS) + ["application/ics"] * (kind in INVITATIONS or kind in SEVERAL)
    expected = ["text/plain", "text/html"] + calendars
    assert types == expected, types
    parts = [part for part in mail.walk() if not part.is_multipart()]
    plain, html = parts[0].get_content(), parts[1].get_content()
    page = check_page(html, kind)
    assert "+49 30 5550 1234" in plain and "+49 30 5550 1234" in page.text
    if language == "hostile":
        assert "<script>" in page.text, "the text is there, and is no tag"
    if kind in INVITATIONS:
        path.with_suffix(".ics").write_bytes(check_invitation(parts[2], kind, parts[3]))
    if kind in SEVERAL:
        check_several(parts[2], kind)


def check_feeds():
    for path in FOLDER.glob("event.*.ics"):
        check_event(Calendar.from_ical(path.read_bytes()), "PUBLISH", 2, SECOND)
    for path in FOLDER.glob("feed*.ics"):
        calendar = Calendar.from_ical(path.read_bytes())
        event = check_event(calendar, "PUBLISH", 2, SECOND)
        assert calendar["NAME"] == calendar["X-WR-CALNAME"]
        assert calendar["REFRESH-INTERVAL"].dt == timedelta(hours=1)
        assert "ATTENDEE" not in event and "ORGANIZER" not in event
        if path.name.startswith("feed-busy"):
            assert event["SUMMARY"] in ("Busy", "Belegt", "مشغول") and "LOCATION" not in event


mails = sorted(FOLDER.glob("*.eml"))
assert len(mails) == 4 * 12, len(mails)
for path in mails:
    try:
        check_mail(path)
    except Exception as error:
        raise AssertionError(path.name) from error
check_feeds()
