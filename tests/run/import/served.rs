//! The import of rows into a served clinic.

use std::{fs, path::Path};

use super::{file, import, result};
use crate::support::{Actor, Serve, Value, json, temporary};

/// A clinic, and its Admin.
async fn clinic() -> (Serve, Actor) {
    let serve = Serve::start();
    let admin = serve.clinic().admin().await;
    (serve, admin)
}

/// Imports a file. Returns the exit code and the standard output.
fn run(serve: &Serve, admin: &Actor, kind: &str, file: &Path, options: &[&str]) -> (i32, String) {
    let arguments = [&[kind, file.to_str().unwrap(), "--url", &serve.url], options].concat();
    let (code, stdout, stderr) = result(&import(&arguments, admin.token.as_ref().unwrap()));
    assert!(!stderr.contains("stopped"), "{stderr}");
    (code, stdout)
}

async fn all(admin: &Actor, path: &str) -> Vec<Value> {
    admin.get(path).await.expect(200).as_array().unwrap().clone()
}

#[tokio::test]
async fn patients_are_created_once_and_refused_rows_are_reported() {
    let (serve, admin) = clinic().await;
    let rows = |phone: &str| {
        let many: String = (1..=40).map(|id| format!("{id},Patient {id},+49301234{id:02},,1984-03-07\n")).collect();
        file(&format!("id,name,phone,email,birth_date\n{many}41,Ada Lovelace,{phone},Ada@example.org,\n42,,,,\n"))
    };
    let refused = "line 42, Ada Lovelace: phone must be a phone number with its country code, like +49 30 123456 (for \
                   national numbers, add --country-code with the code of the country)\nline 43: name is missing\n";

    let wrong = rows("030 123456");
    let (code, report) = run(&serve, &admin, "patients", &wrong, &["--dry-run"]);
    let counts = "dry run: 42 of 42 patients: 40 can be imported or are already there, 2 refused\n";
    assert_eq!((code, report), (1, format!("{refused}{counts}")));
    assert!(all(&admin, "/patients").await.is_empty());

    let refused_rows = temporary("refused.csv");
    let options = ["--report", refused_rows.to_str().unwrap()];
    let (code, report) = run(&serve, &admin, "patients", &wrong, &options);
    let counts = "42 of 42 patients: 40 created, 0 already there, 2 refused\n";
    assert_eq!(code, 1);
    assert!(report.starts_with(&format!("{refused}{counts}")), "{report}");
    let written = fs::read_to_string(&refused_rows).unwrap();
    assert!(written.starts_with("line,name,detail\n42,Ada Lovelace,\"phone must"), "{written}");
    assert!(written.ends_with("\n43,,name is missing\n"), "{written}");

    let corrected = rows("+49 30 123456");
    let (code, report) = run(&serve, &admin, "patients", &corrected, &[]);
    assert_eq!(code, 1);
    assert!(report.ends_with("42 of 42 patients: 1 created, 40 already there, 1 refused\n"), "{report}");
    let patients = all(&admin, "/patients?limit=100").await;
    assert_eq!(patients.len(), 41);
    let ada = &all(&admin, "/patients?q=lovelace").await[0];
    assert_eq!((&ada["phone"], &ada["email"]), (&json!("+4930123456"), &json!("Ada@example.org")));

    let (code, report) = run(&serve, &admin, "patients", &rows("+49 30 999999"), &[]);
    assert_eq!(code, 1);
    let reused = "line 42, Ada Lovelace: an earlier run has imported a row with this id and other values: change it in \
                  Rounds, or give the row another id (idempotency-key-reused)\n";
    assert!(report.starts_with(reused), "{report}");
    assert!(report.ends_with("42 of 42 patients: 0 created, 40 already there, 2 refused\n"), "{report}");
}

#[tokio::test]
async fn appointments_find_their_doctor_patient_and_type() {
    let (serve, admin) = clinic().await;
    let clinic = serve.clinic();
    let (doctor, day) = (clinic.doctor().await, clinic.day());
    let doctor_name = doctor.name().await;
    let check_up = json!({ "name": "Check-up", "duration": 45 });
    let type_id = admin.post("/appointment_types", check_up).await.expect(201)["id"].clone();
    for (name, phone) in [("Ada Lovelace", "+4930123456"), ("Ada Lovelace", "+4930123457"), ("Adamine", "+4930123456")]
    {
        admin.post("/patients", json!({ "name": name, "phone": phone })).await.expect(201);
    }
    let rows = format!(
        "id,doctor,patient_name,patient_phone,start_date,duration,type,note,status\n\
         1,{doctor_name},Ada Lovelace,+49 30 123456,{day} 09:00,30,,First visit,\n\
         2,{doctor_name},ada lovelace,+49 30 123457,{day} 10:00,,check-up,,Booked\n\
         3,{doctor_name},Ada Lovelace,+49 30 111111,{day} 12:00,30,,,\n\
         4,{doctor_name},Ada Lovelace,+49 30 123456,2020-01-07 09:00,30,,,\n\
         5,{doctor_name},Ada Lovelace,+49 30 123456,{day} 13:00,30,,,Cancelled\n"
    );
    let (code, report) = run(&serve, &admin, "appointments", &file(&rows), &[]);
    assert_eq!(code, 1);
    let unknown = "line 4, Ada Lovelace: patient is not in the clinic: import the patients first\n";
    assert!(report.contains(unknown), "{report}");
    let skipped = "1 in the past: skipped, 1 cancelled or ended: skipped";
    let created = format!("5 of 5 appointments: 2 created, 0 already there, {skipped}, 1 refused\n");
    assert!(report.ends_with(&created), "{report}");

    let booked = all(&admin, "/appointments").await;
    let shown: Vec<_> =
        booked.iter().map(|it| json!([it["patient_phone"], it["duration"], it["type_id"], it["note"]])).collect();
    assert_eq!(shown, [json!(["+4930123456", 30, null, "First visit"]), json!(["+4930123457", 45, type_id, null]),]);
    // Rows are sent at once, so a row that needs the time of another one is in a later file.
    let rows = file(&format!("{rows}6,{doctor_name},Ada Lovelace,+49 30 123457,{day} 09:15,30,,,\n"));
    let (_, report) = run(&serve, &admin, "appointments", &rows, &[]);
    assert!(report.contains("line 7, Ada Lovelace: ") && report.contains("(doctor-busy"), "{report}");
    let repeated = format!("6 of 6 appointments: 0 created, 2 already there, {skipped}, 2 refused\n");
    assert!(report.ends_with(&repeated), "{report}");
    assert_eq!(all(&admin, "/appointments").await.len(), 2);
}
