use rounds_data::reports::Load;
use rounds_http::{Api, id_schema};
use serde_json::json;

use crate::audit;

/// What this function does, for the OpenAPI document.
pub fn describe(api: &mut Api) {
    let api = api.function("reports");
    for (path, id, summary) in [
        ("/doctors/by_top_appointments", "listBusiestDoctors", "The doctors with appointments on a day, busiest first"),
        ("/doctors/with_six_hours_plus", "listDoctorsWithSixHours", "Of these, the ones with six hours or more"),
    ] {
        api.operation("get", path, id, summary).only("Admins").dated().paged::<Load>("The doctors.").done();
    }
    api.operation("get", "/audit", "listAudit", "Who changed what, newest first")
        .only("Admins")
        .query("actor_id", "Only what this account did.", id_schema())
        .query("action", "Only this.", json!({ "enum": rounds_domain::ACTIONS }))
        .query("appointment_id", "Only what was done to this appointment.", id_schema())
        .query("account_id", "Only what was done to this account.", id_schema())
        .between()
        .paged::<audit::Body>("The entries.")
        .done();
}
