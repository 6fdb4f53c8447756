use crate::support::{Actor, Clinic, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";
const REPORT: &str = "/doctors/with_six_hours_plus";

/// Books appointments of these durations with the doctor, back to back from 08:00.
async fn book(patient: &Actor, doctor: &Actor, day: &str, durations: &[i64]) -> Vec<i64> {
    let (mut booked, mut minute) = (Vec::new(), 8 * 60);
    for duration in durations {
        let start = format!("{day}T{:02}:{:02}:00Z", minute / 60, minute % 60);
        booked.push(patient.book(doctor, &start, *duration).await);
        minute += duration;
    }
    booked
}

fn doctors(report: &Value) -> Vec<i64> {
    report.as_array().unwrap().iter().map(|row| row["doctor_id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn admin_sees_doctors_with_six_booked_hours() {
    let clinic = Clinic::shared().await;
    let (admin, long, short, day) = (clinic.admin().await, clinic.doctor().await, clinic.doctor().await, clinic.day());
    book(&clinic.patient().await, &long, &day, &[120, 120, 120]).await;
    book(&clinic.patient().await, &short, &day, &[120, 120, 119]).await;

    let name = long.get(&format!("/doctors/{}", long.id)).await.expect(200)["name"].clone();
    let report = admin.get(&format!("{REPORT}?date={day}")).await.expect(200);
    let row = json!({ "doctor_id": long.id, "name": name, "appointments_count": 3, "booked_mins": 360 });
    assert_eq!(report, json!([row]));
}

#[tokio::test]
async fn only_admins_can_read_the_report() {
    let clinic = Clinic::at(NOW).await;

    for path in [format!("{REPORT}?date=2030-01-08"), REPORT.to_owned(), format!("{REPORT}?date=x&limit=0")] {
        clinic.anonymous().get(&path).await.problem(401, "unauthorized");
    }
    clinic.doctor().await.get(&format!("{REPORT}?date=2030-01-08")).await.problem(403, "forbidden");
    clinic.patient().await.get(&format!("{REPORT}?date=2030-01-08")).await.problem(403, "forbidden");
    assert_eq!(clinic.admin().await.get(&format!("{REPORT}?date=2030-01-08")).await.expect(200), json!([]));
}

#[tokio::test]
async fn cancelled_appointments_do_not_count_for_six_hours() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    let booked = book(&patient, &doctor, "2030-01-08", &[120, 120, 105, 15, 15]).await;
    let path = format!("{REPORT}?date=2030-01-08");

    doctor.cancel(booked[4]).await.expect(200);
    assert_eq!(admin.get(&path).await.expect(200)[0]["booked_mins"], 360);
    doctor.cancel(booked[3]).await.expect(200);
    assert_eq!(admin.get(&path).await.expect(200), json!([]));
}

#[tokio::test]
async fn six_hours_are_counted_per_day() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    book(&patient, &doctor, "2030-01-08", &[120, 120, 60]).await;
    book(&patient, &doctor, "2030-01-09", &[120, 120, 120]).await;

    for (date, expected) in [("2030-01-08", &[][..]), ("2030-01-09", &[doctor.id]), ("2030-01-10", &[])] {
        assert_eq!(doctors(&admin.get(&format!("{REPORT}?date={date}")).await.expect(200)), expected, "{date}");
    }
}

#[tokio::test]
async fn six_hours_report_is_ordered_and_paged() {
    let clinic = Clinic::at(NOW).await;
    let (admin, one, two) = (clinic.admin().await, clinic.doctor().await, clinic.doctor().await);
    let (three, four) = (clinic.doctor().await, clinic.doctor().await);
    book(&clinic.patient().await, &one, "2030-01-08", &[120, 120, 120]).await;
    book(&clinic.patient().await, &two, "2030-01-08", &[90, 90, 90, 90]).await;
    book(&clinic.patient().await, &three, "2030-01-08", &[120, 120, 60]).await;
    book(&clinic.patient().await, &four, "2030-01-08", &[90, 90, 90, 120]).await;

    let (mut read, mut next) = (Vec::new(), Some(format!("{REPORT}?date=2030-01-08T12:00:00Z&limit=1")));
    while let Some(page) = next {
        let answer = admin.get(&page).await;
        read.extend(doctors(&answer.expect(200)));
        next = answer.next();
    }
    assert_eq!(read, [four.id, two.id, one.id]);
}

#[tokio::test]
async fn report_date_must_be_given_once_and_exist() {
    let clinic = Clinic::at(NOW).await;
    let admin = clinic.admin().await;
    let json_type = [("content-type", "application/json")];

    let body = Some(r#"{"date":"2030-01-08"}"#);
    assert_eq!(admin.send("GET", REPORT, body, &json_type).await.expect(200), json!([]));
    admin.get(REPORT).await.problem(400, "malformed-request");
    let different = admin.send("GET", &format!("{REPORT}?date=2030-01-09"), body, &json_type).await;
    different.problem(400, "malformed-request");
    assert_eq!(admin.get(&format!("{REPORT}?date=2030-02-30")).await.pointers("invalid-input"), ["/date"]);
}
