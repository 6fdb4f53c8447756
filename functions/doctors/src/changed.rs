use rounds_data::plans::ChangedAppointment;
use rounds_domain::{AccountId, AppointmentId, Calendar, Plan, Status};
use schemars::JsonSchema;
use serde::Serialize;

/// The appointments that a plan has changed, in order of start. The members are absent if the request has no `appointments`.
#[derive(Default, Serialize, JsonSchema)]
pub(crate) struct ChangedAppointments {
    /// The appointments that were cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled: Option<Vec<AppointmentId>>,
    /// The appointments that were rescheduled.
    #[serde(skip_serializing_if = "Option::is_none")]
    rescheduled: Option<Vec<Rescheduled>>,
}

#[derive(Serialize, JsonSchema)]
struct Rescheduled {
    id: AppointmentId,
    doctor_id: AccountId,
    #[schemars(extend("format" = "date-time"))]
    start_date: String,
}

impl ChangedAppointments {
    pub(crate) fn new(plan: &Plan, appointments: &[ChangedAppointment], calendar: &Calendar) -> Self {
        if !plan.changes_appointments() {
            return Self::default();
        }
        let (cancelled, rescheduled): (Vec<_>, Vec<_>) =
            appointments.iter().partition(|appointment| appointment.status == Status::Cancelled);
        let rescheduled = rescheduled.into_iter().map(|appointment| Rescheduled {
            id: appointment.id,
            doctor_id: appointment.doctor_id,
            start_date: calendar.format(appointment.start_at),
        });
        Self {
            cancelled: Some(cancelled.into_iter().map(|appointment| appointment.id).collect()),
            rescheduled: Some(rescheduled.collect()),
        }
    }
}
