//! Steps that change one appointment.

use super::{
    World,
    rules::{Entry, Request, State},
    steps::{By, TYPES, Time, Type, Wish},
};
use crate::support::{Actor, Answer, json};

impl World {
    pub(super) async fn try_book(&self, wish: Wish, key: usize) -> Answer {
        let (doctor, patient) = (self.doctors[wish.doctor].id, self.patient_ids[wish.patient]);
        let mut body = json!({ "start_date": self.timestamp(wish.minute), "patient_id": patient });
        match wish.time {
            Time::Duration(duration) => body["duration"] = json!(duration),
            Time::Type(number) => body["type_id"] = json!(self.types[number]),
        }
        let path = if wish.by.is_staff() {
            body["doctor_id"] = json!(doctor);
            if wish.overridden {
                body["override"] = json!(true);
                body["reason"] = json!("An emergency");
            }
            "/appointments".to_owned()
        } else {
            format!("/doctors/{doctor}/book")
        };
        let headers = [("content-type", "application/json"), ("idempotency-key", &format!("booking {key}"))];
        self.actor(wish.by).send("POST", &path, Some(&body.to_string()), &headers).await
    }

    pub(super) async fn book(&mut self, wish: Wish) {
        // A refused booking does not use up its key.
        let answer = self.try_book(wish, self.model.entries.len()).await;
        if !self.model.may_book(wish) {
            answer.problem(403, "forbidden");
            return;
        }
        let Wish { by, doctor, patient, minute, time, overridden } = wish;
        let (duration, buffers) = time.lengths();
        let request = Request { by, doctor, patient, minute, duration, buffers, overridden, except: None };
        let not_bookable = match time {
            Time::Type(number) => {
                let Type { bookable_by, of_one_doctor, .. } = TYPES[number];
                (bookable_by == "Staff" && !by.is_staff()) || (of_one_doctor && doctor != 0)
            }
            Time::Duration(_) => false,
        };
        if self.refused(&answer, request, not_bookable.then_some("/type_id")) {
            return;
        }
        let booked = answer.expect(201);
        let id = if by.is_staff() { booked["id"].as_i64() } else { booked.as_i64() }.unwrap();
        let minutes = minute..minute + duration;
        let state = State::Booked;
        self.model.entries.push(Entry { id, doctor, patient, minutes, buffers, state, has_arrived: false, wish });
    }

    pub(super) async fn retry(&self, nth: usize, later: i64) {
        let entry = &self.model.entries[nth];
        let answer = self.try_book(Wish { minute: entry.wish.minute + later, ..entry.wish }, nth).await;
        if later == 0 {
            let booked = answer.expect(201);
            assert_eq!(if entry.wish.by.is_staff() { &booked["id"] } else { &booked }, entry.id);
            assert_eq!(answer.header("idempotency-replayed"), "true");
        } else {
            answer.problem(422, "idempotency-key-reused");
        }
    }

    pub(super) async fn reschedule(
        &mut self,
        nth: usize,
        by: By,
        minute: i64,
        duration: Option<i64>,
        doctor: Option<usize>,
    ) {
        let entry = &self.model.entries[nth];
        let mut body = json!({ "start_date": self.timestamp(minute), "duration": duration });
        if let Some(doctor) = doctor {
            body["doctor_id"] = json!(self.doctors[doctor].id);
        }
        let answer = self.actor(by).post(&format!("/appointments/{}/reschedule", entry.id), body).await;
        let acts = by.acts_for().contains(&entry.patient);
        let notice = self.model.notice.filter(|_| acts);
        let wants_other_duration =
            matches!(entry.wish.time, Time::Type(_)) && duration.is_some_and(|duration| duration != entry.duration());
        let is_not_offered = doctor.is_some_and(|doctor| !self.model.offers(doctor, entry));
        let request = Request {
            by,
            doctor: doctor.unwrap_or(entry.doctor),
            patient: entry.patient,
            minute,
            duration: duration.unwrap_or(entry.duration()),
            buffers: entry.buffers,
            overridden: false,
            except: Some(entry.id),
        };
        let of_type =
            wants_other_duration.then_some("/duration").into_iter().chain(is_not_offered.then_some("/doctor_id"));
        if notice.is_none() && !self.works_on(by, entry) {
            answer.problem(403, "forbidden");
        } else if entry.is_cancelled() {
            answer.problem(409, "appointment-cancelled");
        } else if entry.minutes.start <= self.model.now || entry.state == State::Marked {
            answer.problem(409, "appointment-started");
        } else if notice.is_some_and(|notice| entry.minutes.start - self.model.now < notice) {
            answer.problem(403, "forbidden");
        } else if !self.refused(&answer, request, of_type) {
            let (id, rescheduled) = (entry.id, answer.expect(200));
            assert_eq!((&rescheduled["id"], &rescheduled["duration"]), (&json!(id), &json!(request.duration)));
            assert_eq!(rescheduled["start_date"], self.timestamp(minute));
            assert_eq!(rescheduled["doctor_id"], self.doctors[request.doctor].id);
            self.model.entries[nth].minutes = minute..minute + request.duration;
            self.model.entries[nth].doctor = request.doctor;
            self.model.entries[nth].has_arrived = false;
        }
    }

