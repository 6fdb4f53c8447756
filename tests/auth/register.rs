use crate::support::{Clinic, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";

/// Returns a registration with some members changed.
fn registration(members: Value) -> Value {
    let mut registration = json!({
        "name": "Ada Lovelace",
        "email": "ada@example.org",
        "password": "a long password",
        "account_type": "Patient",
    });
    registration.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    registration
}

#[tokio::test]
async fn anyone_can_register_as_a_patient_and_sign_in() {
    let clinic = Clinic::shared().await;
    let email = "Newcomer@Example.org";

    let answer = clinic.anonymous().post("/register", registration(json!({ "email": email }))).await;
    let account = answer.expect(201);
    let id = account["id"].as_i64().unwrap();
    assert!(id > 0);
    assert_eq!(account, json!({ "id": id, "name": "Ada Lovelace", "email": email, "account_type": "Patient" }));
    assert_eq!(answer.header("content-type"), "application/json");

    let patient = clinic.login(email, "a long password").await;
    assert_eq!(patient.get(&format!("/patients/{id}/history")).await.expect(200), json!([]));
}

#[tokio::test]
async fn new_account_has_the_given_phone_number_and_language() {
    let clinic = Clinic::at(NOW).await;
    let (anyone, email) = (clinic.anonymous(), "ada@example.org");
    for (contact, pointers) in [
        (json!({ "phone": "123", "language": "?" }), vec!["/language", "/phone"]),
        (json!({ "phone": 5, "language": [] }), vec!["/language", "/phone"]),
    ] {
        assert_eq!(anyone.post("/register", registration(contact)).await.pointers("invalid-input"), pointers);
    }
    let contact = json!({ "email": email, "phone": "+44 20 7946 0000", "language": "AR" });
    anyone.post("/register", registration(contact)).await.expect(201);
    let me = clinic.login(email, "a long password").await.get("/me").await.expect(200);
    assert_eq!((&me["phone"], &me["language"]), (&json!("+442079460000"), &json!("ar")));
}

#[tokio::test]
async fn only_admins_can_register_doctors_and_admins() {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);

    for account_type in ["Doctor", "Admin"] {
        let email = format!("{account_type}@example.org");
        let registration = registration(json!({ "account_type": account_type, "email": email }));
        let refused = clinic.anonymous().post("/register", registration.clone()).await;
        refused.problem(401, "unauthorized");
        assert_eq!(refused.header("www-authenticate"), "Bearer");
        patient.post("/register", registration.clone()).await.problem(403, "forbidden");
        doctor.post("/register", registration.clone()).await.problem(403, "forbidden");

        let account = admin.post("/register", registration).await.expect(201);
        assert_eq!(account["account_type"], account_type);
        clinic.login(&email, "a long password").await;
    }
}

#[tokio::test]
async fn permission_is_checked_before_the_registration() {
    let clinic = Clinic::at(NOW).await;
    let registration = json!({ "account_type": "Admin", "name": "" });
    clinic.anonymous().post("/register", registration.clone()).await.problem(401, "unauthorized");
    clinic.patient().await.post("/register", registration).await.problem(403, "forbidden");
}

#[tokio::test]
async fn any_account_can_register_a_patient() {
    let clinic = Clinic::at(NOW).await;
    for (number, actor) in [clinic.admin().await, clinic.doctor().await, clinic.patient().await].iter().enumerate() {
        let email = format!("relative{number}@example.org");
        actor.post("/register", registration(json!({ "email": email }))).await.expect(201);
    }
}

#[tokio::test]
async fn new_doctor_has_the_given_specialty_and_details() {
    let clinic = Clinic::at(NOW).await;
    let about = json!({ "account_type": "Doctor", "specialty": "Кардиология", "details": "Mon–Fri\nSpeaks Dutch" });

    let account = clinic.admin().await.post("/register", registration(about)).await.expect(201);
    let id = &account["id"];
    assert_eq!(*account.as_object().unwrap().keys().collect::<Vec<_>>(), ["account_type", "email", "id", "name"]);
    let profile = clinic.anonymous().get(&format!("/doctors/{id}")).await.expect(200);
    let expected =
        json!({ "id": id, "name": "Ada Lovelace", "specialty": "Кардиология", "details": "Mon–Fri\nSpeaks Dutch" });
    assert_eq!(profile, expected);
}

#[tokio::test]
async fn email_is_taken_in_any_case() {
    let clinic = Clinic::at(NOW).await;
    let (anyone, admin) = (clinic.anonymous(), clinic.admin().await);
    for email in ["ada@example.org", "zoë@example.org"] {
        anyone.post("/register", registration(json!({ "email": email }))).await.expect(201);
    }

    for email in ["ada@example.org", "ADA@EXAMPLE.ORG", "Ada@Example.Org", "ZOË@example.org"] {
        let refused = anyone.post("/register", registration(json!({ "email": email }))).await;
        refused.problem(409, "email-taken");
        let as_doctor = registration(json!({ "email": email, "account_type": "Doctor" }));
        admin.post("/register", as_doctor).await.problem(409, "email-taken");
    }
}

