//! Messages about several appointments are one mail to each reader.

use std::fs;

use chrono::TimeDelta;
use notify::Sender;
use rounds_data::messages::{self, Channels, Claim, Outcome};
use rounds_domain::parse_timestamp;
use rounds_mail::{Settings, Transport};

use super::{
    queue::reschedule,
    sender::{claim, claim_by, record, said},
};
use crate::{
    patients::{add, add_dependant, book_for},
    support::{Actor, Clinic, json, public_url, temporary},
};

const NOW: &str = "2030-01-07T08:00:00Z";
const NINE: &str = "2030-01-10T09:00:00Z";
const TEN: &str = "2030-01-10T10:00:00Z";
const ELEVEN: &str = "2030-01-10T11:00:00Z";

async fn clinic() -> (Clinic, Actor, Actor) {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    (clinic, doctor, patient)
}

/// Returns what each mail of a claim says.
fn mails(claim: &Claim) -> Vec<Vec<String>> {
    claim.mails().map(|messages| messages.iter().map(said).collect()).collect()
}

fn ids(claim: &Claim) -> Vec<&str> {
    claim.mails().map(|messages| messages[0].message_id.as_str()).collect()
}

async fn states(clinic: &Clinic) -> Vec<String> {
    let messages = clinic.admin().await.get("/messages").await.expect(200);
    messages.as_array().unwrap().iter().map(|message| message["state"].as_str().unwrap().to_owned()).collect()
}

/// The doctor takes the day off, which cancels the appointments.
async fn take_day_off(clinic: &Clinic, doctor: &Actor) {
    let off = json!({
        "start_date": "2030-01-10T00:00:00Z", "end_date": "2030-01-11T00:00:00Z", "reason": "The doctor is ill.",
        "appointments": "cancel",
    });
    let desk = clinic.receptionist().await;
    desk.post(&format!("/doctors/{}/time_off", doctor.id), off).await.expect(201);
}

/// Lets a sender write what is due into files. Returns the mails.
async fn written(clinic: &Clinic) -> Vec<String> {
    let folder = temporary("mail");
    let transport = Transport::new(Settings::in_folder(folder.clone())).unwrap();
    let clock = || parse_timestamp(NOW).unwrap();
    Sender::new(clinic.functions_database().clone(), transport, public_url(), clock).run(&|| true).await.unwrap();
    let files = fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    files.map(|mail| mail.replace("=\r\n", "").replace("\r\n", "\n")).collect()
}

#[tokio::test]
async fn patient_gets_one_mail_about_the_day_off_of_a_doctor() {
    let (clinic, doctor, patient) = clinic().await;
    for start in [TEN, NINE] {
        patient.book(&doctor, start, 30).await;
    }
    let [booked] = &written(&clinic).await[..] else { panic!("not one mail") };
    assert!(booked.contains("Subject: 2 appointments are booked\n"), "{booked}");

    take_day_off(&clinic, &doctor).await;
    let [cancelled] = &written(&clinic).await[..] else { panic!("not one mail") };
    assert!(cancelled.contains("Subject: Cancelled: 2 appointments\n"), "{cancelled}");
    let (plain, _) = cancelled.split_once("<!DOCTYPE html>").unwrap();
    let times: Vec<_> = plain.lines().filter_map(|line| line.strip_prefix("Thursday, 10 January at ")).collect();
    assert_eq!(times, ["09:00", "10:00"], "{plain}");
    assert_eq!(plain.matches("Reason: The doctor is ill.\n").count(), 1, "{plain}");
    assert_eq!(states(&clinic).await, ["Sent"; 4]);
}

