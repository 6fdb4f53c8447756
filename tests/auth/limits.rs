//! Limits of failed sign-ins and of registrations. They are the same whether or not an email has an account.

use chrono::TimeDelta;
use rounds_data::Database;

use crate::support::{Actor, Answer, Clinic, PASSWORD, Proxy, Server, TestDatabase, json};

const NOW: &str = "2030-01-07T08:00:00Z";
const HERE: &str = "198.51.100.1";
const ELSEWHERE: &str = "198.51.100.2";

async fn register(actor: &Actor, email: &str) -> Answer {
    let account = json!({ "name": "Ada", "email": email, "password": PASSWORD, "account_type": "Patient" });
    actor.post("/register", account).await
}

async fn login(actor: &Actor, email: &str, password: &str) -> Answer {
    actor.post("/login", json!({ "email": email, "password": password })).await
}

/// Checks that a request is refused with 429, and that `Retry-After` is this number of seconds.
#[track_caller]
fn refused_for(answer: &Answer, seconds: i64) {
    answer.problem(429, "too-many-requests");
    assert_eq!(answer.header("retry-after"), seconds.to_string());
}

#[tokio::test]
async fn guesses_for_one_email_from_one_source_are_limited() {
    let clinic = Clinic::at(NOW).await;
    let here = clinic.anonymous().at(HERE);
    assert_eq!(register(&here, "ada@example.org").await.status, 201);
    for email in ["ada@example.org", "nobody@example.org"] {
        for guess in 0..10 {
            // The case of an email makes no difference.
            let email = if guess % 2 == 0 { email.to_uppercase() } else { email.to_owned() };
            login(&here, &email, "a wrong guess").await.problem(401, "unauthorized");
        }
    }
    clinic.pass(TimeDelta::minutes(5));
    for email in ["ada@example.org", "nobody@example.org"] {
        refused_for(&login(&here, email, PASSWORD).await, 600);
        refused_for(&login(&here, email, "a wrong guess").await, 600);
    }
    // From another source, the owner can sign in.
    assert_eq!(login(&here.at(ELSEWHERE), "ada@example.org", PASSWORD).await.status, 200);
    login(&here.at(ELSEWHERE), "nobody@example.org", PASSWORD).await.problem(401, "unauthorized");
    clinic.pass(TimeDelta::minutes(10));
    assert_eq!(login(&here, "ada@example.org", PASSWORD).await.status, 200);
    login(&here, "nobody@example.org", PASSWORD).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn successful_sign_in_does_not_count_as_a_guess() {
    let clinic = Clinic::at(NOW).await;
    let here = clinic.anonymous().at(HERE);
    register(&here, "ada@example.org").await.expect(201);
    for _ in 0..12 {
        assert_eq!(login(&here, "ada@example.org", PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn guesses_from_one_source_are_limited() {
    let clinic = Clinic::at(NOW).await;
    let here = clinic.anonymous().at(HERE);
    register(&here, "ada@example.org").await.expect(201);
    for number in 0..200 {
        login(&here, &format!("{number}@example.org"), "a wrong guess").await.problem(401, "unauthorized");
    }
    refused_for(&login(&here, "ada@example.org", PASSWORD).await, 3600);
    refused_for(&login(&here, "nobody@example.org", PASSWORD).await, 3600);
    assert_eq!(login(&here.at(ELSEWHERE), "ada@example.org", PASSWORD).await.status, 200);
    clinic.pass(TimeDelta::hours(1));
    assert_eq!(login(&here, "ada@example.org", PASSWORD).await.status, 200);
}

/// In the clinic's own network: one user fails again and again, and the others can still sign in.
#[tokio::test]
async fn known_source_is_not_limited_by_failures_of_other_accounts() {
    let clinic = Clinic::at(NOW).await;
    let here = clinic.anonymous().at(HERE);
    for email in ["ada@example.org", "stranger@example.org"] {
        register(&here, email).await.expect(201);
    }
    let token = login(&here, "ada@example.org", PASSWORD).await.body;
    for number in 0..205 {
        let answer = login(&here, &format!("{number}@example.org"), "a wrong guess").await;
        assert_eq!(answer.status, if number < 200 { 401 } else { 429 }, "{number}");
    }
    refused_for(&login(&here, "stranger@example.org", PASSWORD).await, 3600);
    assert_eq!(login(&here, "ada@example.org", PASSWORD).await.status, 200);
    let ada = Actor { token: Some(token), ..here.clone() };
    let change = |old: &str| json!({ "old_password": old, "new_password": "another long password" });
    assert_eq!(ada.post("/me/password", change("a wrong guess")).await.pointers("invalid-input"), ["/old_password"]);
    assert_eq!(ada.post("/me/password", change(PASSWORD)).await.status, 204);

    // Guesses for the account itself are still limited: one was made above.
    for _ in 0..9 {
        login(&here, "ada@example.org", "a wrong guess").await.problem(401, "unauthorized");
    }
    refused_for(&login(&here, "ada@example.org", "another long password").await, 900);
    refused_for(&ada.post("/me/password", change("another long password")).await, 900);
}

#[tokio::test]
async fn guesses_from_many_sources_do_not_lock_out_the_owner() {
    let clinic = Clinic::at(NOW).await;
    let home = clinic.anonymous().at(HERE);
    register(&home, "ada@example.org").await.expect(201);
    assert_eq!(login(&home, "ada@example.org", PASSWORD).await.status, 200);
    for email in ["ada@example.org", "nobody@example.org"] {
        for number in 0..100 {
            // All addresses of an IPv6 /64 network are one source.
            let source =
                if number % 2 == 0 { format!("203.0.113.{number}") } else { format!("2001:db8:0:{number:x}::1") };
            login(&home.at(&source), email, "a wrong guess").await.problem(401, "unauthorized");
        }
        refused_for(&login(&home.at(ELSEWHERE), email, PASSWORD).await, 3600);
    }
    assert_eq!(login(&home, "ada@example.org", PASSWORD).await.status, 200, "where they have signed in before");
    refused_for(&login(&home, "nobody@example.org", PASSWORD).await, 3600);
    clinic.pass(TimeDelta::hours(1));
    assert_eq!(login(&home.at(ELSEWHERE), "ada@example.org", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn sign_in_limits_are_settings() {
    let server = Server::start_with(TestDatabase::of_this_run(), |settings| {
        settings.limits.logins_per_email_and_source = 2;
        settings.limits.registrations_per_source = 1;
    })
    .await;
    let anyone = server.clinic().anonymous();
    register(&anyone, "ada@example.org").await.expect(201);
    register(&anyone, "alan@example.org").await.problem(429, "too-many-requests");
    for _ in 0..2 {
        login(&anyone, "ada@example.org", "a wrong guess").await.problem(401, "unauthorized");
    }
    login(&anyone, "ada@example.org", PASSWORD).await.problem(429, "too-many-requests");
}

#[tokio::test]
async fn ipv6_network_is_one_source() {
    let clinic = Clinic::at(NOW).await;
    for number in 0..10 {
        let source = clinic.anonymous().at(&format!("2001:db8:1:2:{number}::1"));
        login(&source, "ada@example.org", "a wrong guess").await.problem(401, "unauthorized");
    }
    refused_for(&login(&clinic.anonymous().at("2001:db8:1:2:ffff::1"), "ada@example.org", "a guess").await, 900);
    login(&clinic.anonymous().at("2001:db8:1:3::1"), "ada@example.org", "a guess").await.problem(401, "unauthorized");
}

/// IPv6 proxies and translators write IPv4 addresses as IPv6 addresses of one network. Treating that network as one
/// source would limit all of IPv4 together.
#[tokio::test]
async fn ipv4_address_is_one_source_in_every_notation() {
    let clinic = Clinic::at(NOW).await;
    let at = |source: &str| clinic.anonymous().at(source);
    for _ in 0..10 {
        login(&at("::ffff:192.0.2.1"), "ada@example.org", "a wrong guess").await.problem(401, "unauthorized");
    }
    for source in ["192.0.2.1", "::ffff:192.0.2.1", "64:ff9b::192.0.2.1"] {
        refused_for(&login(&at(source), "ada@example.org", "a guess").await, 900);
    }
    for source in ["::ffff:192.0.2.2", "64:ff9b::192.0.2.3"] {
        login(&at(source), "ada@example.org", "a guess").await.problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn registrations_from_one_source_are_limited() {
    let clinic = Clinic::at(NOW).await;
    let (admin, here) = (clinic.admin().await.at(HERE), clinic.anonymous().at(HERE));
    let patient = clinic.patient().await.at(HERE);
    for number in 0..150 {
        register(if number % 2 == 0 { &here } else { &patient }, &format!("{number}@registrations.example.org"))
            .await
            .expect(201);
        // Registrations with a taken email count too. Otherwise emails could be probed without limit.
        register(&here, "0@registrations.example.org").await.problem(409, "email-taken");
    }
    clinic.pass(TimeDelta::minutes(20));
    let (mut admin, mut patient) = (admin, patient);
    clinic.renew(&mut admin);
    clinic.renew(&mut patient);
    refused_for(&register(&here, "new@example.org").await, 2400);
    refused_for(&register(&patient, "new@example.org").await, 2400);
    register(&admin, "by-an-admin@example.org").await.expect(201);
    register(&here.at(ELSEWHERE), "from-elsewhere@example.org").await.expect(201);
    clinic.pass(TimeDelta::minutes(40));
    register(&here, "new@example.org").await.expect(201);
}

#[tokio::test]
async fn sign_in_renews_a_hash_with_outdated_parameters() {
    let clinic = Clinic::on_disk(NOW).await;
    let id = register(&clinic.anonymous(), "ada@example.org").await.expect(201)["id"].as_i64().unwrap();
    // The same password, hashed with older default parameters of argon2.
    let old = old_hash(PASSWORD);
    clinic
        .sql(&format!("UPDATE logins SET operation_id = :operation, password_hash = '{old}' WHERE person_id = {id}"))
        .await
        .unwrap();
    let (one, other) = (clinic.anonymous(), clinic.anonymous());
    let (one, other) =
        tokio::join!(login(&one, "ada@example.org", PASSWORD), login(&other, "ada@example.org", PASSWORD));
    assert_eq!((one.status, other.status), (200, 200), "whichever replaces the hash");
    let hash = clinic.rows(&format!("SELECT password_hash FROM logins WHERE person_id = {id}")).await.remove(0);
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && hash != old, "{hash}");
    // The password is unchanged: tokens stay valid, and nothing is audited.
    let actions = clinic.rows(&format!("SELECT action FROM audit WHERE account_id = {id} ORDER BY id")).await;
    assert_eq!(actions, ["register", "password", "login", "login"], "the second entry is the test's own change");
}

#[tokio::test]
async fn password_can_be_changed_while_a_sign_in_renews_its_hash() {
    let server = TestDatabase::server();
    let proxy = Proxy::start(&server.url()).await;
    let direct = Database::at(&server.url()).unwrap();
    let clinic = Clinic::over(server, &proxy.url(), NOW).await;
    let direct = Clinic::of(direct, NOW);
    register(&clinic.anonymous(), "ada@example.org").await.expect(201);
    let ada = clinic.login("ada@example.org", PASSWORD).await;
    let old = old_hash(PASSWORD);
    clinic.sql(&format!("UPDATE logins SET operation_id = :operation, password_hash = '{old}'")).await.unwrap();
    // The statement that changes the password is held until the sign-in has renewed the hash.
    let mut change = proxy.hold_after(2);
    let body = json!({ "old_password": PASSWORD, "new_password": "a third long password" });
    let (changed, ()) = tokio::join!(ada.post("/me/password", body), async {
        change.arrived().await;
        assert_eq!(login(&direct.anonymous(), "ada@example.org", PASSWORD).await.status, 200);
        change.deliver().await;
    });
    assert_eq!(changed.status, 204, "{}", changed.body);
    assert_eq!(login(&clinic.anonymous(), "ada@example.org", PASSWORD).await.status, 401);
    assert_eq!(login(&clinic.anonymous(), "ada@example.org", "a third long password").await.status, 200);
}

fn old_hash(password: &str) -> String {
    use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(4096, 3, 1, None).unwrap());
    argon2.hash_password(password.as_bytes()).unwrap().to_string()
}

#[tokio::test]
async fn common_passwords_are_refused() {
    let clinic = Clinic::at(NOW).await;
    for password in ["12345678", "Password123", "qwertyuiop", " iloveyou "] {
        let account =
            json!({ "name": "Ada", "email": "ada@example.org", "password": password, "account_type": "Patient" });
        let refused = clinic.anonymous().post("/register", account).await;
        assert_eq!(refused.pointers("invalid-input"), ["/password"], "{password}");
        assert_eq!(refused.json()["errors"][0]["code"], "common_password");
    }
}
