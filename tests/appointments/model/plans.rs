//! Steps that change several appointments at once: time off, closures and deactivations with a plan.

use super::{
    World,
    outcomes::{Conflict, Made},
    rules::{Absence, Model},
    steps::{By, Change, Choice, Fate, Planned},
};
use crate::support::{Actor, Answer, Value, json};

impl World {
    /// Tries a change out, makes it, and compares both with the model.
    pub(super) async fn plan(&mut self, planned: &Planned) {
        let planned = &self.model.near_appointment(planned);
        let tried = self.send_plan(planned, true).await;
        if !self.may_plan(planned) {
            tried.problem(403, "forbidden");
            self.send_plan(planned, false).await.problem(403, "forbidden");
            return;
        }
        let expected = self.model.carry_out(planned);
        if let Ok(made) = &expected {
            self.check_made(planned, made, &tried, true);
        }
        if let Some(actor) = self.person(planned.change) {
            actor.get("/me").await.expect(200);
        }
        if expected.is_ok() {
            self.compare().await;
        }
        let answer = self.send_plan(planned, false).await;
        match expected {
            Err(conflicts) => {
                self.check_refused(planned, &conflicts, &tried);
                self.check_refused(planned, &conflicts, &answer);
                self.compare().await;
            }
            Ok(made) => {
                self.check_made(planned, &made, &answer, false);
                self.model = Model { inactive: None, ..made.model };
                if let Some((doctor, minutes)) = planned.change.absence() {
                    let id = answer.json()["id"].as_i64().unwrap();
                    self.model.absences.push(Absence { id, doctor, minutes });
                }
                self.activate_again(planned.change).await;
            }
        }
    }

    fn may_plan(&self, planned: &Planned) -> bool {
        match (planned.by, planned.change) {
            (By::Admin, _) => true,
            (By::Receptionist, Change::TimeOff { .. }) => !matches!(planned.choice, Choice::Keep),
            (By::Doctor(by), Change::TimeOff { doctor, .. }) => by == doctor,
            _ => false,
        }
    }

    async fn send_plan(&self, planned: &Planned, dry_run: bool) -> Answer {
        let mut body = json!({ "dry_run": dry_run });
        match planned.choice {
            Choice::Keep => {}
            Choice::CancelAll => body["appointments"] = json!("cancel"),
            Choice::Plan { .. } => {
                let steps = self.model.steps(planned).into_iter();
                body["appointments"] = steps.map(|(number, fate)| self.step_of_plan(number, fate)).collect();
            }
        }
        let path = match planned.change {
            Change::TimeOff { doctor, .. } => format!("/doctors/{}/time_off", self.doctors[doctor].id),
            Change::Closure { .. } => "/closures".to_owned(),
            Change::DeactivateDoctor(doctor) => format!("/accounts/{}/deactivate", self.doctors[doctor].id),
            Change::DeactivatePatient(patient) => format!("/accounts/{}/deactivate", self.patients[patient].id),
        };
        if let Some((doctor, minutes)) = planned.change.absence() {
            body["start_date"] = json!(self.timestamp(minutes.start));
            body["end_date"] = json!(self.timestamp(minutes.end));
            if doctor.is_none() {
                body["name"] = json!("Holiday");
            }
        }
        self.actor(planned.by).post(&path, body).await
    }

    fn step_of_plan(&self, number: usize, fate: Fate) -> Value {
        let mut step = json!({ "id": self.model.entries[number].id });
        match fate {
            Fate::Reschedule { minute, doctor } => {
                if let Some(minute) = minute {
                    step["start_date"] = json!(self.timestamp(minute));
                }
                if let Some(doctor) = doctor {
                    step["doctor_id"] = json!(self.doctors.get(doctor).map_or(999_999, |doctor| doctor.id));
                }
            }
            Fate::Cancel | Fate::Forget => step["cancel"] = json!(true),
        }
        step
    }

