//! Compares routes in a large network with the same routes in a small one, with a thousandth of the appointments.

use lambda::Instance;

use crate::{
    clinic::Clinic,
    measure::{Rounds, Row, Table, Target, millis},
    routes::{Kind, has_database, route_named, routes},
    warm::send_request,
};

const ROUNDS: usize = 5;

/// Measures each route with a database in the large network. The floor is the small one.
pub(crate) fn measure(large: &Clinic, small: &Clinic, progress: impl Fn(&str)) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for route in routes().into_iter().filter(|route| has_database(route.function)) {
        progress(&route.name);
        let (count, before) = match route.kind {
            Kind::Reads | Kind::Signs => (20, 5),
            Kind::Writes => (8, 3),
            Kind::Hashes(_) => (3, 1),
        };
        let start = |clinic: &Clinic| Instance::start(&clinic.function(route.function, &clinic.url(), &[]));
        let (mut in_large, mut in_small) = (start(large)?, start(small)?);
        let mut rounds = Rounds::default();
        let mut samples = [Vec::new(), Vec::new()];
        for number in 0..before + ROUNDS * count {
            samples[0].push(millis(send_request(&mut in_small, &route, &route.request(small, number))?));
            samples[1].push(millis(send_request(&mut in_large, &route, &route.request(large, number))?));
            if number < before {
                samples = Default::default();
            } else if samples[0].len() == count {
                rounds.add(&samples[1], &samples[0]);
                samples = Default::default();
            }
        }
        rows.push(rounds.row(Table::Scale, &route.name, Target::AtMost(1.3)));
    }
    Ok(rows)
}

/// Measures the availability of a fully booked month. The floor is an empty month.
pub(crate) fn a_month(clinic: &Clinic, progress: impl Fn(&str)) -> Result<Row, String> {
    progress("a month of availability");
    let route = route_named("GET /doctors/{doctor_id}/availability")?;
    let request = |doctor: usize| {
        let (doctor, from) = (clinic.doctor(doctor), clinic.own.month);
        clinic.by_patient(0, "GET", format!("/doctors/{doctor}/availability?date={from}&days=31&duration=30"))
    };
    let (full, empty) = (request(Clinic::FULL), request(Clinic::EMPTY));
    let mut instance = Instance::start(&clinic.function(route.function, &clinic.url(), &[]))?;
    let mut rounds = Rounds::default();
    for _ in 0..ROUNDS {
        let mut samples = [Vec::new(), Vec::new()];
        for _ in 0..20 {
            samples[0].push(millis(send_request(&mut instance, &route, &empty)?));
            samples[1].push(millis(send_request(&mut instance, &route, &full)?));
        }
        rounds.add(&samples[1], &samples[0]);
    }
    Ok(rounds.row(Table::Availability, "a full month, and an empty one", Target::AtMost(2.0)))
}
