//! The rows of appointments.

use chrono::{NaiveDateTime, TimeDelta, Timelike, Utc};
use rounds_domain::{AccountId, Note, Timestamp, Zone, parse_timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    CountryCode, Decision, Mistakes, Outcome,
    api::{Api, Stop},
    person::{find_patient, is_same},
    table::Row,
};

pub(super) const COLUMNS: &[&str] = &[
    "id",
    "doctor_id",
    "doctor",
    "doctor_name",
    "provider",
    "patient_id",
    "patient_name",
    "customer_name",
    "patient_phone",
    "customer_phone",
    "patient_email",
    "customer_email",
    "patient_birth_date",
    "start_date",
    "start_datetime",
    "end",
    "end_date",
    "end_datetime",
    "duration",
    "type_id",
    "type",
    "type_name",
    "service",
    "note",
    "notes",
    "status",
];
/// The columns that name an appointment type.
pub(super) const TYPE_COLUMNS: &[&str] = &["type_id", "type", "type_name", "service"];
/// The states of appointments that do not take place any more, in lower case: of Rounds and of Easy!Appointments.
const NOT_BOOKED: [&str; 6] = ["cancelled", "canceled", "draft", "done", "noshow", "no_show"];
/// How long ago an appointment can have started, if staff books it.
const STAFF_START_LIMIT: TimeDelta = TimeDelta::minutes(60);

/// Reads rows as appointments, by the doctors, the types and the time zone of the clinic.
pub(super) struct Appointments {
    doctors: Vec<Doctor>,
    types: Vec<AppointmentType>,
    zone: Zone,
    country_code: Option<CountryCode>,
    now: Timestamp,
}

#[derive(Deserialize)]
struct Clinic {
    time_zone: String,
}

#[derive(Deserialize)]
struct Doctor {
    id: AccountId,
    name: String,
}

#[derive(Deserialize)]
struct AppointmentType {
    id: i64,
    name: String,
    duration: i64,
    active: bool,
}

impl Appointments {
    /// Reads what the rows need from the clinic. The types only if the file names any.
    pub(super) async fn read(api: &Api, has_types: bool, country_code: Option<CountryCode>) -> Result<Self, Stop> {
        let (clinic, _): (Clinic, _) = api.get("/clinic").await?;
        let zone = clinic.time_zone.parse().map_err(|error| Stop(format!("the clinic's time zone {error}")))?;
        let doctors = api.list("/doctors?limit=100").await?;
        let types = if has_types { api.list("/appointment_types").await? } else { Vec::new() };
        Ok(Self { doctors, types, zone, country_code, now: Utc::now() })
    }

    pub(super) async fn decide(&self, row: &Row, api: &Api) -> Result<Decision, Stop> {
        let status = row.get("status").map(str::to_lowercase);
        if status.is_some_and(|status| NOT_BOOKED.contains(&status.as_str())) {
            return Ok(Decision::Settled(Outcome::NotBooked));
        }
        let mut mistakes = Mistakes::default();
        let start = self.time(row, &["start_date", "start_datetime"], &mut mistakes);
        if start.is_none() && row.first(&["start_date", "start_datetime"]).is_none() {
            mistakes.add("start_date", "is missing");
        }
        if start.is_some_and(|start| start < self.now - STAFF_START_LIMIT) {
            return Ok(Decision::Settled(Outcome::InThePast));
        }
        let doctor = self.doctor(row).map_err(|detail| mistakes.add("doctor", detail)).ok();
        let length = self.length(row, start, &mut mistakes);
        let note = mistakes.parsed::<Note>("note", row.first(&["note", "notes"]));
        let patient = find_patient(row, api, self.country_code.as_ref(), &mut mistakes).await?;
        let body = || {
            let mut body = Map::new();
            let (member, value) = length?;
            body.insert("doctor_id".into(), json!(doctor?));
            body.insert("patient_id".into(), json!(patient?));
            body.insert("start_date".into(), json!(start?.format("%Y-%m-%dT%H:%M:%SZ").to_string()));
            body.insert(member.into(), json!(value));
            if let Some(note) = note {
                body.insert("note".into(), json!(note.as_str()));
            }
            Some(Value::Object(body))
        };
        let body = body();
        Ok(mistakes.finish(body).map_or_else(Decision::Settled, Decision::Send))
    }

