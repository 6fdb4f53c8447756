//! The members of a body that say what happens to the appointments that a change affects.

use rounds_domain::{AppointmentId, Code, Plan, PlanStep, PlannedChange, Reason, parse_timestamp};
use serde_json::{Value, json};

use crate::{Input, id_schema, timestamp_schema};

/// Returns the schema of `appointments`.
pub fn plan_schema() -> Value {
    let step = json!({
        "type": "object",
        "description": "`cancel`, or a new start, or another doctor who is free, or both.",
        "required": ["id"],
        "properties": {
            "id": id_schema(),
            "cancel": { "const": true },
            "start_date": timestamp_schema(),
            "doctor_id": id_schema(),
        },
        "oneOf": [
            { "required": ["cancel"], "not": { "anyOf": [{ "required": ["start_date"] }, { "required": ["doctor_id"] }] } },
            { "anyOf": [{ "required": ["start_date"] }, { "required": ["doctor_id"] }], "not": { "required": ["cancel"] } },
        ],
    });
    json!({
        "description": "What happens to the booked appointments that have not started. `cancel`: all are cancelled. A list: each \
                        has a step.",
        "oneOf": [
            { "const": "cancel" },
            { "type": "array", "maxItems": Plan::LONGEST, "items": step },
        ],
    })
}

/// Returns the schema of `dry_run`.
pub fn dry_run_schema() -> Value {
    json!({ "type": ["boolean", "null"], "description": "Whether to answer the result and change nothing." })
}

/// Reads `appointments`.
pub fn read_plan(input: &mut Input) -> Option<Plan> {
    if !input.has_list("appointments") {
        let plan = input.optional("appointments", Plan::parse_cancel_all)?;
        return Some(plan.unwrap_or(Plan::Keep));
    }
    let steps = input.elements("appointments", Plan::LONGEST, read_step)?;
    let mut is_valid = true;
    for (index, step) in steps.iter().enumerate() {
        if steps[..index].iter().any(|earlier| earlier.appointment == step.appointment) {
            let repeated = Code::Repeated.with_detail("must differ from the ids of the other steps");
            input.reject_element::<()>("appointments", index, "id", repeated);
            is_valid = false;
        }
    }
    is_valid.then_some(Plan::Steps(steps))
}

/// Reads `appointments` and `reason`, the reason of the cancellations.
pub fn read_plan_with_reason(input: &mut Input) -> Option<(Plan, Option<Reason>)> {
    let (plan, reason) = (read_plan(input), input.optional("reason", str::parse::<Reason>));
    if let (Some(Plan::Keep), Some(Some(_))) = (&plan, &reason) {
        return input.reject("reason", Code::NotAllowed.with_detail("is allowed only with appointments"));
    }
    plan.zip(reason)
}

fn read_step(input: &mut Input) -> Option<PlanStep> {
    let appointment = input.id::<AppointmentId>("id");
    let cancels = input.optional_boolean("cancel");
    let (start, doctor) = (input.optional("start_date", parse_timestamp), input.optional_id("doctor_id"));
    let change = match (cancels?, start?, doctor?) {
        (Some(true), None, None) => Some(PlannedChange::Cancel),
        (Some(true), ..) => {
            let detail = "must be absent if the step has a start_date or a doctor_id";
            input.reject("cancel", Code::NotAllowed.with_detail(detail))
        }
        (_, None, None) => input
            .reject("cancel", Code::Required.with_detail("must be true if there is no start_date and no doctor_id")),
        (_, start, doctor) => Some(PlannedChange::Reschedule { start, doctor }),
    };
    Some(PlanStep { appointment: appointment?, change: change? })
}
