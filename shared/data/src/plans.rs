//! Changes that affect booked appointments, and the plan of what happens to these.
//!
//! Such a change is one transaction: the steps of the plan, then the change itself. A trial makes the same steps one by one
//! and rolls them back. So it shows exactly what the change would do, and which appointment prevents it.

use rounds_domain::{
    self as domain, AccountId, AffectedAppointment, AppointmentId, Calendar, Interval, Obstacle, Plan, PlanConflict,
    PlanStep, PlannedChange, Reason, Schedule, Status, Timestamp,
};
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::json;

use crate::{
    ATTEMPTS, Error, Statement, Writer,
    clinic::ClinicRow,
    days,
    error::Failure,
    operations::{self, BEGIN, Change},
    rule::Rule,
    schedules::LONGEST,
    statement::{ChangeSteps, Tried, Values, caller_values, statements, values},
};

statements! {
    TAKE_STEPS = "plans/take_steps";
    TAKE_REST = "plans/take_rest";
    IN_THE_WAY = "plans/in_the_way";
    RESULT = "plans/result";
    AFFECTED = authenticated "plans/affected";
}

/// The appointments that a change affects, and what happens to them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Affected<'a> {
    /// Their doctor or their patient. `None`: all appointments.
    pub person: Option<AccountId>,
    /// The time that they overlap.
    pub time: Interval,
    /// What happens to them.
    pub plan: &'a Plan,
    /// The reason of the cancellations.
    pub reason: Option<&'a Reason>,
    /// Whether appointments that have started prevent the change.
    pub started_prevent: bool,
}

#[derive(Deserialize)]
struct ResultRow<I> {
    clinic: ClinicRow,
    row_id: I,
    appointments: Vec<ChangedAppointment>,
}

/// An appointment that a plan has changed.
#[derive(Clone, Debug, Deserialize)]
pub struct ChangedAppointment {
    /// The appointment's id.
    pub id: AppointmentId,
    /// `Cancelled`, or `Booked` if it was rescheduled.
    pub status: Status,
    /// The start.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub start_at: Timestamp,
    /// The Doctor's account.
    pub doctor_id: AccountId,
}

/// The result of a change that affects appointments.
#[derive(Debug)]
pub struct PlanResult<I> {
    /// The id of what was added.
    pub id: I,
    /// The appointments that were changed, in order of start.
    pub appointments: Vec<ChangedAppointment>,
    /// The calendar to show times in.
    pub calendar: Calendar,
}

impl Affected<'_> {
    pub(crate) fn values(&self) -> Values {
        let (from, until) = (self.time.start.timestamp(), self.time.end.timestamp());
        values![
            ":person" => self.person.map(AccountId::get),
            ":from" => from,
            ":starts_after" => from - LONGEST,
            ":until" => until,
            ":plan" => plan_json(self.plan.steps()),
            ":cancels_rest" => i64::from(*self.plan == Plan::CancelAll),
            ":reason" => self.reason.map(Reason::as_str),
            ":started_prevent" => i64::from(self.started_prevent),
            ":changes_appointments" => i64::from(self.plan.changes_appointments()),
        ]
    }

    /// The statements that change the appointments.
    pub(crate) fn steps(&self) -> &'static [&'static Statement] {
        match self.plan {
            Plan::Keep => &[],
            Plan::CancelAll => &[&TAKE_REST],
            Plan::Steps(_) => &[&TAKE_STEPS, &TAKE_REST],
        }
    }
}

fn plan_json(steps: &[PlanStep]) -> String {
    let step = |step: &PlanStep| match step.change {
        PlannedChange::Cancel => json!({ "id": step.appointment, "cancel": true }),
        PlannedChange::Reschedule { start, doctor } => {
            json!({ "id": step.appointment, "start_at": start.map(|start| start.timestamp()), "doctor_id": doctor })
        }
    };
    steps.iter().map(step).collect::<serde_json::Value>().to_string()
}

