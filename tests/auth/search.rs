//! `q` finds rows that contain every word, ignoring case, accents and strokes.

use crate::support::{Actor, Clinic, PASSWORD, json};

const NOW: &str = "2030-01-07T08:00:00Z";

/// A name, queries that find it, and queries that do not.
const NAMES: [(&str, &[&str], &[&str]); 12] = [
    ("Çağla", &["cagla", "ÇAĞLA", "Cag\u{306}la", "gl"], &["caglar"]),
    (
        "Nadia Ferreira",
        &["ferreira nadia", "nad ferr", " FERREIRA  nadia ", "nadia nadia"],
        &["nadia silva", "nadiaferreira"],
    ),
    ("Łukasz Żółć", &["lukasz", "zolc łuk"], &["lukacs"]),
    ("Søren Ærø", &["soren", "aero", "SOREN ÆRØ"], &[]),
    ("Đặng Thị Hạnh", &["dang thi hanh", "hạnh đặng"], &[]),
    ("Işık İlker", &["isik ilker", "ISIK", "ışık"], &[]),
    ("Jörg Weiß", &["weiss", "WEISS jorg", "weiß"], &["jorg weise"]),
    ("Ολυμπία Πάππας", &["παππας", "ΠΑΠΠΑΣ ολυμπια"], &[]),
    ("مُحَمَّد", &["محمد"], &[]),
    ("सुनीता", &["सुनीता", "सुनी"], &["सनी"]),
    ("Agnès d’Arcy‑Bœuf", &["agnes d'arcy-boeuf"], &[]),
    ("Ann 100% O_", &["%", "_ ann", "100%"], &["*"]),
];

async fn found(actor: &Actor, list: &str, q: &str) -> Vec<i64> {
    let q: String = q.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let rows = actor.get(&format!("{list}?limit=100&q={q}")).await.expect(200);
    rows.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn doctors_and_accounts_are_found_by_every_word_without_case_accents_and_strokes() {
    let clinic = Clinic::at(NOW).await;
    let (admin, anyone) = (clinic.admin().await, clinic.anonymous());
    for (number, (name, matching, not_matching)) in NAMES.into_iter().enumerate() {
        let doctor = json!({ "name": name, "email": format!("searched{number}@example.org"), "password": PASSWORD,
            "account_type": "Doctor" });
        let id = admin.post("/register", doctor).await.expect(201)["id"].as_i64().unwrap();
        for (actor, list) in [(&anyone, "/doctors"), (&admin, "/accounts")] {
            for q in matching {
                assert!(found(actor, list, q).await.contains(&id), "{q} finds {name} in {list}");
            }
            for q in not_matching {
                assert!(!found(actor, list, q).await.contains(&id), "{q} does not find {name} in {list}");
            }
        }
    }
    for (actor, list) in [(&anyone, "/doctors"), (&admin, "/accounts")] {
        assert_eq!(found(actor, list, "").await, found(actor, list, " \u{301} ").await, "no word finds every row");
    }
}

#[tokio::test]
async fn search_covers_name_specialty_and_for_admins_email() {
    let clinic = Clinic::at(NOW).await;
    let (admin, anyone) = (clinic.admin().await, clinic.anonymous());
    let doctor = json!({ "name": "Nadia Ferreira", "email": "José@münchen.example", "password": PASSWORD,
        "account_type": "Doctor", "specialty": "Cardiología" });
    let id = admin.post("/register", doctor).await.expect(201)["id"].as_i64().unwrap();
    for q in ["cardiologia nadia", "FERREIRA cardio"] {
        assert_eq!(found(&anyone, "/doctors", q).await, [id], "{q}");
        assert_eq!(found(&admin, "/accounts", q).await, [id], "{q}");
    }
    for q in ["jose@munchen.example", "josé@MÜNCHEN", "xn--mnchen-3ya nadia", "cardiologia jose"] {
        assert_eq!(found(&admin, "/accounts", q).await, [id], "{q}");
        // The public search of doctors does not cover emails.
        assert_eq!(found(&anyone, "/doctors", q).await, [] as [i64; 0], "{q}");
    }
    // A word does not match across two members.
    assert_eq!(found(&admin, "/accounts", "ferreiracardiologia").await, [] as [i64; 0]);

    let specialty = "specialty=CARDIOLOGIA";
    for path in [format!("/doctors?{specialty}"), format!("/doctors?{specialty}&q=nadia")] {
        assert_eq!(anyone.get(&path).await.expect(200)[0]["id"], id, "{path}");
    }
}

#[tokio::test]
async fn renamed_account_is_found_by_its_new_name_only() {
    let clinic = Clinic::at(NOW).await;
    let (admin, patient, doctor) = (clinic.admin().await, clinic.patient().await, clinic.doctor().await);
    patient.patch("/me", json!({ "name": "Çağla Öz" })).await.expect(200);
    assert_eq!(found(&admin, "/accounts", "oz cagla").await, [patient.id]);
    patient.patch("/me", json!({ "name": "Ada" })).await.expect(200);
    assert_eq!(found(&admin, "/accounts", "cagla").await, [] as [i64; 0]);
    assert_eq!(found(&admin, "/accounts", &format!("ada {}", patient.email)).await, [patient.id]);

    doctor
        .patch(&format!("/doctors/{}", doctor.id), json!({ "specialty": "Öffentliche Gesundheit" }))
        .await
        .expect(200);
    assert_eq!(found(&admin, "/doctors", "gesundheit offentliche").await, [doctor.id]);
}