    /// Reads a time: with a UTC offset, or of the clinic's wall clock.
    fn time(&self, row: &Row, columns: &[&str], mistakes: &mut Mistakes) -> Option<Timestamp> {
        let text = row.first(columns)?;
        let formats = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"];
        let wall = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
        let time = match wall {
            Some(wall) if wall.second() != 0 => Err("must be on a whole minute".to_owned()),
            Some(wall) => self.zone.first_at(wall).ok_or_else(|| {
                format!("must be a time that exists in the clinic's zone, {}: a clock change skips it", self.zone)
            }),
            None => parse_timestamp(text).map_err(|_| {
                "must be a time like 2030-05-17 09:30 in the clinic's zone, or like 2030-05-17T09:30:00+02:00"
                    .to_owned()
            }),
        };
        time.map_err(|detail| mistakes.add(columns[0], detail)).ok()
    }

    /// Finds the doctor by the id or the exact name.
    fn doctor(&self, row: &Row) -> Result<AccountId, String> {
        if let Some(id) = row.get("doctor_id") {
            return id.parse().map_err(|error| format!("{error}"));
        }
        let name = row.first(&["doctor", "doctor_name", "provider"]).ok_or("is missing")?;
        let mut found = self.doctors.iter().filter(|doctor| is_same(&doctor.name, name));
        match (found.next(), found.next()) {
            (Some(doctor), None) => Ok(doctor.id),
            (None, _) => Err(format!("{name} is not the name of an active doctor of the clinic")),
            _ => Err(format!("{name} is the name of several doctors: give their doctor_id")),
        }
    }

    /// Returns the member of the body that says how long the appointment takes, and its value.
    fn length(&self, row: &Row, start: Option<Timestamp>, mistakes: &mut Mistakes) -> Option<(&'static str, i64)> {
        let duration = match (row.get("duration"), self.time(row, &["end", "end_date", "end_datetime"], mistakes)) {
            (Some(minutes), _) => match minutes.parse::<i64>() {
                Ok(minutes) => Some(minutes),
                Err(_) => {
                    mistakes.add("duration", "must be a number of minutes");
                    None
                }
            },
            (None, Some(end)) => start.map(|start| (end - start).num_minutes()),
            (None, None) => None,
        };
        match self.appointment_type(row) {
            Err(detail) => {
                mistakes.add("type", detail);
                None
            }
            Ok(None) if duration.is_none() && row.first(&["duration", "end", "end_date", "end_datetime"]).is_none() => {
                mistakes.add("duration", "is missing: give a duration, an end or a type");
                None
            }
            Ok(None) => Some(("duration", duration?)),
            Ok(Some(of)) if duration.is_some_and(|duration| duration != of.duration) => {
                mistakes.add("duration", format!("differs from the {} minutes of the type {}", of.duration, of.name));
                None
            }
            Ok(Some(of)) => Some(("type_id", of.id)),
        }
    }