    /// Returns whether the rules refuse a time. If so, the response must contain all reasons: `other` members, and those
    /// of the time.
    #[track_caller]
    pub(super) fn refused(
        &self,
        answer: &Answer,
        request: Request,
        other: impl IntoIterator<Item = &'static str>,
    ) -> bool {
        let (minute, duration) = (request.minute, request.duration);
        let mut invalid: Vec<_> = self.model.invalid(request).into_iter().map(|(pointer, _)| pointer).collect();
        invalid.extend(other);
        if !invalid.is_empty() {
            invalid.sort_unstable();
            assert_eq!(answer.pointers("invalid-booking"), invalid, "{minute} {duration}");
            return true;
        }
        let conflicts = self.model.conflicts(request);
        if conflicts.is_empty() {
            return false;
        }
        let problem = answer.problem(409, conflicts[0]);
        let types: Vec<_> = conflicts.iter().map(|conflict| format!("/problems/{conflict}")).collect();
        assert_eq!(problem["violations"], json!(types));
        let is_open_limit = conflicts.contains(&"too-many-open-bookings");
        let nearest = if is_open_limit { Vec::new() } else { self.model.alternatives(request) };
        let nearest: Vec<_> = nearest
            .iter()
            .map(|minute| json!({ "start_date": self.timestamp(*minute), "duration": duration }))
            .collect();
        assert_eq!(problem["alternatives"], json!(nearest), "{minute} {duration}");
        true
    }

    pub(super) fn actor(&self, by: By) -> &Actor {
        match by {
            By::Admin => &self.admin,
            By::Receptionist => &self.receptionist,
            By::Doctor(doctor) => &self.doctors[doctor],
            By::Patient(patient) => &self.patients[patient],
        }
    }

    pub(super) fn works_on(&self, by: By, entry: &Entry) -> bool {
        match by {
            By::Admin | By::Receptionist => true,
            By::Doctor(doctor) => entry.doctor == doctor,
            By::Patient(_) => false,
        }
    }

    /// Whether the appointment starts on the present day.
    pub(super) fn is_of_today(&self, entry: &Entry) -> bool {
        entry.minutes.start / 1440 == self.model.now / 1440
    }

    pub(super) async fn cancel(&mut self, nth: usize, by: By) {
        let entry = &self.model.entries[nth];
        let answer = self.actor(by).cancel(entry.id).await;
        let has_started = entry.minutes.start <= self.model.now;
        let is_mistake = by.is_desk() && entry.state == State::Booked && self.is_of_today(entry);
        if !self.works_on(by, entry) {
            answer.problem(403, "forbidden");
        } else if entry.state == State::Marked || entry.state == State::Booked && has_started && !is_mistake {
            answer.problem(409, "appointment-started");
        } else {
            assert_eq!(answer.expect(200)["status"], "Cancelled");
            self.model.entries[nth].state = State::Cancelled;
        }
    }

    pub(super) async fn mark(&mut self, nth: usize, by: By) {
        let entry = &self.model.entries[nth];
        let answer = self.actor(by).send("POST", &format!("/appointments/{}/done", entry.id), None, &[]).await;
        if !self.works_on(by, entry) {
            answer.problem(403, "forbidden");
        } else if entry.is_cancelled() {
            answer.problem(409, "appointment-cancelled");
        } else if entry.minutes.start > self.model.now {
            answer.problem(409, "appointment-not-started");
        } else {
            assert_eq!(answer.expect(200)["status"], "Done");
            self.model.entries[nth].state = State::Marked;
        }
    }

    pub(super) async fn reopen(&mut self, nth: usize, by: By) {
        let entry = &self.model.entries[nth];
        let answer = self.actor(by).send("POST", &format!("/appointments/{}/reopen", entry.id), None, &[]).await;
        if !self.works_on(by, entry) {
            answer.problem(403, "forbidden");
        } else if entry.is_cancelled() {
            answer.problem(409, "appointment-cancelled");
        } else if entry.state == State::Marked && !self.is_of_today(entry) {
            answer.problem(409, "appointment-day-over");
        } else {
            assert_eq!(answer.expect(200)["status"], "Booked");
            self.model.entries[nth].state = State::Booked;
        }
    }

    pub(super) async fn arrive(&mut self, nth: usize, by: By, has_arrived: bool) {
        let entry = &self.model.entries[nth];
        let method = if has_arrived { "PUT" } else { "DELETE" };
        let answer = self.actor(by).send(method, &format!("/appointments/{}/arrival", entry.id), None, &[]).await;
        let (day, today) = (entry.minutes.start / 1440, self.model.now / 1440);
        if !self.works_on(by, entry) {
            answer.problem(403, "forbidden");
        } else if entry.is_cancelled() {
            answer.problem(409, "appointment-cancelled");
        } else if day != today {
            answer.problem(409, if day > today { "appointment-on-another-day" } else { "appointment-day-over" });
        } else if entry.state == State::Marked && has_arrived && !entry.has_arrived {
            answer.problem(409, "appointment-started");
        } else {
            assert_eq!(answer.expect(200)["arrived_at"].is_string(), has_arrived);
            self.model.entries[nth].has_arrived = has_arrived;
        }
    }
}
