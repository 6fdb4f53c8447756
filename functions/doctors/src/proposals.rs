//! Proposals for the appointments that time off affects.

use rounds_data::{
    Error, Reader, Writer, plans,
    schedules::{self, DoctorSchedule, Doctors, Purpose, Scope},
};
use rounds_domain::{AccountId, AppointmentId, Calendar, Day, Interval, Schedule};
use schemars::JsonSchema;
use serde::Serialize;

/// The maximum number of days for whose appointments colleagues are proposed.
const DAYS_WITH_COLLEAGUES: usize = 31;

/// What can be done with an appointment in the time off.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Proposal {
    id: AppointmentId,
    /// The doctor's next free time. Each proposal has another one. `null` if there is none within 31 days after the time off.
    #[schemars(extend("format" = "date-time"))]
    next_start_date: Option<String>,
    /// The doctors who are free at the appointment's present time.
    colleagues: Vec<Colleague>,
}

#[derive(Clone, Serialize, JsonSchema)]
struct Colleague {
    doctor_id: AccountId,
    name: String,
}

/// Returns a proposal for each appointment that time off of a doctor would affect, in order of start.
pub(crate) async fn proposals(
    writer: &Writer<'_>,
    doctor: AccountId,
    off: Interval,
    calendar: Calendar,
) -> Result<Vec<Proposal>, Error> {
    let now = writer.origin.at;
    let affected = plans::affected(writer, doctor, off).await?;
    let Some(first) = affected.first() else { return Ok(Vec::new()) };
    let time = Interval { start: first.start(), end: Schedule::searched_until(&off) };
    let scope = Scope { doctor, time, purpose: Purpose::show(None, now) };
    let schedule = schedules::schedule(writer.database, writer.caller, scope).await?.schedule;
    let next = schedule.next_free(off, &affected, now);

    let reader = Reader { database: writer.database, caller: writer.caller, calendar };
    let mut on_day: Option<(Day, Vec<DoctorSchedule>)> = None;
    let (mut days_read, mut proposals) = (0, Vec::with_capacity(affected.len()));
    for (appointment, next) in affected.iter().zip(next) {
        let day = calendar.day_of(appointment.start());
        if on_day.as_ref().is_none_or(|(read, _)| *read != day) {
            days_read += 1;
            let doctors = if days_read > DAYS_WITH_COLLEAGUES { Vec::new() } else { doctors_on(&reader, &day).await? };
            on_day = Some((day, doctors));
        }
        let doctors = on_day.iter().flat_map(|(_, doctors)| doctors);
        let suits = |other: &&DoctorSchedule| {
            other.doctor_id != doctor && appointment.suits(other.doctor_id, &other.schedule, now)
        };
        let colleagues = doctors.filter(suits).map(Colleague::from).collect();
        let next_start_date = next.map(|start| calendar.format(start));
        proposals.push(Proposal { id: appointment.id, next_start_date, colleagues });
    }
    Ok(proposals)
}

/// Returns all active doctors with their schedules on a day.
async fn doctors_on(reader: &Reader<'_>, day: &Day) -> Result<Vec<DoctorSchedule>, Error> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let days = std::slice::from_ref(day);
        let doctors = Doctors { days, specialty: None, type_id: None, patient: None, after };
        let read = schedules::schedules(reader, doctors).await?;
        all.extend(read.doctors);
        match read.next {
            Some(next) => after = next,
            None => return Ok(all),
        }
    }
}

impl From<&DoctorSchedule> for Colleague {
    fn from(doctor: &DoctorSchedule) -> Self {
        Self { doctor_id: doctor.doctor_id, name: doctor.name.clone() }
    }
}
