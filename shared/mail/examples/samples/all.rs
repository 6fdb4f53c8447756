use std::{io, path::Path};

use chrono::TimeDelta;
use rounds_calendar::Event;
use rounds_domain::{ClinicId, Timestamp};
use rounds_mail::{Appointment, Cancelled, ClinicContact, Content, Mail, Moved, Recipient};

/// The texts that people entered.
struct Names {
    language: &'static str,
    reader: &'static str,
    child: &'static str,
    clinic: &'static str,
    address: &'static str,
    doctor: &'static str,
    specialty: &'static str,
    reason: &'static str,
}

const NAMES: [Names; 3] = [
    Names {
        language: "en",
        reader: "Sam Reader",
        child: "Kit Reader",
        clinic: "Northside Clinic",
        address: "12 Harbour Street\n10115 Berlin",
        doctor: "Dr. Amara Okafor",
        specialty: "Cardiology",
        reason: "Dr. Okafor is ill.\nWe are sorry.",
    },
    Names {
        language: "de",
        reader: "Jürgen Leser",
        child: "Änne Leser",
        clinic: "Praxis am Nordhafen",
        address: "Hafenstraße 12\n10115 Berlin",
        doctor: "Dr. Amara Okafor",
        specialty: "Hals-Nasen-Ohren-Heilkunde",
        reason: "Dr. Okafor ist krank.\nWir bitten um Entschuldigung.",
    },
    Names {
        language: "ar",
        reader: "سليم القارئ",
        child: "ليلى القارئ",
        clinic: "عيادة الشمال",
        address: "شارع الميناء 12\n10115 برلين",
        doctor: "د. أمارا أوكافور",
        specialty: "أمراض القلب",
        reason: "الطبيبة مريضة.\nنعتذر عن ذلك.",
    },
];

/// Texts with headers, tags and properties of calendars, which must stay text.
const HOSTILE: Names = Names {
    language: "en",
    reader: "\"Sam\"\r\nBcc: eve@example.org\r\n\r\n<script>alert(1)</script>",
    child: "<b>Kit</b>\r\n\r\n--mixed",
    clinic: "A&B <b>\"Clinic\"</b>; X\r\nMETHOD:PUBLISH",
    address: "1 High Street, \\n; \"x\"\r\nBEGIN:VALARM\r\n<img src=https://example.org/x>",
    doctor: "Dr. \"O'Hara\", <i>MD</i>; ACTION=\"x\"\r\nDTSTART:20000101T000000Z",
    specialty: "</td></table><a href=\"https://example.org\">",
    reason: "<style>body{display:none}</style>\r\n--mixed",
};

fn at(text: &str) -> Timestamp {
    // An example has no caller that could handle an invalid constant.
    rounds_domain::parse_timestamp(text).unwrap_or_default()
}

fn appointment(names: &Names, version: i64, start: &str) -> io::Result<Appointment> {
    Ok(Appointment {
        id: "42".parse().map_err(|_| io::Error::other("id"))?,
        version,
        start: at(start),
        duration: 30,
        patient_name: None,
        doctor_name: names.doctor.into(),
        specialty: Some(names.specialty.into()),
        link: Some("https://clinic.example/#/links/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".into()),
    })
}

/// The appointments of half a year, one each week. One of them is of a child.
fn series(names: &Names) -> io::Result<Vec<Appointment>> {
    let first = appointment(names, 1, "2030-03-05T13:30:00Z")?;
    let of_week = |week: i64| {
        let id = (42 + week).to_string().parse().map_err(|_| io::Error::other("id"))?;
        let patient_name = (week == 1).then(|| names.child.to_owned());
        Ok(Appointment { id, start: first.start + TimeDelta::weeks(week), patient_name, ..first.clone() })
    };
    (0..26).map(of_week).collect()
}

