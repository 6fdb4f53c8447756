//! Plans: what happens to the appointments that time off, a closure or a deactivation affects.

use chrono::TimeDelta;

use crate::support::{Actor, Answer, Clinic, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";
const DAY: (&str, &str) = ("2030-01-08T00:00:00Z", "2030-01-09T00:00:00Z");

/// Takes the Tuesday off, with a plan.
async fn take(actor: &Actor, doctor: &Actor, plan: Value) -> Answer {
    let body = json!({ "start_date": DAY.0, "end_date": DAY.1, "reason": "Ill", "appointments": plan });
    actor.post(&format!("/doctors/{}/time_off", doctor.id), body).await
}

async fn try_out(actor: &Actor, doctor: &Actor, plan: Value) -> Answer {
    let body =
        json!({ "start_date": DAY.0, "end_date": DAY.1, "reason": "Ill", "appointments": plan, "dry_run": true });
    actor.post(&format!("/doctors/{}/time_off", doctor.id), body).await
}

/// Returns where an appointment is: status, doctor and start.
async fn place(actor: &Actor, appointment: i64) -> Value {
    let shown = actor.get(&format!("/appointments/{appointment}")).await.expect(200);
    json!([shown["status"], shown["doctor_id"], shown["start_date"]])
}

/// Returns the id and the last word of the problem of each conflict.
fn conflicts(answer: &Answer) -> Vec<(i64, String)> {
    let problem = answer.problem(409, "plan-refused");
    let conflict = |conflict: &Value| {
        let kind = conflict["problem"]["type"].as_str().unwrap().trim_start_matches("/problems/");
        let code = conflict["problem"]["errors"][0]["code"].as_str();
        (conflict["id"].as_i64().unwrap(), code.unwrap_or(kind).to_owned())
    };
    problem["conflicts"].as_array().unwrap().iter().map(conflict).collect()
}

#[tokio::test]
async fn plan_moves_reassigns_and_cancels_in_one_change() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, colleague) = (clinic.receptionist().await, clinic.doctor().await, clinic.doctor().await);
    let (ada, bo, cy) = (clinic.patient().await, clinic.patient().await, clinic.patient().await);
    let moved = ada.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    let reassigned = bo.book(&doctor, "2030-01-08T10:00:00Z", 45).await;
    let cancelled = cy.book(&doctor, "2030-01-08T11:00:00Z", 30).await;
    assert_eq!(clinic.mails().await.len(), 3, "of the bookings");

    let plan = json!([
        { "id": moved, "start_date": "2030-01-09T09:30:00Z" },
        { "id": reassigned, "doctor_id": colleague.id },
        { "id": cancelled, "cancel": true },
    ]);
    let previewed = try_out(&desk, &doctor, plan.clone()).await.expect(200);
    assert_eq!(place(&desk, moved).await, json!(["Booked", doctor.id, "2030-01-08T09:00:00+00:00"]));
    assert_eq!(desk.get(&format!("/doctors/{}/time_off", doctor.id)).await.expect(200), json!([]));

    let taken = take(&desk, &doctor, plan).await.expect(201);
    let rescheduled = json!([
        { "id": reassigned, "doctor_id": colleague.id, "start_date": "2030-01-08T10:00:00+00:00" },
        { "id": moved, "doctor_id": doctor.id, "start_date": "2030-01-09T09:30:00+00:00" },
    ]);
    assert_eq!((&taken["cancelled"], &taken["rescheduled"]), (&json!([cancelled]), &rescheduled));
    for member in ["start_date", "end_date", "reason", "cancelled", "rescheduled"] {
        assert_eq!(previewed[member], taken[member], "the preview of {member} is the result");
    }
    assert_eq!(previewed["id"], json!(null));
    assert_eq!(place(&desk, cancelled).await, json!(["Cancelled", doctor.id, "2030-01-08T11:00:00+00:00"]));
    assert_eq!(place(&desk, reassigned).await, json!(["Booked", colleague.id, "2030-01-08T10:00:00+00:00"]));

    clinic.pass(TimeDelta::minutes(5));
    let mut told: Vec<_> = clinic.mails().await.into_iter().map(|mail| (mail.to, format!("{:?}", mail.kind))).collect();
    told.sort();
    let mut expected = [(&ada, "Moved"), (&bo, "Moved"), (&cy, "Cancelled")]
        .map(|(patient, kind)| (patient.email.clone(), kind.to_owned()));
    expected.sort();
    assert_eq!(told, expected, "one message to each");
}

