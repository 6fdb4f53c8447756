use chrono::TimeDelta;
use serde::Deserialize;

use crate::{AccountId, AppointmentId, Booked, Booking, Interval, Schedule, Terms, Timestamp};

/// How long after the time off ends a free time is searched, in days.
const SEARCHED_DAYS: i64 = 31;

/// An appointment that time off of its doctor affects.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AffectedAppointment {
    /// The appointment's id.
    pub id: AppointmentId,
    /// From its start to its end, and the time that the doctor is busy.
    #[serde(flatten)]
    pub booked: Booked,
    /// The other appointments of its patient.
    pub patient_booked: Vec<Interval>,
    /// The doctors who offer its type. `None`: all.
    pub offered_by: Option<Vec<AccountId>>,
}

impl AffectedAppointment {
    /// When it starts.
    pub fn start(&self) -> Timestamp {
        self.booked.time.start
    }

    fn booking_at(&self, start: Timestamp) -> Booking {
        Booking { start, duration: self.booked.time.minutes() }
    }

    fn terms(&self) -> Terms {
        let Booked { time, busy } = self.booked;
        Terms {
            by_staff: true,
            buffer_before: (time.start - busy.start).num_minutes(),
            buffer_after: (busy.end - time.end).num_minutes(),
            ..Terms::default()
        }
    }

    /// Whether the appointment could be given to a colleague with this schedule at its present time. The schedule is for no
    /// specific patient.
    pub fn suits(&self, colleague: AccountId, schedule: &Schedule, now: Timestamp) -> bool {
        let is_offered = self.offered_by.as_ref().is_none_or(|doctors| doctors.contains(&colleague));
        let day = schedule.calendar.day_of(self.start());
        is_offered && schedule.can_be_booked(&self.terms(), &self.booking_at(self.start()), &day, now)
    }
}

impl Schedule {
    /// The end of the time for which a schedule must be complete to find the next free times after time off.
    pub fn searched_until(off: &Interval) -> Timestamp {
        off.end + TimeDelta::days(SEARCHED_DAYS + 1)
    }

    /// Returns the next free times for appointments that time off affects, in their order. Each time is used once.
    #[must_use]
    pub fn next_free(
        mut self,
        off: Interval,
        affected: &[AffectedAppointment],
        now: Timestamp,
    ) -> Vec<Option<Timestamp>> {
        self.time_off.push(off);
        self.booked.retain(|booked| affected.iter().all(|affected| affected.booked != *booked));
        let until = Self::searched_until(&off);
        let mut next = Vec::with_capacity(affected.len());
        for appointment in affected {
            self.terms = appointment.terms();
            self.patient_booked.clone_from(&appointment.patient_booked);
            let days = self.calendar.days_from(self.calendar.day_of(appointment.start()));
            let duration = appointment.booked.time.minutes();
            let start = days
                .take_while(|day| day.start < until)
                .find_map(|day| self.starts(&day, duration, now).find(|start| *start > appointment.start()));
            if let Some(start) = start {
                let moved = start - appointment.start();
                let shifted = |time: Interval| Interval { start: time.start + moved, end: time.end + moved };
                let Booked { time, busy } = appointment.booked;
                let booked = Booked { time: shifted(time), busy: shifted(busy) };
                let position = self.booked.partition_point(|other| other.time.start < start);
                self.booked.insert(position, booked);
            }
            next.push(start);
        }
        next
    }
}
