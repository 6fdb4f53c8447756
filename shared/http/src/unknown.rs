use std::cmp::max;

use rounds_domain::{Code, InvalidValue};

/// Names longer than this are not compared: no name of ours is.
const LONGEST: usize = 40;

/// What is wrong with a name that an operation does not know, with the nearest name that it knows.
pub(crate) fn unknown(name: &str, known: &[&'static str]) -> InvalidValue {
    Code::Unknown.with_detail(match nearest(name, known) {
        Some(known) => format!("is not known here; the nearest name is \"{known}\""),
        None => "is not known here".to_owned(),
    })
}

/// The nearest name in whatever case, if at most a third of the letters differ.
pub fn nearest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    if name.len() > LONGEST {
        return None;
    }
    let name = name.to_lowercase();
    let differ = |known: &&'static str| (strsim::osa_distance(&name, &known.to_lowercase()), *known);
    let near = |(differ, known): &(usize, &str)| differ * 3 <= max(name.chars().count(), known.len());
    known.iter().map(differ).filter(near).min_by_key(|(differ, _)| *differ).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_named_where_one_is_close() {
        let known = ["name", "time_zone", "duration", "status", "doctor_id", "q"];
        for (name, near) in [
            ("timezone", "time_zone"),
            ("timeZone", "time_zone"),
            ("durations", "duration"),
            ("state", "status"),
            ("doctor", "doctor_id"),
            ("Name", "name"),
        ] {
            assert_eq!(nearest(name, &known), Some(near), "{name}");
        }
        for far in ["email", "x", "", "patient_id", "💥", &"status".repeat(10)] {
            assert_eq!(nearest(far, &known), None, "{far}");
        }
    }
}
