//! iCalendar (RFC 5545): one appointment as a file, all appointments of an account as a feed, and invitations in
//! mails.
//!
//! An appointment has the same `UID` everywhere, and a `SEQUENCE` that grows with each change. So calendar programs
//! replace an event, and do not add a second one.
//!
//! Not written with the crate `icalendar`: version 0.17 folds some lines after 76 octets, leaves a carriage return in
//! texts, does not escape `NAME`, and does not quote a parameter that has a comma.

mod clean;
mod texts;

use std::{fmt::Display, slice};

use chrono::TimeDelta;
pub use clean::{line, lines};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rounds_domain::{AppointmentId, ClinicId, Timestamp};
use texts::Texts;

/// The clinic, as calendars name it.
#[derive(Clone, Copy, Debug)]
pub struct Clinic<'a> {
    /// The clinic's id, which is part of each `UID`.
    pub id: ClinicId,
    /// The clinic's name.
    pub name: &'a str,
    /// The postal address, with line breaks if needed.
    pub address: Option<&'a str>,
}

/// An appointment in a calendar.
#[derive(Clone, Debug)]
pub struct Event {
    /// The appointment's id.
    pub id: AppointmentId,
    /// The appointment's version. The first is 1.
    pub version: i64,
    /// When the appointment was changed last, or when the mail was created. A feed does not change while this stays
    /// the same.
    pub changed_at: Timestamp,
    /// When it starts.
    pub start: Timestamp,
    /// Its duration in minutes.
    pub duration: i64,
    /// Whether it is cancelled.
    pub is_cancelled: bool,
    /// The name of the other person. `None`: the event says only that the owner of the calendar is busy.
    pub with: Option<String>,
}

/// Returns a calendar with one event, to add to the reader's calendar.
///
/// It has no `ORGANIZER`, although RFC 5546 (section 3.2.1) asks for one. With another organizer than the reader,
/// calendar programs import an event as an invitation that the reader cannot change.
pub fn event(event: &Event, clinic: &Clinic<'_>, language: &str) -> String {
    events(slice::from_ref(event), clinic, language)
}

/// Returns a calendar with several events, like [`event`].
pub fn events(events: &[Event], clinic: &Clinic<'_>, language: &str) -> String {
    let mut calendar = Calendar::new("PUBLISH");
    for event in events {
        calendar.event(event, clinic, Texts::of(language), None);
    }
    calendar.end()
}

/// Returns a calendar to subscribe to (RFC 7986). Programs that follow its interval download it again after
/// `refresh_hours`.
pub fn feed(name: &str, events: &[Event], refresh_hours: u32, clinic: &Clinic<'_>, language: &str) -> String {
    let mut calendar = Calendar::new("PUBLISH");
    calendar.text("NAME", &line(name));
    calendar.text("X-WR-CALNAME", &line(name));
    calendar.property("REFRESH-INTERVAL;VALUE=DURATION", format!("PT{refresh_hours}H"));
    calendar.property("X-PUBLISHED-TTL", format!("PT{refresh_hours}H"));
    for event in events {
        calendar.event(event, clinic, Texts::of(language), None);
    }
    calendar.end()
}

/// The methods of invitations (RFC 5546).
#[derive(Clone, Copy, Debug)]
pub enum Method {
    /// Invites the reader, or changes an invitation.
    Request,
    /// Takes an invitation back.
    Cancel,
}

impl Method {
    /// The method as `METHOD` and as the parameter of `Content-Type`. RFC 6047 (section 2.4) requires that both are
    /// equal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "REQUEST",
            Self::Cancel => "CANCEL",
        }
    }
}

/// A participant of an invitation.
#[derive(Clone, Copy, Debug)]
pub struct Participant<'a> {
    /// The name.
    pub name: Option<&'a str>,
    /// The email address.
    pub email: &'a str,
}