/// Returns the appointments of a doctor that time off would affect, in order of start: at most [`Plan::LONGEST`].
///
/// # Errors
/// [`domain::Error::Unauthenticated`]
pub async fn affected(
    writer: &Writer<'_>,
    doctor: AccountId,
    time: Interval,
) -> Result<Vec<AffectedAppointment>, Error> {
    let values = values![
        ":doctor" => doctor.get(),
        ":now" => writer.origin.at.timestamp(),
        ":from" => time.start.timestamp(),
        ":starts_after" => time.start.timestamp() - LONGEST,
        ":until" => time.end.timestamp(),
        ":patients_until" => Schedule::searched_until(&time).timestamp(),
        ":longest" => LONGEST,
        ":limit" => Plan::LONGEST as i64,
    ];
    Ok(writer.database.query(&AFFECTED, writer.caller, None, values).await?.unwrap_or_default())
}

/// A change of a caller that affects appointments.
pub(crate) struct Planned<'a> {
    /// The appointments.
    pub affected: Affected<'a>,
    /// The steps before those of the plan, without [`BEGIN`]. They set the row of the operation if the caller may do it.
    pub before: &'a [&'a Statement],
    /// The steps after those of the plan. The last one reads the result.
    pub after: &'a [&'a Statement],
    /// The values of these steps.
    pub values: Values,
}

/// The outcome of a change that affects appointments, or of its trial: its result, which is `None` if the caller may not do
/// it, or the appointments that prevent it. At least one.
pub(crate) type Outcome<T> = Result<Option<T>, Vec<PlanConflict>>;

