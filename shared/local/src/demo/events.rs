//! The history of the demo clinic, as events in the order of time.

use chrono::TimeDelta;
use rounds_data::{
    Versions,
    appointments::{Change as StatusChange, NewState},
    bookings::{NewBooking, Reschedule},
    demo::{Change, Event},
    time_off::NewTimeOff,
};
use rounds_domain::{
    AccountType, AppointmentId, Calendar, ClinicChange, Interval, NewAccount, Plan, Reason, Status, Timestamp,
    WorkingHours,
};

use super::{
    Ids,
    appointments::{Appointment, Outcome, appointments, time_off},
    week::working_hours,
};

/// How long the clinic has existed.
const AGE: TimeDelta = TimeDelta::days(60);
/// Patients can cancel and reschedule until a day before the start.
const NOTICE: i64 = 24 * 60;
/// The appointments of the demo are the first of the clinic.
const FIRST_APPOINTMENT: i64 = 1;

/// Everything that the events refer to.
pub(super) struct Past {
    now: Timestamp,
    ids: Ids,
    accounts: Vec<NewAccount>,
    clinic: ClinicChange,
    /// The working hours of each doctor.
    hours: Vec<Vec<WorkingHours>>,
    time_off: Interval,
    time_off_reason: Reason,
    /// In the order of their ids.
    appointments: Vec<(AppointmentId, Appointment)>,
    versions: Versions,
}

fn clinic() -> Result<ClinicChange, String> {
    Ok(ClinicChange {
        name: Some("Harbour Street Clinic".parse()?),
        phone: Some(Some("+44 1632 960123".parse()?)),
        email: Some(Some("desk@rounds.example".parse()?)),
        address: Some(Some("12 Harbour Street, Whitmouth".parse()?)),
        patient_cancel_notice: Some(Some(NOTICE)),
        patient_reschedule_notice: Some(Some(NOTICE)),
        ..ClinicChange::default()
    })
}

impl Past {
    pub(super) fn new(
        ids: Ids,
        accounts: Vec<NewAccount>,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Result<Self, String> {
        let appointments = appointments(calendar, now)?.into_iter().zip(FIRST_APPOINTMENT..);
        let numbered = |(appointment, number): (Appointment, i64)| Ok((number.to_string().parse()?, appointment));
        Ok(Self {
            now,
            ids,
            accounts,
            clinic: clinic()?,
            hours: working_hours(),
            time_off: time_off(calendar, now),
            time_off_reason: "A conference".parse()?,
            appointments: appointments.map(numbered).collect::<Result<_, String>>()?,
            versions: Versions::any(),
        })
    }

    /// Returns the events in the order of their times.
    pub(super) fn events(&self) -> Vec<Event<'_>> {
        let mut events: Vec<Event<'_>> = self.opening().collect();
        for (id, appointment) in &self.appointments {
            events.extend(self.events_of(*id, appointment));
        }
        events.sort_by_key(|event| event.at);
        events
    }

    /// The clinic opens: its accounts, its policy and the working hours. Later a doctor takes time off.
    fn opening(&self) -> impl Iterator<Item = Event<'_>> {
        let opened = self.now - AGE;
        let by_admin = Some((self.ids.admin, AccountType::Admin));
        let registered = move |account| Event { at: opened, actor: by_admin, change: Change::Register(account) };
        let policy = Event { at: opened + TimeDelta::hours(1), actor: by_admin, change: Change::Clinic(&self.clinic) };
        let hours = self.ids.doctors.iter().zip(&self.hours).map(move |(doctor, hours)| Event {
            at: opened + TimeDelta::days(1),
            actor: Some((*doctor, AccountType::Doctor)),
            change: Change::WorkingHours(*doctor, hours),
        });
        let doctor = self.ids.doctors[1];
        let off = NewTimeOff { doctor, time: self.time_off, reason: Some(&self.time_off_reason), plan: &Plan::Keep };
        let time_off = Event {
            at: self.now - TimeDelta::days(20),
            actor: Some((doctor, AccountType::Doctor)),
            change: Change::TimeOff(off),
        };
        self.accounts.iter().map(registered).chain([policy]).chain(hours).chain([time_off])
    }

    /// An appointment is booked, and perhaps rescheduled, cancelled or marked.
    fn events_of<'a>(&'a self, id: AppointmentId, appointment: &'a Appointment) -> Vec<Event<'a>> {
        let doctor = self.ids.doctors[appointment.doctor];
        let patient = appointment.patient.map_or(self.ids.sam, |index| self.ids.patients[index]);
        let (by_doctor, by_patient) = ((doctor, AccountType::Doctor), (patient, AccountType::Patient));
        let Interval { start, end } = appointment.time;
        let set = |at, actor, state| Event {
            at,
            actor: Some(actor),
            change: Change::SetStatus(StatusChange { appointment: id, versions: &self.versions, state }),
        };
        let mut first_start = start;
        let later = match &appointment.outcome {
            Outcome::Booked => None,
            Outcome::Done => Some(set(end, by_doctor, NewState::Marked(Status::Done))),
            Outcome::NoShow => Some(set(end, by_doctor, NewState::Marked(Status::NoShow))),
            Outcome::Cancelled { by_patient: is_by_patient, reason } => {
                // Early enough for the notice of the policy.
                let at = (start - TimeDelta::hours(30)).min(self.now - TimeDelta::hours(1));
                let actor = if *is_by_patient { by_patient } else { by_doctor };
                Some(set(at, actor, NewState::Cancelled(Some(reason))))
            }
            Outcome::MovedFrom(from) => {
                first_start = *from;
                let moved =
                    Reschedule { appointment: id, versions: Versions::any(), doctor: None, start, duration: None };
                let at = self.now - TimeDelta::hours(20);
                Some(Event { at, actor: Some(by_doctor), change: Change::Reschedule(moved) })
            }
        };
        let book = Change::Book(NewBooking {
            doctor,
            patient,
            start: first_start,
            series: None,
            duration: Some((end - start).num_minutes()),
            type_id: None,
            note: None,
            override_reason: None,
            key: None,
        });
        let booked = Event { at: appointment.booked_at, actor: Some(by_patient), change: book };
        [booked].into_iter().chain(later).collect()
    }
}
