mod availability;
mod clinic;
mod profile;
mod time_off;
mod working_hours;
