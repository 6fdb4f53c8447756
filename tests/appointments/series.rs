//! Series: the staff book the same appointment every so many weeks, and cancel the later ones together.

use chrono::{DateTime, TimeDelta};
use tokio::task::JoinSet;

use crate::support::{Actor, Answer, Clinic, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";

/// A request for four weekly appointments, with `other` members.
fn request(doctor: &Actor, patient: &Actor, other: &Value) -> Value {
    let mut body = json!({
        "doctor_id": doctor.id, "patient_id": patient.id, "start_date": "2030-01-08T10:00:00Z", "duration": 30,
        "every_weeks": 1, "count": 4,
    });
    for (name, value) in other.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn series(staff: &Actor, doctor: &Actor, patient: &Actor, other: Value) -> Answer {
    staff.post("/appointments/series", request(doctor, patient, &other)).await
}

async fn with_key(staff: &Actor, key: &str, path: &str, body: &Value) -> Answer {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    staff.send("POST", path, Some(&body.to_string()), &headers).await
}

/// One member of each element.
fn all(list: &Value, member: &str) -> Vec<Value> {
    list.as_array().unwrap().iter().map(|element| element[member].clone()).collect()
}

/// The ids of the appointments that were booked.
fn ids(booked: &Value) -> Vec<i64> {
    all(booked, "appointment_id").iter().filter_map(Value::as_i64).collect()
}

/// The last part of the problem's type of each occurrence. Empty: it has none.
fn problems(occurrences: &Value) -> Vec<String> {
    let word = |occurrence: &Value| {
        let kind = occurrence["problem"]["type"].as_str();
        kind.map(|kind| kind.strip_prefix("/problems/").unwrap().to_owned()).unwrap_or_default()
    };
    occurrences.as_array().unwrap().iter().map(word).collect()
}

/// Cancels an appointment and the later ones of its series.
async fn cancel_following(actor: &Actor, id: i64) -> Answer {
    actor.post(&format!("/appointments/{id}/cancel"), json!({ "reason": "Moved away", "following": true })).await
}

/// The statuses of appointments, as the front desk sees them.
async fn statuses(desk: &Actor, ids: &[i64]) -> Vec<String> {
    let mut statuses = Vec::new();
    for id in ids {
        let appointment = desk.get(&format!("/appointments/{id}")).await.expect(200);
        statuses.push(appointment["status"].as_str().unwrap().to_owned());
    }
    statuses
}

#[tokio::test]
async fn appointments_of_a_series_keep_their_wall_clock_time() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, patient) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    clinic.admin().await.patch("/clinic", json!({ "time_zone": "Europe/Berlin" })).await.expect(200);
    let other = json!({ "start_date": "2030-03-18T10:00:00+01:00", "every_weeks": 2, "count": 3, "note": " Physio " });
    let booked = series(&desk, &doctor, &patient, other).await.expect(201);
    let starts = ["2030-03-18T10:00:00+01:00", "2030-04-01T10:00:00+02:00", "2030-04-15T10:00:00+02:00"];
    assert_eq!(all(&booked, "start_date"), starts);
    assert_eq!(all(&booked, "problem"), [json!(null), json!(null), json!(null)]);

    // Each is an ordinary appointment, and the patient sees it.
    let listed = patient.get("/appointments").await.expect(200);
    assert_eq!(
        (all(&listed, "start_date"), all(&listed, "id")),
        (starts.map(Value::from).into(), all(&booked, "appointment_id"))
    );
    for appointment in listed.as_array().unwrap() {
        assert_eq!((&appointment["series_id"], &appointment["note"]), (&listed[0]["series_id"], &json!("Physio")));
        assert_eq!((&appointment["status"], &appointment["duration"]), (&json!("Booked"), &json!(30)));
        let log = clinic.admin().await.get(&format!("/audit?appointment_id={}", appointment["id"])).await.expect(200);
        assert_eq!(all(&log, "action"), ["book"]);
    }
    assert!(listed[0]["series_id"].as_i64().unwrap() > 0);

    // Another series has another id, and a single appointment has none.
    let other = json!({ "start_date": "2030-05-06T09:00:00Z", "count": 2 });
    let second = ids(&series(&desk, &doctor, &patient, other).await.expect(201))[0];
    let second = desk.get(&format!("/appointments/{second}")).await.expect(200);
    assert_ne!(second["series_id"], listed[0]["series_id"]);
    let single = patient.book(&doctor, "2030-05-07T09:00:00Z", 30).await;
    assert_eq!(patient.get(&format!("/appointments/{single}")).await.expect(200)["series_id"], json!(null));
}

