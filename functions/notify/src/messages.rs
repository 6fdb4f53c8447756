use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use rounds_data::{
    Database,
    messages::{self, Filter, Message},
};
use rounds_domain::{AccountId, AppointmentId, Calendar, MessageId, MessageKind, MessageState};
use rounds_http::{
    Access, AccessedData, Authenticated, Kind, NoInput, PathId, Problem, Query, RequestOrigin, Routes, id_schema,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

/// A message in a response.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Message")]
struct Body {
    id: MessageId,
    kind: MessageKind,
    /// The email or the phone number of the reader. `null` if there is none.
    to: Option<String>,
    /// The account that the message is for.
    reader_id: AccountId,
    reader_name: Option<String>,
    /// The appointment that it is about, or the first of them.
    appointment_id: Option<AppointmentId>,
    /// All appointments that it is about: a reminder names all of one day.
    appointment_ids: Vec<AppointmentId>,
    /// The Patient of the message.
    patient_id: Option<AccountId>,
    /// When it is, or was, to be sent.
    #[schemars(extend("format" = "date-time"))]
    due_at: String,
    state: MessageState,
    /// The number of attempts to send it.
    attempts: u32,
    /// Why the last attempt failed.
    last_error: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    sent_at: Option<String>,
}

impl Body {
    fn new(message: Message, calendar: &Calendar) -> Self {
        Self {
            id: message.id,
            kind: message.kind,
            to: message.to,
            reader_id: message.reader_id,
            reader_name: message.reader_name,
            appointment_id: message.appointment_ids.first().copied(),
            appointment_ids: message.appointment_ids,
            patient_id: message.patient_id,
            due_at: calendar.format(message.due_at),
            state: message.state,
            attempts: message.attempts,
            last_error: message.last_error,
            sent_at: message.sent_at.map(|at| calendar.format(at)),
        }
    }
}

pub(crate) fn routes(to: &mut impl Routes<crate::State>) {
    to.get("/messages", list, |route| {
        route
            .named("listMessages", "List messages to Patients and staff, newest first", Access::DESK)
            .description(
                "There is a message for each reader of a changed appointment. If several appointments of a reader are \
                 booked, moved or cancelled at once, their messages are sent as one mail. A message with the state \
                 `Call` could not be sent, because the reader has neither an email nor a phone that text messages can \
                 be sent to: call them. `Dropped` means that it was no longer true.",
            )
            .query("appointment_id", "Return only messages about this appointment.", id_schema())
            .query("patient_id", "Return only messages about this Patient.", id_schema())
            .query(
                "state",
                "Return only messages in this state.",
                json!({ "$ref": "#/components/schemas/MessageState" }),
            )
            .list_response::<Body>("The messages.")
    });
    to.post("/messages/{message_id}/retry", retry, |route| {
        route
            .named("retryMessage", "Try again to send a message", Access::DESK)
            .description(
                "The message leaves within two minutes, with the other messages of its mail. Possible while it is \
                 `Queued`, `Failed` or `Call`.",
            )
            .empty_response(202, "The message is queued.")
            .problem(Kind::MessageEnded)
    });
    to.post("/messages/{message_id}/done", done, |route| {
        route
            .named("finishMessage", "Note that the reader was told in another way", Access::DESK)
            .description("Possible while the message is `Failed` or `Call`. Doing it again changes nothing.")
            .empty_response(204, "Noted.")
            .problem(Kind::MessageEnded)
    });
}

async fn list(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    mut query: Query,
) -> Result<Response, Problem> {
    caller.must_be_desk()?;
    let listing = query.listing("messages");
    let input = query.input();
    let appointment = input.optional("appointment_id", str::parse);
    let (patient, state) = (input.optional("patient_id", str::parse), input.optional("state", str::parse));
    let filter = || Some(Filter { appointment: appointment?, patient: patient?, state: state? });
    let (listing, filter) = input.finish(listing.zip(filter()))?;

    let page = listing.page;
    let (messages, calendar) = database
        .in_calendar(
            &caller,
            |reader| async move { Ok((messages::list(&reader, &filter, page).await?, reader.calendar)) },
        )
        .await?;
    let read = messages.iter().take(listing.page_len(&messages));
    let accounts = read.map(|message| message.reader_id).filter(|reader| *reader != caller.account_id).collect();
    let accessed = AccessedData { accounts, ..AccessedData::default() };
    let response = listing.response(messages, |message| message.id.get(), |message| Body::new(message, &calendar))?;
    Ok((axum::Extension(accessed), response).into_response())
}

async fn retry(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<MessageId>,
    input: NoInput,
) -> Result<StatusCode, Problem> {
    caller.must_be_desk()?;
    input.finish()?;
    messages::retry(&database.writer(&caller, &origin), id).await?;
    Ok(StatusCode::ACCEPTED)
}

async fn done(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    PathId(id): PathId<MessageId>,
    input: NoInput,
) -> Result<StatusCode, Problem> {
    caller.must_be_desk()?;
    input.finish()?;
    messages::done(&database.writer(&caller, &origin), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
