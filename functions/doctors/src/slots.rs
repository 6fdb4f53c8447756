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
use rounds_http::{Access, Authenticated, Dated, PathId, Problem, Read, Routes};
use schemars::JsonSchema;
use serde::Serialize;

/// A booked time. Doctors and Admins are told the Patient's id; that Doctor and Admins also the rest.
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
            .named("listSlots", "The booked times of a doctor's day", Access::ACCOUNTS)
            .description(
                "Patients are told the times alone, other Doctors also the Patient's id, and that Doctor and Admins \
                 also the appointment's id, its status and the Patient's name.",
            )
            .date()
            .list_response::<BookedTime>("The booked times, by start.")
    });
}

async fn slots(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    PathId(doctor): PathId<AccountId>,
    mut query: Dated,
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
    let told = if caller.account_type == AccountType::Patient { 0 } else { listing.shown(&booked) };
    let appointments = booked.iter().take(told).map(|booked| booked.id).collect();
    let read = Extension(Read { appointments, ..Read::default() });
    let place = |booked: &Booked| booked.start_at.timestamp();
    Ok((read, listing.answer(booked, place, |booked| slot(booked, doctor, &caller, &calendar))?).into_response())
}

fn slot(booked: Booked, doctor: AccountId, caller: &Caller, calendar: &Calendar) -> BookedTime {
    let in_charge = caller.is_admin() || caller.is(doctor);
    let staff = caller.account_type != AccountType::Patient;
    BookedTime {
        id: in_charge.then_some(booked.id),
        patient_id: staff.then_some(booked.patient_id),
        patient_name: in_charge.then_some(booked.patient_name),
        start_date: calendar.format(booked.start_at),
        duration: booked.duration,
        status: in_charge.then_some(booked.status),
    }
}
