use super::{AboutAccount, AboutAppointment, AboutSeveral, Labels, Texts};

const IF_YOU_CANNOT_COME: &str =
    "Wenn Sie nicht kommen können, sagen Sie der Praxis bitte so früh wie möglich Bescheid.";

fn count(number: i64, one: &str, other: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { other })
}

/// German, in the words of the web app.
pub(super) static TEXTS: Texts = Texts {
    tag: "de",
    right_to_left: false,
    weekdays: ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    date: |weekday, day, month| format!("{weekday}, {day}. {month}"),
    date_with_year: |date, year| format!("{date} {year}"),
    date_time: |date, time| format!("{date} um {time} Uhr"),
    minutes: |number| count(number, "Minute", "Minuten"),
    // In the dative case: the only text with days is that of `link_works`.
    days: |number| count(number, "Tag", "Tagen"),
    hello: |name| format!("Guten Tag {name},"),
    sent_by: |clinic| format!("Diese Nachricht wurde automatisch verschickt. Absender: {clinic}"),
    link_works: |time| format!("Der Link gilt einmal, innerhalb von {time}."),
    labels: Labels {
        phone: "Telefon",
        email: "E-Mail",
        patient: "Patientin oder Patient",
        length: "Dauer",
        doctor: "Ärztin oder Arzt",
        specialty: "Fachgebiet",
        before: "Bisher",
        reason: "Grund",
    },
    more: |number| format!("und {number} {}", if number == 1 { "weiterer" } else { "weitere" }),
    view: "Termin ansehen",
    booked: AboutAppointment {
        subject: |when| format!("Ihr Termin: {when}"),
        title: "Ihr Termin ist gebucht",
        note: IF_YOU_CANNOT_COME,
    },
    several_booked: AboutSeveral {
        subject: |number| format!("{number} Termine sind gebucht"),
        title: "Ihre Termine sind gebucht",
    },
    moved: AboutAppointment {
        subject: |when| format!("Ihr Termin wurde verschoben: {when}"),
        title: "Ihr Termin wurde verschoben",
        note: IF_YOU_CANNOT_COME,
    },
    several_moved: AboutSeveral {
        subject: |number| format!("{number} Termine wurden verschoben"),
        title: "Ihre Termine wurden verschoben",
    },
    cancelled: AboutAppointment {
        subject: |when| format!("Abgesagt: Ihr Termin, {when}"),
        title: "Ihr Termin wurde abgesagt",
        note: "Wenn Sie Fragen haben, wenden Sie sich bitte an die Praxis.",
    },
    several_cancelled: AboutSeveral {
        subject: |number| format!("Abgesagt: {number} Termine"),
        title: "Ihre Termine wurden abgesagt",
    },
    reminder: AboutAppointment {
        subject: |when| format!("Erinnerung an Ihren Termin: {when}"),
        title: "Erinnerung an Ihren Termin",
        note: IF_YOU_CANNOT_COME,
    },
    reminder_of_several: |count, date, time| format!("Erinnerung: {count} Termine, {date}, der erste um {time} Uhr"),
    several: "Erinnerung an Ihre Termine",
    verify_email: AboutAccount {
        title: "Bestätigen Sie Ihre E-Mail-Adresse",
        intro: "Bitte bestätigen Sie, dass diese E-Mail-Adresse Ihnen gehört.",
        button: "E-Mail-Adresse bestätigen",
        note: "Wenn Sie das nicht veranlasst haben, beachten Sie diese Nachricht nicht.",
    },
    reset_password: AboutAccount {
        title: "Wählen Sie ein neues Passwort",
        intro: "Für Ihr Konto wurde ein neues Passwort angefordert.",
        button: "Neues Passwort wählen",
        note: "Wenn Sie das nicht veranlasst haben, beachten Sie diese Nachricht nicht. Ihr Passwort bleibt, wie es ist.",
    },
    invitation: AboutAccount {
        title: "Wählen Sie ein Passwort für Ihr Konto",
        intro: "Die Praxis hat ein Konto für Sie angelegt. Wählen Sie ein Passwort, um es zu nutzen.",
        button: "Passwort wählen",
        note: "Wenn Sie das nicht erwartet haben, beachten Sie diese Nachricht nicht.",
    },
    password_changed: AboutAccount {
        title: "Ihr Passwort wurde geändert",
        intro: "Das Passwort Ihres Kontos wurde geändert.",
        button: "",
        note: "Wenn Sie es nicht geändert haben, wenden Sie sich sofort an die Praxis.",
    },
};