#[tokio::test]
async fn refused_plan_names_what_stands_against_each_step_and_changes_nothing() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, colleague) = (clinic.receptionist().await, clinic.doctor().await, clinic.doctor().await);
    let (ada, bo) = (clinic.patient().await, clinic.patient().await);
    let start = |hour: i64| format!("2030-01-08T{hour:02}:00:00Z");
    let mut booked = Vec::new();
    for hour in 8..16 {
        booked.push(ada.book(&doctor, &start(hour), 30).await);
    }
    let elsewhere = bo.book(&doctor, "2030-01-09T12:00:00Z", 30).await;
    bo.book(&colleague, &start(8), 60).await;
    ada.book(&colleague, "2030-01-09T10:00:00Z", 30).await;
    let gone = ada.book(&doctor, &start(16), 30).await;
    desk.cancel(gone).await.expect(200);

    let plan = json!([
        { "id": booked[0], "doctor_id": colleague.id },
        { "id": booked[1], "start_date": "2030-01-09T10:15:00Z" },
        { "id": booked[2], "start_date": "2030-01-09T07:00:00Z" },
        { "id": booked[3], "start_date": "2030-01-07T07:59:00Z" },
        { "id": booked[4], "doctor_id": 999 },
        { "id": booked[5], "start_date": "2030-01-08T17:00:00Z" },
        { "id": booked[6], "cancel": true },
        { "id": elsewhere, "cancel": true },
        { "id": gone, "start_date": "2030-01-09T15:00:00Z" },
    ]);
    let expected = [
        (booked[0], "doctor-busy"),
        (booked[1], "patient-busy"),
        (booked[2], "outside_working_hours"),
        (booked[3], "in_the_past"),
        (booked[4], "doctor_not_active"),
        (elsewhere, "appointment-not-affected"),
        (gone, "appointment-not-affected"),
        (booked[7], "appointment-in-the-way"),
        (booked[5], "appointment-in-the-way"),
    ];
    let expected: Vec<_> = expected.into_iter().map(|(id, word)| (id, word.to_owned())).collect();
    assert_eq!(conflicts(&take(&desk, &doctor, plan.clone()).await), expected);
    assert_eq!(conflicts(&try_out(&desk, &doctor, plan).await), expected);
    for (hour, id) in (8..16).zip(&booked) {
        assert_eq!(place(&desk, *id).await, json!(["Booked", doctor.id, start(hour).replace('Z', "+00:00")]));
    }
    assert_eq!(desk.get(&format!("/doctors/{}/time_off", doctor.id)).await.expect(200), json!([]));
}

/// Two steps of one plan compete for the same time. The first one gets it.
#[tokio::test]
async fn steps_of_a_plan_see_the_earlier_ones() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, ada, bo) = (clinic.doctor().await, clinic.patient().await, clinic.patient().await);
    let first = ada.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    let second = bo.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let to = |start: &str, id: i64| json!({ "id": id, "start_date": start });
    let both = json!([to("2030-01-09T09:00:00Z", first), to("2030-01-09T09:15:00Z", second)]);
    assert_eq!(conflicts(&take(&doctor, &doctor, both).await), [(second, "doctor-busy".to_owned())]);
    let both = json!([to("2030-01-09T09:00:00Z", first), to("2030-01-09T09:30:00Z", second)]);
    take(&doctor, &doctor, both).await.expect(201);
}

