use crate::support::{Actor, Clinic, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";
const REPORT: &str = "/doctors/by_top_appointments";

/// Books appointments of 15 minutes, one after the other from 08:00.
async fn book(patient: &Actor, doctor: &Actor, day: &str, count: i64) {
    for quarter in 0..count {
        let (hour, minute) = (8 + quarter / 4, quarter % 4 * 15);
        patient.book(doctor, &format!("{day}T{hour:02}:{minute:02}:00Z"), 15).await;
    }
}

fn doctors(report: &Value) -> Vec<i64> {
    report.as_array().unwrap().iter().map(|row| row["doctor_id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn admin_sees_the_busiest_doctors() {
    let clinic = Clinic::shared().await;
    let (admin, patient, day) = (clinic.admin().await, clinic.patient().await, clinic.day());
    let (one, two, none) = (clinic.doctor().await, clinic.doctor().await, clinic.doctor().await);
    patient.book(&one, &format!("{day}T08:00:00Z"), 120).await;
    patient.book(&two, &format!("{day}T10:00:00Z"), 15).await;
    patient.book(&two, &format!("{day}T11:00:00Z"), 20).await;
    let cancelled = patient.book(&none, &format!("{day}T12:00:00Z"), 30).await;
    none.cancel(cancelled).await.expect(200);

    let name = async |doctor: &Actor| doctor.get(&format!("/doctors/{}", doctor.id)).await.expect(200)["name"].clone();
    let report = admin.get(&format!("{REPORT}?date={day}")).await;
    let expected = json!([
        { "doctor_id": two.id, "name": name(&two).await, "appointments_count": 2, "booked_mins": 35 },
        { "doctor_id": one.id, "name": name(&one).await, "appointments_count": 1, "booked_mins": 120 },
    ]);
    assert_eq!(report.expect(200), expected);
    assert_eq!(report.next(), None);
}

#[tokio::test]
async fn only_admins_can_read_the_report() {
    let clinic = Clinic::at(NOW).await;

    for path in [format!("{REPORT}?date=2030-01-08"), format!("{REPORT}?date=never")] {
        clinic.doctor().await.get(&path).await.problem(403, "forbidden");
        clinic.patient().await.get(&path).await.problem(403, "forbidden");
        clinic.anonymous().get(&path).await.problem(401, "unauthorized");
    }
    assert_eq!(clinic.admin().await.get(&format!("{REPORT}?date=2030-01-08")).await.expect(200), json!([]));
}

#[tokio::test]
async fn busiest_report_orders_by_count_minutes_and_id() {
    let clinic = Clinic::at(NOW).await;
    let (admin, one, two, three) =
        (clinic.admin().await, clinic.doctor().await, clinic.doctor().await, clinic.doctor().await);
    let (four, patient) = (clinic.doctor().await, clinic.patient().await);
    for (doctor, start, duration) in
        [(&two, "08:00", 30), (&one, "09:00", 30), (&three, "10:00", 31), (&four, "11:00", 15), (&four, "12:00", 15)]
    {
        patient.book(doctor, &format!("2030-01-08T{start}:00Z"), duration).await;
    }

    let report = admin.get(&format!("{REPORT}?date=2030-01-08")).await.expect(200);
    assert_eq!(doctors(&report), [four.id, three.id, one.id, two.id]);
    assert!(one.id < two.id);
}

#[tokio::test]
async fn done_and_missed_appointments_count_and_cancelled_do_not() {
    let clinic = Clinic::on_disk(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    for (hour, duration, status) in [("08", 15, "Done"), ("10", 30, "NoShow"), ("12", 60, "Cancelled")] {
        let id = patient.book(&doctor, &format!("2030-01-08T{hour}:00:00Z"), duration).await;
        clinic.set_status(id, status).await;
    }
    patient.book(&doctor, "2030-01-08T14:00:00Z", 120).await;

    let report = admin.get(&format!("{REPORT}?date=2030-01-08")).await.expect(200);
    assert_eq!(report[0]["appointments_count"], 3);
    assert_eq!(report[0]["booked_mins"], 165);
}

#[tokio::test]
async fn report_date_is_a_day_or_timestamp_in_query_or_body() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    book(&patient, &doctor, "2030-01-08", 1).await;
    let json_type = [("content-type", "application/json")];

    for date in [
        "2030-01-08",
        "2030-01-08T00:00:00Z",
        "2030-01-08T23:59:59Z",
        "2030-01-07T23:30:00-01:00",
        "2030-01-08T12:00:00.5Z",
    ] {
        let body = json!({ "date": date }).to_string();
        let in_query = format!("{REPORT}?date={date}");
        for (path, body) in [(in_query.as_str(), None), (REPORT, Some(&body)), (in_query.as_str(), Some(&body))] {
            let answer = admin.send("GET", path, body.map(String::as_str), &json_type).await;
            assert_eq!(doctors(&answer.expect(200)), [doctor.id], "{path} {body:?}");
        }
    }
    for date in ["2030-01-07", "2030-01-09", "2030-01-09T00:00:00Z", "2030-01-08T00:30:00%2B01:00"] {
        assert_eq!(admin.get(&format!("{REPORT}?date={date}")).await.expect(200), json!([]), "{date}");
    }
}

#[tokio::test]
async fn missing_or_contradicting_date_is_400_and_impossible_date_is_422() {
    let clinic = Clinic::at(NOW).await;
    let admin = clinic.admin().await;
    let json_type = [("content-type", "application/json")];

    for (path, body) in [("", None), ("", Some("{}")), ("?date=2030-01-08", Some(r#"{"date":"2030-01-09"}"#))] {
        let answer = admin.send("GET", &format!("{REPORT}{path}"), body, &json_type).await;
        answer.problem(400, "malformed-request");
    }
    for date in ["2030-02-30", "2030-13-01", "2030-1-8", "08.01.2030", "today", "", "2030-01-08T10:00:00", "20300108"] {
        let answer = admin.get(&format!("{REPORT}?date={date}")).await;
        assert_eq!(answer.pointers("invalid-input"), ["/date"], "{date}");
    }
    for date in [json!("2030-02-30"), json!(20300108), json!(["2030-01-08"])] {
        let body = json!({ "date": date }).to_string();
        let answer = admin.send("GET", REPORT, Some(&body), &json_type).await;
        assert_eq!(answer.pointers("invalid-input"), ["/date"], "{date}");
    }
}

#[tokio::test]
async fn report_is_the_same_in_pages() {
    let clinic = Clinic::at(NOW).await;
    let admin = clinic.admin().await;
    // Some rows are equal, so that a page ends between two rows with the same count and minutes.
    for count in [2, 1, 2, 3, 2, 1, 1] {
        book(&clinic.patient().await, &clinic.doctor().await, "2030-01-08", count).await;
    }
    let whole = admin.get(&format!("{REPORT}?date=2030-01-08")).await.expect(200);
    assert_eq!(whole.as_array().unwrap().len(), 7);

    for limit in 1..=7 {
        let (mut read, mut next) = (Vec::new(), Some(format!("{REPORT}?date=2030-01-08&limit={limit}")));
        while let Some(page) = next {
            let answer = admin.get(&page).await;
            let rows = answer.expect(200).as_array().unwrap().clone();
            assert!((1..=limit).contains(&rows.len()));
            read.extend(rows);
            next = answer.next();
        }
        assert_eq!(Value::from(read), whole);
    }
}

#[tokio::test]
async fn next_page_keeps_a_date_from_the_body() {
    let clinic = Clinic::at(NOW).await;
    let (admin, one, two) = (clinic.admin().await, clinic.doctor().await, clinic.doctor().await);
    book(&clinic.patient().await, &one, "2030-01-08", 2).await;
    book(&clinic.patient().await, &two, "2030-01-08", 1).await;

    let body = json!({ "date": "2030-01-08" }).to_string();
    let json_type = [("content-type", "application/json")];
    let first = admin.send("GET", &format!("{REPORT}?limit=1"), Some(&body), &json_type).await;
    assert_eq!(doctors(&first.expect(200)), [one.id]);
    let second = admin.get(&first.next().unwrap()).await;
    assert_eq!(doctors(&second.expect(200)), [two.id]);
}

#[tokio::test]
async fn invalid_limits_and_cursors_of_another_report_are_refused() {
    let clinic = Clinic::at(NOW).await;
    let admin = clinic.admin().await;
    for doctor in [clinic.doctor().await, clinic.doctor().await] {
        book(&clinic.patient().await, &doctor, "2030-01-08", 1).await;
    }
    let next = admin.get(&format!("{REPORT}?date=2030-01-08&limit=1")).await.next().unwrap();

    for limit in ["0", "101", "-1", "1.5", "x", ""] {
        let answer = admin.get(&format!("{REPORT}?date=2030-01-08&limit={limit}")).await;
        assert_eq!(answer.pointers("invalid-input"), ["/limit"], "{limit}");
    }
    let other_report = next.replace("by_top_appointments", "with_six_hours_plus");
    assert_eq!(admin.get(&other_report).await.pointers("invalid-input"), ["/after"]);
    let all_wrong = admin.get(&format!("{REPORT}?date=never&limit=0&after=x")).await;
    assert_eq!(all_wrong.pointers("invalid-input"), ["/after", "/date", "/limit"]);
}
