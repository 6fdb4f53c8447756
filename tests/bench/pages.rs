//! How many pages of the database a booking writes: each is written twice, to the journal and to the file, and a
//! libSQL server sends each to its replicas.

use std::{fs, path::Path};

use chrono::Days;
use lambda::{Instance, Request};
use serde_json::json;

use crate::{
    clinic::{Clinic, with},
    instructions::tests::clinic,
};

/// Bookings that are counted, of doctors, patients and times of their own.
const BOOKINGS: usize = 200;
/// Bookings before those. The pages of a generated database's indexes are full, and each is split by the first
/// row that comes to it; a clinic's have room.
const BEFORE: usize = 800;
/// The most pages that a booking with a key writes: most write one of each table and index, and on average some
/// more, of an index whose pages are full and are split. The first of the file, which every commit writes, is not
/// counted.
const MOST: usize = 10;
const MOST_ON_AVERAGE: f64 = 10.5;

/// A booking, with or without a key, of a number that no other booking has.
fn booking(clinic: &Clinic, number: usize, has_key: bool) -> Request {
    // After the month that is full, and before the time off.
    let day = clinic.network.last_day + Days::new(142 + number as u64 % 57);
    let minute = 480 + number % 20 * 30;
    let start = format!("{day}T{:02}:{:02}:00Z", minute / 60, minute % 60);
    // Both factors have no divisor in common with the numbers of doctors and of patients.
    let (doctor, patient) = (number * 617 % 2000, number * 6151 % 20_000);
    let path = format!("/doctors/{}/book", clinic.doctor(doctor));
    let mut request = with(json!({ "start_date": start, "duration": 30 }), clinic.by_patient(patient, "POST", path));
    if has_key {
        request.headers.push(("idempotency-key", format!("{:032x}", number as u128 * 0x9E37_79B9_7F4A_7C15)));
    }
    request
}

/// The pages of a file from the second on.
fn pages(file: &Path) -> Vec<Vec<u8>> {
    let bytes = fs::read(file).unwrap();
    let size = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    bytes.chunks(size).skip(1).map(<[u8]>::to_vec).collect()
}

#[tokio::test]
async fn a_booking_writes_few_pages() {
    let (clinic, folder) = clinic("pages").await;
    let mut instance = Instance::start(&clinic.function("appointments", &clinic.url(), &[])).unwrap();
    let mut book = |number: usize, has_key: bool| {
        let (answer, _) = instance.ask(&booking(&clinic, number, has_key)).unwrap();
        assert_eq!(answer.status, 201, "{}", answer.body);
    };
    (0..BEFORE).for_each(|number| book(number, number % 2 == 0));
    for (from, has_key) in [(BEFORE, false), (BEFORE + BOOKINGS, true)] {
        let (mut before, mut written) = (pages(&clinic.file), Vec::new());
        for number in from..from + BOOKINGS {
            book(number, has_key);
            let after = pages(&clinic.file);
            written.push(after.iter().enumerate().filter(|(at, page)| before.get(*at) != Some(page)).count());
            before = after;
        }
        written.sort_unstable();
        let (most, average) = (written[BOOKINGS / 2], written.iter().sum::<usize>() as f64 / BOOKINGS as f64);
        println!(
            "a booking {} a key writes {most} pages, {average:.1} on average",
            if has_key { "with" } else { "without" }
        );
        assert!(most <= MOST && average <= MOST_ON_AVERAGE, "{most} pages, {average} on average");
    }
    fs::remove_dir_all(&folder).unwrap();
}
