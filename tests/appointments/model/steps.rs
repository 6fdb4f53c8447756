//! The steps of a random sequence.

use proptest::prelude::*;

#[derive(Clone, Debug)]
pub(super) enum Step {
    Book(Wish),
    /// Retries the nth booking with its key, perhaps at another time.
    Retry {
        nth: usize,
        later: i64,
    },
    Move {
        nth: usize,
        by: By,
        minute: i64,
        duration: Option<i64>,
        doctor: Option<usize>,
    },
    Cancel {
        nth: usize,
        by: By,
    },
    Mark {
        nth: usize,
        by: By,
    },
    Reopen {
        nth: usize,
        by: By,
    },
    Arrive {
        nth: usize,
        by: By,
        has_arrived: bool,
    },
    /// Other hours of a doctor on a day: one of [`HOURS`], or those of the week again.
    Hours {
        doctor: usize,
        day: i64,
        hours: Option<usize>,
    },
    Plan(Planned),
    /// Ends the nth time off or closure.
    EndAbsence {
        nth: usize,
    },
    Wait {
        minutes: i64,
    },
}

/// A booking that somebody wants to make.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    pub(super) by: By,
    pub(super) doctor: usize,
    pub(super) patient: usize,
    pub(super) minute: i64,
    pub(super) time: Time,
    pub(super) overridden: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum By {
    Admin,
    Receptionist,
    Doctor(usize),
    Patient(usize),
}

impl By {
    pub(super) fn is_desk(self) -> bool {
        matches!(self, Self::Admin | Self::Receptionist)
    }

    pub(super) fn is_staff(self) -> bool {
        !matches!(self, Self::Patient(_))
    }

    /// The numbers of the patients that the account acts for.
    pub(super) fn acts_for(self) -> &'static [usize] {
        match self {
            Self::Patient(0) => &[0, CHILD],
            Self::Patient(1) => &[1],
            Self::Patient(_) => &[2],
            _ => &[],
        }
    }
}

/// The number of the patient without a login. Their guardian is patient 0.
pub(super) const CHILD: usize = 3;

#[derive(Clone, Copy, Debug)]
pub(super) enum Time {
    Duration(i64),
    /// One of [`TYPES`].
    Type(usize),
}

pub(super) struct Type {
    pub(super) duration: i64,
    pub(super) buffers: (i64, i64),
    pub(super) bookable_by: &'static str,
    /// Whether only doctor 0 offers it.
    pub(super) of_one_doctor: bool,
}

pub(super) const TYPES: [Type; 2] = [
    Type { duration: 30, buffers: (10, 5), bookable_by: "Anyone", of_one_doctor: false },
    Type { duration: 45, buffers: (0, 20), bookable_by: "Staff", of_one_doctor: true },
];

/// What a doctor can work in a day, in minutes. Some work beyond midnight.
pub(super) const HOURS: [&[(i64, i64)]; 5] =
    [&[(480, 1080)], &[(1320, 1800)], &[(0, 1440)], &[(480, 720), (1200, 1560)], &[]];

/// Formats a minute of a day as a time of the day.
pub(super) fn wall(minute: i64) -> String {
    let minute = if minute > 1440 { minute - 1440 } else { minute };
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

impl Time {
    /// The duration, and the buffers before and after.
    pub(super) fn lengths(self) -> (i64, (i64, i64)) {
        match self {
            Self::Duration(duration) => (duration, (0, 0)),
            Self::Type(number) => (TYPES[number].duration, TYPES[number].buffers),
        }
    }
}

/// A change that affects appointments, and what happens to them.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) by: By,
    /// The nth appointment ahead, and how many minutes before it an absence begins instead.
    pub(super) before: Option<(usize, i64)>,
    pub(super) change: Change,
    pub(super) choice: Choice,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    TimeOff { doctor: usize, minute: i64, length: i64 },
    Closure { minute: i64, length: i64 },
    DeactivateDoctor(usize),
    DeactivatePatient(usize),
}

#[derive(Clone, Debug)]
pub(super) enum Choice {
    Keep,
    CancelAll,
    /// The affected appointments get these fates, one after the other. Sometimes the plan also names the nth appointment,
    /// which may be affected or not.
    Plan {
        fates: Vec<Fate>,
        is_reversed: bool,
        other: Option<usize>,
    },
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    Cancel,
    /// Doctor 2 does not exist.
    Reschedule {
        minute: Option<i64>,
        doctor: Option<usize>,
    },
    /// The plan does not name it.
    Forget,
}

