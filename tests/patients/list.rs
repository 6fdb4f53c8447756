use super::{NOW, add, book_for, ids};
use crate::support::{Clinic, json};

#[tokio::test]
async fn every_word_must_occur_in_the_name_email_phone_or_birth_date() {
    let clinic = Clinic::at(NOW).await;
    let desk = clinic.receptionist().await;
    let omer = json!({
        "name": "Ömer Łuk", "phone": "+49 30 1234567", "email": "Omer.L@exämple.org", "birth_date": "1984-03-07" });
    let omer = add(&desk, omer).await;
    let ada = add(&desk, json!({ "name": "Ada Straße", "phone": "+493345678", "birth_date": "1930-07-03" })).await;
    let nobody: Vec<i64> = vec![];
    for (q, found) in [
        ("omer", vec![omer]),
        ("LUK ömer", vec![omer]),
        ("luk ada", nobody.clone()),
        ("strasse", vec![ada]),
        ("omer.l@", vec![omer]),
        ("xn--exmple-cua.org", vec![omer]),
        ("030", vec![omer]),
        ("030 1234", vec![omer]),
        ("+49", vec![omer, ada]),
        ("0049", vec![omer, ada]),
        ("(0)30/1234-567", vec![omer]),
        ("030/9", nobody.clone()),
        ("1984-03-07", vec![omer]),
        ("1930", vec![ada]),
        ("omer 030 1984", vec![omer]),
        ("ada 030", nobody.clone()),
        ("zzz", nobody.clone()),
        ("%", nobody.clone()),
        ("", vec![omer, ada]),
    ] {
        let query = serde_urlencoded::to_string([("q", q)]).unwrap();
        assert_eq!(ids(&desk.get(&format!("/patients?{query}")).await.expect(200)), found, "{q}");
    }
}

#[tokio::test]
async fn birth_date_is_a_filter() {
    let clinic = Clinic::at(NOW).await;
    let desk = clinic.receptionist().await;
    let ada = add(&desk, json!({ "name": "Ada", "birth_date": "1984-03-07" })).await;
    let bea = add(&desk, json!({ "name": "Bea", "birth_date": "1984-03-07" })).await;
    add(&desk, json!({ "name": "Ada", "birth_date": "1984-07-03" })).await;
    assert_eq!(ids(&desk.get("/patients?birth_date=1984-03-07").await.expect(200)), [ada, bea]);
    assert_eq!(ids(&desk.get("/patients?birth_date=1984-03-07&q=be").await.expect(200)), [bea]);
    let first = desk.get("/patients?birth_date=1984-03-07&limit=1").await;
    assert_eq!(ids(&first.expect(200)), [ada]);
    assert_eq!(ids(&desk.get(&first.next().unwrap()).await.expect(200)), [bea]);
    for (query, pointer) in [("birth_date=7.3.1984", "/birth_date"), ("limit=0", "/limit"), ("name=Ada", "/name")] {
        assert_eq!(desk.get(&format!("/patients?{query}")).await.pointers("invalid-input"), [pointer]);
    }
}

#[tokio::test]
async fn list_has_patients_with_and_without_logins_in_pages() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, patient) = (clinic.receptionist().await, clinic.doctor().await, clinic.patient().await);
    let added = add(&desk, json!({ "name": "Ada", "email": "ada@example.org", "notes": "Secret" })).await;
    let expected = json!([
        { "id": patient.id, "name": patient.name().await, "phone": null, "email": patient.email, "birth_date": null,
          "has_login": true },
        { "id": added, "name": "Ada", "phone": null, "email": "ada@example.org", "birth_date": null, "has_login": false },
    ]);
    assert_eq!(desk.get("/patients").await.expect(200), expected);
    let first = desk.get("/patients?limit=1").await;
    assert_eq!(ids(&first.expect(200)), [patient.id]);
    let second = desk.get(&first.next().unwrap()).await;
    assert_eq!((ids(&second.expect(200)), second.next()), (vec![added], None));
    assert_eq!(ids(&desk.get(&format!("/patients?q={}", patient.email)).await.expect(200)), [patient.id]);
    assert!(ids(&desk.get(&format!("/patients?q={}", doctor.email)).await.expect(200)).is_empty());
}

#[tokio::test]
async fn doctor_finds_only_their_own_patients() {
    let clinic = Clinic::at(NOW).await;
    let (desk, doctor, colleague) = (clinic.receptionist().await, clinic.doctor().await, clinic.doctor().await);
    let ada = add(&desk, json!({ "name": "Ada", "phone": "+4930100000", "birth_date": "1984-03-07" })).await;
    let bea = add(&desk, json!({ "name": "Bea", "phone": "+49301234", "birth_date": "1984-03-07" })).await;
    book_for(&desk, &colleague, ada, "2030-01-08T10:00:00Z").await;
    book_for(&desk, &doctor, bea, "2030-01-08T10:00:00Z").await;
    let cancelled = book_for(&desk, &doctor, ada, "2030-01-08T11:00:00Z").await;
    for query in ["", "?q=030", "?birth_date=1984-03-07", "?q=bea&birth_date=1984-03-07"] {
        let found = ids(&doctor.get(&format!("/patients{query}")).await.expect(200));
        assert_eq!(found, if query.contains("bea") { vec![bea] } else { vec![ada, bea] }, "{query}");
    }
    desk.cancel(cancelled).await.expect(200);
    for query in ["", "?q=ada", "?q=030", "?birth_date=1984-03-07"] {
        let found = ids(&doctor.get(&format!("/patients{query}")).await.expect(200));
        assert_eq!(found, if query == "?q=ada" { vec![] } else { vec![bea] }, "{query}");
    }
    clinic.patient().await.get("/patients").await.problem(403, "forbidden");
    clinic.anonymous().get("/patients").await.problem(401, "unauthorized");
}
