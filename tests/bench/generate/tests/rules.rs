//! What the triggers would say of the rows, were they asked.

use super::*;

/// Every rule of a booking, said otherwise than by the plan and the triggers.
#[tokio::test]
async fn appointments_keep_the_rules() {
    let generated = generated(45_000).await;
    let connection = &generated.connection;
    for whose in ["doctor_id", "patient_id"] {
        none(
            connection,
            "two overlap",
            &format!(
                "SELECT * FROM (
                   SELECT {whose}, start_at, lag(start_at + duration * 60)
                     OVER (PARTITION BY {whose} ORDER BY start_at) AS free_from
                   FROM appointments)
                 WHERE start_at < free_from"
            ),
        )
        .await;
    }
    none(
        connection,
        "a day is too full",
        "SELECT doctor_id, date(start_at, 'unixepoch') AS day FROM appointments
         GROUP BY doctor_id, day HAVING count(*) > 12 OR sum(duration) > 480",
    )
    .await;
    none(
        connection,
        "out of hours, off the grid, or of another length",
        "SELECT * FROM appointments
         WHERE time(start_at, 'unixepoch') < '08:00:00' OR time(start_at + duration * 60, 'unixepoch') > '18:00:00'
            OR strftime('%w', start_at, 'unixepoch') IN ('0', '6') OR start_at % 900 <> 0
            OR duration NOT IN (15, 20, 30, 45, 60)",
    )
    .await;
    none(
        connection,
        "booked at a time at which that could not be",
        &format!(
            "SELECT * FROM appointments
             WHERE as_of >= start_at OR as_of >= unixepoch('{TODAY}') OR start_at > as_of + 365 * 86400"
        ),
    )
    .await;
    none(
        connection,
        "not as the program writes it",
        "SELECT * FROM appointments
         WHERE day_start <> unixepoch(start_at, 'unixepoch', 'start of day') OR day_end <> day_start + 86400
            OR weekday <> (strftime('%w', start_at, 'unixepoch') + 6) % 7 + 1 OR (shift_from, shift) <> (1440, 0)
            OR calendar_version <> (SELECT calendar_version FROM clinic)
            OR asked_start_at <> start_at OR asked_duration <> duration
            OR write_id IS NOT NULL OR idempotency_key IS NOT NULL
            OR version <> iif(status = 'Booked', 1, 2) OR (reason IS NOT NULL AND status <> 'Cancelled')",
    )
    .await;
    none(
        connection,
        "whose it is, is no such account",
        "SELECT appointments.* FROM appointments
         LEFT JOIN accounts AS doctor ON doctor.id = doctor_id AND doctor.account_type = 'Doctor'
         LEFT JOIN accounts AS patient ON patient.id = patient_id AND patient.account_type = 'Patient'
         WHERE doctor.id IS NULL OR patient.id IS NULL",
    )
    .await;
    let busy = "SELECT count(*) FROM (SELECT 1 FROM appointments WHERE status <> 'Cancelled'
                GROUP BY doctor_id, day_start HAVING sum(duration) > 360)";
    assert!(number(connection, busy).await > 0, "the report on six hours has something to find");
    assert!(number(connection, "SELECT count(DISTINCT reason) FROM appointments").await > 1);
}

#[tokio::test]
async fn the_trail_tells_what_happened_in_its_order() {
    let generated = generated(45_000).await;
    let connection = &generated.connection;
    none(
        connection,
        "a booking is not in the trail",
        "SELECT appointments.id FROM appointments
         LEFT JOIN audit ON appointment_id = appointments.id AND action = 'book' AND at = as_of AND actor_id = patient_id
         WHERE audit.id IS NULL",
    )
    .await;
    none(
        connection,
        "an end is not in the trail",
        "SELECT appointments.id FROM appointments
         LEFT JOIN audit ON appointment_id = appointments.id AND actor_id = doctor_id
           AND action = CASE status WHEN 'Cancelled' THEN 'cancel' WHEN 'Done' THEN 'done' ELSE 'no_show' END
           AND iif(action = 'cancel', at > as_of AND at < start_at, at >= start_at + duration * 60)
         WHERE status <> 'Booked' AND audit.id IS NULL",
    )
    .await;
    let lines = "SELECT count(*) + sum(version = 2) + (SELECT count(*) FROM accounts) FROM appointments";
    assert_eq!(number(connection, "SELECT count(*) FROM audit").await, number(connection, lines).await);
    none(
        connection,
        "out of order",
        "SELECT * FROM (SELECT at, lag(at) OVER (ORDER BY id) AS before FROM audit) WHERE at < before",
    )
    .await;
    let future = format!("SELECT * FROM audit WHERE at >= unixepoch('{TODAY}')");
    none(connection, "ahead of its time", &future).await;
    let next = "SELECT seq - (SELECT max(id) FROM audit) FROM sqlite_sequence WHERE name = 'audit'";
    assert_eq!(number(connection, next).await, 0);
}