#[tokio::test]
async fn dry_run_says_what_a_booking_would_answer() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, patient) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    // The 2nd is taken, the patient is elsewhere at the 3rd, the doctor is away at the 4th, and the clinic is closed at the 5th.
    let colleague = clinic.doctor().await;
    clinic.patient().await.book(&doctor, "2030-01-15T10:15:00Z", 30).await;
    patient.book(&colleague, "2030-01-22T10:00:00Z", 30).await;
    let off = json!({ "start_date": "2030-01-29T00:00:00Z", "end_date": "2030-01-30T00:00:00Z" });
    doctor.post(&format!("/doctors/{}/time_off", doctor.id), off).await.expect(201);
    let closed = json!({ "start_date": "2030-02-05T00:00:00Z", "end_date": "2030-02-06T00:00:00Z", "name": "Holiday" });
    clinic.admin().await.post("/closures", closed).await.expect(201);

    let of_six = |more: Value| {
        let mut other = more;
        other["count"] = json!(6);
        other
    };
    let dry = series(&desk, &doctor, &patient, of_six(json!({ "dry_run": true }))).await.expect(200);
    assert_eq!(
        problems(&dry),
        ["", "doctor-busy", "patient-busy", "invalid-booking", "invalid-booking", ""].map(str::to_owned)
    );
    assert_eq!(dry[1]["problem"]["alternatives"][0]["start_date"], "2030-01-15T09:45:00+00:00");
    // Each problem is that of a booking of this appointment alone.
    for occurrence in dry.as_array().unwrap().iter().filter(|occurrence| !occurrence["problem"].is_null()) {
        let alone = json!({ "doctor_id": doctor.id, "patient_id": patient.id, "duration": 30,
            "start_date": occurrence["start_date"] });
        let mut problem = desk.post("/appointments", alone).await.json();
        for member in ["status", "request_id"] {
            problem.as_object_mut().unwrap().remove(member);
        }
        assert_eq!(occurrence["problem"], problem);
    }

    // Without `skip_conflicts` nothing is booked. With it, the free ones are.
    let refused = series(&desk, &doctor, &patient, of_six(json!({}))).await.problem(409, "series-refused");
    assert_eq!(refused["occurrences"], dry);
    assert_eq!(all(&patient.get("/appointments").await.expect(200), "doctor_id"), [json!(colleague.id)]);
    let booked = series(&desk, &doctor, &patient, of_six(json!({ "skip_conflicts": true }))).await.expect(201);
    assert_eq!((all(&booked, "start_date"), problems(&booked)), (all(&dry, "start_date"), problems(&dry)));
    let [first, .., last] = booked.as_array().unwrap().as_slice() else { panic!("{booked}") };
    assert_eq!(ids(&booked).len(), 2);
    for occurrence in [first, last] {
        let appointment = desk.get(&format!("/appointments/{}", occurrence["appointment_id"])).await.expect(200);
        assert_eq!(appointment["start_date"], occurrence["start_date"]);
    }
}

#[tokio::test]
async fn series_is_refused_if_none_of_it_is_free() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, patient) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    let at_night = json!({ "start_date": "2030-01-08T03:00:00Z", "skip_conflicts": true });
    let refused = series(&desk, &doctor, &patient, at_night).await.problem(409, "series-refused");
    assert_eq!(problems(&refused["occurrences"]), ["invalid-booking"; 4]);
    assert_eq!(refused["occurrences"][0]["problem"]["errors"][0]["code"], "outside_working_hours");
    assert_eq!(patient.get("/appointments").await.expect(200), json!([]));

    // The front desk can override the working hours.
    let overriding = json!({ "start_date": "2030-01-08T03:00:00Z", "override": true, "reason": "Night clinic" });
    let booked = series(&desk, &doctor, &patient, overriding).await.expect(201);
    assert_eq!(ids(&booked).len(), 4);
}