    /// Finds the type by the id or the name.
    fn appointment_type(&self, row: &Row) -> Result<Option<&AppointmentType>, String> {
        let Some(text) = row.first(TYPE_COLUMNS) else { return Ok(None) };
        let is_named = |of: &&AppointmentType| match row.get("type_id") {
            Some(id) => of.id.to_string() == id,
            None => of.active && is_same(&of.name, text),
        };
        let mut found = self.types.iter().filter(is_named);
        match (found.next(), found.next()) {
            (Some(found), None) => Ok(Some(found)),
            (None, _) => Err(format!("{text} is not an active appointment type of the clinic: create it first")),
            _ => Err(format!("{text} is the name of several types: give the type_id")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::table::tests::row, *};

    async fn decide(content: &str) -> Result<Value, Outcome> {
        let doctor = |id: &str, name: &str| Doctor { id: id.parse().unwrap(), name: name.to_owned() };
        let named = |id, name: &str, active| AppointmentType { id, name: name.to_owned(), duration: 45, active };
        let appointments = Appointments {
            doctors: vec![doctor("2", "Ngozi Okafor"), doctor("3", "Ann Lee"), doctor("4", "ann lee")],
            types: vec![named(1, "Check-up", true), named(2, "Old", false), named(3, "X", true), named(4, "x", true)],
            zone: "Europe/Berlin".parse().unwrap(),
            country_code: None,
            now: parse_timestamp("2030-03-01T10:00:00Z").unwrap(),
        };
        // No clinic is there, and none is needed for a row with the id of its patient.
        let api = Api::new("http://127.0.0.1:1", "token").unwrap();
        match appointments.decide(&row(COLUMNS, content), &api).await.unwrap() {
            Decision::Send(body) => Ok(body),
            Decision::Settled(outcome) => Err(outcome),
        }
    }

    #[tokio::test]
    async fn row_becomes_a_body() {
        let body = |member: &str, value: i64| json!({ "doctor_id": 2, "patient_id": 9, "start_date": "2030-03-07T08:30:00Z", member: value });
        for (content, expected) in [
            ("doctor,patient_id,start_date,duration\nNGOZI okafor,9,2030-03-07 09:30,30\n", body("duration", 30)),
            ("doctor_id,patient_id,start_date,end\n2,9,2030-03-07T08:30:00Z,2030-03-07 10:15\n", body("duration", 45)),
            ("doctor_id,patient_id,start_date,type\n2,9,2030-03-07T09:30,check-UP\n", body("type_id", 1)),
            ("doctor_id,patient_id,start_date,type_id,duration\n2,9,2030-03-07 09:30:00,2,45\n", body("type_id", 2)),
            (
                "provider,patient_id,start_datetime,end_datetime,service,status\n\
                 Ngozi Okafor,9,2030-03-07 09:30:00,2030-03-07 10:15:00,Check-up,Confirmed\n",
                body("type_id", 1),
            ),
        ] {
            assert_eq!(decide(content).await, Ok(expected), "{content}");
        }
        let with_note = "doctor_id,patient_id,start_date,duration,notes\n2,9,2030-03-07 09:30,30,Bring the card\n";
        assert_eq!(decide(with_note).await.unwrap()["note"], "Bring the card");
    }

    #[tokio::test]
    async fn past_and_cancelled_appointments_are_skipped() {
        let row = |start: &str, status: &str| {
            decide_owned(format!("doctor_id,patient_id,start_date,duration,status\n2,9,{start},30,{status}\n"))
        };
        assert!(row("2030-03-01T09:00:00Z", "").await.is_ok());
        assert_eq!(row("2030-03-01T08:59:00Z", "").await, Err(Outcome::InThePast));
        for status in ["Cancelled", "done", "NoShow", "Draft"] {
            assert_eq!(row("2030-03-07T09:00:00Z", status).await, Err(Outcome::NotBooked), "{status}");
        }
    }

    async fn decide_owned(content: String) -> Result<Value, Outcome> {
        decide(&content).await
    }

    #[tokio::test]
    async fn every_mistake_of_a_row_is_named() {
        for (content, details) in [
            (
                "doctor,patient_id,start_date,duration\nNobody,x,2030-03-07,half an hour\n",
                &["doctor Nobody is not", "patient_id must", "start_date must be a time", "duration must"][..],
            ),
            (
                "doctor,patient_id,start_date,type\nAnn Lee,9,2030-03-31 02:30,X\n",
                &[
                    "doctor Ann Lee is the name of several",
                    "start_date must be a time that exists in the clinic's zone, Europe/Berlin",
                    "type X is the name of several",
                ],
            ),
            (
                "doctor_id,patient_name,type,duration\n2,Ada,Check-up,30\n",
                &[
                    "start_date is missing",
                    "patient must be named by",
                    "duration differs from the 45 minutes of the type Check-up",
                ],
            ),
            (
                "doctor_id,patient_id,start_date,type\n2,9,2030-03-07 09:30:10,Old\n",
                &["start_date must be on a whole minute", "type Old is not an active"],
            ),
            ("doctor_id,patient_id,start_date\n2,9,2030-03-07 09:30\n", &["duration is missing"]),
        ] {
            let Err(Outcome::Refused(detail)) = decide(content).await else { panic!("{content}") };
            assert!(details.iter().all(|part| detail.contains(part)), "{detail}");
            assert_eq!(detail.split("; ").count(), details.len(), "{detail}");
        }
    }
}