/// An appointment's columns, without its id, and what an INSERT of its row is refused with.
async fn insert_again(connection: &Connection, columns: &str, values: &str) -> Result<u64, String> {
    let sql = format!("INSERT INTO appointments ({columns}) SELECT {values}");
    connection.execute(&sql, ()).await.map_err(|error| error.to_string())
}

const COLUMNS: &str = "doctor_id, patient_id, start_at, duration, status, reason, version, as_of, asked_start_at,
    asked_duration, calendar_version, day_start, day_end, weekday, shift_from, shift";

#[tokio::test]
async fn the_rules_are_in_force_again() {
    let generated = generated(10_000).await;
    let connection = &generated.connection;
    let again = |patient: &str| {
        format!("{} FROM appointments WHERE status = 'Booked' LIMIT 1", COLUMNS.replace("patient_id", patient))
    };
    let refused = insert_again(connection, COLUMNS, &again("patient_id")).await.unwrap_err();
    assert!(refused.contains("doctor-busy"), "{refused}");
    for (sql, rule) in [
        ("DELETE FROM appointments WHERE id = 1", "appointments-stay"),
        ("DELETE FROM audit WHERE id = 1", "audit-stays"),
        (
            "UPDATE appointments SET reason = 'x', status = 'Cancelled', version = 7 WHERE status = 'Booked'",
            "version-must-count",
        ),
        ("UPDATE accounts SET active = 0 WHERE id = 1", "last-admin"),
    ] {
        let refused = connection.execute(sql, ()).await.unwrap_err().to_string();
        assert!(refused.contains(rule), "{sql}: {refused}");
    }
    // What is booked since does not change what the file is.
    let free = "SELECT doctor.id, patient.id, day_start + 8 * 3600, 15, 'Booked', NULL, 1, as_of, 0, 15, 1,
                  day_start, day_end, weekday, shift_from, shift
                FROM appointments, accounts AS doctor, accounts AS patient
                WHERE doctor.account_type = 'Doctor' AND patient.account_type = 'Patient'
                  AND doctor.id NOT IN (SELECT doctor_id FROM appointments WHERE start_at = day_start + 8 * 3600)
                  AND patient.id NOT IN (SELECT patient_id FROM appointments) LIMIT 1";
    assert_eq!(connection.execute(&format!("INSERT INTO appointments ({COLUMNS}) {free}"), ()).await.unwrap(), 1);
    assert_eq!(number(connection, "SELECT max(appointment_id) FROM audit").await, 10_001);
    assert_eq!(Network::read(&generated.file).await.unwrap(), generated.network);
}

/// The triggers' own judgement of what they were not asked about.
#[tokio::test]
async fn a_clinic_with_the_same_accounts_takes_the_same_bookings() {
    let generated = generated(10_000).await;
    let clinic = generated.folder.0.join("clinic.db");
    Database::create_at(clinic.to_str().unwrap()).unwrap().migrate().await.unwrap();
    let connection = connect(&clinic).await;
    let network = generated.file.to_str().unwrap();
    connection.execute("ATTACH ? AS network", [network]).await.unwrap();
    let transaction = connection.transaction().await.unwrap();
    let accounts =
        "id, account_type, name, name_key, email, email_key, password_hash, specialty, specialty_key, created_at";
    let copied = format!("INSERT INTO accounts ({accounts}) SELECT {accounts} FROM network.accounts ORDER BY id");
    transaction.execute(&copied, ()).await.unwrap();
    // All of some doctors', so that they meet; in the order of their booking.
    let some = "SELECT id FROM network.appointments WHERE start_at > as_of AND doctor_id % 30 = 0 ORDER BY as_of";
    let some = rows(&transaction, some).await;
    assert!(some.len() > 300);
    for id in some.iter().map(|row| row.trim_matches(|c: char| !c.is_ascii_digit())) {
        let values = format!("{COLUMNS} FROM network.appointments WHERE id = {id}");
        assert_eq!(insert_again(&transaction, COLUMNS, &values).await, Ok(1), "appointment {id}");
    }
    transaction.commit().await.unwrap();
    let week = "SELECT doctor_id, weekday, start_minute, end_minute FROM";
    let weeks = async |of: &str| rows(&connection, &format!("{week} {of}.working_hours ORDER BY 1, 2")).await;
    assert_eq!(weeks("main").await, weeks("network").await);
}
