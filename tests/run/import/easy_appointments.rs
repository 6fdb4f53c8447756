//! The commands of docs/import.md, for a clinic that comes from Easy!Appointments. A stand-in replaces `mysql`. It prints
//! what MariaDB 10.11 printed for the documented statements, with other days.

use std::{
    fs,
    io::Write,
    os::unix::fs::{PermissionsExt, symlink},
    process::{Command, Stdio},
};

use crate::{
    documentation::commands::commands,
    support::{PASSWORD, Serve, built, json, repository, temporary},
};

const MYSQL: &str = r#"#!/bin/sh
set -e
[ "$*" = "--batch --raw --skip-column-names --default-character-set=utf8mb4 easyappointments" ]
case $(cat) in
  *"FROM ea_appointments"*) cat appointments.out ;;
  *"FROM ea_users"*) cat patients.out ;;
  *) exit 1 ;;
esac
"#;

const PATIENTS: &str = r#"id,first_name,last_name,email,phone_number,mobile_number,language,notes
"3","Zoë","O'Neill ""Z""","zoe@example.org","030/123456","","german","Likes tea,
and ""milk"""
"4","Karl","","","","+49 170 1234567","english",""
"#;

const APPOINTMENTS: &str = r#"id,provider,customer_name,customer_email,customer_phone,start_datetime,end_datetime,service,notes,status
"2","Ngozi Okafor","Zoë O'Neill ""Z""","zoe@example.org","030/123456","DAY 09:00:00","DAY 09:45:00","Check-up","First
visit","Booked"
"3","Ngozi Okafor","Karl","","+49 170 1234567","DAY 10:00:00","DAY 10:30:00","","","Cancelled"
"5","Ngozi Okafor","Karl","","+49 170 1234567","DAY 12:00:00","DAY 12:30:00","","",""
"#;

#[tokio::test]
async fn documented_commands_import_and_export_a_clinic() {
    let serve = Serve::start();
    let (clinic, folder) = (serve.clinic(), temporary("a clone"));
    let admin = clinic.admin().await;
    let doctor = json!({ "name": "Ngozi Okafor", "email": "okafor@example.org", "password": PASSWORD, "account_type": "Doctor" });
    admin.post("/register", doctor).await.expect(201);
    admin.post("/appointment_types", json!({ "name": "Check-up", "duration": 45 })).await.expect(201);
    fs::create_dir_all(folder.join("target/debug")).unwrap();
    symlink(built("rounds"), folder.join("target/debug/rounds")).unwrap();
    symlink(repository("docs"), folder.join("docs")).unwrap();
    fs::write(folder.join("mysql"), MYSQL).unwrap();
    fs::set_permissions(folder.join("mysql"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(folder.join("patients.out"), PATIENTS).unwrap();
    fs::write(folder.join("appointments.out"), APPOINTMENTS.replace("DAY", &clinic.day())).unwrap();

    let documented = [
        commands("docs/import.md", "Import from Easy!Appointments").join("\n"),
        // The story's day can be before the one in the document.
        commands("docs/import.md", "Export").join("\n").replace("from=2030-01-01&", ""),
    ];
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", &documented.join("\n")]).current_dir(&folder);
    bash.env("PATH", format!("{}:/usr/bin:/bin", folder.display())).env("URL", &serve.url).env("EMAIL", &admin.email);
    let mut child = bash.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    let (report, errors) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{report}{errors}");
    for line in [
        "dry run: 2 of 2 patients: 2 can be imported or are already there, 0 refused\n",
        "2 of 2 patients: 2 created, 0 already there, 0 refused\n",
        "3 of 3 appointments: 2 created, 0 already there, 0 in the past: skipped, 1 cancelled or ended: skipped, 0 refused\n",
    ] {
        assert!(report.contains(line), "{report}{errors}");
    }
    let patients = admin.get("/patients?q=zoe").await.expect(200);
    let zoe = admin.get(&format!("/patients/{}", patients[0]["id"])).await.expect(200);
    assert_eq!((&zoe["name"], &zoe["phone"]), (&json!("Zoë O'Neill \"Z\""), &json!("+4930123456")));
    assert_eq!((&zoe["language"], &zoe["notes"]), (&json!("de"), &json!("Likes tea,\nand \"milk\"")));
    let exported = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let appointments = exported("all-appointments.csv");
    assert!(
        appointments.starts_with("id,doctor_id,doctor_name,") && appointments.contains(",Check-up,\"First\nvisit\",")
    );
    assert_eq!(appointments.matches(",Booked,").count(), 2, "{appointments}");
    let patients = exported("all-patients.csv");
    assert!(patients.starts_with("id,name,phone,email,birth_date,has_login\r\n"), "{patients}");
    assert!(patients.contains(",\"Zoë O'Neill \"\"Z\"\"\",+4930123456,zoe@example.org,,false\r\n"), "{patients}");
}
