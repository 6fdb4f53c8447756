//! What a change with a plan does to the appointments that it affects, or what prevents it.

use super::{
    rules::{Entry, Model, Request, State, touch},
    steps::{By, Change, Choice, Fate, Planned},
};

/// An appointment that prevents a change, and the possible reasons. A response has one of them.
pub(super) type Conflict = (i64, Vec<&'static str>);

/// A change that can be made.
pub(super) struct Made {
    /// The clinic afterwards, without the absence.
    pub(super) model: Model,
    /// The numbers of the appointments that were changed.
    pub(super) changed: Vec<usize>,
}

impl Change {
    /// The doctor and the minutes of an absence.
    pub(super) fn absence(self) -> Option<(Option<usize>, std::ops::Range<i64>)> {
        match self {
            Self::TimeOff { doctor, minute, length } => Some((Some(doctor), minute..minute + length)),
            Self::Closure { minute, length } => Some((None, minute..minute + length)),
            Self::DeactivateDoctor(_) | Self::DeactivatePatient(_) => None,
        }
    }

    /// Whether the appointment is of the person and in the time of the change.
    fn concerns(self, entry: &Entry) -> bool {
        match self {
            Self::DeactivateDoctor(doctor) => entry.doctor == doctor,
            Self::DeactivatePatient(patient) => entry.patient == patient,
            Self::TimeOff { .. } | Self::Closure { .. } => self.absence().is_some_and(|(doctor, minutes)| {
                doctor.is_none_or(|doctor| doctor == entry.doctor) && touch(&minutes, &entry.minutes)
            }),
        }
    }
}

impl Model {
    /// Moves an absence to an appointment that exists, so that it mostly affects some.
    pub(super) fn near_appointment(&self, planned: &Planned) -> Planned {
        let ahead: Vec<_> = self.entries.iter().filter(|entry| self.is_ahead(entry)).collect();
        let entry = planned.before.filter(|_| !ahead.is_empty());
        let entry = entry.map(|(nth, before)| (ahead[nth % ahead.len()], before));
        let change = match (planned.change, entry) {
            (Change::TimeOff { length, .. }, Some((entry, before))) => {
                Change::TimeOff { doctor: entry.doctor, minute: entry.minutes.start - before, length }
            }
            (Change::Closure { length, .. }, Some((entry, before))) => {
                Change::Closure { minute: entry.minutes.start - before, length }
            }
            (change, _) => change,
        };
        Planned { change, ..planned.clone() }
    }

    fn is_ahead(&self, entry: &Entry) -> bool {
        entry.state == State::Booked && entry.minutes.start > self.now
    }

    /// Whether a plan must name the appointment.
    fn is_affected(&self, change: Change, entry: &Entry) -> bool {
        self.is_ahead(entry) && change.concerns(entry)
    }

    /// The steps of a plan: numbers of appointments and what happens to them.
    pub(super) fn steps(&self, planned: &Planned) -> Vec<(usize, Fate)> {
        let Choice::Plan { fates, is_reversed, other } = &planned.choice else { return Vec::new() };
        let is_affected = |number: &usize| self.is_affected(planned.change, &self.entries[*number]);
        let mut named: Vec<usize> = (0..self.entries.len()).filter(is_affected).collect();
        if *is_reversed {
            named.reverse();
        }
        named.extend(other.filter(|other| *other < self.entries.len() && !named.contains(other)));
        let steps = named.into_iter().zip(fates.iter().copied().cycle());
        steps.filter(|(_, fate)| !matches!(fate, Fate::Forget)).collect()
    }

    /// The clinic after a change, or the appointments that prevent it.
    pub(super) fn carry_out(&self, planned: &Planned) -> Result<Made, Vec<Conflict>> {
        let change = planned.change;
        let (mut after, mut changed, mut conflicts) = (self.clone(), Vec::new(), Vec::new());
        if let Change::DeactivateDoctor(doctor) = change {
            after.inactive = Some(doctor);
        }
        for (number, fate) in self.steps(planned) {
            let reasons = match self.is_affected(change, &self.entries[number]) {
                true => after.change(number, fate),
                false => vec!["appointment-not-affected"],
            };
            match reasons.is_empty() {
                true => changed.push(number),
                false => conflicts.push((self.entries[number].id, reasons)),
            }
        }
        if planned.choice.cancels_all() {
            changed.extend((0..self.entries.len()).filter(|number| self.is_affected(change, &self.entries[*number])));
            changed.iter().for_each(|number| after.entries[*number].state = State::Cancelled);
        }
        let mut left: Vec<_> = after
            .entries
            .iter()
            .enumerate()
            .filter(|(number, entry)| {
                let is_in_the_way = match change {
                    Change::TimeOff { .. } | Change::Closure { .. } => change.concerns(entry),
                    // What has started stays. A patient keeps what was moved.
                    _ => change.concerns(entry) && entry.minutes.start > self.now && !changed.contains(number),
                };
                entry.state == State::Booked && is_in_the_way
            })
            .map(|(_, entry)| (entry.minutes.start, entry.id))
            .collect();
        left.sort_unstable();
        // The end of an account needs no plan.
        if change.absence().is_none() && matches!(planned.choice, Choice::Keep) {
            left.clear();
        }
        for (_, id) in left {
            if conflicts.iter().all(|(conflict, _)| *conflict != id) {
                conflicts.push((id, vec!["appointment-in-the-way"]));
            }
        }
        if conflicts.is_empty() { Ok(Made { model: after, changed }) } else { Err(conflicts) }
    }

    /// Changes an appointment, or returns why this is not possible.
    fn change(&mut self, number: usize, fate: Fate) -> Vec<&'static str> {
        let entry = &self.entries[number];
        let Fate::Reschedule { minute, doctor } = fate else {
            self.entries[number].state = State::Cancelled;
            return Vec::new();
        };
        let (minute, doctor) = (minute.unwrap_or(entry.minutes.start), doctor.unwrap_or(entry.doctor));
        let request = Request {
            by: By::Admin,
            doctor,
            patient: entry.patient,
            minute,
            duration: entry.duration(),
            buffers: entry.buffers,
            overridden: false,
            except: Some(entry.id),
        };
        let mut reasons: Vec<_> = self.invalid(request).into_iter().map(|(_, code)| code).collect();
        reasons.extend(self.conflicts(request));
        if !self.offers(doctor, entry) {
            reasons.push("type_not_bookable");
        }
        if reasons.is_empty() {
            let entry = &mut self.entries[number];
            (entry.minutes, entry.doctor, entry.has_arrived) = (minute..minute + entry.duration(), doctor, false);
        }
        reasons
    }
}

impl Choice {
    fn cancels_all(&self) -> bool {
        matches!(self, Self::CancelAll)
    }
}