/// Returns a calendar that invites a reader, or takes an invitation back (RFC 5546, sections 3.2.2 and 3.2.5).
///
/// - Outlook and Gmail handle it only with `METHOD`, `ORGANIZER` and an `ATTENDEE` that is the reader's address. The
///   organizer must be the sender of the mail.
/// - The reader has accepted by booking, so no program needs to ask (`PARTSTAT`, `RSVP`). Gmail shows it as accepted.
///   Outlook ignores `PARTSTAT` of a request, and offers to add it without a reply.
pub fn invitation(
    method: Method,
    event: &Event,
    clinic: &Clinic<'_>,
    language: &str,
    organizer: &Participant<'_>,
    attendee: &Participant<'_>,
) -> String {
    let mut calendar = Calendar::new(method.as_str());
    calendar.event(event, clinic, Texts::of(language), Some((organizer, attendee)));
    calendar.end()
}

/// A calendar that is being written.
struct Calendar(String);

impl Calendar {
    fn new(method: &str) -> Self {
        let mut calendar = Self(String::new());
        calendar.property("BEGIN", "VCALENDAR");
        calendar.property("VERSION", "2.0");
        calendar.property("PRODID", "-//Rounds//Appointments//EN");
        calendar.property("METHOD", method);
        calendar
    }

    fn end(mut self) -> String {
        self.property("END", "VCALENDAR");
        self.0
    }

    /// Adds a line, folded so that no line is longer than 75 octets (RFC 5545, section 3.1).
    fn property(&mut self, name: &str, value: impl Display) {
        let mut room = 75;
        for character in format!("{name}:{value}").chars() {
            if character.len_utf8() > room {
                self.0.push_str("\r\n ");
                room = 74;
            }
            self.0.push(character);
            room -= character.len_utf8();
        }
        self.0.push_str("\r\n");
    }

