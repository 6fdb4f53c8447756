use super::{cursor, each, encoded, hire, walk};
use crate::support::{Clinic, json};

const NOW: &str = "2030-01-07T08:00:00Z";

#[tokio::test]
async fn anyone_can_find_a_new_doctor() {
    let clinic = Clinic::shared().await;
    let id = hire(&clinic, "Wilhelmina Quist", Some("Sleep medicine")).await;

    let found = clinic.anonymous().get("/doctors?q=quist&specialty=sleep%20MEDICINE").await.expect(200);
    assert_eq!(found, json!([{ "id": id, "name": "Wilhelmina Quist", "specialty": "Sleep medicine" }]));
    let (all, _) = walk(&clinic.anonymous(), "/doctors?limit=100").await;
    assert!(all.contains(&found[0]));
}

#[tokio::test]
async fn only_doctors_are_listed_by_id() {
    let clinic = Clinic::at(NOW).await;
    let none = clinic.anonymous().get("/doctors").await;
    assert_eq!(none.expect(200), json!([]));
    assert_eq!(none.next(), None);

    clinic.patient().await;
    let zoe = hire(&clinic, "Zoe", Some("Dermatology")).await;
    let adam = hire(&clinic, "Adam", None).await;
    let expected = json!([
        { "id": zoe, "name": "Zoe", "specialty": "Dermatology" },
        { "id": adam, "name": "Adam", "specialty": null },
    ]);
    for actor in [clinic.anonymous(), clinic.admin().await, clinic.patient().await] {
        assert_eq!(actor.get("/doctors").await.expect(200), expected);
    }
}

#[tokio::test]
async fn q_searches_name_and_specialty_in_any_case() {
    let clinic = Clinic::at(NOW).await;
    hire(&clinic, "Jörg Müller", Some("Kardiologie")).await;
    hire(&clinic, "Олена Шевченко", Some("Терапія")).await;
    hire(&clinic, "Ann 100% O'Hara_", None).await;

    for (q, names) in [
        ("müller", &["Jörg Müller"][..]),
        ("MÜLL", &["Jörg Müller"]),
        ("jÖRG", &["Jörg Müller"]),
        ("DIOLOG", &["Jörg Müller"]),
        ("шевч", &["Олена Шевченко"]),
        ("ТЕРАП", &["Олена Шевченко"]),
        ("o'h", &["Ann 100% O'Hara_"]),
        ("%", &["Ann 100% O'Hara_"]),
        ("_", &["Ann 100% O'Hara_"]),
        ("r", &["Jörg Müller", "Ann 100% O'Hara_"]),
        ("nobody", &[]),
    ] {
        let found = clinic.anonymous().get(&format!("/doctors?q={}", encoded(q))).await.expect(200);
        assert_eq!(each(found.as_array().unwrap(), "name"), names, "{q}");
    }
}

#[tokio::test]
async fn specialty_filter_is_exact_in_any_case_and_combines_with_q() {
    let clinic = Clinic::at(NOW).await;
    hire(&clinic, "Ann", Some("Ärztliche Psychotherapie")).await;
    hire(&clinic, "Bob", Some("ärztliche psychotherapie")).await;
    hire(&clinic, "Cem", Some("Cardiology")).await;
    hire(&clinic, "Dan", None).await;

    let specialty = encoded("ÄRZTLICHE PSYCHOTHERAPIE");
    for (query, names) in [
        (format!("specialty={specialty}"), &["Ann", "Bob"][..]),
        (format!("specialty={specialty}&q=BO"), &["Bob"]),
        (format!("specialty={specialty}&q=cem"), &[]),
        ("specialty=cardiology".to_owned(), &["Cem"]),
        ("specialty=nothing".to_owned(), &[]),
    ] {
        let found = clinic.anonymous().get(&format!("/doctors?{query}")).await.expect(200);
        assert_eq!(each(found.as_array().unwrap(), "name"), names, "{query}");
    }
}