#[tokio::test]
async fn appointments_beyond_the_horizon_are_problems_of_their_own() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, patient) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    let longest = json!({ "every_weeks": 12, "count": 26, "skip_conflicts": true });
    let booked = series(&desk, &doctor, &patient, longest.clone()).await.expect(201);
    // 730 days have 8 times 12 weeks after the first day.
    assert_eq!((booked.as_array().unwrap().len(), ids(&booked).len()), (26, 9));
    assert_eq!(booked[8]["start_date"], "2031-11-11T10:00:00+00:00");
    for occurrence in &booked.as_array().unwrap()[9..] {
        assert_eq!(occurrence["problem"]["errors"][0]["code"], "too_far_ahead", "{occurrence}");
    }
    let (other, longest) = (clinic.patient().await, json!({ "every_weeks": 12, "count": 26 }));
    series(&desk, &doctor, &other, longest).await.problem(409, "series-refused");
    // Far apart, but within the horizon, and all days of the clinic are new.
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, patient) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    let booked = series(&desk, &doctor, &patient, json!({ "every_weeks": 12, "count": 9 })).await.expect(201);
    assert_eq!(ids(&booked).len(), 9);
}

#[tokio::test]
async fn errors_of_the_whole_series_are_those_of_a_single_booking() {
    let clinic = Clinic::at(NOW).await;
    let (desk, admin) = (clinic.receptionist().await, clinic.admin().await);
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    for options in [json!({}), json!({ "dry_run": true }), json!({ "skip_conflicts": true })] {
        let with = |member: &str, value: Value| {
            let mut other = options.clone();
            other[member] = value;
            other
        };
        let refused = series(&desk, &doctor, &patient, with("type_id", json!(999_999))).await;
        assert_eq!(refused.violations("invalid-booking"), [("/type_id".into(), "unknown_type".into())]);
        let refused = series(&desk, &doctor, &patient, with("duration", json!(7))).await;
        assert_eq!(refused.violations("invalid-booking"), [("/duration".into(), "duration_not_allowed".into())]);
        series(&desk, &doctor, &patient, with("patient_id", json!(999_999))).await.problem(404, "not-found");
        series(&desk, &patient, &patient, options.clone()).await.problem(404, "not-found");
        let inactive = clinic.doctor().await;
        admin.send("POST", &format!("/accounts/{}/deactivate", inactive.id), None, &[]).await;
        let refused = series(&desk, &inactive, &patient, options.clone()).await;
        assert_eq!(refused.violations("invalid-booking"), [(String::new(), "doctor_not_active".into())]);
    }
    for (member, value) in [("every_weeks", 0), ("every_weeks", 13), ("count", 1), ("count", 27)] {
        let refused = series(&desk, &doctor, &patient, json!({ member: value })).await;
        assert_eq!(refused.violations("invalid-input"), [(format!("/{member}"), "out_of_range".into())], "{value}");
    }
    let refused = desk.post("/appointments/series", json!({ "start_date": "soon", "dry_run": 1 })).await;
    let missing = ["/count", "/doctor_id", "/dry_run", "/duration", "/every_weeks", "/patient_id", "/start_date"];
    assert_eq!(refused.pointers("invalid-input"), missing);
    assert_eq!(patient.get("/appointments").await.expect(200), json!([]));
}

