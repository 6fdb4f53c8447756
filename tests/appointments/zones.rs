//! Days and working hours in the clinic's time zone, with clock changes.

use crate::support::{Actor, Clinic, Value, json};

const NOW: &str = "2030-01-07T12:00:00Z";

async fn clinic_in(zone: &str) -> Clinic {
    let clinic = Clinic::on_disk(NOW).await;
    set_time_zone(&clinic, zone).await;
    clinic
}

async fn set_time_zone(clinic: &Clinic, zone: &str) {
    let count = format!("calendar_version = calendar_version + (time_zone <> '{zone}')");
    let statement = format!("UPDATE clinic SET operation_id = :operation, {count}, time_zone = '{zone}'");
    clinic.sql(&statement).await.unwrap();
}

/// Gives a doctor the same working hours on every day, in minutes since midnight.
async fn set_working_hours(clinic: &Clinic, doctor: &Actor, from: i64, to: i64) {
    let hours = format!("start_minute = {from}, end_minute = {to} WHERE doctor_id = {}", doctor.id);
    clinic.sql(&format!("UPDATE working_hours SET {hours}")).await.unwrap();
}

fn starts(slots: &Value) -> Vec<&str> {
    slots.as_array().unwrap().iter().map(|slot| slot["start_date"].as_str().unwrap()).collect()
}

/// Tries to book a quarter of an hour at each start, and checks which starts are within the working hours.
async fn assert_hours(clinic: &Clinic, doctor: &Actor, starts: &[(&str, bool)]) {
    let patient = clinic.patient().await;
    for (start, within) in starts {
        let answer = patient.try_book(doctor, start, 15).await;
        if *within {
            answer.expect(201);
        } else {
            assert_eq!(answer.pointers("invalid-booking"), ["/start_date"], "{start}");
        }
    }
}

#[tokio::test]
async fn changed_time_zone_applies_to_the_next_booking() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let booked = patient.book(&doctor, "2030-01-08T17:30:00Z", 30).await;
    set_time_zone(&clinic, "Europe/Berlin").await;

    let quarters =
        [("06:59", false), ("07:00", true), ("16:45", true), ("16:46", false), ("17:15", false), ("17:30", false)];
    for (time, within) in quarters {
        assert_hours(&clinic, &doctor, &[(&format!("2030-01-08T{time}:00Z"), within)]).await;
    }
    let appointment = patient.get(&format!("/appointments/{booked}")).await.expect(200);
    assert_eq!(appointment["start_date"], "2030-01-08T18:30:00+01:00");
    assert_eq!(appointment["status"], "Booked");
}

