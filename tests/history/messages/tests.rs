//! The checker finds each kind of violation in a small history, and none in the history without it.

use serde_json::json;

use super::{
    check,
    clock::Jump,
    record::{Appointment, End, History, Invitation, Mail, Message, Reminded, Run, State},
};
use crate::{
    record::{Booking, Call, Moment, Op, Outcome},
    violation::Code,
};

/// A second, in moments. The clock shows the seconds since 1970.
const SECOND: Moment = 1_000_000;
const START: i64 = 10_000;

fn call(op: Op, called: Moment, body: i64, version: Option<i64>) -> Call {
    let outcome = Outcome::Ok { body: json!(body), version };
    Call { client: 0, op, called: called * SECOND, returned: (called + 1) * SECOND, outcome }
}

fn run(sender: usize, begun: Moment, ended: Moment) -> Run {
    Run { sender, begun: begun * SECOND, ended: ended * SECOND, is_reported: true }
}

fn mail(message_id: &str, at: Moment, version: i64, is_cancelled: bool) -> Mail {
    let invitations = vec![Invitation { appointment: 1, version, start: START, is_cancelled }];
    let (message_id, to) = (message_id.to_owned(), "ada@example.org".to_owned());
    Mail { message_id, sender: 0, to, at: at * SECOND, is_confirmed: true, invitations, links: 1 }
}

fn message(id: i64, kind: &str, message_id: &str) -> Message {
    let (kind, state, message_id) = (kind.to_owned(), "Sent".to_owned(), message_id.to_owned());
    let appointment = (kind != "reminder").then_some(1);
    Message { id, kind, reader: 7, appointment, state, attempts: 1, message_id }
}

/// An appointment that was booked at 100 and told at 111, and of which the patient was reminded at 9405.
fn history() -> (History, End) {
    let booking = Booking { doctor: 3, patient: 7, by: 7, start: START, duration: Some(15), ..Booking::default() };
    let book = Op::Book(booking);
    let reminder = Mail { invitations: Vec::new(), ..mail("b", 9405, 1, false) };
    let history = History {
        calls: vec![call(book, 100, 1, None)],
        mails: vec![mail("a", 111, 1, false), reminder],
        runs: [(110, 120), (9404, 9410), (9500, 9510), (9600, 9610), (9700, 9710)]
            .map(|(begun, ended)| run(0, begun, ended))
            .into(),
        jumps: vec![Jump { at: 0, ahead: 0 }],
        reminder_minutes: vec![10],
        ..History::default()
    };
    let state = State { start: START, is_booked: true, at: 100 };
    let end = End {
        appointments: [(1, Appointment { doctor: 3, patient: 7, states: vec![state] })].into(),
        messages: vec![message(1, "booked", "a"), message(2, "reminder", "b")],
        reminders: vec![Reminded { appointment: 1, minutes: 10, start: START, message: 2, version: 1 }],
        readers: [("ada@example.org".to_owned(), 7)].into(),
    };
    (history, end)
}

/// Adds the cancellation of the appointment.
fn cancel(history: &mut History, end: &mut End, at: Moment) {
    history.calls.push(call(Op::Cancel { id: 1 }, at, 1, Some(2)));
    let state = State { is_booked: false, at: at as i64, start: START };
    end.appointments.get_mut(&1).unwrap().states.push(state);
}

#[track_caller]
fn assert_codes(history: &History, end: &End, codes: &[Code]) {
    let found = check::violations(history, end);
    assert_eq!(found.iter().map(|violation| violation.code).collect::<Vec<_>>(), codes, "{found:?}");
}

#[test]
fn everything_told_has_no_violation() {
    let (history, end) = history();
    assert_codes(&history, &end, &[]);
}

#[test]
fn change_must_be_told_and_nothing_else() {
    let (mut history, mut end) = history();
    cancel(&mut history, &mut end, 9800);
    assert_codes(&history, &end, &[Code::ChangeUntold]);
    history.runs.push(run(0, 9802, 9810));
    history.mails.push(mail("c", 9805, 2, true));
    assert_codes(&history, &end, &[Code::MailUnexplained]);
    end.messages.push(message(3, "cancelled", "c"));
    assert_codes(&history, &end, &[]);
    // The same again, with another message.
    history.mails.push(mail("d", 9806, 2, true));
    end.messages.push(message(4, "cancelled", "d"));
    assert_codes(&history, &end, &[Code::MailRepeated]);
}

#[test]
fn mail_must_be_true_when_it_is_claimed() {
    let (mut history, mut end) = history();
    history.mails.truncate(1);
    (history.mails[0].at, history.runs[0]) = (320 * SECOND, run(0, 310, 330));
    end.messages.truncate(1);
    end.reminders.clear();
    cancel(&mut history, &mut end, 300);
    assert_codes(&history, &end, &[Code::MailOutdated, Code::ChangeUntold]);
}

#[test]
fn mail_is_repeated_only_if_its_outcome_is_unknown() {
    let (mut history, mut end) = history();
    history.mails.push(Mail { sender: 1, ..mail("a", 115, 1, false) });
    history.runs.push(run(1, 110, 120));
    assert_codes(&history, &end, &[Code::MailRepeated]);
    history.mails[0].is_confirmed = false;
    assert_codes(&history, &end, &[]);
    history.mails[0].is_confirmed = true;
    history.freezes.push((0, 112 * SECOND));
    assert_codes(&history, &end, &[]);
    // The sender that was frozen is not the one that sent it.
    history.freezes[0].0 = 2;
    assert_codes(&history, &end, &[Code::MailRepeated]);
    history.runs[0].is_reported = false;
    assert_codes(&history, &end, &[]);

    end.messages[0].state = "Queued".into();
    assert_codes(&history, &end, &[Code::MessageStuck]);
    end.messages[0].state = "Failed".into();
    assert_codes(&history, &end, &[Code::MessageMisrecorded]);
}

