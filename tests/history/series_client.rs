//! The front desk and the doctors book series, and cancel the later appointments of them.

use lambda::Request;
use serde_json::{Value, json};

use crate::{
    booking::{RETRIES, request},
    client::{Client, send},
    record::{Booking, Op, Outcome},
    series::{Series, WEEK},
    world::{Account, KnownAppointment, lock},
};

impl Client<'_> {
    /// Books, tries out or cancels a series.
    pub(crate) async fn series(&mut self) {
        if self.rng.u32(..3) == 0 { self.cancel_following().await } else { self.book_series().await }
    }

    /// Books a series, with its retries. Sometimes sends it again although it was acknowledged.
    async fn book_series(&mut self) {
        let (series, by) = self.choose_series();
        let key = series.first.key.clone();
        let mut is_known = series.dry_run;
        for _ in 0..=RETRIES {
            let mut request = series_request(&series);
            request.headers.extend(key.clone().map(|key| ("idempotency-key", key)));
            match self.world.call(self.index, Op::BookSeries(series.clone()), &by, request).await {
                Outcome::Ok { body, .. } => {
                    if !is_known {
                        self.learn(&series, &body);
                    }
                    is_known = true;
                    if key.is_none() || self.rng.u32(..4) > 0 {
                        return;
                    }
                }
                Outcome::Unknown { .. } if key.is_some() && self.rng.u32(..4) > 0 => {}
                _ => return,
            }
        }
    }

    /// Chooses a series, which begins on the day of the other bookings or in one of the weeks after.
    fn choose_series(&mut self) -> (Series, Account) {
        let world = self.world;
        let mut first = self.time();
        if first.doctor == self.soon() {
            // Appointments of series never begin during a round.
            let (doctor, start, duration) = (self.grid_doctor(), self.slot(), Some(world.clinic.grid.duration));
            first = Booking { doctor, start, duration, ..Booking::default() };
        }
        first.start += self.rng.i64(0..4) * WEEK;
        let patients = if self.rng.u32(..5) == 0 { &world.dependants } else { &world.patients };
        first.patient = self.pick(patients).id;
        let by = self.staff(first.doctor);
        first.by = by.id;
        first.overridden = world.clinic.desk.contains(&by.id) && self.rng.u32(..8) == 0;
        first.key = self.rng.bool().then(|| {
            self.keys += 1;
            format!("{}-{}", self.index, self.keys)
        });
        let (every_weeks, count) = (self.rng.i64(1..=3), self.rng.i64(2..=6));
        let (skip_conflicts, dry_run) = (self.rng.bool(), self.rng.u32(..6) == 0);
        (Series { first, every_weeks, count, skip_conflicts, dry_run }, by)
    }

    /// Makes the appointments of a response known: some of them for all changes, each for the cancellation of those after it.
    fn learn(&mut self, series: &Series, body: &Value) {
        let booked = body.as_array().into_iter().flatten().filter_map(|one| one["appointment_id"].as_i64());
        let ids: Vec<i64> = booked.collect();
        let known =
            ids.iter().take(2).map(|id| KnownAppointment { id: *id, doctor: series.first.doctor, version: None });
        lock(&self.world.known).extend(known);
        lock(&self.world.in_series).extend(ids);
    }

    /// Cancels an appointment and the later ones of its series, as the front desk.
    async fn cancel_following(&mut self) {
        let world = self.world;
        let id = {
            let ids = lock(&world.in_series);
            let Some(id) = ids.get(self.rng.usize(..ids.len().max(1))).copied() else { return };
            id
        };
        let by = if self.rng.bool() { &world.admin } else { &world.receptionist };
        let request = send("POST", format!("/appointments/{id}/cancel"), json!({ "following": true }));
        if let Outcome::Ok { body, .. } = world.call(self.index, Op::CancelFollowing { id }, by, request).await {
            let cancelled: Vec<i64> =
                body["cancelled"].as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
            lock(&world.in_series).retain(|id| !cancelled.contains(id));
        }
    }
}

fn series_request(series: &Series) -> Request {
    let mut request = request(&series.first, true);
    request.path = "/appointments/series".into();
    if let Some(body) = &mut request.body {
        body["every_weeks"] = series.every_weeks.into();
        body["count"] = series.count.into();
        body["skip_conflicts"] = series.skip_conflicts.into();
        body["dry_run"] = series.dry_run.into();
    }
    request
}