/// Mostly changes that affect appointments of the days that fill up, and plans that can be made.
fn planned() -> impl Strategy<Value = Planned> {
    let minute = || (prop::sample::select(vec![0, 1, 1, 2]), 80..220i64).prop_map(|(day, five)| day * 1440 + five * 5);
    let length = || prop_oneof![3 => 15..600i64, 1 => 600..2880i64];
    let by = prop_oneof![
        6 => Just(By::Admin),
        2 => Just(By::Receptionist),
        2 => (0..2usize).prop_map(By::Doctor),
        1 => (0..3usize).prop_map(By::Patient),
    ];
    let change = prop_oneof![
        6 => (prop::sample::select(vec![0usize, 0, 1]), minute(), length())
            .prop_map(|(doctor, minute, length)| Change::TimeOff { doctor, minute, length }),
        3 => (minute(), length()).prop_map(|(minute, length)| Change::Closure { minute, length }),
        1 => (0..2usize).prop_map(Change::DeactivateDoctor),
        1 => (0..3usize).prop_map(Change::DeactivatePatient),
    ];
    let to = (
        prop_oneof![2 => Just(None), 3 => minute().prop_map(Some)],
        prop_oneof![8 => Just(None), 3 => Just(Some(0usize)), 8 => Just(Some(1)), 1 => Just(Some(2))],
    );
    let to = to.prop_map(|(minute, doctor)| match (minute, doctor) {
        (None, None) => Fate::Cancel,
        (minute, doctor) => Fate::Reschedule { minute, doctor },
    });
    let fate = prop_oneof![8 => Just(Fate::Cancel), 12 => to, 1 => Just(Fate::Forget)];
    let fates = prop::collection::vec(fate, 1..6);
    let plan = (fates, any::<bool>(), prop::option::weighted(0.15, 0..20usize))
        .prop_map(|(fates, is_reversed, other)| Choice::Plan { fates, is_reversed, other });
    let choice = prop_oneof![2 => Just(Choice::Keep), 2 => Just(Choice::CancelAll), 8 => plan];
    let before = prop::option::weighted(0.8, (0..20usize, -20..90i64));
    (by, before, change, choice).prop_map(|(by, before, change, choice)| Planned { by, before, change, choice })
}

/// Mostly short bookings with one doctor on one day, so that the day fills up; sometimes at times that cannot be
/// booked.
pub(super) fn step() -> impl Strategy<Value = Step> {
    let minute = || {
        let near = (prop::sample::select(vec![0, 1, 1, 1, 2]), prop_oneof![5 => 80..220i64, 2 => 0..288i64]);
        let far = (prop::sample::select(vec![364, 365, 366, 729, 730, 731]), 80..220i64);
        prop_oneof![20 => near, 1 => far].prop_map(|(day, five)| day * 1440 + five * 5)
    };
    let duration = || {
        prop_oneof![
            9 => prop::sample::select(vec![15, 15, 20, 30]),
            4 => prop::sample::select(vec![45, 60, 90, 120]),
            1 => prop::sample::select(vec![-1, 0, 14, 121]),
        ]
    };
    let time = || prop_oneof![3 => duration().prop_map(Time::Duration), 2 => (0..2usize).prop_map(Time::Type)];
    let by = || {
        prop_oneof![
            Just(By::Admin),
            Just(By::Receptionist),
            (0..2usize).prop_map(By::Doctor),
            (0..3usize).prop_map(By::Patient),
        ]
    };
    let doctor = || prop::sample::select(vec![0usize, 0, 0, 1]);
    let nth = 0..20usize;
    let of_patients = (0..3usize, doctor(), minute(), time()).prop_map(|(patient, doctor, minute, time)| {
        Step::Book(Wish { by: By::Patient(patient), doctor, patient, minute, time, overridden: false })
    });
    let of_anyone = (by(), doctor(), 0..4usize, minute(), time(), prop::bool::weighted(0.2)).prop_map(
        |(by, doctor, patient, minute, time, overridden)| {
            let overridden = overridden && by.is_staff();
            Step::Book(Wish { by, doctor, patient, minute, time, overridden })
        },
    );
    prop_oneof![
        7 => of_patients,
        8 => of_anyone,
        3 => (nth.clone(), prop_oneof![2 => Just(0i64), 1 => Just(5i64)])
            .prop_map(|(nth, later)| Step::Retry { nth, later }),
        5 => (nth.clone(), by(), minute(), prop::option::of(duration()), prop::option::weighted(0.3, 0..2usize))
            .prop_map(|(nth, by, minute, duration, doctor)| {
                Step::Move { nth, by, minute, duration, doctor: doctor.filter(|_| by.is_staff()) }
            }),
        3 => (nth.clone(), by()).prop_map(|(nth, by)| Step::Cancel { nth, by }),
        2 => (nth.clone(), by()).prop_map(|(nth, by)| Step::Mark { nth, by }),
        2 => (nth.clone(), by()).prop_map(|(nth, by)| Step::Reopen { nth, by }),
        2 => (nth, by(), prop::bool::weighted(0.7))
            .prop_map(|(nth, by, has_arrived)| Step::Arrive { nth, by, has_arrived }),
        2 => (0..2usize, 0..4i64, prop::option::weighted(0.8, 0..HOURS.len()))
            .prop_map(|(doctor, day, hours)| Step::Hours { doctor, day, hours }),
        3 => planned().prop_map(Step::Plan),
        2 => (0..4usize).prop_map(|nth| Step::EndAbsence { nth }),
        2 => (1..600i64).prop_map(|minutes| Step::Wait { minutes }),
    ]
}
