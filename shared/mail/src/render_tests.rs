use mail_parser::{Message, MessageParser, MimeHeaders};
use proptest::prelude::*;
use rounds_domain::{Timestamp, parse_timestamp};

use super::*;
use crate::{Appointment, Cancelled, ClinicContact, Moved, Recipient};

const ID: &str = "00112233445566778899aabbccddeeff";

pub(super) fn at(text: &str) -> Timestamp {
    parse_timestamp(text).unwrap()
}

pub(super) fn appointment() -> Appointment {
    Appointment {
        id: "42".parse().unwrap(),
        version: 1,
        start: at("2030-03-05T13:30:00Z"),
        duration: 30,
        patient_name: None,
        doctor_name: "Dr. Amara Okafor".into(),
        specialty: Some("Cardiology".into()),
        link: Some("https://clinic.example/#/links/TOKEN".into()),
    }
}

pub(super) fn mail(content: Content) -> Mail {
    Mail {
        id: ID.into(),
        at: at("2030-01-07T08:00:00Z"),
        to: Recipient { name: "Sam Reader".into(), address: "sam@example.org".into() },
        language: "en-GB".into(),
        clinic: ClinicContact {
            name: "Northside Clinic".into(),
            id: 1.into(),
            zone: "Europe/Berlin".parse().unwrap(),
            phone: Some("+49 30 5550 1234".into()),
            email: Some("desk@clinic.example".into()),
            address: Some("1 High Street\n10115 Berlin".into()),
        },
        content,
    }
}

fn booked() -> Mail {
    mail(Content::Booked { appointments: vec![appointment()] })
}

fn contents() -> Vec<Content> {
    let link = || "https://clinic.example/#/verify-email/TOKEN".to_owned();
    let of_child = Appointment { patient_name: Some("Kit".into()), ..appointment() };
    let moved = Moved { appointment: appointment(), before: Some(at("2030-03-04T09:00:00Z")) };
    let cancelled = Cancelled { appointment: appointment(), reason: Some("The doctor is ill.\nSorry!".to_owned()) };
    vec![
        Content::Booked { appointments: vec![appointment()] },
        Content::Moved { appointments: vec![moved.clone()] },
        Content::Cancelled { appointments: vec![cancelled.clone()] },
        Content::Booked { appointments: vec![appointment(), of_child] },
        Content::Moved { appointments: vec![moved.clone(), moved] },
        Content::Cancelled { appointments: vec![cancelled.clone(), cancelled] },
        Content::Reminder { appointments: vec![appointment()] },
        Content::Reminder { appointments: vec![appointment(), appointment(), appointment()] },
        Content::VerifyEmail { link: link() },
        Content::ResetPassword { link: link() },
        Content::Invitation { link: link() },
        Content::PasswordChanged {},
    ]
}

fn sender() -> Mailbox {
    "rounds@clinic.example".parse().unwrap()
}

pub(super) fn rendered(mail: &Mail) -> Vec<u8> {
    mail.to_mime(&sender()).unwrap()
}

pub(super) fn parsed(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).unwrap()
}

pub(super) fn html_of(mail: &Mail) -> String {
    let bytes = rendered(mail);
    parsed(&bytes).body_html(0).unwrap().into_owned()
}

/// The names of the headers of the mail itself.
fn header_names(message: &Message<'_>) -> Vec<String> {
    let mut names: Vec<_> = message.headers().iter().map(|header| header.name().to_lowercase()).collect();
    names.sort();
    names
}

#[test]
fn mail_says_who_sent_it_and_is_the_same_when_it_is_sent_again() {
    let bytes = rendered(&booked());
    assert_eq!(bytes, rendered(&booked()));
    let message = parsed(&bytes);
    assert_eq!(message.message_id(), Some(&*format!("{ID}@clinic.example")));
    assert_eq!(message.date().unwrap().to_rfc3339(), "2030-01-07T08:00:00Z");
    let addresses = [message.from(), message.reply_to(), message.to()].map(|header| {
        let address = header.unwrap().first().unwrap();
        (address.name().unwrap().to_owned(), address.address().unwrap().to_owned())
    });
    let expected = [
        ("Northside Clinic", "rounds@clinic.example"),
        ("Northside Clinic", "desk@clinic.example"),
        ("Sam Reader", "sam@example.org"),
    ];
    assert_eq!(addresses, expected.map(|(name, address)| (name.into(), address.into())));
    let text = |name: &'static str| message.header_raw(name).unwrap().trim();
    assert_eq!(text("Auto-Submitted"), "auto-generated");
    assert_eq!(text("Content-Language"), "en");
    assert!(text("Content-Type").starts_with("multipart/mixed;"), "{}", text("Content-Type"));
    let named = "Rounds <rounds@clinic.example>".parse().unwrap();
    let bytes = booked().to_mime(&named).unwrap();
    assert_eq!(parsed(&bytes).from().unwrap().first().unwrap().name(), Some("Rounds"));
}