#[tokio::test]
async fn dry_run_proposes_a_time_and_colleagues_for_each_appointment() {
    let clinic = Clinic::at(NOW).await;
    let (admin, desk) = (clinic.admin().await, clinic.receptionist().await);
    let (doctor, busy, free) = (clinic.doctor().await, clinic.doctor().await, clinic.doctor().await);
    let (ada, bo) = (clinic.patient().await, clinic.patient().await);
    let only_here = json!({ "name": "Own", "duration": 30, "doctors": [doctor.id] });
    let own_type = admin.post("/appointment_types", only_here).await.expect(201)["id"].clone();
    let book = async |patient: &Actor, doctor: &Actor, start: &str, kind: Option<&Value>| {
        let mut body = json!({ "doctor_id": doctor.id, "patient_id": patient.id, "start_date": start });
        match kind {
            Some(kind) => body["type_id"] = kind.clone(),
            None => body["duration"] = json!(30),
        }
        desk.post("/appointments", body).await.expect(201)["id"].as_i64().unwrap()
    };
    let first = book(&ada, &doctor, "2030-01-08T09:00:00Z", None).await;
    let second = book(&bo, &doctor, "2030-01-08T10:00:00Z", Some(&own_type)).await;
    book(&bo, &busy, "2030-01-08T09:00:00Z", None).await;
    // Ada cannot come at eight on the next day, and the doctor not until half past eight.
    book(&ada, &free, "2030-01-09T08:30:00Z", None).await;
    book(&bo, &doctor, "2030-01-09T08:00:00Z", None).await;

    let tried = try_out(&desk, &doctor, json!("cancel")).await.expect(200);
    assert_eq!(tried["cancelled"], json!([first, second]));
    let colleague = json!({ "doctor_id": free.id, "name": "Doctor" });
    let proposals = tried["proposals"].as_array().unwrap();
    assert_eq!(proposals[0]["id"], first);
    assert_eq!(proposals[0]["next_start_date"], "2030-01-09T09:00:00+00:00");
    let ids = |proposal: &Value| -> Vec<Value> {
        proposal["colleagues"].as_array().unwrap().iter().map(|colleague| colleague["doctor_id"].clone()).collect()
    };
    assert_eq!(ids(&proposals[0]), [colleague["doctor_id"].clone()]);
    assert_eq!(proposals[1]["next_start_date"], "2030-01-09T08:30:00+00:00");
    assert_eq!(ids(&proposals[1]), [] as [Value; 0], "nobody else offers the type");

    // All proposals can be taken together.
    let steps: Vec<_> =
        proposals.iter().map(|one| json!({ "id": one["id"], "start_date": one["next_start_date"] })).collect();
    assert_eq!(take(&desk, &doctor, json!(steps)).await.expect(201)["rescheduled"].as_array().unwrap().len(), 2);
    let empty = try_out(&desk, &doctor, json!("cancel")).await.expect(200);
    assert_eq!((&empty["cancelled"], &empty["proposals"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn admin_deactivates_a_doctor_with_a_plan() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, colleague) = (clinic.admin().await, clinic.doctor().await, clinic.doctor().await);
    let (ada, bo) = (clinic.patient().await, clinic.patient().await);
    let first = ada.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    let second = bo.book(&doctor, "2030-03-08T10:00:00Z", 30).await;
    let path = format!("/accounts/{}/deactivate", doctor.id);
    let deactivate = async |plan: Value, dry_run: bool| {
        admin.post(&path, json!({ "appointments": plan, "reason": "Left", "dry_run": dry_run })).await
    };
    let reassign = |id: i64| json!({ "id": id, "doctor_id": colleague.id });

    let incomplete = deactivate(json!([reassign(first)]), false).await;
    assert_eq!(conflicts(&incomplete), [(second, "appointment-in-the-way".to_owned())]);
    let stays = json!([reassign(first), { "id": second, "start_date": "2030-03-09T10:00:00Z" }]);
    assert_eq!(conflicts(&deactivate(stays, false).await), [(second, "doctor_not_active".to_owned())]);
    doctor.get("/me").await.expect(200);

    let plan = json!([reassign(first), { "id": second, "cancel": true }]);
    assert_eq!(deactivate(plan.clone(), true).await.status, 204);
    doctor.get("/me").await.expect(200);
    let done = deactivate(plan, false).await;
    assert_eq!(
        (done.status, done.header("link")),
        (204, format!("</appointments?doctor_id={}&status=Booked>; rel=\"related\"", doctor.id).as_str())
    );
    doctor.get("/me").await.problem(401, "unauthorized");
    assert_eq!(place(&admin, first).await, json!(["Booked", colleague.id, "2030-01-08T09:00:00+00:00"]));
    let cancelled = admin.get(&format!("/appointments/{second}")).await.expect(200);
    assert_eq!((&cancelled["status"], &cancelled["reason"]), (&json!("Cancelled"), &json!("Left")));
}

#[tokio::test]
async fn closure_takes_a_plan_for_all_doctors() {
    let clinic = Clinic::at(NOW).await;
    let (admin, one, other) = (clinic.admin().await, clinic.doctor().await, clinic.doctor().await);
    let (ada, bo) = (clinic.patient().await, clinic.patient().await);
    let first = ada.book(&one, "2030-01-08T09:00:00Z", 30).await;
    let second = bo.book(&other, "2030-01-08T10:00:00Z", 30).await;
    let close = async |plan: Value, dry_run: bool| {
        let body = json!({
            "start_date": DAY.0, "end_date": DAY.1, "name": "Flood", "appointments": plan, "reason": "Flood",
            "dry_run": dry_run,
        });
        admin.post("/closures", body).await
    };
    let moved = json!({ "id": first, "start_date": "2030-01-09T09:00:00Z" });
    assert_eq!(conflicts(&close(json!([moved]), false).await), [(second, "appointment-in-the-way".to_owned())]);
    let tried = close(json!("cancel"), true).await.expect(200);
    assert_eq!((&tried["id"], &tried["cancelled"]), (&json!(null), &json!([first, second])));
    let closed = close(json!([moved, { "id": second, "cancel": true }]), false).await.expect(201);
    assert_eq!((&closed["cancelled"], &closed["rescheduled"][0]["id"]), (&json!([second]), &json!(first)));
    let shown = admin.get(&format!("/appointments/{second}")).await.expect(200);
    assert_eq!((&shown["status"], &shown["reason"]), (&json!("Cancelled"), &json!("Flood")));

    let body = json!({ "start_date": DAY.0, "end_date": DAY.1, "name": "Flood", "reason": "Flood" });
    assert_eq!(admin.post("/closures", body).await.pointers("invalid-input"), ["/reason"]);
}

#[tokio::test]
async fn plan_has_valid_steps_with_different_ids() {
    let clinic = Clinic::at(NOW).await;
    let doctor = clinic.doctor().await;
    let start = "2030-01-09T10:00:00Z";
    let invalid = [
        (json!("move"), vec!["/appointments"]),
        (json!(5), vec!["/appointments"]),
        (json!({ "id": 1, "cancel": true }), vec!["/appointments"]),
        (json!([5]), vec!["/appointments/0"]),
        (json!([{ "cancel": true }]), vec!["/appointments/0/id"]),
        (json!([{ "id": 1 }]), vec!["/appointments/0/cancel"]),
        (json!([{ "id": 1, "cancel": false }]), vec!["/appointments/0/cancel"]),
        (json!([{ "id": 1, "cancel": true, "start_date": start }]), vec!["/appointments/0/cancel"]),
        (
            json!([{ "id": 1, "start_date": "soon", "doctor": 2 }]),
            vec!["/appointments/0/doctor", "/appointments/0/start_date"],
        ),
        (json!([{ "id": 1, "cancel": true }, { "id": 1, "start_date": start }]), vec!["/appointments/1/id"]),
        (json!(vec![json!({ "id": 1, "cancel": true }); 301]), vec!["/appointments"]),
    ];
    for (plan, pointers) in invalid {
        assert_eq!(take(&doctor, &doctor, plan.clone()).await.pointers("invalid-input"), pointers, "{plan}");
    }
    assert_eq!(
        conflicts(&take(&doctor, &doctor, json!([{ "id": 1, "cancel": true }])).await),
        [(1, "appointment-not-affected".to_owned())]
    );
    take(&doctor, &doctor, json!([])).await.expect(201);
}

/// An empty plan takes the time off only if nobody is booked.
#[tokio::test]
async fn empty_plan_is_refused_if_an_appointment_is_affected() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let booked = patient.book(&doctor, "2030-01-08T09:00:00Z", 30).await;
    let refused = take(&doctor, &doctor, json!([])).await;
    assert_eq!(conflicts(&refused), [(booked, "appointment-in-the-way".to_owned())]);
}
