mod audit;
mod by_top_appointments;
mod with_six_hours_plus;
