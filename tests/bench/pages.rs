//! The number of database pages that a booking writes. Each page is written twice (journal and file), and a libSQL
//! server sends each to its replicas.

use std::{fs, path::Path};

use chrono::Days;
use lambda::{Instance, Request};
use serde_json::json;

use crate::{
    clinic::{Clinic, with},
    instructions::tests::clinic,
};

/// The number of measured bookings. Each has its own doctor, patient and time.
const BOOKINGS: usize = 200;
/// The number of bookings before the measurement. The index pages of a generated database are full, so the first row of
/// each page splits it. The pages of a real clinic have room.
const BEFORE: usize = 800;
/// Limits of the pages that a booking with a key writes. The median booking writes one page of each table and index;
/// the average is higher, because full pages are split. The first page of the file is not counted: every commit writes
/// it.
const MEDIAN_LIMIT: usize = 10;
const AVERAGE_LIMIT: f64 = 10.5;

/// Returns the booking with this number, with or without an idempotency key.
fn booking(clinic: &Clinic, number: usize, has_key: bool) -> Request {
    // After the full month and before the time off.
    let day = clinic.network.last_day + Days::new(142 + number as u64 % 57);
    let minute = 480 + number % 20 * 30;
    let start = format!("{day}T{:02}:{:02}:00Z", minute / 60, minute % 60);
    // The factors are coprime to the numbers of doctors and patients, so that bookings spread over all of them.
    let (doctor, patient) = (number * 617 % 2000, number * 6151 % 20_000);
    let path = format!("/doctors/{}/book", clinic.doctor(doctor));
    let mut request = with(json!({ "start_date": start, "duration": 30 }), clinic.by_patient(patient, "POST", path));
    if has_key {
        request.headers.push(("idempotency-key", format!("{:032x}", number as u128 * 0x9E37_79B9_7F4A_7C15)));
    }
    request
}

/// Returns the pages of a file without the first.
fn pages(file: &Path) -> Vec<Vec<u8>> {
    let bytes = fs::read(file).unwrap();
    let size = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    bytes.chunks(size).skip(1).map(<[u8]>::to_vec).collect()
}

#[tokio::test]
async fn booking_writes_few_pages() {
    let (clinic, folder) = clinic("pages").await;
    let mut instance = Instance::start(&clinic.function("appointments", &clinic.url(), &[])).unwrap();
    let mut book = |number: usize, has_key: bool| {
        let (answer, _) = instance.send_request(&booking(&clinic, number, has_key)).unwrap();
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
        let (median, average) = (written[BOOKINGS / 2], written.iter().sum::<usize>() as f64 / BOOKINGS as f64);
        println!(
            "a booking {} a key writes {median} pages (median), {average:.1} on average",
            if has_key { "with" } else { "without" }
        );
        assert!(median <= MEDIAN_LIMIT && average <= AVERAGE_LIMIT, "{median} pages (median), {average} on average");
    }
    fs::remove_dir_all(&folder).unwrap();
}
