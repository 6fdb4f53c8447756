//! The first Admin of a deployment: the function `migrate` creates it with a password, or invites it by mail.

use chrono::{SecondsFormat, Utc};
use lambda::{Instance, Program};
use rounds_domain::MessageKind;

use super::aws::Extension;
use crate::support::{Clinic, PASSWORD, TestDatabase, Value, built, json};

const EMAIL: &str = "ada@example.org";

/// Runs the function `migrate` once. Returns what it has done, or its error.
fn migrate(database: &TestDatabase, variables: &[(&str, &str)]) -> Result<String, String> {
    let url = database.url();
    let variables = [&[("DATABASE_URL", url.as_str()), ("ADMIN_EMAIL", EMAIL)], variables].concat();
    let program = Program {
        command: vec![built("migrate").to_str().unwrap().to_owned()],
        variables: variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
    };
    let (answer, _) = Instance::start(&program).unwrap().invoke(b"{}").map_err(|error| error.to_string())?;
    Ok(serde_json::from_slice::<Value>(&answer).unwrap()["done"].to_string())
}

async fn clinic_of(database: TestDatabase) -> Clinic {
    let url = database.url();
    Clinic::over(database, &url, &Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true)).await
}

#[tokio::test]
async fn invited_admin_sets_password_by_link() {
    let database = TestDatabase::file();
    let done = migrate(&database, &[]).unwrap();
    assert!(done.contains("created the first Admin, account 1, and invited it by mail"), "{done}");
    assert!(!done.contains("nobody can sign in"), "{done}");
    let again = migrate(&database, &[("ADMIN_EMAIL", "grace@example.org")]).unwrap();
    assert!(again.contains("the clinic already has an Admin"), "{again}");

    let clinic = clinic_of(database).await;
    let mails = clinic.mails().await;
    let [mail] = &mails[..] else { panic!("{} mails", mails.len()) };
    assert_eq!((mail.kind, mail.to.as_str()), (MessageKind::Invitation, EMAIL));
    let sign_in = json!({ "email": EMAIL, "password": PASSWORD });
    clinic.anonymous().post("/login", sign_in).await.problem(401, "unauthorized");
    let password = json!({ "token": mail.token, "new_password": PASSWORD });
    assert_eq!(clinic.anonymous().post("/reset_password", password).await.status, 204);
    let me = clinic.login(EMAIL, PASSWORD).await.get("/me").await.expect(200);
    assert_eq!((&me["account_type"], &me["email_verified"]), (&json!("Admin"), &json!(true)));
    assert!(clinic.mails().await.is_empty());
}

/// So the operator can delete the secret after the first sign-in.
#[tokio::test]
async fn password_is_read_only_to_create_admin() {
    let database = TestDatabase::file();
    let extension = Extension::start(json!({ "SecretString": PASSWORD }));
    let variables = |port| [("ADMIN_PASSWORD_SECRET", "password"), ("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", port)];
    // No extension listens at port 1.
    let error = migrate(&database, &variables("1")).unwrap_err();
    assert!(error.contains("ADMIN_PASSWORD_SECRET cannot be read"), "{error}");
    let created = migrate(&database, &variables(&extension.port)).unwrap();
    assert!(created.contains("created the first Admin, account 1\""), "{created}");
    assert_eq!(extension.reads(), 1);
    for port in [extension.port.as_str(), "1"] {
        let again = migrate(&database, &variables(port)).unwrap();
        assert!(again.contains("the clinic already has an Admin"), "{again}");
    }
    assert_eq!(extension.reads(), 1);

    let clinic = clinic_of(database).await;
    clinic.login(EMAIL, PASSWORD).await;
    assert!(clinic.mails().await.is_empty(), "an Admin with a password gets no mail");
}

#[tokio::test]
async fn invalid_password_of_secret_is_refused() {
    let extension = Extension::start(json!({ "SecretString": "short" }));
    let variables =
        [("ADMIN_PASSWORD_SECRET", "password"), ("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", extension.port.as_str())];
    let error = migrate(&TestDatabase::file(), &variables).unwrap_err();
    assert!(error.contains("ADMIN_PASSWORD ") && !error.contains("short"), "{error}");
}

#[test]
fn warns_without_admin() {
    let done = migrate(&TestDatabase::file(), &[("ADMIN_EMAIL", "")]).unwrap();
    assert!(done.contains("nobody can sign in as an Admin: set the parameter AdminEmail"), "{done}");
}

#[tokio::test]
async fn email_of_another_account_is_refused() {
    let database = TestDatabase::file();
    let clinic = clinic_of(database).await;
    let account = json!({ "name": "Ada", "email": EMAIL, "password": PASSWORD, "account_type": "Patient" });
    clinic.anonymous().post("/register", account).await.expect(201);
    let error = migrate(clinic.database(), &[]).unwrap_err();
    assert!(error.contains("ADMIN_EMAIL: "), "{error}");
}
