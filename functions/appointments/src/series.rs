use axum::{
    Extension, Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use rounds_data::{
    ATTEMPTS, Database, Error, Writer,
    schedules::EarlierBooking,
    series::{self, InSeries},
};
use rounds_domain::{self as domain, AppointmentId, Calendar, Interval, Refusal, Series, Timestamp};
use rounds_http::{
    Authenticated, CountedEvent, IdempotencyKey, Input, JsonBody, Kind, PartProblem, Problem, RequestOrigin, Routes,
    Sample,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    book::idempotent,
    book_for_patient::{self, STAFF, must_be_staff},
    booking::{Read, Requested, schedule_interval},
};

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.post("/appointments/series", book, |route| {
        let route = route
            .named("bookSeries", "Book a series of appointments for a patient", STAFF)
            .description(
                "The appointments have the same weekday and the same wall-clock time in the clinic's time zone. Each follows \
                 the rules of `POST /appointments`. With `dry_run`, nothing is booked, and the answer says for each why it \
                 cannot be booked. Otherwise all of them are booked in one change, or none. With `skip_conflicts`, all that \
                 can be booked are. A retry with the same `Idempotency-Key` returns the appointments that were booked.",
            )
            .body(body_schema())
            // Late in the day, when samples of other routes on later days book nothing.
            .sample(Sample::body(json!({
                "doctor_id": "{doctor_id}", "patient_id": "{patient_id}", "start_date": "{day}T17:15:00+01:00",
                "duration": 15, "every_weeks": 1, "count": 2,
            })))
            .response::<Vec<Occurrence>>(200, "With `dry_run`: the appointments of the series, in order of start.")
            .response::<Vec<Booked>>(201, "The appointments of the series, in order of start.")
            .problem(Kind::SeriesRefused)
            .problem(Kind::InvalidBooking)
            .problem(Kind::NotFound)
            .problem(Kind::Contended);
        idempotent(route)
    });
}

fn body_schema() -> Value {
    let mut schema = book_for_patient::body_schema();
    schema["required"] = json!(["doctor_id", "patient_id", "start_date", "every_weeks", "count"]);
    let within = |range: &std::ops::RangeInclusive<i64>, about: &str| json!({ "type": "integer", "minimum": range.start(), "maximum": range.end(), "description": about });
    let boolean = |about: &str| json!({ "type": ["boolean", "null"], "description": about });
    let properties = [
        ("every_weeks", within(&Series::EVERY_WEEKS, "From one appointment to the next, in weeks.")),
        ("count", within(&Series::COUNT, "How many appointments the series has.")),
        ("skip_conflicts", boolean("Whether appointments that cannot be booked are left out.")),
        ("dry_run", boolean("Whether nothing is booked.")),
    ];
    for (name, property) in properties {
        schema["properties"][name] = property;
    }
    schema
}

/// An appointment of a series that is not booked yet.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Occurrence")]
struct Occurrence {
    #[schemars(extend("format" = "date-time"))]
    start_date: String,
    /// Why it cannot be booked. `null` if it can.
    #[schemars(with = "Option<PartProblem>")]
    problem: Option<Value>,
}

/// An appointment of a series that was booked, or left out.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BookedOccurrence")]
struct Booked {
    /// `null` if it was left out.
    appointment_id: Option<AppointmentId>,
    #[serde(flatten)]
    occurrence: Occurrence,
}

/// Books a series, or only checks it.
async fn book(
    State(database): State<Database>,
    Authenticated(caller): Authenticated,
    RequestOrigin(origin): RequestOrigin,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(mut input): JsonBody,
) -> Result<Response, Problem> {
    must_be_staff(&caller)?;
    let writer = database.writer(&caller, &origin);
    let (series, dry_run) = (read_series(&mut input), input.optional_boolean("dry_run"));
    let first = book_for_patient::read(&mut input, &writer, key).await?;
    let (series, dry_run) = input.finish(series.zip(dry_run))?;
    let requested = RequestedSeries { first: Requested { series: Some(series), ..first }, series };
    if dry_run == Some(true) {
        return requested.dry_run(&writer).await;
    }
    if series.skip_conflicts { requested.book_free(&writer).await } else { requested.book_all(&writer).await }
}

fn read_series(input: &mut Input) -> Option<Series> {
    let every_weeks = input.integer_within("every_weeks", Series::EVERY_WEEKS);
    let count = input.integer_within("count", Series::COUNT);
    let skip_conflicts = input.optional_boolean("skip_conflicts");
    Some(Series { every_weeks: every_weeks?, count: count?, skip_conflicts: skip_conflicts? == Some(true) })
}

struct RequestedSeries {
    first: Requested,
    series: Series,
}

/// The starts of a series, and why each cannot be booked, if so.
struct Checked {
    calendar: Calendar,
    starts: Vec<(Timestamp, Option<Refusal>)>,
}

/// What [`RequestedSeries::check`] finds.
enum Found {
    Earlier(EarlierBooking),
    Checked(Checked),
}