impl Planned<'_> {
    /// Makes the change, or tries it out.
    pub(crate) async fn run<T: DeserializeOwned>(
        &self,
        writer: &Writer<'_>,
        dry_run: bool,
    ) -> Result<Outcome<T>, Failure> {
        if dry_run { self.try_out(writer).await } else { self.make(writer).await }
    }

    /// Makes the change. If a rule refuses it, finds out which appointments prevent it. [`Error::Contended`] if none prevents
    /// it any more, again and again.
    async fn make<T: DeserializeOwned>(&self, writer: &Writer<'_>) -> Result<Outcome<T>, Failure> {
        for _ in 0..ATTEMPTS {
            let steps = [&[&BEGIN], self.before, self.affected.steps(), self.after].concat();
            let read_result = self.after.last().copied().unwrap_or(&operations::ROW);
            let change = Change { steps: &steps, read_result, origin: writer.origin };
            let values = caller_values(writer.caller).and(self.all_values());
            match days::change(writer.database, &self.times(writer.origin.at), &change, values).await {
                Err(Failure::Rule(rule)) if rule.refusal().is_none() => {}
                made => return Ok(Ok(made?)),
            }
            if let Err(conflicts) = self.try_out::<IgnoredAny>(writer).await? {
                return Ok(Err(conflicts));
            }
        }
        Err(Failure::Error(Error::Contended))
    }

    /// Returns the outcome that the change would have now, and changes nothing.
    async fn try_out<T: DeserializeOwned>(&self, writer: &Writer<'_>) -> Result<Outcome<T>, Failure> {
        match self.try_once(writer).await {
            Err(Failure::Rule(Rule::DayUnknown)) => {
                days::add_all(writer.database, &self.times(writer.origin.at)).await.map_err(Failure::Error)?;
                self.try_once(writer).await
            }
            outcome => outcome,
        }
    }

    async fn try_once<T: DeserializeOwned>(&self, writer: &Writer<'_>) -> Result<Outcome<T>, Failure> {
        let mut values = caller_values(writer.caller).and(self.all_values());
        operations::set_origin(&mut values, writer.origin)?;
        let steps = self.affected.plan.steps();
        let of_step = |step: &PlanStep| values.clone().and(values![":plan" => plan_json(&[*step])]);
        let step_values: Vec<Values> = steps.iter().map(of_step).collect();
        let before = [&[&BEGIN], self.before].concat();
        let rest: &[&Statement] = if self.affected.plan.changes_appointments() { &[&TAKE_REST] } else { &[] };

        let mut changes: Vec<ChangeSteps<'_>> = vec![(&before, &values)];
        changes.extend(step_values.iter().map(|values| (&[&TAKE_STEPS][..], values)));
        changes.extend([(rest, &values), (&[&IN_THE_WAY], &values), (self.after, &values)]);
        let outcomes = writer.database.try_changes(&changes).await?;
        self.read(outcomes, writer.origin.at)
    }

    /// Reads the outcomes of a trial: of the steps before, of each step of the plan, of the rest, of [`IN_THE_WAY`], and of
    /// the steps after.
    fn read<T: DeserializeOwned>(&self, outcomes: Vec<Tried>, now: Timestamp) -> Result<Outcome<T>, Failure> {
        let mut outcomes = outcomes.into_iter();
        let mut next = || outcomes.next().unwrap_or(Ok(None));
        next().map_err(Failure::Rule)?;
        let mut conflicts = Vec::new();
        for step in self.affected.plan.steps() {
            if let Err(rule) = next() {
                let obstacle = rule.obstacle(step.start().is_some_and(|start| start <= now));
                let obstacle = obstacle.ok_or(Failure::Rule(rule))?;
                conflicts.push(PlanConflict { appointment: step.appointment, obstacle });
            }
        }
        let (rest, in_the_way, after) = (next(), next().map_err(Failure::Rule)?, next());
        let refused_by = match rest.and(after) {
            Ok(document) if conflicts.is_empty() => {
                return Ok(Ok(self.after.last().map_or(Ok(None), |last| last.parse(document))?));
            }
            outcome => outcome.err(),
        };
        for appointment in IN_THE_WAY.parse::<Vec<AppointmentId>>(in_the_way)?.unwrap_or_default() {
            if conflicts.iter().all(|conflict| conflict.appointment != appointment) {
                conflicts.push(PlanConflict { appointment, obstacle: Obstacle::InTheWay });
            }
        }
        match refused_by {
            Some(rule) if conflicts.is_empty() => Err(Failure::Rule(rule)),
            _ => Ok(Err(conflicts)),
        }
    }

    fn all_values(&self) -> Values {
        self.affected.values().and(self.values.clone())
    }

    /// The times whose days the rules need. An appointment that only gets another doctor has a day already, unless the time
    /// zone has changed.
    fn times(&self, now: Timestamp) -> Vec<Timestamp> {
        let starts = self.affected.plan.steps().iter().filter_map(PlanStep::start);
        [now, now + days::COMPLETE_AFTER].into_iter().chain(starts).collect()
    }

    /// Adds a row, of which [`RESULT`] returns the id. `overlapped` is the error if the plan has no steps, and appointments
    /// prevent the change.
    pub(crate) async fn add<I: DeserializeOwned>(
        &self,
        writer: &Writer<'_>,
        dry_run: bool,
        overlapped: impl FnOnce(Vec<AppointmentId>) -> domain::Error,
    ) -> Result<Option<PlanResult<I>>, Error> {
        match self.run::<ResultRow<I>>(writer, dry_run).await? {
            Ok(None) => Ok(None),
            Ok(Some(ResultRow { clinic, row_id, appointments })) => {
                Ok(Some(PlanResult { id: row_id, appointments, calendar: clinic.read()?.calendar }))
            }
            Err(conflicts) if !matches!(self.affected.plan, Plan::Steps(_)) => {
                Err(overlapped(conflicts.into_iter().map(|conflict| conflict.appointment).collect()).into())
            }
            Err(conflicts) => Err(domain::Error::PlanRefused(conflicts).into()),
        }
    }
}
