use std::collections::{BinaryHeap, HashMap};

use axum::{extract::State, response::Response};
use rounds_data::{
    Database, Error, Page, Reader,
    schedules::{self, Doctors, Schedules},
};
use rounds_domain::{AccountId, Calendar, Caller, Day, Timestamp};
use rounds_http::{Access, Bearer, DayQuery, Kind, Now, Problem, Routes, id_schema};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::{
    range::{Range, all_violations, allowed_duration, days_schema, duration_schema, number},
    target::{PATIENT, TYPE, Target},
};

/// A slot with its doctor.
#[derive(Serialize, JsonSchema)]
pub(crate) struct DoctorSlot {
    doctor_id: AccountId,
    #[schemars(extend("format" = "date-time"))]
    start_date: String,
    duration: i64,
}

/// The largest `per_doctor`.
const MOST_PER_DOCTOR: usize = 100;

pub(crate) fn routes(to: &mut impl Routes<Database>) {
    to.get("/availability", list, |route| {
        let per_doctor = "Return only the first slots of each doctor on the requested days: at most this many. With 1, \
                          the list has one row for each doctor, soonest first.";
        route
            .named("listAllAvailability", "List the slots of all doctors", Access::OPTIONAL_TOKEN)
            .description(
                "For a Patient with a token, starts that overlap one of their own appointments are left out. A next \
                 page continues with the slots as they are then.",
            )
            .date()
            .query("days", "The number of days, starting with `date`.", days_schema())
            .query("duration", "The duration in minutes, within the clinic's policy.", duration_schema())
            .query("type_id", TYPE, id_schema())
            .query("patient_id", PATIENT, id_schema())
            .query(
                "specialty",
                "Return only slots of doctors with this specialty. Case, accents and strokes are ignored.",
                json!({ "type": "string" }),
            )
            .query("per_doctor", per_doctor, json!({ "type": "integer", "minimum": 1, "maximum": MOST_PER_DOCTOR }))
            .list_response::<DoctorSlot>("The slots, ordered by start, then by the doctor's id.")
            .problem(Kind::Forbidden)
            .problem(Kind::NotFound)
    });
}

/// Lists the slots of all doctors, ordered by start, then by the doctor's id.
async fn list(
    State(database): State<Database>,
    Bearer(caller): Bearer,
    Now(now): Now,
    mut query: DayQuery,
) -> Result<Response, Problem> {
    let range = Range::read(&mut query);
    let listing = query.0.listing("availability");
    let input = query.0.input();
    let specialty = input.optional("specialty", |text| Ok(text.to_owned()));
    let per_doctor = number(input, "per_doctor", MOST_PER_DOCTOR);
    let target = Target::read(input);
    let read = range.zip(listing).zip(specialty.zip(per_doctor)).zip(target);
    let (((range, listing), (specialty, per_doctor)), target) = match input.finish(read) {
        Ok(read) => read,
        Err(error) => return Err(all_violations(error, &mut query, &database).await.into()),
    };

    let (database, caller, specialty) = (&database, caller.as_ref(), specialty.as_deref());
    target.purpose(caller, now)?;
    let page = listing.page;
    let ((slots, duration), calendar) = database
        .in_calendar_for_anyone(|calendar| async move {
            let search = Search { database, caller, calendar, range, target, specialty, per_doctor, page, now };
            Ok((search.run().await?, calendar))
        })
        .await?;
    listing.response(
        slots,
        |(start, doctor)| (start.timestamp(), doctor.get()),
        |(start, doctor_id)| DoctorSlot { doctor_id, start_date: calendar.format(start), duration },
    )
}

/// A start and its doctor, in the order of the list.
type Start = (Timestamp, AccountId);

#[derive(Clone, Copy)]
struct Search<'a> {
    database: &'a Database,
    caller: Option<&'a Caller>,
    calendar: Calendar,
    range: Range,
    target: Target,
    specialty: Option<&'a str>,
    per_doctor: Option<usize>,
    page: Page<(i64, i64)>,
    now: Timestamp,
}

/// The result of reading some days.
struct DaysRead {
    /// The duration of the slots.
    duration: i64,
    /// How many days were read.
    days: usize,
    /// The earliest starts on them, in order: at most one more than a page has.
    starts: Vec<Start>,
    /// Whether the next days can have more.
    has_more: bool,
}