#[tokio::test]
async fn refused_registration_names_every_violation() {
    let clinic = Clinic::at(NOW).await;
    let everything = ["/account_type", "/email", "/name", "/password"];
    let wrong = [
        json!({}),
        json!({ "name": null, "email": null, "password": null, "account_type": null }),
        json!({ "name": 7, "email": ["ada@example.org"], "password": 12345678, "account_type": true }),
        json!({ "name": "", "email": "ada", "password": "short", "account_type": "Nurse" }),
    ];
    for registration in wrong {
        let answer = clinic.anonymous().post("/register", registration.clone()).await;
        assert_eq!(answer.pointers("invalid-input"), everything, "{registration}");
    }

    let optional = json!({ "account_type": "Doctor", "name": {}, "specialty": 7, "details": ["Mon"] });
    let answer = clinic.admin().await.post("/register", registration(optional)).await;
    assert_eq!(answer.pointers("invalid-input"), ["/details", "/name", "/specialty"]);
}

#[tokio::test]
async fn name_has_1_to_100_characters_of_any_script() {
    let clinic = Clinic::at(NOW).await;
    let names = ["A", "王秀英", "Łukasz Żółć-O'Neill", "علي", "🩺", &"é".repeat(100), &"👩".repeat(100)];
    for (number, name) in names.iter().enumerate() {
        let email = format!("{number}@names.example.org");
        let answer = clinic.anonymous().post("/register", registration(json!({ "name": name, "email": email }))).await;
        assert_eq!(answer.expect(201)["name"], *name);
    }
    for name in ["", "   ", "Ada\0", "two\nlines", "bell\u{7}", "c1\u{85}control", &"x".repeat(101), &"👩".repeat(101)]
    {
        let answer = clinic.anonymous().post("/register", registration(json!({ "name": name }))).await;
        assert_eq!(answer.pointers("invalid-input"), ["/name"], "{name:?}");
    }
}

#[tokio::test]
async fn password_has_8_to_128_characters() {
    let clinic = Clinic::at(NOW).await;
    for (number, password) in ["x7-y8_z9", &"ü".repeat(8), &"x".repeat(128), &"🐎".repeat(128)].iter().enumerate() {
        let email = format!("{number}@passwords.example.org");
        let registration = registration(json!({ "password": password, "email": email }));
        clinic.anonymous().post("/register", registration).await.expect(201);
        clinic.login(&email, password).await;
    }
    for password in ["", "1234567", &"ü".repeat(7), &"🐎".repeat(7), &"x".repeat(129), &"🐎".repeat(129)] {
        let answer = clinic.anonymous().post("/register", registration(json!({ "password": password }))).await;
        assert_eq!(answer.pointers("invalid-input"), ["/password"], "{password}");
        assert!(password.is_empty() || !answer.body.contains(password), "{}", answer.body);
    }
}

#[tokio::test]
async fn email_and_account_type_are_validated() {
    let clinic = Clinic::at(NOW).await;
    let long = format!("{}@example.org", "a".repeat(250));
    for email in ["", " ", "ada", "ada@", "@example.org", "a b@example.org", "Ada <a@example.org>", "a\0@b.org", &long]
    {
        let answer = clinic.anonymous().post("/register", registration(json!({ "email": email }))).await;
        assert_eq!(answer.pointers("invalid-input"), ["/email"], "{email:?}");
    }
    for account_type in ["", "patient", "DOCTOR", "Nurse", "Patient "] {
        let answer =
            clinic.admin().await.post("/register", registration(json!({ "account_type": account_type }))).await;
        assert_eq!(answer.pointers("invalid-input"), ["/account_type"], "{account_type:?}");
    }
}

#[tokio::test]
async fn only_doctors_have_a_specialty_and_details() {
    let clinic = Clinic::at(NOW).await;
    let admin = clinic.admin().await;
    for account_type in ["Patient", "Admin"] {
        let about = json!({ "account_type": account_type, "specialty": "Cardiology", "details": "Mon–Fri" });
        let answer = admin.post("/register", registration(about)).await;
        assert_eq!(answer.pointers("invalid-input"), ["/details", "/specialty"]);
    }
    for account_type in ["Patient", "Doctor", "Admin"] {
        let email = format!("{account_type}@example.org");
        let about = json!({ "account_type": account_type, "email": email, "specialty": null, "details": null });
        admin.post("/register", registration(about)).await.expect(201);
    }
}

#[tokio::test]
async fn registration_is_a_json_object() {
    let anyone = Clinic::at(NOW).await.anonymous();
    for body in ["[]", "[{}]", "null", "7", "\"Ada\""] {
        let answer = anyone.send("POST", "/register", Some(body), &[("content-type", "application/json")]).await;
        assert_eq!(answer.pointers("invalid-input"), [""], "{body}");
    }
    for body in ["", " ", "{", "{'name': 'Ada'}", "{\"name\": \"Ada\",}", "name=Ada", "{} {}"] {
        let answer = anyone.send("POST", "/register", Some(body), &[("content-type", "application/json")]).await;
        answer.problem(400, "malformed-request");
    }
}

#[tokio::test]
async fn registration_is_sent_as_json() {
    let anyone = Clinic::at(NOW).await.anonymous();
    let body = registration(json!({})).to_string();
    for types in [&[][..], &[("content-type", "text/plain")], &[("content-type", "application/jsonp")]] {
        anyone.send("POST", "/register", Some(&body), types).await.problem(415, "unsupported-media-type");
    }
    for (number, json) in ["application/json; charset=utf-8", "Application/JSON"].iter().enumerate() {
        let body = registration(json!({ "email": format!("{number}@example.org") })).to_string();
        anyone.send("POST", "/register", Some(&body), &[("content-type", json)]).await.expect(201);
    }
}
