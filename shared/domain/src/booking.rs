use chrono::TimeDelta;

use crate::{Code, Day, Interval, Policy, Schedule, Slot, Timestamp, Violation};

/// A time that a patient wants to book, or to reschedule an appointment to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Booking {
    /// The requested start.
    pub start: Timestamp,
    /// The requested duration, in minutes.
    pub duration: i64,
}

impl Booking {
    /// The time from start to end. The duration is limited to 0 to 24 hours, because an invalid one could overflow.
    pub fn interval(&self) -> Interval {
        let minutes = TimeDelta::minutes(self.duration.clamp(0, 24 * 60));
        Interval { start: self.start, end: self.start + minutes }
    }
}

/// What applies to a booking or a reschedule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Whether the staff make it. They can book further ahead, and at shorter notice.
    pub by_staff: bool,
    /// Whether the staff also book walk-ins: appointments that began up to [`Terms::WALK_IN`] ago.
    pub walk_in: bool,
    /// Whether it may be outside the working hours and over the limits of the day.
    pub overridden: bool,
    /// How many minutes before the start the doctor is busy too.
    pub buffer_before: i64,
    /// How many minutes after the end the doctor is busy too.
    pub buffer_after: i64,
}

impl Terms {
    /// How long ago a walk-in can have begun.
    pub const WALK_IN: TimeDelta = TimeDelta::minutes(60);

    /// The time that the doctor would be busy.
    fn busy(&self, time: &Interval) -> Interval {
        let (before, after) = (TimeDelta::minutes(self.buffer_before), TimeDelta::minutes(self.buffer_after));
        Interval { start: time.start - before, end: time.end + after }
    }
}

/// A conflict of a booking with existing appointments. The variants are in the order in which a refusal lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// The doctor has another appointment at this time.
    DoctorBusy,
    /// The patient has another appointment at this time.
    PatientBusy,
    /// The doctor has reached the day's limit of appointments or booked minutes.
    DoctorDayFull,
    /// The patient has as many open bookings as the policy allows.
    TooManyOpenBookings,
}

/// The conflicts of a booking: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflicts {
    /// The conflict that decides the problem type of the refusal.
    pub first: Conflict,
    /// The other conflicts.
    pub others: Vec<Conflict>,
}

impl Conflicts {
    /// All conflicts: the first, then the others.
    pub fn all(&self) -> impl Iterator<Item = Conflict> {
        [self.first].into_iter().chain(self.others.iter().copied())
    }
}

/// Why a booking is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The booking breaks rule 1 or 2, which do not depend on other appointments. Holds all violations.
    Invalid(Vec<Violation>),
    /// The booking breaks rule 3, 4 or 5.
    Conflict {
        /// All conflicts.
        conflicts: Conflicts,
        /// Up to three of the nearest slots, nearest first. Empty if the booking breaks rule 5: then the patient
        /// cannot book any time.
        alternatives: Vec<Slot>,
    },
}

/// Checks rule 1: the policy allows the start and the duration.
fn invalid_times(
    policy: &Policy,
    terms: &Terms,
    now: Timestamp,
    start: Option<Timestamp>,
    duration: Option<i64>,
) -> Vec<Violation> {
    let mut violations: Vec<_> = start.and_then(|start| invalid_start(policy, terms, now, start)).into_iter().collect();
    violations.extend(duration.and_then(|duration| policy.check_duration(duration).err()));
    violations
}

fn invalid_start(policy: &Policy, terms: &Terms, now: Timestamp, start: Timestamp) -> Option<Violation> {
    let days = if terms.by_staff { policy.staff_horizon_days() } else { policy.booking_horizon_days };
    let invalid = if terms.walk_in && start < now - Terms::WALK_IN {
        Code::InThePast.with_detail("must not be more than 60 minutes ago")
    } else if !terms.walk_in && start <= now {
        Code::InThePast.with_detail("must be in the future")
    } else if start > now + TimeDelta::days(days) {
        Code::TooFarAhead.with_detail(format!("must be within {days} days from now"))
    } else if !terms.by_staff && start < now + TimeDelta::minutes(policy.booking_notice) {
        let detail = format!("must be at least {} minutes from now: call the clinic", policy.booking_notice);
        Code::BookingNotice.with_detail(detail)
    } else {
        return None;
    };
    Some(Violation::new("start_date", invalid))
}

