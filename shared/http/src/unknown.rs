use std::cmp::max;

use rounds_domain::{Code, InvalidValue};

/// Names longer than this are not compared. No known name is as long.
const LONGEST: usize = 40;

/// Returns the violation for an unknown name, with the nearest known name if there is one.
pub(crate) fn unknown(name: &str, known: &[&'static str]) -> InvalidValue {
    Code::Unknown.with_detail(match nearest(name, known) {
        Some(known) => format!("is unknown; the nearest known name is \"{known}\""),
        None => "is unknown".to_owned(),
    })
}

/// Returns the nearest known name, ignoring case, if at most a third of the letters differ.
pub fn nearest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    if name.len() > LONGEST {
        return None;
    }
    let name = name.to_lowercase();
    let with_distance = |known: &&'static str| (strsim::osa_distance(&name, &known.to_lowercase()), *known);
    let is_near = |(distance, known): &(usize, &str)| distance * 3 <= max(name.chars().count(), known.len());
    known.iter().map(with_distance).filter(is_near).min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_finds_only_close_names() {
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
