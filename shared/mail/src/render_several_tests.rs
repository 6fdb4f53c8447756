//! Messages about several appointments.

use chrono::TimeDelta;
use mail_parser::MimeHeaders;

use super::{
    tests::{appointment, at, html_of, mail, parsed, rendered},
    *,
};
use crate::{Appointment, Cancelled, Moved};

/// Appointments of a week each, the first with the reader's child.
fn weeks(number: i64) -> Vec<Appointment> {
    let of_week = |week: i64| Appointment {
        id: (42 + week).to_string().parse().unwrap(),
        start: appointment().start + TimeDelta::weeks(week),
        patient_name: (week == 0).then(|| "Kit".to_owned()),
        ..appointment()
    };
    (0..number).map(of_week).collect()
}

fn cancelled(reasons: [&str; 2]) -> Mail {
    let cancelled = |(appointment, reason): (_, &str)| Cancelled { appointment, reason: Some(reason.to_owned()) };
    mail(Content::Cancelled { appointments: weeks(2).into_iter().zip(reasons).map(cancelled).collect() })
}

fn text(mail: &Mail) -> String {
    plain_text(&Page::of(mail))
}

const CONTACT: &str = "Northside Clinic
1 High Street
10115 Berlin
Phone: +49 30 5550 1234
Email: desk@clinic.example";

const END: &str = "-- \nNorthside Clinic sent this message automatically.\n";

#[test]
fn mail_lists_all_booked_appointments_with_their_links() {
    let mail = mail(Content::Booked { appointments: weeks(2) });
    assert_eq!(mail.subject(), "2 appointments are booked");
    let expected = format!(
        "Hello Sam Reader,

Your appointments are booked.

{CONTACT}

Tuesday, 5 March at 14:30
Patient: Kit
Length: 30 minutes
Doctor: Dr. Amara Okafor
Specialty: Cardiology
View appointment:
https://clinic.example/#/links/TOKEN

Tuesday, 12 March at 14:30
Length: 30 minutes
Doctor: Dr. Amara Okafor
Specialty: Cardiology
View appointment:
https://clinic.example/#/links/TOKEN

If you cannot come, please tell the clinic as soon as possible.

{END}"
    );
    assert_eq!(text(&mail), expected);
    let html = html_of(&mail);
    assert_eq!(html.matches("href=\"https://clinic.example/#/links/TOKEN\"").count(), 2);
    for text in ["Your appointments are booked", "5 March", "12 March", "Kit"] {
        assert!(html.contains(text), "{text} in {html}");
    }
}

#[test]
fn moved_appointments_each_have_their_earlier_time() {
    let earlier = ["2030-03-04T09:00:00Z", "2030-03-12T13:30:00Z"];
    let moved = |(appointment, before)| Moved { appointment, before: Some(at(before)) };
    let mail = mail(Content::Moved { appointments: weeks(2).into_iter().zip(earlier).map(moved).collect() });
    assert_eq!(mail.subject(), "2 appointments have changed");
    let text = text(&mail);
    assert!(text.contains("5 March at 14:30\nBefore: Monday, 4 March at 10:00\nPatient: Kit\n"), "{text}");
    assert!(text.contains("12 March at 14:30\nLength: 30 minutes\n"), "only another duration: {text}");
}

#[test]
fn reason_of_all_cancellations_is_there_once() {
    let mail = cancelled(["The doctor is ill.\nSorry!"; 2]);
    assert_eq!(mail.subject(), "Cancelled: 2 appointments");
    let expected = format!(
        "Specialty: Cardiology\nView appointment:\nhttps://clinic.example/#/links/TOKEN

Reason: The doctor is ill.\nSorry!

If you have questions, please contact the clinic.

{END}"
    );
    assert!(text(&mail).ends_with(&expected), "{}", text(&mail));
    assert_eq!(html_of(&mail).matches("The doctor is ill.").count(), 1);

    let mail = cancelled(["The doctor is ill.", "The clinic is closed."]);
    for reason in ["Reason: The doctor is ill.\n", "Reason: The clinic is closed.\n"] {
        assert!(text(&mail).contains(reason), "{}", text(&mail));
    }
    assert_eq!(html_of(&mail).matches("line-through").count(), 2);
}

#[test]
fn subjects_have_the_counts_of_each_language() {
    let subject = |language: &str, number| {
        Mail { language: language.into(), ..mail(Content::Booked { appointments: weeks(number) }) }.subject()
    };
    for (language, number, expected) in [
        ("en", 26, "26 appointments are booked"),
        ("de", 2, "2 Termine sind gebucht"),
        ("ar", 2, "تم حجز موعدين"),
        ("ar", 5, "تم حجز 5 مواعيد"),
        ("ar", 26, "تم حجز 26 موعدًا"),
    ] {
        assert_eq!(subject(language, number), expected);
    }
}

#[test]
fn text_message_lists_the_first_appointments() {
    let sms = |language: &str, number| {
        Mail { language: language.into(), ..mail(Content::Booked { appointments: weeks(number) }) }.to_text()
    };
    assert_eq!(
        sms("en", 2),
        "2 appointments are booked\nTuesday, 5 March at 14:30\nTuesday, 12 March at 14:30\nNorthside Clinic\n+49 30 5550 1234"
    );
    assert_eq!(
        sms("en", 26),
        "26 appointments are booked\nTuesday, 5 March at 14:30\nTuesday, 12 March at 14:30\nTuesday, 19 March at 14:30\n\
         Tuesday, 26 March at 14:30\nTuesday, 2 April at 15:30\nTuesday, 9 April at 15:30\nTuesday, 16 April at 15:30\n\
         Tuesday, 23 April at 15:30\nand 18 more\nNorthside Clinic\n+49 30 5550 1234"
    );
    for (language, number) in ["en", "de", "ar"].into_iter().flat_map(|language| (2..40).map(move |it| (language, it)))
    {
        let text = sms(language, number);
        assert!(text.chars().count() <= 300 && text.contains("Northside Clinic\n"), "{text}");
    }
    assert!(sms("ar", 9).contains("\nوموعدان آخران\n"), "{}", sms("ar", 9));
}

#[test]
fn text_message_of_a_clinic_with_a_long_name_still_names_an_appointment() {
    let mut mail = mail(Content::Booked { appointments: weeks(26) });
    mail.clinic.name = "Ärzte ".repeat(60);
    let text = mail.to_text();
    assert!(text.starts_with("26 appointments are booked\nTuesday, 5 March at 14:30\nand 25 more\nÄrzte"), "{text}");
    assert!(text.chars().count() <= 300 && text.ends_with("...\n+49 30 5550 1234"), "{text}");
}

#[test]
fn several_appointments_have_one_calendar_as_a_file() {
    for (mail, status) in [
        (mail(Content::Booked { appointments: weeks(3) }), "STATUS:CONFIRMED"),
        (cancelled(["Ill"; 2]), "STATUS:CANCELLED"),
    ] {
        let bytes = rendered(&mail);
        let message = parsed(&bytes);
        let [file] = &message.attachments().collect::<Vec<_>>()[..] else { panic!("not one attachment") };
        assert_eq!(file.attachment_name(), Some("appointments.ics"));
        let calendar = String::from_utf8_lossy(file.contents());
        let number = mail.content.appointments().unwrap().len();
        assert!(calendar.contains("METHOD:PUBLISH\r\n") && !calendar.contains("ATTENDEE"), "{calendar}");
        assert_eq!((calendar.matches("BEGIN:VEVENT").count(), calendar.matches(status).count()), (number, number));
    }
}
