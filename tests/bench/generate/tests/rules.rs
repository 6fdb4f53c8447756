//! Checks that the triggers would accept the generated rows.

use super::*;

/// Every rule of a booking, written differently from the plan and the triggers.
#[tokio::test]
async fn generated_appointments_obey_the_rules() {
    let generated = generated(45_000).await;
    let connection = &generated.connection;
    for whose in ["doctor_id", "patient_id"] {
        assert_no_rows(
            connection,
            "two appointments overlap",
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
    assert_no_rows(
        connection,
        "a day exceeds the limits",
        "SELECT doctor_id, date(start_at, 'unixepoch') AS day FROM appointments
         GROUP BY doctor_id, day HAVING count(*) > 12 OR sum(duration) > 480",
    )
    .await;
    assert_no_rows(
        connection,
        "outside of working hours, off the grid, or of another duration",
        "SELECT * FROM appointments
         WHERE time(start_at, 'unixepoch') < '08:00:00' OR time(start_at + duration * 60, 'unixepoch') > '18:00:00'
            OR strftime('%w', start_at, 'unixepoch') IN ('0', '6') OR start_at % 900 <> 0
            OR duration NOT IN (15, 20, 30, 45, 60)",
    )
    .await;
    assert_no_rows(
        connection,
        "the time of the booking is impossible",
        &format!(
            "SELECT * FROM appointments JOIN audit ON appointment_id = appointments.id AND action = 'book'
             WHERE at >= start_at OR at >= unixepoch('{TODAY}') OR start_at > at + 365 * 86400"
        ),
    )
    .await;
    assert_no_rows(
        connection,
        "the row is not as the program writes it",
        "SELECT * FROM appointments
         WHERE booked_by <> patient_id OR busy_from <> start_at OR busy_until <> start_at + duration * 60
            OR idempotency_key IS NOT NULL OR requested_start_at IS NOT NULL
            OR version <> iif(status = 'Booked', 1, 2) OR (reason IS NOT NULL AND status <> 'Cancelled')",
    )
    .await;
    assert_no_rows(
        connection,
        "the account does not exist or has another type",
        "SELECT appointments.* FROM appointments
         LEFT JOIN people AS doctor ON doctor.id = doctor_id AND doctor.account_type = 'Doctor'
         LEFT JOIN people AS patient ON patient.id = patient_id AND patient.account_type = 'Patient'
         WHERE doctor.id IS NULL OR patient.id IS NULL",
    )
    .await;
    let busy = "SELECT count(*) FROM (SELECT 1 FROM appointments WHERE status <> 'Cancelled'
                GROUP BY doctor_id, start_at / 86400 HAVING sum(duration) > 360)";
    assert!(number(connection, busy).await > 0, "the report on six hours has something to find");
    assert!(number(connection, "SELECT count(DISTINCT reason) FROM appointments").await > 1);
}

#[tokio::test]
async fn generated_audit_log_is_complete_and_in_order() {
    let generated = generated(45_000).await;
    let connection = &generated.connection;
    assert_no_rows(
        connection,
        "a booking is not audited",
        "SELECT appointments.id FROM appointments
         LEFT JOIN audit ON appointment_id = appointments.id AND action = 'book' AND actor_id = patient_id AND changes IS NULL
         WHERE audit.id IS NULL",
    )
    .await;
    assert_no_rows(
        connection,
        "a cancellation or mark is not audited",
        "SELECT appointments.id FROM appointments
         JOIN audit AS booking ON booking.appointment_id = appointments.id AND booking.action = 'book'
         LEFT JOIN audit AS entry ON entry.appointment_id = appointments.id AND entry.actor_id = doctor_id
           AND entry.action = CASE status WHEN 'Cancelled' THEN 'cancel' WHEN 'Done' THEN 'done' ELSE 'no_show' END
           AND iif(entry.action = 'cancel', entry.at > booking.at AND entry.at < start_at, entry.at >= start_at + duration * 60)
           AND entry.changes = iif(reason IS NULL,
             json_object('status', json_array('Booked', status)),
             json_object('status', json_array('Booked', status), 'reason', NULL))
         WHERE status <> 'Booked' AND entry.id IS NULL",
    )
    .await;
    let expected = "SELECT count(*) + sum(version = 2) + (SELECT count(*) FROM people) FROM appointments";
    assert_eq!(number(connection, "SELECT count(*) FROM audit").await, number(connection, expected).await);
    assert_no_rows(
        connection,
        "the audit entries are not in order",
        "SELECT * FROM (SELECT at, lag(at) OVER (ORDER BY id) AS before FROM audit) WHERE at < before",
    )
    .await;
    let future = format!("SELECT * FROM audit WHERE at >= unixepoch('{TODAY}')");
    assert_no_rows(connection, "an audit entry is in the future", &future).await;
}

/// The rows of `days` are those that the program adds.
#[tokio::test]
async fn generated_days_are_calendar_days() {
    let generated = generated(45_000).await;
    let connection = &generated.connection;
    assert_no_rows(
        connection,
        "not a day in UTC",
        "SELECT * FROM days
         WHERE start_at <> unixepoch(start_at, 'unixepoch', 'start of day') OR end_at <> start_at + 86400
            OR weekday <> (strftime('%w', start_at, 'unixepoch') + 6) % 7 + 1 OR (clock_change_minute, clock_change_seconds) <> (1440, 0)",
    )
    .await;
    assert_no_rows(
        connection,
        "a day is missing",
        "SELECT * FROM (SELECT start_at, lag(end_at, 1, start_at) OVER (ORDER BY start_at) AS after FROM days)
         WHERE start_at <> after",
    )
    .await;
    assert_no_rows(
        connection,
        "an appointment is beyond the days",
        "SELECT * FROM appointments
         WHERE start_at < (SELECT min(start_at) FROM days) OR start_at + 365 * 86400 >= (SELECT max(end_at) FROM days)",
    )
    .await;
}

const COLUMNS: &str = "doctor_id, patient_id, booked_by, start_at, duration, busy_from, busy_until, status, reason";

/// An insertion: a table, its columns, and the query of the rows.
struct Rows<'a> {
    table: &'a str,
    columns: &'a str,
    query: &'a str,
}

