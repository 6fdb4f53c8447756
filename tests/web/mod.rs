//! Stories of the web app in a real browser, in the size of a phone and of a desktop. Each story is a Node program in this
//! folder.

mod sources;
mod texts;

use std::{path::Path, process::Command, time::Duration};

use crate::{
    http::started,
    support::{Clinic, PASSWORD, Serve, Server, json, repository, target, temporary},
};

/// Runs a story with a server's programs.
async fn run(story: &str, server: &Server, arguments: &[&str]) {
    run_at(&server.url, story, arguments).await;
}

/// Runs a story. Its arguments are the URL of the clinic and `arguments`.
async fn run_at(url: &str, story: &str, arguments: &[&str]) {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=1", "600", "node"]).arg(repository("tests/web").join(story));
    command.arg(format!("{url}/")).args(arguments).env("NODE_PATH", target("tools/node_modules"));
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{story} ended with {}: {errors}", output.status);
}

/// The demo clinic. Two instances per function, because a page sends several requests at once.
async fn demo() -> Server {
    Server::demo_with(|settings| settings.concurrency = 2).await
}

#[tokio::test]
async fn user_registers_signs_in_and_chooses_a_language() {
    run("everyone.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn session_expires_and_leaves_no_data_in_the_browser() {
    run("session.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn doctor_sees_appointment_that_patient_booked() {
    run("newcomer.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn patient_finds_doctor_books_and_cancels() {
    run("patient.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn mother_books_types_for_herself_and_her_child() {
    run("family.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn visitor_finds_one_of_many_doctors_and_patient_meets_changes_of_the_clinic() {
    run("front.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn booking_with_unknown_outcome_is_resolved() {
    run("booking.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn one_of_two_browsers_books_the_other_gets_alternatives() {
    run("race.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn doctor_manages_calendar_working_hours_and_time_off() {
    let server = demo().await;
    let clinic = server.clinic();
    let admin = clinic.login("admin@rounds.example", "demo-password").await;
    let (email, name) = ("curie@example.org", "Dr. Marie Curie");
    let account = json!({ "name": name, "email": email, "password": PASSWORD, "account_type": "Doctor" });
    let doctor = admin.post("/register", account).await.expect(201)["id"].as_i64().unwrap();
    let appointment = started(&server, doctor, clinic.patient().await.id).await;
    let appointment = admin.get(&format!("/appointments/{appointment}")).await.expect(200);
    run("doctor.js", &server, &[email, PASSWORD, appointment["start_date"].as_str().unwrap()]).await;
}

#[tokio::test]
async fn first_visit_takes_two_round_trips_after_the_page() {
    run("start.js", &demo().await, &[]).await;
}

#[tokio::test]
#[ignore = "takes the pictures of the documents, for `make pictures`"]
async fn pictures_of_the_documents() {
    run("pictures.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn every_view_is_accessible_in_every_language_on_phone() {
    run("tour.js", &demo().await, &["phone"]).await;
}

#[tokio::test]
async fn every_view_is_accessible_on_tablet() {
    run("tour.js", &demo().await, &["tablet"]).await;
}

#[tokio::test]
async fn every_view_is_accessible_in_every_language_on_desktop() {
    run("tour.js", &demo().await, &["desktop"]).await;
}

#[tokio::test]
async fn admin_manages_accounts_and_policy() {
    run("admin.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn admin_sees_day_of_clinic_and_changes_appointments() {
    run("clinic-day.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn staff_manage_nights_arrivals_closures_and_hours_of_dates() {
    run("day.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn desk_plans_the_sick_day_of_a_doctor() {
    run("sick-day.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn staff_print_days_with_notes() {
    run("print.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn desk_saves_lists_as_csv() {
    run("csv.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn receptionist_answers_a_call_by_keyboard() {
    run("desk.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn receptionist_books_a_series_and_cancels_the_later_ones() {
    run("series.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn receptionist_manages_patients_and_their_bookings() {
    run("patients.js", &demo().await, &[]).await;
}

/// The settings of a demo clinic for `rounds serve` in stories, which has another Admin otherwise.
const DEMO: [(&str, &str); 3] =
    [("DEMO", "on"), ("ADMIN_EMAIL", "admin@rounds.example"), ("ADMIN_PASSWORD", "demo-password")];

/// The mails are files, because the clinic has no SMTP server.
#[tokio::test]
async fn users_follow_links_of_mails() {
    let serve = Serve::with(&DEMO);
    run_at(&serve.url, "mail.js", &[serve.home.join("mail").to_str().unwrap()]).await;
}

#[tokio::test]
async fn patient_confirms_reschedules_and_cancels_by_link_of_mail() {
    let serve = Serve::with(&DEMO);
    run_at(&serve.url, "links.js", &[serve.home.join("mail").to_str().unwrap()]).await;
}

/// The story takes the mails that the SMTP server has accepted from a folder.
#[tokio::test]
async fn mails_lead_from_invitation_and_registration_to_cancellation() {
    let smtp = smtp::Server::start(smtp::Options::default()).await;
    let smtp_url = format!("smtp://127.0.0.1:{}", smtp.port());
    let serve = Serve::with(&[&DEMO[..], &[("SMTP_URL", &smtp_url), ("MAIL_FROM", "desk@clinic.example")]].concat());
    let folder = temporary("mails");
    std::fs::create_dir(&folder).unwrap();
    let arguments = [folder.to_str().unwrap()];
    let story = run_at(&serve.url, "journey.js", &arguments);
    tokio::select! {
        () = story => {}
        () = write_mails(&smtp, &folder) => unreachable!(),
    }
}

/// Writes the mails of an SMTP server into a folder as soon as they are accepted.
async fn write_mails(smtp: &smtp::Server, folder: &Path) {
    let mut written = 0;
    loop {
        for mail in smtp.mails().iter().skip(written) {
            let partial = folder.join("partial");
            std::fs::write(&partial, &mail.bytes).unwrap();
            std::fs::rename(partial, folder.join(format!("{written:04}.eml"))).unwrap();
            written += 1;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn admin_handles_messages_that_could_not_be_sent() {
    let options = smtp::Options { has_utf8: false, ..smtp::Options::default() };
    let smtp = smtp::Server::start(options).await;
    let smtp_url = format!("smtp://127.0.0.1:{}", smtp.port());
    let serve = Serve::with(&[&DEMO[..], &[("SMTP_URL", &smtp_url), ("MAIL_FROM", "desk@clinic.example")]].concat());
    run_at(&serve.url, "messages.js", &[]).await;
}

#[tokio::test]
async fn app_runs_no_code_from_users_and_sign_out_deletes_all_data() {
    run("security.js", &demo().await, &[]).await;
}

#[tokio::test]
async fn app_policy_allows_only_its_own_scripts() {
    let client = Clinic::shared().await.anonymous();
    let page = client.get("/").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!(page.header("cache-control"), "no-cache");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'; "), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{policy}");
    for directive in ["base-uri", "form-action", "frame-ancestors"] {
        assert!(policy.contains(&format!("{directive} 'none'")), "{policy}");
    }
    for (name, _) in ::web::ASSETS {
        let response = client.get(&format!("/web/{name}")).await;
        let is_script = name.ends_with(".js");
        let content_type = if is_script { "text/javascript; charset=utf-8" } else { "text/css; charset=utf-8" };
        assert_eq!((response.status, response.header("content-type")), (200, content_type), "{name}");
        assert_eq!(response.header("cache-control"), "public, max-age=31536000, immutable", "{name}");
    }
    for file in ["nothing.js", "index.html", "..%2Fopenapi.json"] {
        client.get(&format!("/web/{file}")).await.problem(404, "not-found");
    }
}

/// Clients that do not decompress, such as curl without `--compressed`, get it uncompressed.
#[tokio::test]
async fn asset_is_compressed_only_if_client_accepts_gzip() {
    let client = Clinic::shared().await.anonymous();
    for (name, gzip) in ::web::ASSETS {
        let path = format!("/web/{name}");
        for accept in ["gzip, deflate, br", "*", "identity;q=0.5, gzip;q=0.8"] {
            let response = client.send("GET", &path, None, &[("accept-encoding", accept)]).await;
            assert_eq!(response.header("content-encoding"), "gzip", "{name} for {accept}");
            assert_eq!(response.header("vary"), "Accept-Encoding", "{name} for {accept}");
        }
        // The last four bytes of a gzip file are the uncompressed size (RFC 1952).
        let size = u32::from_le_bytes(*gzip.last_chunk().unwrap()) as usize;
        let no_headers: &[_] = &[];
        for headers in [no_headers, &[("accept-encoding", "identity")], &[("accept-encoding", "gzip;q=0, *;q=1")]] {
            let response = client.send("GET", &path, None, headers).await;
            assert_eq!((response.status, response.header("content-encoding")), (200, ""), "{name} for {headers:?}");
            assert_eq!(response.header("vary"), "Accept-Encoding", "{name} for {headers:?}");
            assert_eq!(response.body.len(), size, "{name} for {headers:?}");
        }
    }
}

/// The limit is for the sum of all assets: all languages, the views of all account types, and the polyfill of older browsers.
#[test]
fn app_assets_are_smaller_than_165_kilobytes() {
    let bytes: usize = ::web::ASSETS.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(bytes < 165_000, "the app's assets are {bytes} bytes in gzip");
}

/// The build of the app removes types without checking them.
#[test]
fn app_has_no_type_errors() {
    let installed = target("tools/app");
    assert!(installed.join("installed").exists(), "run `make test` once to install TypeScript");
    let folder = temporary("app");
    // The folders of the source tree, because the app reads ../../docs/openapi.json.
    let app = folder.join("web/app");
    std::fs::create_dir_all(&app).unwrap();
    std::fs::create_dir(folder.join("docs")).unwrap();
    std::fs::write(folder.join("docs/openapi.json"), docs::DOCUMENT).unwrap();
    std::os::unix::fs::symlink(installed.join("node_modules"), app.join("node_modules")).unwrap();
    let sources = ["package.json", "tsconfig.json", "vite.config.ts", "src"];
    let copied =
        Command::new("cp").arg("-r").args(sources).arg(&app).current_dir(repository("functions/web/app")).status();
    assert!(copied.unwrap().success());
    let output = Command::new("npm").args(["run", "--silent", "check"]).current_dir(&app).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