    /// Adds a text of one line, escaped (RFC 5545, section 3.3.11).
    fn text(&mut self, name: &str, text: &str) {
        self.property(name, text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,"));
    }

    /// Adds an event. An invitation has the addresses of its organizer and its attendee.
    fn event(
        &mut self,
        event: &Event,
        clinic: &Clinic<'_>,
        texts: &Texts,
        people: Option<(&Participant<'_>, &Participant<'_>)>,
    ) {
        let utc = |at: Timestamp| at.format("%Y%m%dT%H%M%SZ");
        let (status, transparency) =
            if event.is_cancelled { ("CANCELLED", "TRANSPARENT") } else { ("CONFIRMED", "OPAQUE") };
        self.property("BEGIN", "VEVENT");
        self.property("UID", format!("appointment-{}@{}.rounds", event.id, clinic.id));
        self.property("SEQUENCE", event.version - 1);
        self.property("DTSTAMP", utc(event.changed_at));
        self.property("DTSTART", utc(event.start));
        self.property("DTEND", utc(event.start + TimeDelta::minutes(event.duration)));
        self.property("STATUS", status);
        self.property("TRANSP", transparency);
        match &event.with {
            None => self.text("SUMMARY", texts.busy),
            Some(with) => {
                let place = clinic.address.map(lines).filter(|lines| !lines.is_empty());
                // People with access to somebody's calendar see a private event as busy, without its texts.
                self.property("CLASS", "PRIVATE");
                self.text("SUMMARY", &(texts.summary)(&line(with), &line(clinic.name)));
                self.text("LOCATION", &place.map_or_else(|| line(clinic.name), |lines| lines.join(", ")));
            }
        }
        if let Some((organizer, attendee)) = people {
            let attendance = "CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE";
            self.property(&format!("ORGANIZER{}", common_name(organizer)), mailto(organizer.email));
            self.property(&format!("ATTENDEE;{attendance}{}", common_name(attendee)), mailto(attendee.email));
        }
        self.property("END", "VEVENT");
    }
}

/// Returns the parameter with a person's name. In quotes, it can have any characters but quotes and control characters
/// (RFC 5545, section 3.2).
fn common_name(participant: &Participant<'_>) -> String {
    participant.name.map(|name| format!(";CN=\"{}\"", line(name).replace('"', "'"))).unwrap_or_default()
}

/// Returns the `mailto` URI of an address (RFC 6068).
pub fn mailto(address: &str) -> String {
    const ENCODED: AsciiSet = NON_ALPHANUMERIC
        .remove(b'!')
        .remove(b'$')
        .remove(b'\'')
        .remove(b'*')
        .remove(b'+')
        .remove(b'-')
        .remove(b'.')
        .remove(b'@')
        .remove(b'_')
        .remove(b'~');
    format!("mailto:{}", utf8_percent_encode(address, &ENCODED))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rounds_domain::parse_timestamp;

    use super::*;

    fn clinic<'a>(name: &'a str, address: &'a str) -> Clinic<'a> {
        Clinic { id: ClinicId::from(0xC0FFEE), name, address: Some(address) }
    }

    fn booked(with: Option<&str>) -> Event {
        let at = |text| parse_timestamp(text).unwrap();
        let (changed_at, start) = (at("2030-01-07T08:00:00Z"), at("2030-03-05T13:30:00Z"));
        let with = with.map(str::to_owned);
        Event { id: "42".parse().unwrap(), version: 1, changed_at, start, duration: 30, is_cancelled: false, with }
    }

    #[test]
    fn event_has_times_in_utc_and_escaped_texts() {
        let clinic = clinic("North; South", "1 High Street,\r\nBerlin");
        let lines = [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Rounds//Appointments//EN",
            "METHOD:PUBLISH",
            "BEGIN:VEVENT",
            "UID:appointment-42@00000000000000000000000000c0ffee.rounds",
            "SEQUENCE:0",
            "DTSTAMP:20300107T080000Z",
            "DTSTART:20300305T133000Z",
            "DTEND:20300305T140000Z",
            "STATUS:CONFIRMED",
            "TRANSP:OPAQUE",
            "CLASS:PRIVATE",
            "SUMMARY:Appointment with Dr. Ada\\, North\\; South",
            "LOCATION:1 High Street\\,\\, Berlin",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ];
        assert_eq!(event(&booked(Some("Dr. Ada")), &clinic, "en"), lines.join("\r\n"));
    }

    #[test]
    fn feed_without_details_has_no_names() {
        let clinic = clinic("Northside", "1 High Street");
        let feed = feed("Rounds, Ada", &[booked(None), booked(None)], 1, &clinic, "en");
        for line in [
            "NAME:Rounds\\, Ada",
            "X-WR-CALNAME:Rounds\\, Ada",
            "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
            "X-PUBLISHED-TTL:PT1H",
            "SUMMARY:Busy",
        ] {
            assert!(feed.contains(&format!("\r\n{line}\r\n")), "{line} in {feed}");
        }
        assert_eq!(feed.matches("BEGIN:VEVENT").count(), 2);
        assert!(!feed.contains("Northside") && !feed.contains("High Street"), "{feed}");
    }

    proptest! {
        /// Whatever people enter, the calendar has the same lines, and none is longer than 75 octets.
        #[test]
        fn texts_cannot_add_lines(
            name in ".{0,60}|(\\PC|[\r\n\"\\\\;:,^]){0,200}", local in "[a-z\"\\\\;:, %é]{1,20}",
        ) {
            let email = local + "@example.org";
            let organizer = Participant { name: Some(&name), email: &email };
            let event = booked(Some(&name));
            let clinic = clinic(&name, &name);
            let calendar = invitation(Method::Request, &event, &clinic, "ar", &organizer, &organizer)
                + &feed(&name, &[event], 1, &clinic, "en");
            let mut lines = calendar.split("\r\n");
            prop_assert!(lines.all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])), "{calendar}");
            let unfolded = calendar.replace("\r\n ", "");
            let properties = unfolded.split("\r\n").map(|line| line.split([':', ';']).next().unwrap());
            let event = "UID SEQUENCE DTSTAMP DTSTART DTEND STATUS TRANSP CLASS SUMMARY LOCATION";
            let expected = format!(
                "BEGIN VERSION PRODID METHOD BEGIN {event} ORGANIZER ATTENDEE END END BEGIN VERSION PRODID METHOD NAME \
                 X-WR-CALNAME REFRESH-INTERVAL X-PUBLISHED-TTL BEGIN {event} END END "
            );
            prop_assert_eq!(properties.collect::<Vec<_>>().join(" "), expected);
        }
    }
}