#[tokio::test]
async fn changed_time_zone_applies_to_every_list() {
    let clinic = Clinic::on_disk(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    patient.book(&doctor, "2030-01-08T17:00:00Z", 30).await;
    let lists = [
        format!("/doctors/{}/slots?date=", doctor.id),
        "/doctors/by_top_appointments?date=".to_owned(),
        format!("/patients/{}/history?from=", patient.id),
    ];

    for (zone, day, day_after) in [
        ("UTC", "2030-01-08", "2030-01-09"),
        ("Pacific/Kiritimati", "2030-01-09", "2030-01-10"),
        ("Asia/Kolkata", "2030-01-08", "2030-01-09"),
        ("Asia/Tokyo", "2030-01-09", "2030-01-10"),
    ] {
        for list in &lists {
            set_time_zone(&clinic, zone).await;
            let there = admin.get(&format!("{list}{day}")).await.expect(200);
            assert_eq!(there.as_array().unwrap().len(), 1, "{zone}: {list}{day}");
            assert_eq!(admin.get(&format!("{list}{day_after}")).await.expect(200), json!([]), "{zone}: {list}");
            set_time_zone(&clinic, "Pacific/Pago_Pago").await;
        }
    }
}

#[tokio::test]
async fn timestamps_have_the_utc_offset_of_their_day() {
    let clinic = clinic_in("Europe/Berlin").await;
    let (doctor, patient, other) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    patient.book(&doctor, "2030-03-30T09:00:00Z", 30).await;
    patient.book(&doctor, "2030-03-31T09:00:00Z", 30).await;

    let history = patient.get(&format!("/patients/{}/history", patient.id)).await.expect(200);
    assert_eq!(starts(&history), ["2030-03-31T11:00:00+02:00", "2030-03-30T10:00:00+01:00"]);
    let slots = doctor.get(&format!("/doctors/{}/slots?date=2030-03-30", doctor.id)).await.expect(200);
    assert_eq!(starts(&slots), ["2030-03-30T10:00:00+01:00"]);
    let refusal = other.try_book(&doctor, "2030-03-31T09:00:00Z", 30).await.problem(409, "doctor-busy");
    let expected = ["2030-03-31T10:30:00+02:00", "2030-03-31T11:30:00+02:00", "2030-03-31T10:15:00+02:00"];
    assert_eq!(starts(&refusal["alternatives"]), expected);
}

#[tokio::test]
async fn working_hours_are_wall_clock_times_on_every_day() {
    for (zone, day, offset) in [
        ("Europe/Berlin", "2030-03-30", "+01:00"),
        ("Europe/Berlin", "2030-03-31", "+02:00"),
        ("Europe/Berlin", "2030-10-26", "+02:00"),
        ("Europe/Berlin", "2030-10-27", "+01:00"),
        ("Australia/Lord_Howe", "2030-10-05", "+10:30"),
        ("Australia/Lord_Howe", "2030-10-06", "+11:00"),
        ("America/Santiago", "2030-09-07", "-04:00"),
        ("America/Santiago", "2030-09-08", "-03:00"),
        ("Pacific/Kiritimati", "2030-06-01", "+14:00"),
        ("Pacific/Pago_Pago", "2030-06-01", "-11:00"),
    ] {
        let clinic = clinic_in(zone).await;
        let doctor = clinic.doctor().await;
        for (time, within) in [("07:59", false), ("08:00", true), ("17:45", true), ("17:46", false)] {
            assert_hours(&clinic, &doctor, &[(&format!("{day}T{time}:00{offset}"), within)]).await;
        }
        let slots = doctor.get(&format!("/doctors/{}/slots?date={day}", doctor.id)).await.expect(200);
        let expected = ["08:00", "17:45"].map(|time| format!("{day}T{time}:00{offset}"));
        assert_eq!(starts(&slots), expected, "{zone}");
    }
}

#[tokio::test]
async fn working_hours_at_a_skipped_time_begin_and_end_later() {
    let clinic = clinic_in("Europe/Berlin").await;
    let (early, late) = (clinic.doctor().await, clinic.doctor().await);
    set_working_hours(&clinic, &early, 60, 150).await; // 01:00 to 02:30
    set_working_hours(&clinic, &late, 150, 300).await; // 02:30 to 05:00

    let (before, after) = ("2030-03-31T03:15:00+02:00", "2030-03-31T03:30:00+02:00");
    assert_hours(&clinic, &early, &[("2030-03-31T00:45:00+01:00", false), ("2030-03-31T01:00:00+01:00", true)]).await;
    assert_hours(&clinic, &early, &[("2030-03-31T03:16:00+02:00", false), (before, true), (after, false)]).await;
    assert_hours(&clinic, &late, &[(before, false), ("2030-03-31T03:29:00+02:00", false), (after, true)]).await;
    assert_hours(&clinic, &late, &[("2030-03-31T04:45:00+02:00", true), ("2030-03-31T05:00:00+02:00", false)]).await;
}

#[tokio::test]
async fn working_hours_at_a_repeated_time_use_the_first() {
    let clinic = clinic_in("Europe/Berlin").await;
    let (early, late) = (clinic.doctor().await, clinic.doctor().await);
    set_working_hours(&clinic, &early, 60, 150).await; // 01:00 to 02:30
    set_working_hours(&clinic, &late, 150, 300).await; // 02:30 to 05:00

    assert_hours(&clinic, &early, &[("2030-10-27T02:15:00+02:00", true), ("2030-10-27T02:16:00+02:00", false)]).await;
    assert_hours(&clinic, &early, &[("2030-10-27T02:00:00+01:00", false)]).await;
    assert_hours(&clinic, &late, &[("2030-10-27T02:15:00+02:00", false), ("2030-10-27T02:30:00+02:00", true)]).await;
    assert_hours(&clinic, &late, &[("2030-10-27T02:15:00+01:00", true), ("2030-10-27T02:30:00+01:00", true)]).await;
    assert_hours(&clinic, &late, &[("2030-10-27T04:45:00+01:00", true), ("2030-10-27T04:46:00+01:00", false)]).await;
}

#[tokio::test]
async fn clock_change_can_be_half_an_hour() {
    let clinic = clinic_in("Australia/Lord_Howe").await;
    let (early, late) = (clinic.doctor().await, clinic.doctor().await);
    set_working_hours(&clinic, &early, 60, 135).await; // 01:00 to 02:15
    set_working_hours(&clinic, &late, 105, 300).await; // 01:45 to 05:00

    // On 6 October 02:00 is followed by 02:30, on 7 April 02:00 by 01:30.
    assert_hours(&clinic, &early, &[("2030-10-06T02:30:00+11:00", true), ("2030-10-06T02:31:00+11:00", false)]).await;
    assert_hours(&clinic, &late, &[("2030-10-06T01:44:00+10:30", false), ("2030-10-06T01:45:00+10:30", true)]).await;
    assert_hours(&clinic, &early, &[("2030-04-07T02:00:00+10:30", true), ("2030-04-07T02:01:00+10:30", false)]).await;
    assert_hours(&clinic, &late, &[("2030-04-07T01:44:00+11:00", false), ("2030-04-07T01:45:00+11:00", true)]).await;
    assert_hours(&clinic, &late, &[("2030-04-07T01:30:00+10:30", true), ("2030-04-07T04:45:00+10:30", true)]).await;
}

#[tokio::test]
async fn day_can_begin_at_one_o_clock() {
    let clinic = clinic_in("America/Santiago").await;
    let (always, night) = (clinic.doctor().await, clinic.doctor().await);
    set_working_hours(&clinic, &always, 0, 1440).await;
    set_working_hours(&clinic, &night, 30, 120).await; // 00:30 to 02:00

    // The midnight between 7 and 8 September is skipped: 24:00 is the time at which clocks show 01:00.
    assert_hours(&clinic, &always, &[("2030-09-07T23:45:00-04:00", true), ("2030-09-08T01:00:00-03:00", true)]).await;
    assert_hours(&clinic, &always, &[("2030-09-08T23:45:00-03:00", true)]).await;
    assert_hours(&clinic, &night, &[("2030-09-08T01:15:00-03:00", false), ("2030-09-08T01:30:00-03:00", true)]).await;
    assert_hours(&clinic, &night, &[("2030-09-08T01:45:00-03:00", true), ("2030-09-08T02:00:00-03:00", false)]).await;
    let slots = always.get(&format!("/doctors/{}/slots?date=2030-09-08", always.id)).await.expect(200);
    assert_eq!(starts(&slots), ["2030-09-08T01:00:00-03:00", "2030-09-08T23:45:00-03:00"]);
}

#[tokio::test]
async fn days_of_23_and_25_hours_contain_exactly_their_appointments() {
    let clinic = clinic_in("Europe/Berlin").await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    set_working_hours(&clinic, &doctor, 0, 1440).await;

    for (day, offsets, times) in [
        ("2030-10-27", ["+02:00", "+01:00"], ["00:00", "02:30", "02:30", "23:45"]),
        ("2030-03-31", ["+01:00", "+02:00"], ["00:00", "01:45", "03:00", "23:45"]),
    ] {
        let offsets = [offsets[0], offsets[0], offsets[1], offsets[1]];
        let expected = times.iter().zip(offsets).map(|(time, offset)| format!("{day}T{time}:00{offset}"));
        let expected: Vec<_> = expected.collect();
        for start in &expected {
            patient.book(&doctor, start, 15).await;
        }
        for date in [day, &expected[0].replace('+', "%2B"), &expected[3].replace('+', "%2B")] {
            let slots = patient.get(&format!("/doctors/{}/slots?date={date}", doctor.id)).await.expect(200);
            assert_eq!(starts(&slots), expected, "{date}");
        }
        let report = admin.get(&format!("/doctors/by_top_appointments?date={day}")).await.expect(200);
        assert_eq!(report[0]["appointments_count"], 4);
    }
}

#[tokio::test]
async fn daily_limits_count_by_the_local_day() {
    for (zone, day, next_day) in [
        ("Europe/Berlin", ["2030-10-27T00:00:00+02:00", "2030-10-27T23:45:00+01:00"], "2030-10-28T00:00:00+01:00"),
        ("Europe/Berlin", ["2030-03-31T00:00:00+01:00", "2030-03-31T23:45:00+02:00"], "2030-04-01T00:00:00+02:00"),
        ("America/Santiago", ["2030-09-08T01:00:00-03:00", "2030-09-08T23:45:00-03:00"], "2030-09-09T00:00:00-03:00"),
        ("Pacific/Kiritimati", ["2030-06-02T00:00:00+14:00", "2030-06-02T23:45:00+14:00"], "2030-06-03T00:00:00+14:00"),
        ("Pacific/Pago_Pago", ["2030-06-02T00:00:00-11:00", "2030-06-02T23:45:00-11:00"], "2030-06-03T00:00:00-11:00"),
    ] {
        let clinic = clinic_in(zone).await;
        let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
        set_working_hours(&clinic, &doctor, 0, 1440).await;
        clinic.sql("UPDATE clinic SET operation_id = :operation, max_appointments_per_day = 1").await.unwrap();

        let first = patient.book(&doctor, day[0], 15).await;
        patient.try_book(&doctor, day[1], 15).await.problem(409, "doctor-day-full");
        patient.book(&doctor, next_day, 15).await;
        doctor.cancel(first).await.expect(200);
        patient.book(&doctor, day[1], 15).await;
    }
}

#[tokio::test]
async fn changed_time_zone_applies_to_the_daily_limits() {
    let clinic = Clinic::on_disk(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    clinic.sql("UPDATE clinic SET operation_id = :operation, max_appointments_per_day = 2").await.unwrap();
    patient.book(&doctor, "2030-01-08T17:00:00Z", 30).await;
    patient.book(&doctor, "2030-01-09T08:00:00Z", 30).await;
    patient.book(&doctor, "2030-01-09T17:00:00Z", 30).await;

    // In the new zone these are 07:00 on the 9th, 22:00 on the 9th, and 07:00 on the 10th.
    set_time_zone(&clinic, "Pacific/Kiritimati").await;
    patient.try_book(&doctor, "2030-01-09T12:00:00+14:00", 30).await.problem(409, "doctor-day-full");
    patient.book(&doctor, "2030-01-10T12:00:00+14:00", 30).await;
    patient.try_book(&doctor, "2030-01-10T13:00:00+14:00", 30).await.problem(409, "doctor-day-full");
}

#[tokio::test]
async fn weekday_changes_with_the_local_day() {
    let clinic = clinic_in("Pacific/Kiritimati").await;
    let doctor = clinic.doctor().await;
    let sundays = format!("DELETE FROM working_hours WHERE doctor_id = {} AND weekday <> 7", doctor.id);
    clinic.sql(&sundays).await.unwrap();

    // 2 June 2030 is a Sunday. In UTC it begins on Saturday and ends before noon on Sunday.
    assert_hours(&clinic, &doctor, &[("2030-06-01T18:00:00Z", true), ("2030-06-02T03:45:00Z", true)]).await;
    assert_hours(&clinic, &doctor, &[("2030-06-02T18:00:00Z", false), ("2030-06-01T03:45:00Z", false)]).await;
}

#[tokio::test]
async fn day_that_the_time_zone_skipped_does_not_exist() {
    let clinic = clinic_in("Pacific/Apia").await;
    let admin = clinic.admin().await;

    let report = "/doctors/by_top_appointments?date";
    assert_eq!(admin.get(&format!("{report}=2011-12-30")).await.pointers("invalid-input"), ["/date"]);
    assert_eq!(admin.get(&format!("{report}=2011-12-31")).await.expect(200), json!([]));
}
