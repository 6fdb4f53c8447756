//! Opens the clinic before a history: its accounts, its patients, and its appointment types.

use lambda::{Answer, Request, Unanswered};
use serde_json::{Value, json};

use crate::{
    Setup,
    engine::Engine,
    programs::{ADMIN, PASSWORD},
    record::Lengths,
    world::{Account, Patient, World},
};

/// The number of doctors whose appointments have any start, any duration and buffers.
const OPEN: usize = 3;
/// The number of patients without a login. The first one is a dependant.
const WITHOUT_LOGIN: usize = 4;
/// The appointment types: the first for everybody, the second for the staff.
const TYPES: [(&str, Lengths); 2] = [
    ("Anyone", Lengths { duration: 20, before: 5, after: 10 }),
    ("Staff", Lengths { duration: 30, before: 15, after: 15 }),
];

impl World {
    /// Registers the accounts, and adds the patients and the appointment types.
    pub(crate) async fn open(&mut self, setup: &Setup, engine: &Engine) -> Result<(), String> {
        self.admin = self.login(ADMIN).await?;
        self.admin.id = id(&self.expect_success("GET", "/me", None, Some(&self.admin)).await?);
        // Without the limit of open bookings, the patients can fill the doctors' days.
        self.expect_success("PATCH", "/clinic", json!({ "max_open_bookings": null }), Some(&self.admin)).await?;
        self.receptionist = self.register("Receptionist", 0).await?;
        self.clinic.desk = vec![self.admin.id, self.receptionist.id];
        for index in 0..setup.doctors + OPEN + 1 {
            let account = self.register("Doctor", index).await?;
            if index < setup.doctors {
                self.clinic.grid.doctors.push(account.id);
            } else if index < setup.doctors + OPEN {
                self.clinic.open.push(account.id);
            } else {
                self.never_close(account.id).await?;
            }
            self.doctors.push(account);
        }
        for index in 0..setup.patients {
            let account = self.register("Patient", index).await?;
            self.patients.push(Patient { id: account.id, account: Some(account) });
        }
        self.add_patients(engine).await?;
        for (bookable_by, lengths) in TYPES {
            let Lengths { duration, before, after } = lengths;
            let body = json!({
                "name": bookable_by, "bookable_by": bookable_by,
                "duration": duration, "buffer_before": before, "buffer_after": after,
            });
            self.clinic.staff_type =
                id(&self.expect_success("POST", "/appointment_types", body, Some(&self.admin)).await?);
            self.clinic.types.insert(self.clinic.staff_type, lengths);
        }
        Ok(())
    }

    /// Lets a doctor work around the clock, because appointments begin at any time of the day.
    async fn never_close(&self, doctor: i64) -> Result<(), String> {
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        let week = json!(days.map(|day| json!({ "weekday": day, "start": "00:00", "end": "24:00" })));
        let path = format!("/doctors/{doctor}/working_hours");
        self.expect_success("PUT", &path, week, Some(&self.admin)).await.map(drop)
    }

    /// Adds patients without a login, and makes the first patient with a login the guardian of one of them. It is a write of
    /// another program, with operations as the schema demands.
    async fn add_patients(&mut self, engine: &Engine) -> Result<(), String> {
        let guardian = self.patients.first().and_then(|patient| patient.account.clone()).unwrap_or_default();
        let first = 1_000_000;
        let mut statements = String::new();
        for index in 0..WITHOUT_LOGIN {
            let (patient, operation) = (first + index, format!("x'ff{index:030x}'"));
            statements += &format!(
                "INSERT INTO operations (id, at) VALUES ({operation}, unixepoch());
                 INSERT INTO people (id, account_type, name, name_key, created_at, created_by, operation_id)
                 VALUES ({patient}, 'Patient', 'Walk-in {index}', 'walk-in {index}', unixepoch(), {}, {operation});",
                self.receptionist.id
            );
            self.patients.push(Patient { id: patient as i64, account: None });
        }
        statements += &format!(
            "INSERT INTO operations (id, at) VALUES (x'fe{first:030x}', unixepoch());
             INSERT INTO guardians (patient_id, account_id, operation_id)
             VALUES ({first}, {}, x'fe{first:030x}');",
            guardian.id
        );
        engine.execute(&statements).await?;
        self.clinic.guardians.push((guardian.id, first as i64));
        for patient in self.patients.iter_mut().filter(|patient| patient.id == first as i64) {
            patient.account = Some(guardian.clone());
        }
        Ok(())
    }

    async fn login(&self, email: &str) -> Result<Account, String> {
        let body = json!({ "email": email, "password": PASSWORD });
        let answer = self.expect_success("POST", "/login", body, None).await?;
        Ok(Account { id: 0, token: answer.body })
    }

    async fn register(&self, account_type: &str, index: usize) -> Result<Account, String> {
        let email = format!("{account_type}{index}@example.org");
        let body = json!({
            "name": format!("{account_type} {index}"), "email": email, "password": PASSWORD, "account_type": account_type,
        });
        let id = id(&self.expect_success("POST", "/register", body, Some(&self.admin)).await?);
        Ok(Account { id, ..self.login(&email).await? })
    }

    /// Sends a request that must succeed, before faults are injected.
    async fn expect_success(
        &self,
        method: &'static str,
        path: &str,
        body: impl Into<Option<Value>>,
        by: Option<&Account>,
    ) -> Result<Answer, String> {
        let headers = by.map(|account| ("authorization", format!("Bearer {}", account.token))).into_iter().collect();
        let request = Request { method, path: path.into(), headers, body: body.into(), ..Request::default() };
        let answer = self.programs.send(&request).await.map_err(|Unanswered(reason)| reason)?;
        match answer.status {
            200 | 201 => Ok(answer),
            status => Err(format!("{path} returned {status}: {}", answer.body)),
        }
    }
}

/// Returns the id in a response.
fn id(answer: &Answer) -> i64 {
    answer.json()["id"].as_i64().unwrap_or_default()
}
