use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use rounds_data::{
    Database,
    doctors::{self, Booked},
};
use rounds_domain::{AccountId, AccountType, AppointmentId, Calendar, Caller, Status};
use rounds_http::{Access, AccessedData, Authenticated, DayQuery, PathId, Problem, Routes};
use schemars::JsonSchema;
use serde::Serialize;

/// A booked time. `patient_id` is `null` for Patients. `id`, `patient_name` and `status` are `null` for everybody
/// except that Doctor and Admins.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BookedTime")]
pub(crate) struct BookedTime {
    id: Option<AppointmentId>,
    patient_id: Option<AccountId>,
    patient_name: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    start_date: String,
    duration: i64,
    status: Option<Status>,
}

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/doctors/{doctor_id}/slots", slots, |route| {
        route
            .named("listSlots", "List the booked times of a doctor on a day", Access::ACCOUNTS)
            .description(
                "Patients see only the times. Other Doctors also see the Patient's id. That Doctor and Admins also see \
                 the appointment's id, its status and the Patient's name.",
            )
            .date()
            .list_response::<BookedTime>("The booked times, ordered by start.")
    });
}

async fn slots(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    PathId(doctor): PathId<AccountId>,
    mut query: DayQuery,
) -> Result<Response, Problem> {
    let (date, listing) = (query.date(), query.0.listing("slots"));
    let (date, listing) = query.0.input().finish(date.zip(listing))?;

    let page = listing.page;
    let (calendar, booked) = database
        .in_calendar(&caller, |reader| async move {
            let booked = doctors::booked(&reader, doctor, &reader.calendar.day(date)?, page).await?;
            Ok((reader.calendar, booked))
        })
        .await?;
    // Patients see no personal data, so nothing is logged.
    let logged = if caller.account_type == AccountType::Patient { 0 } else { listing.page_len(&booked) };
    let appointments = booked.iter().take(logged).map(|booked| booked.id).collect();
    let accessed = Extension(AccessedData { appointments, ..AccessedData::default() });
    let position = |booked: &Booked| booked.start_at.timestamp();
    Ok((accessed, listing.response(booked, position, |booked| booked_time(booked, doctor, &caller, &calendar))?)
        .into_response())
}

fn booked_time(booked: Booked, doctor: AccountId, caller: &Caller, calendar: &Calendar) -> BookedTime {
    let sees_all = caller.is_desk() || caller.is(doctor);
    let sees_patient_id = caller.account_type != AccountType::Patient;
    BookedTime {
        id: sees_all.then_some(booked.id),
        patient_id: sees_patient_id.then_some(booked.patient_id),
        patient_name: sees_all.then_some(booked.patient_name),
        start_date: calendar.format(booked.start_at),
        duration: booked.duration,
        status: sees_all.then_some(booked.status),
    }
}