/// The earliest starts: at most one more than a page has.
struct Earliest {
    limit: i64,
    /// A max-heap: the latest start is removed if there are too many.
    starts: BinaryHeap<Start>,
}

impl Earliest {
    /// Adds a start. Returns `false` if it is later than a full page.
    fn add(&mut self, start: Start) -> bool {
        if self.starts.len() as i64 > self.limit {
            if self.starts.peek().is_some_and(|latest| *latest < start) {
                return false;
            }
            self.starts.pop();
        }
        self.starts.push(start);
        true
    }
}

impl Search<'_> {
    /// Returns the starts on the page, and at least one more if there is a next page, with their duration. Reads a few
    /// days at a time.
    async fn run(&self) -> Result<(Vec<Start>, i64), Error> {
        let days: Vec<Day> =
            self.calendar.days_from(self.calendar.day(self.range.date)?).take(self.range.days).collect();
        let mut days = &days[self.days_to_skip(&days)..];
        let (mut starts, mut found, mut duration) = (Vec::new(), HashMap::new(), 0);
        while !days.is_empty() && starts.len() as i64 <= self.page.limit {
            let read = self.read_days(days, &mut found).await?;
            starts.extend(read.starts);
            duration = read.duration;
            days = if read.has_more { &days[read.days..] } else { &[] };
        }
        Ok((starts, duration))
    }

    /// Returns how many of the days are not read because they are on earlier pages: none if the slots of each doctor have
    /// to be counted from the first day.
    fn days_to_skip(&self, days: &[Day]) -> usize {
        match (self.per_doctor, self.page.after) {
            (None, Some((after, _))) => {
                days.iter().take_while(|day| day.end.timestamp() <= after).count().min(days.len() - 1)
            }
            _ => 0,
        }
    }

    /// Returns whether a start is after the page's cursor.
    fn is_after_cursor(&self, (start, doctor): &Start) -> bool {
        self.page.after.is_none_or(|after| (start.timestamp(), doctor.get()) > after)
    }

    /// Reads the first of these days. `found` counts the slots of each doctor from the first requested day on.
    async fn read_days(&self, mut days: &[Day], found: &mut HashMap<AccountId, usize>) -> Result<DaysRead, Error> {
        let (mut after, mut has_more) = (0, false);
        let mut earliest = Earliest { limit: self.page.limit, starts: BinaryHeap::new() };
        let most = self.per_doctor.unwrap_or(usize::MAX);
        loop {
            let (type_id, patient) = (self.target.type_id, self.target.patient(self.caller));
            let doctors = Doctors { days, specialty: self.specialty, type_id, patient, after };
            let read = self.schedules(doctors).await?;
            self.target.must_be_allowed(self.caller, read.relation)?;
            let by_staff = self.caller.is_some_and(Caller::is_staff);
            let duration = self.target.duration(self.range.duration, read.r#type.as_ref(), by_staff)?;
            allowed_duration(&read.policy, duration)?;
            days = &days[..read.days];
            for doctor in &read.doctors {
                let found = found.entry(doctor.doctor_id).or_default();
                let free = days.iter().flat_map(|day| doctor.schedule.starts(day, duration, self.now));
                for start in free.take(most - *found).map(|start| (start, doctor.doctor_id)) {
                    *found += 1;
                    if self.is_after_cursor(&start) && !earliest.add(start) {
                        // The page is full. All following starts of this doctor are later still.
                        break;
                    }
                }
                has_more |= *found < most;
            }
            match read.next {
                Some(next) => after = next,
                None => {
                    let starts = earliest.starts.into_sorted_vec();
                    return Ok(DaysRead { duration, days: days.len(), starts, has_more });
                }
            }
        }
    }

    async fn schedules(&self, doctors: Doctors<'_>) -> Result<Schedules, Error> {
        match self.caller {
            Some(caller) => {
                let reader = Reader { database: self.database, caller, calendar: self.calendar };
                schedules::schedules(&reader, doctors).await
            }
            None => schedules::public_schedules(self.database, &self.calendar, doctors).await,
        }
    }
}
