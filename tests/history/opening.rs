//! Opens the clinic before a history: its accounts, its patients, and its appointment types.

use lambda::{Answer, Request, Unanswered};
use serde_json::{Value, json};

use crate::{
    Setup,
    hours::NIGHT,
    programs::{ADMIN, PASSWORD},
    record::{Hours, Lengths},
    settings_client::week,
    world::{Account, Patient, World},
};

/// The number of doctors whose appointments have any start, any duration and buffers.
const OPEN: usize = 3;
/// The number of doctors who work at night.
const NIGHTS: usize = 2;
/// The number of patients with guardians.
const DEPENDANTS: usize = 4;
/// The number of patients without a login and guardians.
const WITHOUT_GUARDIAN: usize = 2;
/// The appointment types: the first for everybody, the second for the staff.
const TYPES: [(&str, Lengths); 2] = [
    ("Anyone", Lengths { duration: 20, before: 5, after: 10 }),
    ("Staff", Lengths { duration: 30, before: 15, after: 15 }),
];

impl World {
    /// Registers the accounts, and adds the patients and the appointment types.
    pub(crate) async fn open(&mut self, setup: &Setup) -> Result<(), String> {
        self.admin = self.login(ADMIN).await?;
        self.admin.id = id(&self.expect_success("GET", "/me", None, Some(&self.admin)).await?);
        // Without the limit of open bookings, the patients can fill the doctors' days.
        self.expect_success("PATCH", "/clinic", json!({ "max_open_bookings": null }), Some(&self.admin)).await?;
        self.receptionist = self.register("Receptionist", 0).await?;
        self.clinic.desk = vec![self.admin.id, self.receptionist.id];
        for index in 0..setup.doctors + OPEN + NIGHTS + 1 {
            let account = self.register("Doctor", index).await?;
            if index < setup.doctors {
                self.clinic.grid.doctors.push(account.id);
            } else if index < setup.doctors + OPEN {
                self.clinic.open.push(account.id);
            } else if index < setup.doctors + OPEN + NIGHTS {
                self.clinic.nights.push(account.id);
                self.set_hours(account.id, NIGHT).await?;
            } else {
                // Around the clock, because the appointments begin at any time of the day.
                self.set_hours(account.id, Hours::new(0, 24)).await?;
            }
            self.doctors.push(account);
        }
        for index in 0..setup.patients {
            let account = self.register("Patient", index).await?;
            self.patients.push(Patient { id: account.id, accounts: vec![account] });
        }
        self.add_patients().await?;
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

    /// Sets the working hours of a doctor.
    async fn set_hours(&self, doctor: i64, hours: Hours) -> Result<(), String> {
        let path = format!("/doctors/{doctor}/working_hours");
        self.expect_success("PUT", &path, week(hours), Some(&self.admin)).await.map(drop)
    }

    /// Adds patients without a login. Some are dependants, with two guardians each, and a patient can be the guardian of two.
    async fn add_patients(&mut self) -> Result<(), String> {
        for index in 0..DEPENDANTS + WITHOUT_GUARDIAN {
            let body = json!({ "name": format!("Walk-in {index}") });
            let id = id(&self.expect_success("POST", "/patients", body, Some(&self.receptionist)).await?);
            if index >= DEPENDANTS {
                self.patients.push(Patient { id, accounts: Vec::new() });
                continue;
            }
            let guardians = self.patients.iter().skip(index).take(2);
            let accounts: Vec<Account> = guardians.flat_map(|patient| patient.accounts.clone()).collect();
            for account in &accounts {
                let path = format!("/patients/{id}/guardians/{}", account.id);
                self.expect_success("PUT", &path, None, Some(&self.receptionist)).await?;
                self.clinic.guardians.push((account.id, id));
            }
            self.dependants.push(Patient { id, accounts });
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
            200..300 => Ok(answer),
            status => Err(format!("{path} returned {status}: {}", answer.body)),
        }
    }
}

/// Returns the id in a response.
fn id(answer: &Answer) -> i64 {
    answer.json()["id"].as_i64().unwrap_or_default()
}