impl<'a> Rows<'a> {
    fn appointments(query: &'a str) -> Self {
        Self { table: "appointments", columns: COLUMNS, query }
    }
}

/// Inserts rows with an operation at this time. Returns the refusal.
async fn insert(connection: &Connection, at: &str, rows: &Rows<'_>) -> Result<u64, String> {
    let Rows { table, columns, query } = rows;
    let begin = format!(
        "INSERT INTO operations (id, at)
         VALUES (unhex(printf('%012x', unixepoch() * 1000) || hex(randomblob(10))), {at}) RETURNING hex(id)"
    );
    let operation: String = network::row(connection, &begin).await?.get(0).unwrap();
    let sql = format!("INSERT INTO {table} ({columns}, operation_id) SELECT {columns}, x'{operation}' {query}");
    connection.execute(&sql, ()).await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn generated_database_has_its_triggers_again() {
    let generated = generated(10_000).await;
    let connection = &generated.connection;
    let today = format!("unixepoch('{TODAY}')");
    let again = "FROM appointments WHERE status = 'Booked' LIMIT 1";
    let refused = insert(connection, &today, &Rows::appointments(again)).await.unwrap_err();
    assert!(refused.contains("doctor-busy"), "{refused}");
    for (sql, rule) in [
        ("DELETE FROM appointments WHERE id = 1", "appointments-stay"),
        ("DELETE FROM audit WHERE id = 1", "audit-stays"),
        (
            "UPDATE appointments SET reason = 'x', status = 'Cancelled', version = 7 WHERE status = 'Booked'",
            "version-must-count",
        ),
        ("UPDATE people SET active = 0 WHERE id = 1", "last-admin"),
    ] {
        let refused = connection.execute(sql, ()).await.unwrap_err().to_string();
        assert!(refused.contains(rule), "{sql}: {refused}");
    }
    // Later bookings do not change which network the file is.
    let free = "FROM (
          SELECT doctor.id AS doctor_id, patient.id AS patient_id, patient.id AS booked_by, opening AS start_at,
            15 AS duration, opening AS busy_from, opening + 15 * 60 AS busy_until, 'Booked' AS status, NULL AS reason
          FROM (SELECT start_at / 86400 * 86400 + 8 * 3600 AS opening FROM appointments LIMIT 1),
            people AS doctor, people AS patient
          WHERE doctor.account_type = 'Doctor' AND patient.account_type = 'Patient'
            AND doctor.id NOT IN (SELECT doctor_id FROM appointments WHERE start_at = opening)
            AND patient.id NOT IN (SELECT patient_id FROM appointments) LIMIT 1)";
    assert_eq!(insert(connection, &today, &Rows::appointments(free)).await, Ok(1));
    assert_eq!(number(connection, "SELECT max(appointment_id) FROM audit").await, 10_001);
    assert_eq!(Network::read(&generated.file).await.unwrap(), generated.network);
}

/// Inserts generated rows again with the triggers, which must accept them.
#[tokio::test]
async fn triggers_accept_the_generated_rows() {
    let generated = generated(10_000).await;
    let clinic = generated.folder.0.join("clinic.db");
    Database::create_at(clinic.to_str().unwrap()).unwrap().migrate().await.unwrap();
    let connection = connect(&clinic).await;
    let network = generated.file.to_str().unwrap();
    connection.execute("ATTACH ? AS network", [network]).await.unwrap();
    let transaction = connection.transaction().await.unwrap();
    let people = Rows {
        table: "people",
        columns: "id, account_type, name, name_key, specialty, specialty_key, created_at",
        query: "FROM network.people ORDER BY id",
    };
    insert(&transaction, "0", &people).await.unwrap();
    transaction.execute("INSERT INTO days SELECT * FROM network.days", ()).await.unwrap();
    // All rows of some doctors, so that overlaps would be found, in the order of booking.
    let sample = "SELECT appointments.id || ' ' || at
                FROM network.appointments JOIN network.audit ON appointment_id = appointments.id AND action = 'book'
                WHERE doctor_id % 30 = 0 AND status <> 'Cancelled' ORDER BY at";
    let sample = rows(&transaction, sample).await;
    assert!(sample.len() > 300);
    for row in &sample {
        let (id, at) = row.trim_matches(|c: char| !c.is_ascii_digit()).split_once(' ').unwrap();
        let row = format!(
            "FROM (SELECT id, doctor_id, patient_id, booked_by, start_at, duration, busy_from, busy_until,
                     'Booked' AS status, NULL AS reason
                   FROM network.appointments WHERE id = {id})"
        );
        assert_eq!(insert(&transaction, at, &Rows::appointments(&row)).await, Ok(1), "appointment {id}");
    }
    transaction.commit().await.unwrap();
    let week = "SELECT doctor_id, weekday, start_minute, end_minute FROM";
    let weeks = async |of: &str| rows(&connection, &format!("{week} {of}.working_hours ORDER BY 1, 2")).await;
    assert_eq!(weeks("main").await, weeks("network").await);
}