#[test]
fn subject_preview_and_text_message_name_no_doctor_specialty_or_reason() {
    for content in contents() {
        let mail = mail(content);
        let page = Page::of(&mail);
        let html = html_of(&mail);
        let shown = html.split("<body").nth(1).unwrap().split('>').skip(1).map(|text| text.split('<').next().unwrap());
        let preview: String = shown.collect::<String>().trim().chars().take(250).collect();
        let plain: String = plain_text(&page).chars().take(100).collect();
        for private in ["Okafor", "Cardiology", "ill", "Sorry"] {
            for text in [&page.subject, &preview, &plain, &mail.to_text()] {
                assert!(!text.contains(private), "{private} in {text}");
            }
        }
        for text in [&html, &plain_text(&page), &mail.to_text()] {
            assert!(text.contains("+49 30 5550 1234"), "{text}");
        }
        assert!(html.contains("href=\"tel:+493055501234\""), "{html}");
        assert!(mail.to_text().is_ascii(), "{}", mail.to_text());
    }
}

#[test]
fn only_a_change_of_one_appointment_is_an_invitation() {
    for content in contents() {
        let mail = mail(content);
        let bytes = rendered(&mail);
        let message = parsed(&bytes);
        let calendars: Vec<_> = message
            .parts
            .iter()
            .filter(|part| part.content_type().is_some_and(|it| it.subtype() == Some("calendar")))
            .map(|part| part.content_type().unwrap().attribute("method").unwrap().to_owned())
            .collect();
        let expected: &[&str] = match &mail.content {
            content if content.appointments().is_none_or(|appointments| appointments.len() > 1) => &[],
            Content::Booked { .. } | Content::Moved { .. } => &["REQUEST"],
            Content::Cancelled { .. } => &["CANCEL"],
            _ => &[],
        };
        assert_eq!(calendars, expected, "{:?}", mail.content);
        assert_eq!(
            message.attachments().any(|part| part.attachment_name() == Some("appointment.ics")),
            !expected.is_empty()
        );
    }
}

#[test]
fn mail_in_arabic_is_written_from_right_to_left() {
    let mail = Mail { language: "ar-EG".into(), ..booked() };
    assert_eq!(mail.subject(), "موعدك يوم الثلاثاء، 5 مارس، الساعة 14:30");
    let html = html_of(&mail);
    assert_eq!(html.matches("lang=\"ar\" dir=\"rtl\"").count(), 2, "{html}");
    let bytes = rendered(&mail);
    assert_eq!(parsed(&bytes).subject(), Some(&*mail.subject()));
}

#[test]
fn earlier_time_is_shown_only_if_it_is_another() {
    let moved = |before| {
        let mail = mail(Content::Moved { appointments: vec![Moved { appointment: appointment(), before }] });
        plain_text(&Page::of(&mail)).contains("Before:")
    };
    assert!(moved(Some(at("2030-03-04T09:00:00Z"))));
    assert!(!moved(Some(appointment().start)));
    assert!(!moved(None));
}

#[test]
fn long_names_are_shortened_in_text_messages() {
    let mut mail = booked();
    mail.clinic.name = "Ärzte ".repeat(17);
    mail.clinic.phone = Some("0".repeat(50));
    assert_eq!(mail.to_text().chars().count(), 198);
    mail.content = Content::Invitation { link: format!("https://clinic.example/{}", "x".repeat(150)) };
    let text = mail.to_text();
    assert!(text.chars().count() <= 300 && text.ends_with(&"x".repeat(150)) && text.contains("..."), "{text}");
}

