use crate::support::{Actor, Clinic, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";

async fn ids(actor: &Actor, query: &str) -> Vec<i64> {
    let list = actor.get(&format!("/appointments?{query}")).await.expect(200);
    list.as_array().unwrap().iter().map(|appointment| appointment["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn accounts_list_their_own_appointments_and_admins_all() {
    let clinic = Clinic::at(NOW).await;
    let (one_doctor, other_doctor) = (clinic.doctor().await, clinic.doctor().await);
    let (one, two) = (clinic.patient().await, clinic.patient().await);
    let last = one.book(&one_doctor, "2030-01-09T10:00:00Z", 30).await;
    let first = two.book(&one_doctor, "2030-01-08T10:00:00Z", 30).await;
    let middle = one.book(&other_doctor, "2030-01-08T12:00:00Z", 30).await;

    assert_eq!(ids(&clinic.admin().await, "").await, [first, middle, last]);
    assert_eq!(ids(&one_doctor, "").await, [first, last]);
    assert_eq!(ids(&other_doctor, "").await, [middle]);
    assert_eq!(ids(&one, "").await, [middle, last]);
    assert_eq!(ids(&two, "").await, [first]);
    assert!(ids(&two, &format!("patient_id={}", one.id)).await.is_empty());
    clinic.anonymous().get("/appointments").await.problem(401, "unauthorized");
    let shown = two.get(&format!("/appointments/{first}")).await.expect(200);
    assert_eq!(two.get("/appointments").await.expect(200), json!([shown]));
}

#[tokio::test]
async fn filters_narrow_the_list() {
    let clinic = Clinic::at(NOW).await;
    let (admin, one_doctor, other_doctor) = (clinic.admin().await, clinic.doctor().await, clinic.doctor().await);
    let (one, two) = (clinic.patient().await, clinic.patient().await);
    let a = one.book(&one_doctor, "2030-01-08T08:00:00Z", 30).await;
    let b = two.book(&other_doctor, "2030-01-08T10:00:00Z", 30).await;
    let c = one.book(&other_doctor, "2030-01-09T10:00:00Z", 30).await;
    one_doctor.cancel(a).await.expect(200);

    for (query, expected) in [
        ("date=2030-01-08".to_owned(), vec![a, b]),
        ("date=2030-01-08T23:00:00Z".to_owned(), vec![a, b]),
        ("from=2030-01-09".to_owned(), vec![c]),
        ("to=2030-01-08".to_owned(), vec![a, b]),
        ("from=2030-01-08T10:00:00Z&to=2030-01-09T10:00:00Z".to_owned(), vec![b]),
        (format!("doctor_id={}", other_doctor.id), vec![b, c]),
        (format!("patient_id={}", one.id), vec![a, c]),
        (format!("patient_id={}&doctor_id={}&status=Booked", one.id, other_doctor.id), vec![c]),
        ("status=Cancelled".to_owned(), vec![a]),
        ("status=Done".to_owned(), vec![]),
    ] {
        assert_eq!(ids(&admin, &query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn all_violations_of_a_query_are_named_at_once() {
    let clinic = Clinic::at(NOW).await;
    let query = "date=x&from=2030-13-01&to=now&doctor_id=0&patient_id=x&status=Gone&limit=0";
    let pointers = ["/date", "/doctor_id", "/from", "/limit", "/patient_id", "/status", "/to"];
    for actor in [clinic.admin().await, clinic.doctor().await, clinic.patient().await] {
        assert_eq!(actor.get(&format!("/appointments?{query}")).await.pointers("invalid-input"), pointers);
        assert_eq!(actor.get("/appointments?after=x").await.pointers("invalid-input"), ["/after"]);
    }
}

#[tokio::test]
async fn pages_cover_the_list_without_repeats() {
    let clinic = Clinic::at(NOW).await;
    let (one_doctor, other_doctor) = (clinic.doctor().await, clinic.doctor().await);
    let (one, two) = (clinic.patient().await, clinic.patient().await);
    for hour in ["10", "08", "12"] {
        let start = format!("2030-01-08T{hour}:00:00Z");
        one.book(&one_doctor, &start, 30).await;
        two.book(&other_doctor, &start, 30).await;
    }
    let admin = clinic.admin().await;
    let (mut next, mut paged) = (Some("/appointments?limit=1&date=2030-01-08".to_owned()), Vec::new());
    while let Some(path) = next {
        let answer = admin.get(&path).await;
        let page = answer.expect(200);
        assert_eq!(page.as_array().unwrap().len(), 1);
        paged.push(page[0]["id"].as_i64().unwrap());
        next = answer.next();
    }
    assert_eq!(paged.len(), 6);
    assert_eq!(paged, ids(&admin, "").await);
}

/// A spreadsheet opens the list: a header row with all members, no formulas, and the pages, `ETag` and `Vary` of JSON.
#[tokio::test]
async fn list_is_csv_for_clients_that_prefer_it() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    patient.patch("/me", json!({ "name": "=HYPERLINK(\"x\"), \"Ada\"", "phone": "+4930123456" })).await.expect(200);
    let cancelled = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let reason = json!({ "reason": "-1\nand more" });
    doctor.post(&format!("/appointments/{cancelled}/cancel"), reason).await.expect(200);
    let booked = patient.book(&doctor, "2030-01-09T10:00:00Z", 30).await;
    let csv_of = async |actor: &Actor, path: &str| actor.send("GET", path, None, &[("accept", "text/csv")]).await;
    let csv = async |path: &str| csv_of(&doctor, path).await;

    let schema: Value = serde_json::from_str(docs::DOCUMENT).unwrap();
    let schema = &schema["components"]["schemas"]["Appointment"]["properties"];
    let first = csv("/appointments?limit=1").await;
    assert_eq!(first.header("content-type"), "text/csv; charset=utf-8; header=present");
    let (header, rows) = first.body.split_once("\r\n").unwrap();
    let (mut columns, mut members): (Vec<_>, Vec<_>) =
        (header.split(',').collect(), schema.as_object().unwrap().keys().collect());
    columns.sort_unstable();
    members.sort_unstable();
    assert_eq!(columns, members);
    let (doctor_name, id) = (doctor.name().await, patient.id);
    let expected = format!(
        "{cancelled},{},{doctor_name},{id},\"'=HYPERLINK(\"\"x\"\"), \"\"Ada\"\"\",2030-01-08T10:00:00+00:00,30,\
         Cancelled,\"'-1\nand more\",,,,,false,+4930123456,,,\r\n",
        doctor.id
    );
    assert_eq!(rows, expected);

    let of_patient = csv_of(&patient, "/appointments?limit=1").await.body;
    assert_eq!(of_patient, first.body.replace(",patient_phone", "").replace(",+4930123456", ""));

    let last = csv(&first.next().unwrap()).await;
    assert!(last.body.contains(&format!("\r\n{booked},")) && last.next().is_none(), "{}", last.body);
    assert_eq!(csv("/appointments?date=2030-01-10").await.body, format!("{header}\r\n"));

    let as_json = doctor.get("/appointments?limit=1").await;
    assert_eq!((as_json.header("vary"), first.header("vary")), ("Accept", "Accept"));
    assert_ne!(as_json.header("etag"), first.header("etag"));
    let current = [("accept", "text/csv"), ("if-none-match", first.header("etag"))];
    let unchanged = doctor.send("GET", "/appointments?limit=1", None, &current).await;
    assert_eq!((unchanged.status, unchanged.header("vary"), unchanged.body.as_str()), (304, "Accept", ""));
    assert_eq!(csv(&format!("/patients/{id}/history")).await.header("content-type"), "application/json");
}
