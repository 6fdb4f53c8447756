//! Unicode: equivalent texts are equal, and names must be visible.

use crate::support::{Actor, Answer, Clinic, PASSWORD, Value, json};

const NOW: &str = "2030-01-07T08:00:00Z";

fn registration(members: Value) -> Value {
    let mut registration =
        json!({ "name": "Ada", "email": "ada@example.org", "password": PASSWORD, "account_type": "Patient" });
    registration.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    registration
}

/// Invisible characters: blanks, ignorable and formatting characters, a combining mark alone.
const INVISIBLE: [&str; 16] = [
    "\u{A0}",
    "\u{AD}",
    "\u{301}",
    "\u{34F}",
    "\u{1160}",
    "\u{180E}",
    "\u{200B}",
    "\u{200D}",
    "\u{200E}",
    "\u{2060}",
    "\u{2800}",
    "\u{3164}",
    "\u{FE0F}",
    "\u{FEFF}",
    "\u{E0020}",
    "\u{200B}\u{2800} \u{3164}",
];

/// Names as they are sent and as they are stored.
const NAMES: [(&str, &str); 9] = [
    (" Zoe\u{308} Łuk ", "Zoë Łuk"),
    ("C\u{327}ag\u{306}la", "Çağla"),
    ("\u{212B}sa", "Åsa"),
    ("सुनीता", "सुनीता"),
    ("กิ่งแก้ว", "กิ่งแก้ว"),
    ("مهدی\u{200C}زاده", "مهدی\u{200C}زاده"),
    ("עדה\u{200F}", "עדה\u{200F}"),
    ("👩\u{200D}⚕\u{FE0F}", "👩\u{200D}⚕\u{FE0F}"),
    ("\u{1112}\u{1161}\u{11AB}", "한"),
];

/// Requests for every field that takes a name or a specialty.
struct Named {
    clinic: Clinic,
    admin: Actor,
    doctor: Actor,
    patient: Actor,
    registered: usize,
}