#[tokio::test]
async fn doctor_books_a_series_for_their_patients_only() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, colleague, patient) = (clinic.doctor().await, clinic.doctor().await, clinic.patient().await);
    for options in [json!({}), json!({ "dry_run": true }), json!({ "skip_conflicts": true })] {
        series(&doctor, &doctor, &patient, options.clone()).await.problem(403, "forbidden");
        series(&patient, &doctor, &patient, options.clone()).await.problem(403, "forbidden");
        series(&clinic.anonymous(), &doctor, &patient, options).await.problem(401, "unauthorized");
    }
    patient.book(&doctor, "2030-01-08T08:00:00Z", 30).await;
    series(&doctor, &colleague, &patient, json!({})).await.problem(403, "forbidden");
    let overriding = json!({ "override": true, "reason": "Urgent" });
    series(&doctor, &doctor, &patient, overriding).await.problem(403, "forbidden");
    assert_eq!(ids(&series(&doctor, &doctor, &patient, json!({})).await.expect(201)).len(), 4);
}

#[tokio::test]
async fn type_decides_duration_and_buffers_of_each_appointment() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, patient) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    let new = json!({ "name": "Physio", "duration": 45, "buffer_after": 15, "bookable_by": "Staff" });
    let r#type = clinic.admin().await.post("/appointment_types", new).await.expect(201)["id"].clone();
    let booked = series(&desk, &doctor, &patient, json!({ "type_id": r#type, "duration": null })).await.expect(201);
    for (id, start) in ids(&booked).into_iter().zip(all(&booked, "start_date")) {
        let appointment = desk.get(&format!("/appointments/{id}")).await.expect(200);
        assert_eq!((&appointment["duration"], &appointment["type_id"]), (&json!(45), &r#type));
        let day = &start.as_str().unwrap()[..10];
        let other = clinic.patient().await;
        other.try_book(&doctor, &format!("{day}T10:45:00Z"), 15).await.problem(409, "doctor-busy");
        other.book(&doctor, &format!("{day}T11:00:00Z"), 15).await;
    }
}

#[tokio::test]
async fn retry_returns_the_series_that_was_booked() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, patient) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    let path = "/appointments/series";
    let body = request(&doctor, &patient, &json!({}));
    let booked = with_key(&desk, "a call", path, &body).await;
    assert_eq!(booked.header("idempotency-replayed"), "");
    let booked = booked.expect(201);
    let retried = with_key(&desk, "a call", path, &body).await;
    assert_eq!((retried.expect(201), retried.header("idempotency-replayed")), (booked.clone(), "true"));

    // Another request with this key.
    for (member, value) in
        [("count", json!(3)), ("every_weeks", json!(2)), ("skip_conflicts", json!(true)), ("duration", json!(45))]
    {
        let mut other = body.clone();
        other[member] = value;
        with_key(&desk, "a call", path, &other).await.problem(422, "idempotency-key-reused");
    }
    let single = json!({ "doctor_id": doctor.id, "patient_id": patient.id, "start_date": "2030-01-08T10:00:00Z", "duration": 30 });
    with_key(&desk, "a call", "/appointments", &single).await.problem(422, "idempotency-key-reused");
    let mut later = single.clone();
    later["start_date"] = json!("2030-01-09T10:00:00Z");
    with_key(&desk, "another call", "/appointments", &later).await.expect(201);
    later["count"] = json!(2);
    later["every_weeks"] = json!(1);
    with_key(&desk, "another call", path, &later).await.problem(422, "idempotency-key-reused");
    // A dry run has no use for the key.
    let mut dry = body.clone();
    dry["dry_run"] = json!(true);
    assert_eq!(problems(&with_key(&desk, "a call", path, &dry).await.expect(200)), ["doctor-busy"; 4]);

    // The retry shows the appointments as they are now. The series is free for nobody else.
    let moved = format!("/appointments/{}/reschedule", ids(&booked)[0]);
    desk.post(&moved, json!({ "start_date": "2030-02-20T12:00:00Z" })).await.expect(200);
    let retried = with_key(&desk, "a call", path, &body).await.expect(201);
    assert_eq!((ids(&retried), &retried[0]["start_date"]), (ids(&booked), &json!("2030-02-20T12:00:00+00:00")));
    let other_desk = clinic.receptionist().await;
    with_key(&other_desk, "a call", path, &body).await.problem(409, "series-refused");
}

#[tokio::test]
async fn retry_with_skipped_conflicts_books_nothing_more() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, patient) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    let taken = clinic.patient().await.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let body = request(&doctor, &patient, &json!({ "skip_conflicts": true }));
    let booked = with_key(&desk, "a call", "/appointments/series", &body).await.expect(201);
    assert_eq!(problems(&booked), ["doctor-busy", "", "", ""]);
    // The time of the first one is free now.
    doctor.cancel(taken).await.expect(200);
    let retried = with_key(&desk, "a call", "/appointments/series", &body).await;
    assert_eq!(retried.header("idempotency-replayed"), "true");
    assert_eq!((ids(&retried.expect(201)), problems(&retried.json())), (ids(&booked), vec![String::new(); 3]));
}

