use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use rounds_data::{
    Database,
    patients::{self, Filter},
};
use rounds_domain::{self as domain, BirthDate, ListedPatient, patient_words};
use rounds_http::{Access, AccessedData, Actor, Authenticated, Problem, Query, RequestOrigin, Routes, Sample};
use serde_json::json;

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/patients", list, |route| {
        let access = Access::only(
            "Receptionists, Admins, and Doctors, who see their own patients",
            &[Actor::Receptionist, Actor::Admin, Actor::Doctor, Actor::OtherDoctor],
        );
        route
            .named("listPatients", "Find patients, ordered by id", access)
            .description(
                "The patients of a Doctor are those who have or had an appointment with them that was not cancelled. \
                 Patients who were merged into others are left out.",
            )
            .query(
                "q",
                "Search words. Each of them must occur in the name, the email, the phone number or the birth date. Case, \
                 accents and strokes are ignored. A word of digits is compared with the phone number without its leading \
                 zeros: `030` finds `+4930…`.",
                json!({ "type": "string" }),
            )
            .query(
                "birth_date",
                "Return only patients with this birth date.",
                json!({ "type": "string", "format": "date" }),
            )
            .list_response::<ListedPatient>("The patients.")
            .sample(Sample::query("q=ada%20030"))
    });
}

async fn list(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    mut query: Query,
) -> Result<Response, Problem> {
    if !caller.is_staff() {
        return Err(domain::Error::Forbidden("Only the staff may do this. Patients: GET /me/patients.").into());
    }
    let listing = query.listing("patients");
    let input = query.input();
    let q = input.optional("q", |q| Ok(patient_words(q)));
    let birth_date = input.optional("birth_date", |text| BirthDate::parse(text, origin.at));
    let filter = || Some(Filter { words: q?.unwrap_or_default(), birth_date: birth_date? });
    let (listing, filter) = input.finish(listing.zip(filter()))?;

    let patients = patients::list(&database, &caller, &filter, listing.page).await?;
    let accounts = patients.iter().take(listing.page_len(&patients)).map(|patient| patient.id).collect();
    let accessed = Extension(AccessedData { accounts, ..AccessedData::default() });
    let position = |patient: &ListedPatient| patient.id.get();
    Ok((accessed, listing.response(patients, position, |patient| patient)?).into_response())
}