impl Schedule {
    /// Checks a booking against all rules, as of `now`.
    ///
    /// # Errors
    /// The refusal, with all violations or all conflicts.
    pub fn check(&self, booking: &Booking, now: Timestamp) -> Result<(), Refusal> {
        let violations = self.violations(Some(booking.start), Some(booking.duration), now);
        if !violations.is_empty() {
            return Err(Refusal::Invalid(violations));
        }
        let mut conflicts = self.conflicts(&self.terms, booking, &self.calendar.day_of(booking.start));
        let too_many = self.has_too_many_open_bookings();
        if too_many {
            conflicts.push(Conflict::TooManyOpenBookings);
        }
        let mut conflicts = conflicts.into_iter();
        let Some(first) = conflicts.next() else { return Ok(()) };
        let alternatives = if too_many { Vec::new() } else { self.alternatives(booking, now) };
        Err(Refusal::Conflict { conflicts: Conflicts { first, others: conflicts.collect() }, alternatives })
    }

    /// Checks rule 5: whether the account already has as many open bookings as the policy allows.
    fn has_too_many_open_bookings(&self) -> bool {
        self.open_bookings.zip(self.policy.max_open_bookings).is_some_and(|(open, most)| open >= most)
    }

    /// Returns the violations of rules 1 and 2. Either value can be missing: if the input has one invalid value, the
    /// other one is still checked.
    pub fn violations(&self, start: Option<Timestamp>, duration: Option<i64>, now: Timestamp) -> Vec<Violation> {
        let mut violations = invalid_times(&self.policy, &self.terms, now, start, duration);
        if !self.active {
            let inactive = Code::DoctorNotActive.with_detail("this doctor takes no appointments");
            violations.push(Violation::of_input(inactive));
        }
        if let Some(start) = start {
            let booking = Booking { start, duration: duration.unwrap_or(0) };
            violations.extend(self.out_of_hours(&self.terms, &booking.interval(), &self.calendar.day_of(start)));
        }
        violations
    }

    /// Whether a booking on `day` is in the future and follows rules 1 to 4, also if the rules are overridden. Rule 5 is
    /// left out because it does not depend on the time.
    pub(crate) fn can_be_booked(&self, terms: &Terms, booking: &Booking, day: &Day, now: Timestamp) -> bool {
        let terms = Terms { overridden: false, ..*terms };
        self.active
            && booking.start > now
            && invalid_times(&self.policy, &terms, now, Some(booking.start), Some(booking.duration)).is_empty()
            && self.out_of_hours(&terms, &booking.interval(), day).is_empty()
            && self.conflicts(&terms, booking, day).is_empty()
    }

    /// Checks the part of rule 2 that depends on the time: the doctor works then, the clinic is not closed, and the doctor
    /// has no time off.
    fn out_of_hours(&self, terms: &Terms, time: &Interval, day: &Day) -> Vec<Violation> {
        let mut violations = Vec::new();
        if !terms.overridden && !self.hours.contain(&self.calendar, day, time) {
            let detail = "must be within the doctor's working hours, for the whole duration";
            violations.push(Violation::new("start_date", Code::OutsideWorkingHours.with_detail(detail)));
        }
        if self.closures.iter().any(|closure| closure.overlaps(time)) {
            let detail = "must not overlap a time when the clinic is closed";
            violations.push(Violation::new("start_date", Code::DuringClosure.with_detail(detail)));
        }
        if self.time_off.iter().any(|off| off.overlaps(time)) {
            violations.push(Violation::new(
                "start_date",
                Code::DuringTimeOff.with_detail("must not overlap the doctor's time off"),
            ));
        }
        violations
    }

    /// Checks rules 3 and 4: no overlap with other appointments, and the doctor's day is not full.
    fn conflicts(&self, terms: &Terms, booking: &Booking, day: &Day) -> Vec<Conflict> {
        let time = booking.interval();
        let mut conflicts = Vec::new();
        let busy = terms.busy(&time);
        if self.booked.iter().any(|booked| booked.busy.overlaps(&busy)) {
            conflicts.push(Conflict::DoctorBusy);
        }
        if self.patient_booked.iter().any(|booked| booked.overlaps(&time)) {
            conflicts.push(Conflict::PatientBusy);
        }
        let (count, minutes) = self.load(day);
        let is_full = count + 1 > self.policy.max_appointments_per_day
            || minutes + booking.duration > self.policy.max_booked_mins_per_day;
        if is_full && !terms.overridden {
            conflicts.push(Conflict::DoctorDayFull);
        }
        conflicts
    }
}