impl RequestedSeries {
    async fn dry_run(self, writer: &Writer<'_>) -> Result<Response, Problem> {
        let unkeyed = Self { first: Requested { key: None, ..self.first }, ..self };
        match unkeyed.check(writer).await? {
            Found::Checked(checked) => Ok(Json(checked.occurrences()).into_response()),
            Found::Earlier(_) => Err(Problem::internal("a booking without a key was found")),
        }
    }

    /// Books all appointments of the series. If one of them cannot be booked, it books none.
    async fn book_all(&self, writer: &Writer<'_>) -> Result<Response, Problem> {
        for _ in 0..ATTEMPTS {
            let calendar = writer.database.calendar().await?;
            let free = Checked::all_free(calendar, self.series.starts(&calendar, self.first.start));
            if let Some(response) = self.change(writer, &free).await? {
                return Ok(response);
            }
            match self.check(writer).await? {
                Found::Earlier(earlier) => return replay(writer, &earlier).await,
                Found::Checked(checked) if !checked.is_free() => return Err(checked.refused()),
                Found::Checked(_) => {}
            }
        }
        Err(Error::Contended.into())
    }

    /// Books those appointments of the series that can be booked.
    async fn book_free(&self, writer: &Writer<'_>) -> Result<Response, Problem> {
        for _ in 0..ATTEMPTS {
            let checked = match self.check(writer).await? {
                Found::Earlier(earlier) => return replay(writer, &earlier).await,
                Found::Checked(checked) => checked,
            };
            if checked.free().is_empty() {
                return Err(checked.refused());
            }
            if let Some(response) = self.change(writer, &checked).await? {
                return Ok(response);
            }
        }
        Err(Error::Contended.into())
    }

    /// Books the free ones of the series in one change. `None` if the database refused one of them.
    async fn change(&self, writer: &Writer<'_>, checked: &Checked) -> Result<Option<Response>, Error> {
        let free = checked.free();
        let booked = series::book(writer, &self.first.new_booking(), &free, &checked.calendar).await?;
        Ok(booked.map(|booked| {
            let counted = Extension(CountedEvent::Bookings(booked.len() as u64));
            (StatusCode::CREATED, counted, Json(checked.booked(booked))).into_response()
        }))
    }

    /// Checks each appointment of the series as of now. Everything that does not depend on the start is an error of the whole
    /// series.
    async fn check(&self, writer: &Writer<'_>) -> Result<Found, Error> {
        let starts = |calendar: &Calendar| self.series.starts(calendar, self.first.start);
        let last = starts(&writer.database.calendar().await?).into_iter().max().unwrap_or(self.first.start);
        let time = Interval { start: schedule_interval(self.first.start).start, end: schedule_interval(last).end };
        let found = match self.first.read(writer, None, time).await? {
            Read::Earlier(earlier) => return Ok(Found::Earlier(earlier)),
            Read::Schedule(found) => found,
        };
        // The calendar that was cached may be older.
        let calendar = found.schedule.calendar;
        let refusal = |start| found.schedule.check(&self.first.at(start, &found), writer.origin.at).err();
        let starts = starts(&calendar).into_iter().map(|start| (start, refusal(start))).collect();
        Ok(Found::Checked(Checked { calendar, starts }))
    }
}

impl Checked {
    fn all_free(calendar: Calendar, starts: Vec<Timestamp>) -> Self {
        Self { calendar, starts: starts.into_iter().map(|start| (start, None)).collect() }
    }

    fn is_free(&self) -> bool {
        self.starts.iter().all(|(_, refusal)| refusal.is_none())
    }

    fn free(&self) -> Vec<Timestamp> {
        self.starts.iter().filter(|(_, refusal)| refusal.is_none()).map(|(start, _)| *start).collect()
    }

    fn occurrences(&self) -> Vec<Occurrence> {
        let problem =
            |refusal: Refusal| Problem::from(domain::Error::NotBookable(refusal, self.calendar)).into_member();
        let occurrence = |(start, refusal): &(Timestamp, Option<Refusal>)| Occurrence {
            start_date: self.calendar.format(*start),
            problem: refusal.clone().map(problem),
        };
        self.starts.iter().map(occurrence).collect()
    }

    /// Returns the occurrences with the appointments of the free ones, which are in the same order.
    fn booked(&self, appointments: Vec<AppointmentId>) -> Vec<Booked> {
        let mut appointments = appointments.into_iter();
        let booked = |occurrence: Occurrence| Booked {
            appointment_id: if occurrence.problem.is_none() { appointments.next() } else { None },
            occurrence,
        };
        self.occurrences().into_iter().map(booked).collect()
    }

    fn refused(&self) -> Problem {
        Problem::series_refused(json!(self.occurrences()))
    }
}

/// Returns the response to a retry: the appointments that were booked, at their present starts.
async fn replay(writer: &Writer<'_>, earlier: &EarlierBooking) -> Result<Response, Problem> {
    let (appointments, calendar) = series::find(writer, earlier.id).await?;
    let booked = |InSeries { id, start }: InSeries| Booked {
        appointment_id: Some(id),
        occurrence: Occurrence { start_date: calendar.format(start), problem: None },
    };
    let booked: Vec<_> = appointments.into_iter().map(booked).collect();
    Ok((StatusCode::CREATED, [("idempotency-replayed", "true")], Json(booked)).into_response())
}
