use chrono::TimeDelta;

use crate::{Code, Day, Interval, Policy, Schedule, Slot, Timestamp, Violation, week::within_hours};

/// What a patient asks for: a time of a doctor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Booking {
    /// When it is to start.
    pub start: Timestamp,
    /// How long it is to take, in minutes.
    pub duration: i64,
}

impl Booking {
    /// The time it takes; of no length where the duration is none that can be.
    pub fn interval(&self) -> Interval {
        let minutes = TimeDelta::minutes(self.duration.clamp(0, 24 * 60));
        Interval { start: self.start, end: self.start + minutes }
    }
}

/// A way in which a booking conflicts with what is booked already, in the order in which they
/// are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// The doctor has another appointment then.
    DoctorBusy,
    /// The patient has another appointment then.
    PatientBusy,
    /// The doctor takes no more appointments, or minutes, that day.
    DoctorDayFull,
    /// The patient has as many appointments ahead as the policy allows.
    TooManyOpenBookings,
}

/// What a booking conflicts with: at least one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflicts {
    /// The one that a refusal is named by.
    pub first: Conflict,
    /// The others.
    pub others: Vec<Conflict>,
}

impl Conflicts {
    /// The first and the others.
    pub fn all(&self) -> impl Iterator<Item = Conflict> {
        [self.first].into_iter().chain(self.others.iter().copied())
    }
}

/// Why a booking was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It breaks rule 1 or 2, whatever else is booked: every violation.
    Invalid(Vec<Violation>),
    /// It breaks rule 3, 4 or 5: every conflict, and up to three of the nearest times that can be
    /// booked instead. None where it breaks rule 5, by which no time can be booked.
    Conflict {
        /// With what it conflicts.
        conflicts: Conflicts,
        /// Nearest first.
        alternatives: Vec<Slot>,
    },
}

/// Rule 1: what is wrong with the start and the duration by themselves.
fn invalid_times(policy: &Policy, now: Timestamp, start: Option<Timestamp>, duration: Option<i64>) -> Vec<Violation> {
    let mut violations = Vec::new();
    if start.is_some_and(|start| start <= now) {
        violations.push(Violation::new("start_date", Code::InThePast.with_detail("must be in the future")));
    }
    if start.is_some_and(|start| start > policy.horizon(now)) {
        let detail = format!("must be within {} days from now", policy.booking_horizon_days);
        violations.push(Violation::new("start_date", Code::TooFarAhead.with_detail(detail)));
    }
    violations.extend(duration.and_then(|duration| policy.allows(duration).err()));
    violations
}

impl Schedule {
    /// Judges a booking by all the rules, as of `now`.
    ///
    /// # Errors
    /// The refusal, complete.
    pub fn check(&self, booking: &Booking, now: Timestamp) -> Result<(), Refusal> {
        let violations = self.violations(Some(booking.start), Some(booking.duration), now);
        if !violations.is_empty() {
            return Err(Refusal::Invalid(violations));
        }
        let mut conflicts = self.conflicts(booking, &self.calendar.day_of(booking.start));
        let too_many = self.has_too_many_open_bookings();
        if too_many {
            conflicts.push(Conflict::TooManyOpenBookings);
        }
        let mut conflicts = conflicts.into_iter();
        let Some(first) = conflicts.next() else { return Ok(()) };
        let alternatives = if too_many { Vec::new() } else { self.alternatives(booking, now) };
        Err(Refusal::Conflict { conflicts: Conflicts { first, others: conflicts.collect() }, alternatives })
    }

    /// Rule 5: the patient has as many appointments ahead as the policy allows, so that no time can be booked.
    fn has_too_many_open_bookings(&self) -> bool {
        self.open_bookings.zip(self.policy.max_open_bookings).is_some_and(|(open, most)| open >= most)
    }

    /// The violations of rules 1 and 2. Takes a start or a duration alone, so that one can be judged
    /// where the other could not even be read.
    pub fn violations(&self, start: Option<Timestamp>, duration: Option<i64>, now: Timestamp) -> Vec<Violation> {
        let mut violations = invalid_times(&self.policy, now, start, duration);
        if let Some(start) = start {
            let booking = Booking { start, duration: duration.unwrap_or(0) };
            violations.extend(self.out_of_hours(&booking.interval(), &self.calendar.day_of(start)));
        }
        violations
    }

    /// Whether a booking on `day` breaks none of rules 1 to 4. Rule 5 depends on no time.
    pub(crate) fn takes(&self, booking: &Booking, day: &Day, now: Timestamp) -> bool {
        invalid_times(&self.policy, now, Some(booking.start), Some(booking.duration)).is_empty()
            && self.out_of_hours(&booking.interval(), day).is_empty()
            && self.conflicts(booking, day).is_empty()
    }

    /// Rule 2: the doctor is active, works then, and is not off.
    fn out_of_hours(&self, time: &Interval, day: &Day) -> Vec<Violation> {
        let mut violations = Vec::new();
        if !self.active {
            violations.push(Violation::of_all(Code::DoctorNotActive.with_detail("this doctor takes no appointments")));
        }
        if !within_hours(&self.working_hours, day, time) {
            let detail = "must lie, for its whole duration, within the doctor's working hours of that day";
            violations.push(Violation::new("start_date", Code::OutsideWorkingHours.with_detail(detail)));
        }
        if self.time_off.iter().any(|off| off.overlaps(time)) {
            violations.push(Violation::new(
                "start_date",
                Code::DuringTimeOff.with_detail("must not overlap the doctor's time off"),
            ));
        }
        violations
    }

    /// Rules 3 and 4.
    fn conflicts(&self, booking: &Booking, day: &Day) -> Vec<Conflict> {
        let time = booking.interval();
        let mut conflicts = Vec::new();
        if self.booked.iter().any(|booked| booked.overlaps(&time)) {
            conflicts.push(Conflict::DoctorBusy);
        }
        if self.patient_booked.iter().any(|booked| booked.overlaps(&time)) {
            conflicts.push(Conflict::PatientBusy);
        }
        let (count, minutes) = self.load(day);
        if count + 1 > self.policy.max_appointments_per_day
            || minutes + booking.duration > self.policy.max_booked_mins_per_day
        {
            conflicts.push(Conflict::DoctorDayFull);
        }
        conflicts
    }
}