#[tokio::test]
async fn guardian_gets_one_mail_about_two_children() {
    let (clinic, doctor, guardian) = clinic().await;
    let desk = clinic.receptionist().await;
    for (name, start) in [("Kit", NINE), ("Bo", TEN)] {
        let child = add_dependant(&guardian, name).await;
        book_for(&desk, &doctor, child, start).await;
    }
    assert_eq!(written(&clinic).await.len(), 1);
    take_day_off(&clinic, &doctor).await;
    let [cancelled] = &written(&clinic).await[..] else { panic!("not one mail") };
    let (plain, _) = cancelled.split_once("<!DOCTYPE html>").unwrap();
    let children: Vec<_> = plain.lines().filter_map(|line| line.strip_prefix("Patient: ")).collect();
    assert_eq!(children, ["Kit", "Bo"], "{plain}");
    assert_eq!(states(&clinic).await, ["Sent"; 4]);
}

#[tokio::test]
async fn patient_with_only_a_phone_gets_one_text_message() {
    let (clinic, doctor, _) = clinic().await;
    let desk = clinic.receptionist().await;
    let patient = add(&desk, json!({ "name": "Ada", "phone": "+442079460000" })).await;
    for start in [TEN, NINE] {
        book_for(&desk, &doctor, patient, start).await;
    }
    let claimed = claim_by(&clinic, true).await;
    assert_eq!(mails(&claimed), [[format!("booked {NINE}"), format!("booked {TEN}")]]);
    assert!(claimed.messages.iter().all(|message| message.is_text && message.sent_to == "+442079460000"));
}

#[tokio::test]
async fn readers_and_kinds_have_mails_of_their_own() {
    let (clinic, doctor, patient) = clinic().await;
    let other = clinic.patient().await;
    let nine = patient.book(&doctor, NINE, 30).await;
    record(&clinic, &claim(&clinic).await, Outcome::Sent).await;
    doctor.cancel(nine).await.expect(200);
    patient.book(&doctor, TEN, 30).await;
    other.book(&doctor, ELEVEN, 30).await;
    let claimed = claim(&clinic).await;
    let expected = [format!("cancelled {NINE}"), format!("booked {TEN}"), format!("booked {ELEVEN}")];
    assert_eq!(mails(&claimed), expected.map(|said| vec![said]));
}

#[tokio::test]
async fn mail_that_was_not_sent_is_composed_again() {
    let (clinic, doctor, patient) = clinic().await;
    let nine = patient.book(&doctor, NINE, 30).await;
    let ten = patient.book(&doctor, TEN, 30).await;
    let first = claim(&clinic).await;
    record(&clinic, &first, Outcome::Deferred("the server is busy".into())).await;
    clinic.pass(TimeDelta::seconds(60));
    let second = claim(&clinic).await;
    assert_eq!(mails(&second), [[format!("booked {NINE}"), format!("booked {TEN}")]], "both, once more");
    record(&clinic, &second, Outcome::Deferred("the server is busy".into())).await;

    // One of them is held back now. They are two mails, so they need two Message-IDs.
    clinic.pass(TimeDelta::seconds(290));
    reschedule(&doctor, ten, ELEVEN).await;
    clinic.pass(TimeDelta::seconds(10));
    let third = claim(&clinic).await;
    assert_eq!(mails(&third), [[format!("booked {NINE}")]]);
    record(&clinic, &third, Outcome::Sent).await;
    clinic.pass(TimeDelta::seconds(60));
    let fourth = claim(&clinic).await;
    assert_eq!(mails(&fourth), [[format!("booked {ELEVEN}")]]);
    let mut used = [ids(&first), ids(&second), ids(&third), ids(&fourth)].concat();
    used.sort_unstable();
    used.dedup();
    assert_eq!(used.len(), 4);
    record(&clinic, &fourth, Outcome::Sent).await;
    assert_eq!(states(&clinic).await, ["Sent", "Sent"]);
    assert!(nine < ten);
}

