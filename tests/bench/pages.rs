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
/// The most pages that a booking writes on average, without the first of the file, which every commit writes.
const MOST: f64 = 10.0;

/// A booking, with or without a key, of a number that no other booking has.
fn booking(clinic: &Clinic, number: usize, has_key: bool) -> Request {
    let day = clinic.network.last_day + Days::new(120 + number as u64 % 90);
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
async fn a_booking_writes_at_most_ten_pages() {
    let (clinic, folder) = clinic("pages").await;
    let mut instance = Instance::start(&clinic.function("appointments", &clinic.url(), &[])).unwrap();
    let mut book = |number: usize, has_key: bool| {
        let (answer, _) = instance.ask(&booking(&clinic, number, has_key)).unwrap();
        assert_eq!(answer.status, 201, "{}", answer.body);
    };
    (0..BEFORE).for_each(|number| book(number, number % 2 == 0));
    for (from, has_key) in [(BEFORE, false), (BEFORE + BOOKINGS, true)] {
        let (mut before, mut written) = (pages(&clinic.file), 0);
        for number in from..from + BOOKINGS {
            book(number, has_key);
            let after = pages(&clinic.file);
            written += after.iter().enumerate().filter(|(at, page)| before.get(*at) != Some(page)).count();
            before = after;
        }
        let each = written as f64 / BOOKINGS as f64;
        println!("a booking {} a key writes {each:.1} pages", if has_key { "with" } else { "without" });
        assert!(each <= MOST, "{each} pages");
    }
    fs::remove_dir_all(&folder).unwrap();
}