#[tokio::test]
async fn starts_follow_a_change_of_the_time_zone() {
    let clinic = Clinic::on_disk(NOW).await;
    let (desk, doctor, patient) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    let dry = json!({ "start_date": "2030-03-26T10:00:00Z", "count": 2, "dry_run": true });
    let dry = series(&desk, &doctor, &patient, dry).await.expect(200);
    assert_eq!(dry[1]["start_date"], "2030-04-02T10:00:00+00:00");
    // Another program changes the zone: this one has still cached the old calendar.
    clinic.sql("UPDATE clinic SET operation_id = :operation, calendar_version = calendar_version + 1, time_zone = 'Europe/Berlin'").await.unwrap();
    let booked = json!({ "start_date": "2030-03-26T10:00:00Z", "count": 2 });
    let booked = series(&desk, &doctor, &patient, booked).await.expect(201);
    assert_eq!(all(&booked, "start_date"), ["2030-03-26T11:00:00+01:00", "2030-04-02T11:00:00+02:00"]);
    let second = desk.get(&format!("/appointments/{}", ids(&booked)[1])).await.expect(200);
    assert_eq!(second["start_date"], "2030-04-02T11:00:00+02:00");
}

/// Sends series of four weeks at once: each desk for its own patient, all with one doctor at the same time of the day.
/// `week_of` is the first week of each.
async fn at_once(clinic: &Clinic, week_of: &[i64], other: &Value) -> (Actor, Vec<Answer>) {
    let (desk, doctor) = (clinic.admin().await, clinic.doctor().await);
    let day = DateTime::parse_from_rfc3339(&format!("{}T10:00:00Z", clinic.day())).unwrap();
    let mut answers = JoinSet::new();
    for week in week_of {
        let (desk, patient) = (desk.clone(), clinic.patient().await);
        let mut body = request(&doctor, &patient, other);
        body["start_date"] = json!((day + TimeDelta::weeks(*week)).to_rfc3339());
        answers.spawn(async move { desk.post("/appointments/series", body).await });
    }
    (doctor, answers.join_all().await)
}

