//! The rules, written as simply as possible.

use std::collections::HashMap;

use super::steps::{By, HOURS, TYPES, Time, Wish};

/// An appointment in the model. Times are minutes since the midnight before the first step.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) id: i64,
    pub(super) doctor: usize,
    pub(super) patient: usize,
    pub(super) minutes: std::ops::Range<i64>,
    pub(super) buffers: (i64, i64),
    pub(super) state: State,
    pub(super) has_arrived: bool,
    /// The first request.
    pub(super) wish: Wish,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Booked,
    Cancelled,
    Marked,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Booked => "Booked",
            Self::Cancelled => "Cancelled",
            Self::Marked => "Done",
        }
    }
}

impl Entry {
    pub(super) fn is_cancelled(&self) -> bool {
        self.state == State::Cancelled
    }

    /// The minutes in which the doctor is busy.
    pub(super) fn busy(&self) -> std::ops::Range<i64> {
        self.minutes.start - self.buffers.0..self.minutes.end + self.buffers.1
    }

    pub(super) fn duration(&self) -> i64 {
        self.minutes.end - self.minutes.start
    }
}

/// A time that the rules are applied to.
#[derive(Clone, Copy)]
pub(super) struct Request {
    pub(super) by: By,
    pub(super) doctor: usize,
    pub(super) patient: usize,
    pub(super) minute: i64,
    pub(super) duration: i64,
    pub(super) buffers: (i64, i64),
    pub(super) overridden: bool,
    /// The entry to ignore, which is rescheduled. `None`: a new booking.
    pub(super) except: Option<i64>,
}

/// A time when a doctor does not work: time off, or a closure, when nobody works.
#[derive(Clone)]
pub(super) struct Absence {
    pub(super) id: i64,
    pub(super) doctor: Option<usize>,
    pub(super) minutes: std::ops::Range<i64>,
}

#[derive(Clone)]
pub(super) struct Model {
    /// The maximum number of appointments of a doctor in a day.
    pub(super) daily_limit: usize,
    /// The maximum number of open bookings of an account.
    pub(super) open_limit: Option<usize>,
    /// How many minutes before the start a patient can still reschedule.
    pub(super) notice: Option<i64>,
    /// How many minutes before the start a patient can still book.
    pub(super) booking_notice: i64,
    /// Which of [`HOURS`] each doctor works every day.
    pub(super) week: [usize; 2],
    /// Which of [`HOURS`] a doctor works on a day instead.
    pub(super) special: HashMap<(usize, i64), usize>,
    pub(super) absences: Vec<Absence>,
    /// A doctor who takes no appointments.
    pub(super) inactive: Option<usize>,
    pub(super) now: i64,
    pub(super) entries: Vec<Entry>,
}

/// Whether each starts before the other ends. An empty time can also be within the other.
pub(super) fn touch(one: &std::ops::Range<i64>, other: &std::ops::Range<i64>) -> bool {
    one.start < other.end && other.start < one.end
}

pub(super) fn overlap(one: &std::ops::Range<i64>, other: &std::ops::Range<i64>) -> bool {
    one.clone().any(|minute| other.contains(&minute))
}

impl Model {
    /// The members that violate rules 1 and 2, each with the code of the violation.
    pub(super) fn invalid(&self, request: Request) -> Vec<(&'static str, &'static str)> {
        let Request { by, doctor, minute, duration, overridden, except, .. } = request;
        let mut found = Vec::new();
        if !(15..=120).contains(&duration) {
            found.push(("/duration", "out_of_range"));
        }
        let (first, days) = match (by.is_staff(), except) {
            (true, None) => (self.now - 60, 730),
            (true, Some(_)) => (self.now + 1, 730),
            (false, _) => (self.now + self.booking_notice.max(1), 365),
        };
        if minute < first {
            found.push(("/start_date", "in_the_past"));
        }
        if minute - self.now > days * 24 * 60 {
            found.push(("/start_date", "out_of_range"));
        }
        if self.inactive == Some(doctor) || doctor >= self.week.len() {
            found.push(("/doctor_id", "doctor_not_active"));
        }
        let time = minute..minute + duration.max(0);
        if !overridden && !self.works_throughout(doctor, &time) {
            found.push(("/start_date", "outside_working_hours"));
        }
        let is_absent = |doctor: Option<usize>| {
            let of_doctor = |absence: &&Absence| absence.doctor == doctor;
            self.absences.iter().filter(of_doctor).any(|absence| touch(&absence.minutes, &time))
        };
        if is_absent(None) {
            found.push(("/start_date", "during_closure"));
        }
        if is_absent(Some(doctor)) {
            found.push(("/start_date", "during_time_off"));
        }
        found
    }