/// A mail program that hides the second of two mails with the same Message-ID must hide no news.
#[tokio::test]
async fn mail_with_an_unknown_outcome_gets_no_other_appointment() {
    let (clinic, doctor, patient) = clinic().await;
    patient.book(&doctor, NINE, 30).await;
    clinic.pass(TimeDelta::seconds(30));
    let ten = patient.book(&doctor, TEN, 30).await;
    let dead = claim(&clinic).await;
    assert_eq!(mails(&dead), [[format!("booked {NINE}"), format!("booked {TEN}")]]);

    clinic.pass(TimeDelta::seconds(121));
    patient.book(&doctor, ELEVEN, 30).await;
    let next = claim(&clinic).await;
    assert_eq!(mails(&next)[0], mails(&dead)[0]);
    assert_eq!(mails(&next)[1..], [[format!("booked {ELEVEN}")]]);
    assert_eq!(ids(&next)[0], ids(&dead)[0]);
    record(&clinic, &next, Outcome::Unknown("no answer".into())).await;

    // One of them is not true any more, and is sent in another mail.
    reschedule(&doctor, ten, "2030-01-10T12:00:00Z").await;
    clinic.pass(TimeDelta::seconds(60));
    let moved = claim(&clinic).await;
    let expected = [format!("booked {ELEVEN}"), "moved 2030-01-10T12:00:00Z".to_owned()].map(|said| vec![said]);
    assert_eq!(mails(&moved), expected, "the next attempt of the first mail is later");
    assert!(!ids(&moved).contains(&ids(&dead)[0]));
    record(&clinic, &moved, Outcome::Sent).await;
    clinic.pass(TimeDelta::minutes(5));
    let last = claim(&clinic).await;
    assert_eq!((mails(&last), ids(&last)), (vec![vec![format!("booked {NINE}")]], ids(&dead)));
}

#[tokio::test]
async fn staff_retries_the_whole_mail() {
    for outcome in [Outcome::Refused("no such mailbox".into()), Outcome::Unknown("no answer".into())] {
        let (clinic, doctor, patient) = clinic().await;
        for start in [NINE, TEN] {
            patient.book(&doctor, start, 30).await;
        }
        record(&clinic, &claim(&clinic).await, outcome).await;
        patient.book(&doctor, ELEVEN, 30).await;
        assert_eq!(mails(&claim(&clinic).await), [[format!("booked {ELEVEN}")]]);
        let admin = clinic.admin().await;
        let messages = admin.get("/messages").await.expect(200);
        let retry = format!("/messages/{}/retry", messages[1]["id"]);
        assert_eq!(admin.send("POST", &retry, None, &[]).await.status, 202);
        assert_eq!(states(&clinic).await, ["Queued"; 3]);
        assert_eq!(mails(&claim(&clinic).await), [[format!("booked {NINE}"), format!("booked {TEN}")]]);
    }
}

/// Two patients have 55 appointments. The limit of a claim is 50, but the second patient gets one mail.
#[tokio::test]
async fn claim_takes_all_messages_of_a_reader() {
    let (clinic, ..) = clinic().await;
    let policy = "max_open_bookings = NULL, max_appointments_per_day = 100, max_booked_mins_per_day = 1440";
    clinic.sql(&format!("UPDATE clinic SET operation_id = :operation, {policy}")).await.unwrap();
    for number in [20, 35, 20] {
        let (patient, doctor) = (clinic.patient().await, clinic.doctor().await);
        for quarter in 0..number {
            let (day, minute) = (10 + quarter / 20, 9 * 60 + quarter % 20 * 15);
            let start = format!("2030-01-{day}T{:02}:{:02}:00Z", minute / 60, minute % 60);
            patient.book(&doctor, &start, 15).await;
        }
    }
    let lengths = |claim: &Claim| claim.mails().map(<[_]>::len).collect::<Vec<_>>();
    let first = claim(&clinic).await;
    assert_eq!(lengths(&first), [20, 35]);
    let channels = Channels { texts: false, quiet_until: None };
    let second = messages::claim(clinic.functions_database(), clinic.now(), channels).await.unwrap();
    assert_eq!(lengths(&second), [20]);
    assert!(first.messages.iter().all(|message| message.appointments[0].link.is_some()));
}
