use axum::{extract::State, response::Response};
use rounds_data::{
    Database,
    appointments::{Change, NewState},
};
use rounds_domain::{AppointmentId, Note};
use rounds_http::{
    Access, Authenticated, IfMatch, JsonBody, Kind, PathId, Problem, RequestOrigin, Routes, Sample,
    optional_text_schema,
};
use serde_json::json;

use crate::{
    body,
    change::{change, error_of_invalid_input, if_match},
    show::SEES,
};

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.patch("/appointments/{appointment_id}", note, |route| {
        let access = Access::only("its Doctor, its patient, the patient's guardians, Receptionists and Admins", &SEES);
        let route = route
            .named("changeNote", "Change the note of an appointment", access)
            .description("`null` removes the note. The note of a cancelled appointment cannot be changed.")
            .body(json!({
                "type": "object",
                "required": ["note"],
                "properties": { "note": optional_text_schema(Note::LONGEST, true) },
            }))
            .sample(Sample::body(json!({ "note": "Brings a letter of the hospital." })))
            .problem(Kind::AppointmentCancelled)
            .problem(Kind::Contended);
        body::describe(if_match(route), "The appointment.")
    });
}

async fn note(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<AppointmentId>,
    IfMatch(versions): IfMatch,
    JsonBody(mut input): JsonBody,
) -> Result<Response, Problem> {
    input.require("note");
    let note = input.optional("note", str::parse::<Note>);
    let writer = database.writer(&caller, &origin);
    let noted = |note| Change { appointment: id, versions: &versions, state: NewState::Noted(note) };
    match input.finish(note) {
        Ok(note) => change(&writer, &noted(note.as_ref())).await,
        Err(invalid) => Err(error_of_invalid_input(&writer, &noted(None), invalid).await.into()),
    }
}