/// All kinds of messages, each with its name. The first three are the history of one appointment.
fn contents(names: &Names) -> io::Result<Vec<(&'static str, Content)>> {
    let appointment = |version, start| appointment(names, version, start);
    let link = |page: &str| format!("https://clinic.example/#/{page}/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
    let (first, second) = ("2030-03-05T13:30:00Z", "2030-03-06T09:15:00Z");
    let day = ["2030-03-06T09:15:00Z", "2030-03-06T10:00:00Z", "2030-03-06T14:30:00Z"];
    let day = day.map(|start| appointment(1, start)).into_iter().collect::<io::Result<_>>()?;
    let (before, reason) = (Some(at(first)), Some(names.reason.to_owned()));
    let moved = |appointment| Moved { appointment, before };
    let cancelled = |appointment| Cancelled { appointment, reason: reason.clone() };
    let series = series(names)?;
    Ok(vec![
        ("booked", Content::Booked { appointments: vec![appointment(1, first)?] }),
        ("moved", Content::Moved { appointments: vec![moved(appointment(2, second)?)] }),
        ("cancelled", Content::Cancelled { appointments: vec![cancelled(appointment(3, second)?)] }),
        ("booked-several", Content::Booked { appointments: series.clone() }),
        ("moved-several", Content::Moved { appointments: series.iter().cloned().map(moved).collect() }),
        ("cancelled-several", Content::Cancelled { appointments: series.into_iter().map(cancelled).collect() }),
        ("reminder", Content::Reminder { appointments: vec![appointment(2, second)?] }),
        ("reminder-of-several", Content::Reminder { appointments: day }),
        ("verify-email", Content::VerifyEmail { link: link("verify-email") }),
        ("reset-password", Content::ResetPassword { link: link("reset-password") }),
        ("invitation", Content::Invitation { link: link("invitation") }),
        ("password-changed", Content::PasswordChanged {}),
    ])
}

fn clinic(names: &Names) -> io::Result<ClinicContact> {
    Ok(ClinicContact {
        name: names.clinic.into(),
        id: ClinicId::from(0x0C0F_FEE0),
        zone: "Europe/Berlin".parse().map_err(|_| io::Error::other("zone"))?,
        phone: Some("+49 30 5550 1234".into()),
        email: Some("desk@clinic.example".into()),
        address: Some(names.address.into()),
    })
}

fn mail(names: &Names, content: Content) -> io::Result<Mail> {
    Ok(Mail {
        id: "00112233445566778899aabbccddeeff".into(),
        at: at("2030-01-07T08:00:00Z"),
        to: Recipient { name: names.reader.into(), address: "sam@example.org".into() },
        language: names.language.into(),
        clinic: clinic(names)?,
        content,
    })
}

/// Writes each message as `KIND.LANGUAGE.eml`, as a page and as an SMS, and the calendars that are no messages.
pub(crate) fn write(folder: &Path) -> io::Result<()> {
    let from = "rounds@clinic.example".parse().map_err(io::Error::other)?;
    for (names, language) in NAMES.iter().map(|names| (names, names.language)).chain([(&HOSTILE, "hostile")]) {
        for (kind, content) in contents(names)? {
            let mail = mail(names, content)?;
            let path = |extension| folder.join(format!("{kind}.{language}.{extension}"));
            std::fs::write(path("eml"), mail.to_mime(&from).map_err(io::Error::other)?)?;
            std::fs::write(path("html"), mail.to_html())?;
            std::fs::write(path("txt"), mail.to_text())?;
        }
        let clinic = clinic(names)?;
        let appointment = appointment(names, 2, "2030-03-06T09:15:00Z")?;
        let event = |with| Event {
            id: appointment.id,
            version: appointment.version,
            changed_at: at("2030-01-07T08:00:00Z"),
            start: appointment.start,
            duration: appointment.duration,
            is_cancelled: false,
            with,
        };
        let (detailed, busy) = (event(Some(names.doctor.to_owned())), event(None));
        let clinic = clinic.in_calendar();
        let write = |name: &str, text: String| std::fs::write(folder.join(format!("{name}.{language}.ics")), text);
        write("event", rounds_calendar::event(&detailed, &clinic, names.language))?;
        write("feed", rounds_calendar::feed(names.clinic, &[detailed], 1, &clinic, names.language))?;
        write("feed-busy", rounds_calendar::feed("Rounds", &[busy], 1, &clinic, names.language))?;
    }
    Ok(())
}

/// Returns messages for a day of each month and of a week, in each language: the language, the date, and the SMS.
#[allow(dead_code)] // Only the tests use it.
pub(crate) fn dates() -> io::Result<Vec<[String; 3]>> {
    let mut dates = Vec::new();
    for names in &NAMES {
        for (month, day) in (1..=12).map(|month| (month, 15)).chain((1..=7).map(|day| (1, day))) {
            let date = format!("2030-{month:02}-{day:02}");
            let appointment = appointment(names, 1, &format!("{date}T10:00:00Z"))?;
            let text = mail(names, Content::Booked { appointments: vec![appointment] })?.to_text();
            dates.push([names.language.to_owned(), date, text]);
        }
    }
    Ok(dates)
}