    /// The account that the change deactivates.
    fn person(&self, change: Change) -> Option<&Actor> {
        match change {
            Change::DeactivateDoctor(doctor) => Some(&self.doctors[doctor]),
            Change::DeactivatePatient(patient) => Some(&self.patients[patient]),
            Change::TimeOff { .. } | Change::Closure { .. } => None,
        }
    }

    /// Checks the response to a change that the model makes, or to its dry run.
    #[track_caller]
    fn check_made(&self, planned: &Planned, made: &Made, answer: &Answer, is_dry_run: bool) {
        if planned.change.absence().is_none() {
            assert_eq!(answer.status, 204, "{planned:?}: {}", answer.body);
            return;
        }
        let body = answer.expect(if is_dry_run { 200 } else { 201 });
        assert_eq!(body["id"].is_null(), is_dry_run);
        let mut changed: Vec<_> = made.changed.iter().map(|number| &made.model.entries[*number]).collect();
        changed.sort_by_key(|entry| (entry.minutes.start, entry.id));
        let (cancelled, moved): (Vec<_>, Vec<_>) = changed.into_iter().partition(|entry| entry.is_cancelled());
        let cancelled: Vec<_> = cancelled.into_iter().map(|entry| entry.id).collect();
        let moved = moved.into_iter().map(|entry| {
            let start = self.timestamp(entry.minutes.start);
            json!({ "id": entry.id, "doctor_id": self.doctors[entry.doctor].id, "start_date": start })
        });
        let expected = match planned.choice {
            Choice::Keep => (Value::Null, Value::Null),
            _ => (json!(cancelled), moved.collect()),
        };
        assert_eq!((body["cancelled"].clone(), body["rescheduled"].clone()), expected, "{planned:?}");
    }

    /// Checks that a response names the appointments that prevent the change, each with a reason.
    #[track_caller]
    fn check_refused(&self, planned: &Planned, conflicts: &[Conflict], answer: &Answer) {
        let ids: Vec<i64> = conflicts.iter().map(|(id, _)| *id).collect();
        let overlapped = match (&planned.choice, planned.change) {
            (Choice::Plan { .. }, _) => None,
            (_, Change::TimeOff { .. }) => Some("time-off-over-appointments"),
            (_, Change::Closure { .. }) => Some("closure-over-appointments"),
            (_, Change::DeactivateDoctor(_) | Change::DeactivatePatient(_)) => None,
        };
        if let Some(kind) = overlapped {
            assert_eq!(answer.problem(409, kind)["appointments"], json!(ids), "{planned:?}");
            return;
        }
        let problem = answer.problem(409, "plan-refused");
        let named = problem["conflicts"].as_array().unwrap();
        assert_eq!(named.iter().map(|conflict| conflict["id"].as_i64().unwrap()).collect::<Vec<_>>(), ids);
        for (conflict, (_, reasons)) in named.iter().zip(conflicts) {
            let problem = &conflict["problem"];
            let kind = problem["type"].as_str().unwrap().trim_start_matches("/problems/");
            let code = problem["errors"][0]["code"].as_str().unwrap_or(kind);
            assert!(reasons.contains(&code), "{code} is none of {reasons:?}: {conflict}, {planned:?}");
        }
    }

    /// Checks that an account is deactivated, activates it, and signs in again.
    async fn activate_again(&mut self, change: Change) {
        let Some(person) = self.person(change) else { return };
        person.get("/me").await.problem(401, "unauthorized");
        let path = format!("/accounts/{}/activate", person.id);
        assert_eq!(self.admin.send("POST", &path, None, &[]).await.status, 204);
        let signed_in = self.clinic.sign_in_again(person).await;
        match change {
            Change::DeactivateDoctor(doctor) => self.doctors[doctor] = signed_in,
            Change::DeactivatePatient(patient) => self.patients[patient] = signed_in,
            Change::TimeOff { .. } | Change::Closure { .. } => {}
        }
    }
}