    /// Whether the doctor works all the time. An empty time can also be at the end of the hours.
    pub(super) fn works_throughout(&self, doctor: usize, time: &std::ops::Range<i64>) -> bool {
        if time.is_empty() {
            return self.works(doctor, time.start) || time.start % 1440 != 0 && self.works(doctor, time.start - 1);
        }
        time.clone().all(|minute| self.works(doctor, minute))
    }

    /// Whether the doctor works in a minute, whoever is booked.
    pub(super) fn works(&self, doctor: usize, minute: i64) -> bool {
        let Some(week) = self.week.get(doctor).copied() else { return false };
        let (day, minute) = (minute.div_euclid(1440), minute.rem_euclid(1440));
        let is_in =
            |hours: usize, minute: i64| HOURS[hours].iter().any(|(start, end)| (*start..*end).contains(&minute));
        let of_day = match self.special.get(&(doctor, day)) {
            Some(hours) => is_in(*hours, minute),
            None => is_in(week, minute) || is_in(week, minute + 1440),
        };
        of_day || self.special.get(&(doctor, day - 1)).is_some_and(|hours| is_in(*hours, minute + 1440))
    }

    /// The conflicts by rules 3 to 5.
    pub(super) fn conflicts(&self, request: Request) -> Vec<&'static str> {
        let Request { by, doctor, patient, minute, duration, buffers, overridden, except } = request;
        let (time, busy) = (minute..minute + duration, minute - buffers.0..minute + duration + buffers.1);
        let others = || self.entries.iter().filter(|entry| !entry.is_cancelled() && Some(entry.id) != except);
        let same_day =
            || others().filter(|entry| entry.doctor == doctor && entry.minutes.start / 1440 == minute / 1440);
        let mut found = Vec::new();
        if others().any(|entry| entry.doctor == doctor && overlap(&entry.busy(), &busy)) {
            found.push("doctor-busy");
        }
        if others().any(|entry| entry.patient == patient && overlap(&entry.minutes, &time)) {
            found.push("patient-busy");
        }
        let booked: i64 = same_day().map(Entry::duration).sum();
        if !overridden && (same_day().count() >= self.daily_limit || booked + duration > 480) {
            found.push("doctor-day-full");
        }
        let is_ahead = |entry: &&Entry| entry.state == State::Booked && entry.minutes.start > self.now;
        let ahead = self.entries.iter().filter(is_ahead).filter(|entry| by.acts_for().contains(&entry.patient)).count();
        if except.is_none() && !by.is_staff() && self.open_limit.is_some_and(|limit| ahead >= limit) {
            found.push("too-many-open-bookings");
        }
        found
    }

    /// The three nearest starts on the grid that can be booked. They follow all rules.
    pub(super) fn alternatives(&self, request: Request) -> Vec<i64> {
        let minute = request.minute;
        let free = |start: &i64| {
            let request = Request { minute: *start, overridden: false, ..request };
            *start > self.now
                && start % 15 == 0
                && self.works(request.doctor, *start)
                && self.invalid(request).is_empty()
                && self.conflicts(request).is_empty()
        };
        let outward = (0..=31 * 1440).flat_map(|away| [minute - away, minute + away]).skip(1);
        outward.filter(free).take(3).collect()
    }

    /// Whether the doctor offers the type of an appointment, or the appointment stays with its doctor.
    pub(super) fn offers(&self, doctor: usize, entry: &Entry) -> bool {
        match entry.wish.time {
            Time::Type(number) => !TYPES[number].of_one_doctor || doctor == 0 || doctor == entry.doctor,
            Time::Duration(_) => true,
        }
    }

    /// Whether the account may book for the patient with the doctor.
    pub(super) fn may_book(&self, wish: Wish) -> bool {
        let is_their_patient = |doctor| {
            let with_them = |entry: &Entry| entry.doctor == doctor && entry.patient == wish.patient;
            self.entries.iter().any(|entry| with_them(entry) && !entry.is_cancelled())
        };
        match wish.by {
            By::Admin | By::Receptionist => true,
            By::Doctor(doctor) => doctor == wish.doctor && !wish.overridden && is_their_patient(doctor),
            By::Patient(_) => wish.by.acts_for().contains(&wish.patient),
        }
    }
}
