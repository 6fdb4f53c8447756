use crate::support::{Actor, Clinic, json};

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