#[tokio::test]
async fn next_page_continues_and_keeps_the_filters() {
    let clinic = Clinic::at(NOW).await;
    let mut expected = Vec::new();
    for number in 0..5 {
        expected.push(json!(hire(&clinic, &format!("Ann {number}"), Some("Eye & ear")).await));
        hire(&clinic, "Ann", Some("Cardiology")).await;
        hire(&clinic, "Bob", Some("Eye & ear")).await;
    }

    for (limit, pages) in [(1, 5), (2, 3), (4, 2), (5, 1), (100, 1)] {
        let path = format!("/doctors?specialty=EYE%20%26%20EAR&limit={limit}&q=ann%20");
        let (rows, walked) = walk(&clinic.anonymous(), &path).await;
        assert_eq!(each(&rows, "id"), expected, "limit {limit}");
        assert_eq!(walked, pages, "limit {limit}");
    }
}

#[tokio::test]
async fn page_has_50_rows_by_default_and_100_at_most() {
    let clinic = Clinic::at(NOW).await;
    for _ in 0..101 {
        clinic.doctor().await;
    }
    for (path, rows) in [("/doctors", 50), ("/doctors?limit=100", 100)] {
        let answer = clinic.anonymous().get(path).await;
        assert_eq!(answer.expect(200).as_array().unwrap().len(), rows);
        assert!(answer.next().is_some());
        assert_eq!(walk(&clinic.anonymous(), path).await.0.len(), 101);
    }
}

#[tokio::test]
async fn limit_is_1_to_100_and_cursor_must_be_valid() {
    let clinic = Clinic::at(NOW).await;
    for limit in ["0", "101", "-1", "x", "1.5", "", "99999999999999999999"] {
        let answer = clinic.anonymous().get(&format!("/doctors?limit={limit}")).await;
        assert_eq!(answer.pointers("invalid-input"), ["/limit"], "{limit}");
    }
    for after in ["", "1", "garbage", "W10", "WyJkb2N0b3JzIiwieCJd"] {
        let answer = clinic.anonymous().get(&format!("/doctors?after={after}")).await;
        assert_eq!(answer.pointers("invalid-input"), ["/after"], "{after}");
    }
    let both = clinic.anonymous().get("/doctors?after=garbage&limit=0").await;
    assert_eq!(both.pointers("invalid-input"), ["/after", "/limit"]);
}

#[tokio::test]
async fn cursor_of_another_list_is_refused() {
    let clinic = Clinic::at(NOW).await;
    let (admin, patient) = (clinic.admin().await, clinic.patient().await);
    let (doctor, _) = (clinic.doctor().await, clinic.doctor().await);
    patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    patient.book(&doctor, "2030-01-08T11:00:00Z", 30).await;

    let slots = format!("/doctors/{}/slots?date=2030-01-08", doctor.id);
    let lists = ["/doctors?q=Quillfeather", "/doctors/available?date=2030-01-08", &slots];
    for one in lists {
        let after = cursor(&admin, &format!("{one}&limit=1")).await;
        for other in lists {
            let answer = admin.get(&format!("{other}&after={after}")).await;
            match one == other {
                true => assert_eq!(answer.expect(200).as_array().unwrap().len(), 1),
                false => assert_eq!(answer.pointers("invalid-input"), ["/after"], "{one} in {other}"),
            }
        }
    }
}

#[tokio::test]
async fn deactivated_doctor_is_unlisted_until_activated() {
    let clinic = Clinic::on_disk(NOW).await;
    let (one, other) = (clinic.doctor().await, clinic.doctor().await);
    for (active, expected) in [(0, vec![json!(other.id)]), (1, vec![json!(one.id), json!(other.id)])] {
        clinic
            .sql(&format!("UPDATE people SET operation_id = :operation, active = {active} WHERE id = {}", one.id))
            .await
            .unwrap();
        let listed = clinic.anonymous().get("/doctors").await.expect(200);
        assert_eq!(each(listed.as_array().unwrap(), "id"), expected);
    }
}