#[tokio::test]
async fn of_concurrent_series_that_share_a_time_one_is_booked() {
    let clinic = Clinic::crowded().await;
    for _ in 0..3 {
        // All of them need the fourth week.
        let (doctor, answers) = at_once(&clinic, &[0, 1, 2, 3, 3, 0], &json!({})).await;
        let (booked, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
        assert_eq!((booked.len(), refused.len()), (1, 5));
        for answer in refused {
            let occurrences = answer.problem(409, "series-refused")["occurrences"].clone();
            assert!(problems(&occurrences).contains(&"doctor-busy".into()), "{occurrences}");
        }
        let appointments = doctor.get("/appointments").await.expect(200);
        assert_eq!(all(&appointments, "id"), all(&booked[0].json(), "appointment_id"));
    }
}

#[tokio::test]
async fn concurrent_series_that_skip_conflicts_share_the_weeks() {
    let clinic = Clinic::crowded().await;
    let (doctor, answers) = at_once(&clinic, &[0, 2, 4, 0, 1], &json!({ "skip_conflicts": true })).await;
    let mut booked: Vec<i64> = Vec::new();
    for answer in answers {
        match answer.status {
            201 => booked.extend(ids(&answer.json())),
            _ => assert_eq!(problems(&answer.problem(409, "series-refused")["occurrences"]), ["doctor-busy"; 4]),
        }
    }
    // Weeks 0 to 7, each booked once.
    booked.sort_unstable();
    let appointments = doctor.get("/appointments").await.expect(200);
    let mut listed: Vec<i64> = all(&appointments, "id").iter().filter_map(Value::as_i64).collect();
    listed.sort_unstable();
    assert_eq!((listed.len(), listed), (8, booked));
}

#[tokio::test]
async fn this_and_all_later_appointments_are_cancelled() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, patient) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    let ids = ids(&series(&desk, &doctor, &patient, json!({ "count": 6 })).await.expect(201));
    // An ordinary appointment of the patient, and one of the series that is now before the one to cancel.
    let single = patient.book(&doctor, "2030-03-01T09:00:00Z", 30).await;
    let earlier = json!({ "start_date": "2030-01-10T09:00:00Z" });
    desk.post(&format!("/appointments/{}/reschedule", ids[5]), earlier).await.expect(200);

    let answer = cancel_following(&desk, ids[2]).await;
    let cancelled = answer.expect(200);
    assert_eq!(cancelled["cancelled"], json!([ids[2], ids[3], ids[4]]));
    assert_eq!(
        (&cancelled["id"], &cancelled["status"], &cancelled["reason"]),
        (&json!(ids[2]), &json!("Cancelled"), &json!("Moved away"))
    );
    let booked = |count| vec!["Booked"; count];
    assert_eq!(statuses(&desk, &ids).await, ["Booked", "Booked", "Cancelled", "Cancelled", "Cancelled", "Booked"]);
    assert_eq!(statuses(&desk, &[single]).await, booked(1));
    let last = desk.get(&format!("/appointments/{}", ids[4])).await;
    assert_eq!((last.expect(200)["reason"].clone(), last.version()), (json!("Moved away"), 2));
    let log = clinic.admin().await.get(&format!("/audit?appointment_id={}", ids[4])).await.expect(200);
    assert_eq!(all(&log, "action"), ["cancel", "book"]);

    // Again: nothing changes.
    let again = cancel_following(&desk, ids[2]).await;
    assert_eq!((again.expect(200)["cancelled"].clone(), again.version()), (json!([]), answer.version()));
    // Without `following`, the appointment alone, and the response has no list.
    let alone = desk.cancel(ids[0]).await.expect(200);
    assert_eq!((alone.get("cancelled"), statuses(&desk, &ids[1..2]).await), (None, vec!["Booked".to_owned()]));
    // Its first one is cancelled already, and the later ones are not.
    assert_eq!(cancel_following(&desk, ids[0]).await.expect(200)["cancelled"], json!([ids[5], ids[1]]));
    // Not of a series.
    assert_eq!(cancel_following(&desk, single).await.expect(200)["cancelled"], json!([single]));
}

#[tokio::test]
async fn appointments_that_have_started_are_not_cancelled_with_the_others() {
    let clinic = Clinic::at(NOW).await;
    let (mut desk, mut doctor, patient) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    let ids = ids(&series(&desk, &doctor, &patient, json!({})).await.expect(201));
    // During the second one.
    clinic.pass(TimeDelta::days(8) + TimeDelta::minutes(130));
    clinic.renew(&mut desk);
    clinic.renew(&mut doctor);
    cancel_following(&doctor, ids[1]).await.problem(409, "appointment-started");
    cancel_following(&desk, ids[0]).await.problem(409, "appointment-started");
    assert_eq!(statuses(&desk, &ids).await, ["Booked"; 4]);
    // The front desk corrects the one of today.
    assert_eq!(cancel_following(&desk, ids[1]).await.expect(200)["cancelled"], json!([ids[1], ids[2], ids[3]]));
    assert_eq!(statuses(&desk, &ids[..1]).await, ["Booked"]);
}

