//! Steps that change when doctors work.

use chrono::TimeDelta;

use super::{
    World,
    rules::Absence,
    steps::{HOURS, wall},
};
use crate::support::{Value, json};

impl World {
    pub(super) async fn change_hours(&mut self, doctor: usize, day: i64, hours: Option<usize>) {
        let date = (self.midnight + TimeDelta::days(day)).format("%Y-%m-%d");
        let path = format!("/doctors/{}/special_hours/{date}", self.doctors[doctor].id);
        match hours {
            Some(hours) => {
                let ranges =
                    HOURS[hours].iter().map(|(start, end)| json!({ "start": wall(*start), "end": wall(*end) }));
                let ranges: Value = ranges.collect();
                assert_eq!(self.doctors[doctor].put(&path, ranges.clone()).await.expect(200), ranges);
                self.model.special.insert((doctor, day), hours);
            }
            None => {
                self.model.special.remove(&(doctor, day));
                assert_eq!(self.admin.send("DELETE", &path, None, &[]).await.status, 204);
            }
        }
    }

    pub(super) async fn end_absence(&mut self, nth: usize) {
        if nth >= self.model.absences.len() {
            return;
        }
        let Absence { id, doctor, .. } = self.model.absences.remove(nth);
        let path = match doctor {
            Some(doctor) => format!("/doctors/{}/time_off/{id}", self.doctors[doctor].id),
            None => format!("/closures/{id}"),
        };
        assert_eq!(self.admin.send("DELETE", &path, None, &[]).await.status, 204);
    }
}