#[test]
fn mail_that_cannot_be_sent_is_an_error() {
    let error = |mail: Mail| mail.to_mime(&sender()).unwrap_err().to_string();
    let mut invalid = booked();
    invalid.to.address = "sam@example.org\r\nBcc: eve@example.org".into();
    assert_eq!(error(invalid), "the email address of the reader is invalid");
    let mut invalid = booked();
    invalid.clinic.email = Some("nobody".into());
    assert_eq!(error(invalid), "the email address of the clinic is invalid");
    assert_eq!(error(Mail { id: "x".into(), ..booked() }), "the id is not 32 hexadecimal digits");
    assert_eq!(error(mail(Content::Reminder { appointments: vec![] })), "the message has no appointments");
}

#[test]
fn every_address_of_an_account_can_be_written_to() {
    for address in
        ["o'hara+clinic@example.org", "\"a b <c\"@example.org", "\"a\\ b\\\"\"@example.org", "सुनीता@example.org"]
    {
        let mut mail = booked();
        mail.to.address = address.into();
        let message = mail.to_message(&sender()).unwrap();
        assert_eq!(message.envelope().to()[0].as_ref() as &str, address);
    }
    let mut mail = booked();
    mail.to.address = "ada@münchen.example".into();
    let bytes = rendered(&mail);
    assert_eq!(parsed(&bytes).to().unwrap().first().unwrap().address(), Some("ada@xn--mnchen-3ya.example"));
}

/// Any text of one line or several, often with characters that have a meaning in headers, HTML or calendars.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![".{0,80}", "(\\PC|[\r\n\t\0<>&\"'\\\\;:,=?@()\\[\\]]){0,80}", "[ -~]{0,120}"]
}

proptest! {
    #[test]
    fn any_text_leaves_headers_and_tags_as_they_are(
        names in [text(), text(), text(), text(), text(), text()], number in 0..12usize, language in "en|de|ar",
    ) {
        let [reader, clinic, doctor, specialty, reason, phone] = names;
        let usual = Mail { language, ..mail(contents().swap_remove(number)) };
        let mut mail = usual.clone();
        (mail.to.name, mail.clinic.name, mail.clinic.phone) = (reader, clinic, Some(format!("1{phone}")));
        mail.clinic.address = Some(line(&specialty) + "\nx\ny");
        let mut usual = usual;
        let lines = |address: &String| crate::text::lines(address).len();
        usual.clinic.address = mail.clinic.address.as_ref().map(|address| "x\n".repeat(lines(address)));
        match &mut mail.content {
            Content::Booked { appointments } => {
                let names = appointments.iter_mut().filter_map(|appointment| appointment.patient_name.as_mut());
                names.for_each(|name| name.clone_from(&doctor));
                (appointments[0].doctor_name, appointments[0].specialty) = (doctor, Some(specialty));
            }
            Content::Moved { appointments } => appointments[0].appointment.doctor_name = doctor,
            Content::Cancelled { appointments } => {
                for cancelled in appointments {
                    cancelled.reason = Some(format!("{}x\nx", line(&reason)));
                }
            }
            _ => {}
        }
        let (bytes, expected) = (rendered(&mail), rendered(&usual));
        let (message, expected) = (parsed(&bytes), parsed(&expected));
        prop_assert_eq!(header_names(&message), header_names(&expected));
        prop_assert_eq!(message.subject().unwrap(), mail.subject());
        prop_assert_eq!(message.parts.len(), expected.parts.len());
        let name = |message: &Message<'_>| message.to().and_then(|to| to.first()?.name.as_deref().map(str::to_owned));
        prop_assert_eq!(name(&message).unwrap_or_default(), line(&mail.to.name));
        prop_assert_eq!(message.to().unwrap().first().unwrap().address(), Some("sam@example.org"));
        // The text is escaped if the page has the same tags.
        let (html, expected) = (message.body_html(0).unwrap(), expected.body_html(0).unwrap());
        for character in ['<', '>', '"'] {
            prop_assert_eq!(html.matches(character).count(), expected.matches(character).count(), "{}", html);
        }
        prop_assert!(mail.to_text().chars().count() <= 300);
    }
}
