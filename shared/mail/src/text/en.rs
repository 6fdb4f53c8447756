use super::{AboutAccount, AboutAppointment, AboutSeveral, Labels, Texts};

const IF_YOU_CANNOT_COME: &str = "If you cannot come, please tell the clinic as soon as possible.";

fn count(number: i64, one: &str, other: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { other })
}

/// English.
pub(super) static TEXTS: Texts = Texts {
    tag: "en",
    right_to_left: false,
    weekdays: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    date: |weekday, day, month| format!("{weekday}, {day} {month}"),
    date_with_year: |date, year| format!("{date} {year}"),
    date_time: |date, time| format!("{date} at {time}"),
    minutes: |number| count(number, "minute", "minutes"),
    days: |number| count(number, "day", "days"),
    hello: |name| format!("Hello {name},"),
    sent_by: |clinic| format!("{clinic} sent this message automatically."),
    link_works: |time| format!("The link works once, within {time}."),
    labels: Labels {
        phone: "Phone",
        email: "Email",
        patient: "Patient",
        length: "Length",
        doctor: "Doctor",
        specialty: "Specialty",
        before: "Before",
        reason: "Reason",
    },
    more: |number| format!("and {number} more"),
    view: "View appointment",
    booked: AboutAppointment {
        subject: |when| format!("Your appointment on {when}"),
        title: "Your appointment is booked",
        note: IF_YOU_CANNOT_COME,
    },
    several_booked: AboutSeveral {
        subject: |number| format!("{number} appointments are booked"),
        title: "Your appointments are booked",
    },
    moved: AboutAppointment {
        subject: |when| format!("Your appointment has changed: {when}"),
        title: "Your appointment has changed",
        note: IF_YOU_CANNOT_COME,
    },
    several_moved: AboutSeveral {
        subject: |number| format!("{number} appointments have changed"),
        title: "Your appointments have changed",
    },
    cancelled: AboutAppointment {
        subject: |when| format!("Cancelled: your appointment on {when}"),
        title: "Your appointment has been cancelled",
        note: "If you have questions, please contact the clinic.",
    },
    several_cancelled: AboutSeveral {
        subject: |number| format!("Cancelled: {number} appointments"),
        title: "Your appointments have been cancelled",
    },
    reminder: AboutAppointment {
        subject: |when| format!("Reminder: your appointment on {when}"),
        title: "Reminder of your appointment",
        note: IF_YOU_CANNOT_COME,
    },
    reminder_of_several: |count, date, time| format!("Reminder: {count} appointments on {date}, the first at {time}"),
    several: "Reminder of your appointments",
    verify_email: AboutAccount {
        title: "Verify your email address",
        intro: "Please verify that this email address is yours.",
        button: "Verify email address",
        note: "If you did not ask for this, ignore this message.",
    },
    reset_password: AboutAccount {
        title: "Choose a new password",
        intro: "Somebody asked for a new password for your account.",
        button: "Choose a new password",
        note: "If you did not ask for this, ignore this message. Your password will not change.",
    },
    invitation: AboutAccount {
        title: "Choose a password for your account",
        intro: "The clinic has created an account for you. Choose a password to use it.",
        button: "Choose a password",
        note: "If you did not expect this, ignore this message.",
    },
    password_changed: AboutAccount {
        title: "Your password has been changed",
        intro: "The password of your account has been changed.",
        button: "",
        note: "If you did not change it, contact the clinic immediately.",
    },
};