impl Named {
    /// Sends a name to each field. Returns the responses and the members with the name.
    async fn send_name(&mut self, name: &str) -> [(Answer, &'static str); 5] {
        let mut account = |members: Value| {
            self.registered += 1;
            let email = format!("named{}@example.org", self.registered);
            let mut account = registration(members);
            account["email"] = json!(email);
            account
        };
        let (patient, doctor) =
            (account(json!({ "name": name })), account(json!({ "account_type": "Doctor", "specialty": name })));
        let profile = format!("/doctors/{}", self.doctor.id);
        [
            (self.clinic.anonymous().post("/register", patient).await, "name"),
            (self.admin.post("/register", doctor).await, "specialty"),
            (self.patient.patch("/me", json!({ "name": name })).await, "name"),
            (self.admin.patch("/clinic", json!({ "name": name })).await, "name"),
            (self.doctor.patch(&profile, json!({ "specialty": name })).await, "specialty"),
        ]
    }
}

async fn named() -> Named {
    let clinic = Clinic::at(NOW).await;
    let (admin, doctor, patient) = (clinic.admin().await, clinic.doctor().await, clinic.patient().await);
    Named { clinic, admin, doctor, patient, registered: 0 }
}

#[tokio::test]
async fn invisible_or_direction_changing_names_are_refused_everywhere() {
    let mut named = named().await;
    let direction_changing = ('\u{2028}'..='\u{202E}').chain('\u{2066}'..='\u{2069}').map(|c| format!("A{c}B"));
    let long = ["e\u{301}".repeat(101), "\u{958}".repeat(51)];
    for name in
        INVISIBLE.map(str::to_owned).into_iter().chain(direction_changing).chain(["A\u{85}B".to_owned()]).chain(long)
    {
        for (answer, member) in named.send_name(&name).await {
            assert_eq!(answer.pointers("invalid-input"), [format!("/{member}")], "{name:?}");
        }
    }
}

#[tokio::test]
async fn name_of_any_script_is_stored_in_nfc() {
    let mut named = named().await;
    let long = ("e\u{301}".repeat(100), "é".repeat(100));
    for (sent, stored) in NAMES.into_iter().chain([(long.0.as_str(), long.1.as_str())]) {
        for (answer, member) in named.send_name(sent).await {
            assert!([200, 201].contains(&answer.status), "{sent:?}: {}", answer.body);
            let shown = answer.json();
            // The response to a registration has no specialty.
            let shown = match shown.get(member) {
                Some(shown) => shown.clone(),
                None => {
                    named.clinic.anonymous().get(&format!("/doctors/{}", shown["id"])).await.expect(200)[member].clone()
                }
            };
            assert_eq!(shown, stored, "{sent:?}");
        }
    }
}

#[tokio::test]
async fn multi_line_text_must_be_visible_and_is_stored_in_nfc() {
    let clinic = Clinic::at(NOW).await;
    let (doctor, patient) = (clinic.doctor().await, clinic.patient().await);
    let path = format!("/doctors/{}", doctor.id);
    let off = |reason: &str| json!({ "start_date": "2030-02-01T00:00:00Z", "end_date": "2030-02-02T00:00:00Z", "reason": reason });
    let booked = patient.book(&doctor, "2030-01-08T10:00:00Z", 30).await;
    let cancel = format!("/appointments/{booked}/cancel");
    for text in INVISIBLE {
        let refused = doctor.patch(&path, json!({ "details": text })).await;
        assert_eq!(refused.pointers("invalid-input"), ["/details"], "{text:?}");
        for (path, body) in [(format!("{path}/time_off"), off(text)), (cancel.clone(), json!({ "reason": text }))] {
            assert_eq!(doctor.post(&path, body).await.pointers("invalid-input"), ["/reason"], "{text:?}");
        }
    }
    let (sent, stored) = ("E\u{301}te\u{301}:\n\t\u{2067}חופש\u{2069}", "Été:\n\t\u{2067}חופש\u{2069}");
    assert_eq!(doctor.patch(&path, json!({ "details": sent })).await.expect(200)["details"], stored);
    assert_eq!(doctor.post(&format!("{path}/time_off"), off(sent)).await.expect(201)["reason"], stored);
    assert_eq!(doctor.post(&cancel, json!({ "reason": sent })).await.expect(200)["reason"], stored);
}

#[tokio::test]
async fn password_is_compared_in_nfc() {
    let clinic = Clinic::at(NOW).await;
    let admin = clinic.admin().await;
    let forms = ["garçon élève", "garc\u{327}on e\u{301}le\u{300}ve"];
    for (number, [one, other]) in [forms, [forms[1], forms[0]]].into_iter().enumerate() {
        let email = format!("typed{number}@example.org");
        let account = registration(json!({ "email": email, "password": one }));
        let id = clinic.anonymous().post("/register", account).await.expect(201)["id"].clone();
        clinic.login(&email, one).await;
        let patient = clinic.login(&email, other).await;
        // The same holds for the old and the new password of a change.
        let change = json!({ "old_password": other, "new_password": format!("{one}!") });
        assert_eq!(patient.post("/me/password", change).await.status, 204);
        clinic.login(&email, &format!("{other}!")).await;
        let reset = json!({ "new_password": format!("{other}?") });
        assert_eq!(admin.post(&format!("/accounts/{id}/password"), reset).await.status, 204);
        clinic.login(&email, &format!("{one}?")).await;
    }
    // Eight characters as typed are four in NFC.
    let short = registration(json!({ "password": "u\u{308}".repeat(4) }));
    assert_eq!(clinic.anonymous().post("/register", short).await.pointers("invalid-input"), ["/password"]);
}

#[tokio::test]
async fn email_can_have_any_local_part_of_rfc_6531() {
    let clinic = Clinic::at(NOW).await;
    for email in [
        "सुनीता@example.org",
        "กิ่งแก้ว@example.org",
        "தமிழ்@example.org",
        "అమ్మ@example.org",
        "ខ្មែរ@example.org",
        "مُحَمَّد@example.org",
        "用户@例子.中国",
        "o'hara+clinic@example.org",
        "\"a b\"@example.org",
        "👩‍⚕@example.org",
        "उदाहरण@उदाहरण.भारत",
        "ada@r3---sn-abc.example.org",
    ] {
        let account = registration(json!({ "email": email }));
        assert_eq!(clinic.anonymous().post("/register", account.clone()).await.expect(201)["email"], email);
        clinic.anonymous().post("/register", account).await.problem(409, "email-taken");
        clinic.login(email, PASSWORD).await;
    }
    for email in [
        "सुनीता",
        "a..b@example.org",
        "ada@-example.org",
        "ada@xn--a.example",
        "ada@ex_ample.org",
        "ada@exam\u{202E}ple.org",
    ] {
        let answer = clinic.anonymous().post("/register", registration(json!({ "email": email }))).await;
        assert_eq!(answer.pointers("invalid-input"), ["/email"], "{email:?}");
    }
}

#[tokio::test]
async fn equivalent_emails_are_one_account() {
    let clinic = Clinic::at(NOW).await;
    for spellings in [
        ["ada@münchen.example", "ada@xn--mnchen-3ya.example", "ADA@MU\u{308}NCHEN.EXAMPLE"],
        ["ada@xn--fsqu00a.xn--fiqs8s", "ada@例子.中国", "ada@例子。中国"],
        ["zoe\u{308}@example.org", "zoë@example.org", "ZOË@EXAMPLE.ORG"],
        ["J\u{30C}@example.org", "ǰ@example.org", "j\u{30C}@example.org"],
    ] {
        let of = |email: &str| registration(json!({ "email": email }));
        let id = clinic.anonymous().post("/register", of(spellings[0])).await.expect(201)["id"].clone();
        for spelling in spellings {
            clinic.anonymous().post("/register", of(spelling)).await.problem(409, "email-taken");
            let me = clinic.login(spelling, PASSWORD).await.get("/me").await.expect(200);
            assert_eq!(me["id"], id, "{spelling}");
        }
    }
    // The email is returned as it was written.
    let shown = clinic.login("ada@xn--mnchen-3ya.example", PASSWORD).await.get("/me").await.expect(200);
    assert_eq!(shown["email"], "ada@münchen.example");
    // Different addresses.
    for email in ["ada@strasse.example", "ada@straße.example", "jose@example.org", "josé@example.org"] {
        clinic.anonymous().post("/register", registration(json!({ "email": email }))).await.expect(201);
    }
}