#[tokio::test]
async fn doctor_cancels_only_their_own_appointments_of_a_series() {
    let clinic = Clinic::at(NOW).await;
    let (desk, patient) = (clinic.receptionist().await, clinic.patient().await);
    let (doctor, colleague) = (clinic.doctor().await, clinic.doctor().await);
    let ids = ids(&series(&desk, &doctor, &patient, json!({ "count": 5 })).await.expect(201));
    for id in [ids[1], ids[3]] {
        let start = desk.get(&format!("/appointments/{id}")).await.expect(200)["start_date"].clone();
        let to = json!({ "start_date": start, "doctor_id": colleague.id });
        desk.post(&format!("/appointments/{id}/reschedule"), to).await.expect(200);
    }
    cancel_following(&doctor, ids[1]).await.problem(403, "forbidden");
    // Also if that one is cancelled: it is of the colleague.
    colleague.cancel(ids[1]).await.expect(200);
    cancel_following(&doctor, ids[1]).await.problem(403, "forbidden");
    assert_eq!(statuses(&desk, &ids).await, ["Booked", "Cancelled", "Booked", "Booked", "Booked"]);
    assert_eq!(cancel_following(&doctor, ids[2]).await.expect(200)["cancelled"], json!([ids[2], ids[4]]));
    assert_eq!(cancel_following(&desk, ids[0]).await.expect(200)["cancelled"], json!([ids[0], ids[3]]));
}

#[tokio::test]
async fn patient_cancels_those_for_which_the_notice_of_the_policy_is_left() {
    let clinic = Clinic::at(NOW).await;
    let (desk, admin) = (clinic.receptionist().await, clinic.admin().await);
    let (doctor, patient, stranger) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    let guardian = clinic.patient().await;
    admin.send("PUT", &format!("/patients/{}/guardians/{}", patient.id, guardian.id), None, &[]).await;
    let ids = ids(&series(&desk, &doctor, &patient, json!({ "count": 5 })).await.expect(201));
    for actor in [&patient, &guardian, &stranger, &clinic.doctor().await] {
        cancel_following(actor, ids[1]).await.problem(403, "forbidden");
    }
    // Ten days: too late for the second one, and a cancelled one changes nothing about that.
    admin.patch("/clinic", json!({ "patient_cancel_notice": 10 * 1440 })).await.expect(200);
    cancel_following(&patient, ids[1]).await.problem(403, "forbidden");
    assert_eq!(statuses(&desk, &ids).await, ["Booked"; 5]);
    desk.cancel(ids[0]).await.expect(200);
    assert_eq!(cancel_following(&guardian, ids[3]).await.expect(200)["cancelled"], json!([ids[3], ids[4]]));
    assert_eq!(cancel_following(&patient, ids[0]).await.expect(200)["cancelled"], json!([ids[2]]));
    cancel_following(&stranger, ids[0]).await.problem(403, "forbidden");
    assert_eq!(statuses(&desk, &ids).await, ["Cancelled", "Booked", "Cancelled", "Cancelled", "Cancelled"]);
}

#[tokio::test]
async fn if_match_protects_the_whole_cancellation() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, patient) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    let ids = ids(&series(&desk, &doctor, &patient, json!({})).await.expect(201));
    let cancel = async |tag: &str| {
        let headers = [("content-type", "application/json"), ("if-match", tag)];
        desk.send("POST", &format!("/appointments/{}/cancel", ids[1]), Some(r#"{"following":true}"#), &headers).await
    };
    cancel("\"7\"").await.problem(412, "appointment-changed");
    assert_eq!(statuses(&desk, &ids).await, ["Booked"; 4]);
    // An older version, also of a cancelled one.
    desk.cancel(ids[1]).await.expect(200);
    cancel("\"1\"").await.problem(412, "appointment-changed");
    assert_eq!(statuses(&desk, &ids).await, ["Booked", "Cancelled", "Booked", "Booked"]);
    assert_eq!(cancel("\"2\"").await.expect(200)["cancelled"], json!([ids[2], ids[3]]));
}