#[test]
fn message_marked_as_sent_must_be_accepted() {
    let (mut history, end) = history();
    history.mails.remove(0);
    assert_codes(&history, &end, &[Code::MessageMisrecorded, Code::ChangeUntold]);
}

/// Adds another appointment, which was booked at the same time and told in the same mail.
fn add_another(history: &mut History, end: &mut End) {
    let booking = Booking { doctor: 4, patient: 7, by: 7, start: START, duration: Some(15), ..Booking::default() };
    history.calls.push(call(Op::Book(booking), 100, 2, None));
    history.mails[0].invitations.push(Invitation { appointment: 2, version: 1, start: START, is_cancelled: false });
    history.reminder_minutes.clear();
    history.mails.truncate(1);
    end.reminders.clear();
    end.messages.pop();
    let state = State { start: START, is_booked: true, at: 100 };
    end.appointments.insert(2, Appointment { doctor: 4, patient: 7, states: vec![state] });
    end.messages.push(Message { appointment: Some(2), ..message(3, "booked", "a") });
}

#[test]
fn mail_of_several_appointments_tells_each_once() {
    let (mut history, mut end) = history();
    add_another(&mut history, &mut end);
    assert_codes(&history, &end, &[]);

    // Twice in a mail.
    let again = history.mails[0].invitations[1];
    history.mails[0].invitations.push(again);
    assert_codes(&history, &end, &[Code::MailRepeated, Code::MailRepeated]);
    // Marked as sent, but not in the mail.
    history.mails[0].invitations.truncate(1);
    assert_codes(&history, &end, &[Code::MessageMisrecorded, Code::ChangeUntold]);
    // In a mail that another message belongs to.
    history.mails[0].invitations.push(again);
    end.messages[1].message_id = "b".into();
    assert_codes(&history, &end, &[Code::MessageMisrecorded, Code::MailUnexplained]);
}

#[test]
fn mail_that_is_sent_again_says_nothing_new() {
    let (mut history, mut end) = history();
    add_another(&mut history, &mut end);
    history.mails[0].is_confirmed = false;
    history.mails.push(Mail { sender: 1, ..mail("a", 115, 1, false) });
    history.runs.push(run(1, 110, 120));
    assert_codes(&history, &end, &[]);
    history.mails.swap(0, 1);
    (history.mails[0].at, history.mails[1].at) = (111 * SECOND, 115 * SECOND);
    history.mails[0].is_confirmed = false;
    assert_codes(&history, &end, &[Code::MailRepeated]);
}

/// A reschedule to the same start makes another version, which says the same.
#[test]
fn mail_that_is_sent_again_may_have_a_later_version() {
    let (mut history, mut end) = history();
    history.reminder_minutes.clear();
    history.mails.truncate(1);
    end.reminders.clear();
    end.messages.pop();
    history.mails[0].is_confirmed = false;
    history.calls.push(call(Op::Reschedule { id: 1, doctor: None, start: START }, 113, 1, Some(2)));
    end.appointments.get_mut(&1).unwrap().states.push(State { start: START, is_booked: true, at: 113 });
    history.mails.push(Mail { sender: 1, ..mail("a", 117, 2, false) });
    history.runs.push(run(1, 116, 120));
    assert_codes(&history, &end, &[]);
    // A reschedule to another start says something else.
    history.calls[1] = call(Op::Reschedule { id: 1, doctor: None, start: START + 60 }, 113, 1, Some(2));
    end.appointments.get_mut(&1).unwrap().states[1].start = START + 60;
    history.mails[1].invitations[0].start = START + 60;
    assert_codes(&history, &end, &[Code::MailRepeated]);
}

#[test]
fn reminder_is_sent_of_what_is_ahead() {
    let (mut history, mut end) = history();
    history.mails.pop();
    end.messages.pop();
    end.reminders.clear();
    assert_codes(&history, &end, &[Code::ReminderMissed]);
    // Only one sender ran in the time for it.
    history.runs.drain(2..);
    assert_codes(&history, &end, &[]);

    let (mut history, mut end) = self::history();
    cancel(&mut history, &mut end, 9300);
    assert_codes(&history, &end, &[Code::ChangeUntold, Code::ReminderOutdated]);

    let (mut history, end) = self::history();
    (history.mails[1].at, history.runs[1]) = (10_010 * SECOND, run(0, 10_005, 10_020));
    history.runs.drain(2..);
    assert_codes(&history, &end, &[Code::ReminderOutdated]);
}

#[test]
fn forgotten_password_gets_one_mail() {
    let (mut history, mut end) = history();
    history.calls.push(call(Op::ForgetPassword { email: "ada@example.org".into() }, 200, 0, None));
    assert_codes(&history, &end, &[Code::ChangeUntold]);
    let reset = |id, message_id| Message { appointment: None, ..message(id, "reset_password", message_id) };
    end.messages.push(reset(3, "c"));
    history.mails.push(Mail { invitations: Vec::new(), ..mail("c", 112, 0, false) });
    assert_codes(&history, &end, &[]);
    end.messages.push(reset(4, "d"));
    history.mails.push(Mail { invitations: Vec::new(), ..mail("d", 113, 0, false) });
    assert_codes(&history, &end, &[Code::MailUnexplained]);
}
