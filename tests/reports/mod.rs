mod audit;
mod by_top_appointments;
mod changes;
mod with_six_hours_plus;
