//! The week of the demo clinic: when the doctors work, and when they have appointments. Every day has some.

use rounds_domain::WorkingHours;

/// The start of a time range or an appointment: the hour and the minute.
type Time = (i64, i64);

pub(super) const MON: i64 = 1;
pub(super) const TUE: i64 = 2;
pub(super) const WED: i64 = 3;
pub(super) const THU: i64 = 4;
pub(super) const FRI: i64 = 5;
pub(super) const SAT: i64 = 6;
pub(super) const SUN: i64 = 7;

/// The working hours, in the order of the doctors: weekday, start, end.
const HOURS: [&[(i64, Time, Time)]; 3] = [
    &[
        (MON, (9, 0), (12, 30)),
        (MON, (13, 30), (17, 30)),
        (TUE, (9, 0), (12, 30)),
        (TUE, (13, 30), (17, 30)),
        (THU, (9, 0), (12, 30)),
        (THU, (13, 30), (17, 30)),
        (FRI, (9, 0), (12, 30)),
        (FRI, (13, 30), (16, 0)),
    ],
    &[
        (MON, (8, 0), (12, 0)),
        (TUE, (8, 0), (12, 0)),
        (TUE, (13, 0), (16, 0)),
        (WED, (8, 0), (12, 0)),
        (WED, (13, 0), (16, 0)),
        (THU, (9, 0), (13, 0)),
        (THU, (14, 0), (18, 0)),
    ],
    &[
        (MON, (8, 0), (12, 0)),
        (MON, (13, 0), (17, 0)),
        (TUE, (8, 0), (12, 0)),
        (TUE, (13, 0), (17, 0)),
        (WED, (8, 0), (12, 0)),
        (THU, (8, 0), (12, 0)),
        (THU, (13, 0), (17, 0)),
        (FRI, (8, 0), (12, 0)),
        (FRI, (13, 0), (15, 30)),
        (SAT, (10, 0), (13, 0)),
        (SUN, (10, 0), (13, 0)),
    ],
];

/// An appointment of each week.
pub(super) struct Visit {
    /// The index of the doctor.
    pub(super) doctor: usize,
    pub(super) weekday: i64,
    pub(super) minute: i64,
    /// In minutes.
    pub(super) duration: i64,
}

const fn visit(doctor: usize, weekday: i64, (hour, minute): Time, duration: i64) -> Visit {
    Visit { doctor, weekday, minute: hour * 60 + minute, duration }
}

/// In order of weekday and start. The last hour of each working day is free.
pub(super) const VISITS: [Visit; 41] = [
    visit(2, MON, (8, 15), 15),
    visit(1, MON, (8, 30), 30),
    visit(1, MON, (9, 15), 30),
    visit(0, MON, (9, 30), 30),
    visit(2, MON, (9, 45), 15),
    visit(0, MON, (10, 15), 30),
    visit(0, MON, (11, 0), 45),
    visit(0, MON, (14, 30), 30),
    visit(1, TUE, (8, 0), 30),
    visit(1, TUE, (8, 45), 30),
    visit(2, TUE, (9, 0), 15),
    visit(0, TUE, (9, 15), 30),
    visit(0, TUE, (10, 0), 45),
    visit(0, TUE, (11, 30), 30),
    visit(1, TUE, (13, 30), 45),
    visit(2, TUE, (14, 0), 30),
    visit(1, WED, (8, 30), 30),
    visit(2, WED, (9, 15), 15),
    visit(2, WED, (10, 0), 30),
    visit(1, WED, (10, 15), 15),
    visit(1, WED, (11, 0), 30),
    visit(1, WED, (13, 30), 45),
    visit(2, THU, (8, 30), 15),
    visit(0, THU, (9, 15), 45),
    visit(1, THU, (9, 30), 30),
    visit(0, THU, (10, 15), 30),
    visit(1, THU, (11, 0), 30),
    visit(0, THU, (13, 30), 30),
    visit(2, THU, (14, 0), 30),
    visit(0, THU, (15, 0), 30),
    visit(2, FRI, (8, 30), 15),
    visit(0, FRI, (9, 30), 30),
    visit(2, FRI, (10, 15), 30),
    visit(0, FRI, (10, 30), 45),
    visit(0, FRI, (11, 30), 30),
    visit(0, FRI, (13, 30), 45),
    visit(2, FRI, (13, 30), 30),
    visit(2, SAT, (10, 0), 15),
    visit(2, SAT, (11, 15), 30),
    visit(2, SUN, (10, 30), 15),
    visit(2, SUN, (11, 30), 15),
];

/// Returns the working hours of each doctor.
pub(super) fn working_hours() -> Vec<Vec<WorkingHours>> {
    let minute = |(hour, minute): Time| hour * 60 + minute;
    let hours = |(weekday, start, end): &(i64, Time, Time)| WorkingHours {
        weekday: *weekday,
        start_minute: minute(*start),
        end_minute: minute(*end),
    };
    HOURS.iter().map(|doctor| doctor.iter().map(hours).collect()).collect()
}
