use std::ops::RangeInclusive;

use rounds_domain::{
    Address, ClinicChange, ClinicPhone, Code, Email, Language, MessagePolicy, Name, QuietHours, parse_minute_of_day,
};
use rounds_http::{Input, optional_text_schema, text_schema};
use serde_json::{Value, json};

// The ranges of the policy's numbers. The database schema has the same bounds, except for reminders. A day has 1440
// minutes, a year 525,600.
const MINUTES: RangeInclusive<i64> = 1..=1440;
const DAILY_LIMIT: RangeInclusive<i64> = 0..=1440;
const HORIZON_DAYS: RangeInclusive<i64> = 1..=3660;
const NOTICE: RangeInclusive<i64> = 0..=525_600;
const OPEN_BOOKINGS: RangeInclusive<i64> = 1..=10_000;
/// From five minutes to thirty days.
const REMINDER: RangeInclusive<i64> = 5..=43_200;

fn number(bounds: RangeInclusive<i64>) -> Value {
    json!({ "type": "integer", "minimum": bounds.start(), "maximum": bounds.end() })
}

fn optional_number(bounds: RangeInclusive<i64>, description: &str) -> Value {
    json!({
        "type": ["integer", "null"], "minimum": bounds.start(), "maximum": bounds.end(), "description": description,
    })
}

/// Returns the schema of a change of the clinic.
pub(super) fn schema() -> Value {
    let time_of_day = |example: &str| json!({ "type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": [example] });
    json!({
        "type": "object",
        "properties": {
            "name": text_schema(Name::LONGEST, false),
            "phone": optional_text_schema(ClinicPhone::LONGEST, false),
            "email": { "type": ["string", "null"], "format": "idn-email", "maxLength": Email::LONGEST },
            "address": optional_text_schema(Address::LONGEST, true),
            "time_zone": {
                "type": "string", "description": "A name of the IANA time zone database.",
                "examples": ["Europe/Berlin"],
            },
            "language": {
                "type": "string", "maxLength": Language::LONGEST, "examples": ["en", "ar", "de-CH"],
                "description": "The language of messages to readers who have chosen none (a tag by BCP 47).",
            },
            "min_duration": number(MINUTES),
            "max_duration": number(MINUTES),
            "max_appointments_per_day": number(DAILY_LIMIT),
            "max_booked_mins_per_day": number(DAILY_LIMIT),
            "booking_horizon_days": number(HORIZON_DAYS),
            "booking_notice": number(NOTICE),
            "slot_step": number(MINUTES),
            "patient_cancel_notice": optional_number(
                NOTICE,
                "Patients can cancel until this many minutes before the start. `null`: Patients cannot cancel.",
            ),
            "patient_reschedule_notice": optional_number(
                NOTICE,
                "Patients can reschedule until this many minutes before the start. `null`: Patients cannot reschedule.",
            ),
            "max_open_bookings": optional_number(
                OPEN_BOOKINGS,
                "The maximum number of upcoming appointments of a Patient, checked when the Patient books. `null`: no \
                 maximum.",
            ),
            "require_verified_email": {
                "type": "boolean",
                "description": "`true`: a Patient can book only after their email address was verified.",
            },
            "reminder_minutes": {
                "type": "array", "items": number(REMINDER), "maxItems": MessagePolicy::MOST_REMINDERS,
                "uniqueItems": true,
                "description": "How many minutes before its start a patient is reminded of an appointment. Empty: no \
                                reminders.",
            },
            "quiet_hours": {
                "type": ["object", "null"], "required": ["start", "end"],
                "properties": { "start": time_of_day("21:00"), "end": time_of_day("07:00") },
                "description": "When no reminders are sent, on the clinic's wall clock. If the end is before the \
                                start, it is on the next day. They must not be equal.",
            },
        },
    })
}

/// Reads a change of the clinic.
pub(super) fn read(input: &mut Input) -> Option<ClinicChange> {
    // Reading a member records its violations. So all parts are read before one of them can end the function.
    let (clinic, numbers, messages) = (read_clinic(input), read_numbers(input), read_messages(input));
    let (clinic, numbers, messages) = (clinic?, numbers?, messages?);
    Some(ClinicChange {
        name: clinic.name,
        phone: clinic.phone,
        email: clinic.email,
        address: clinic.address,
        time_zone: clinic.time_zone,
        language: messages.language,
        reminder_minutes: messages.reminder_minutes,
        quiet_hours: messages.quiet_hours,
        ..numbers
    })
}

fn read_clinic(input: &mut Input) -> Option<ClinicChange> {
    input.not_null(&["name", "time_zone"]);
    let name = input.optional("name", str::parse);
    let phone = input.optional("phone", str::parse);
    let email = input.optional("email", str::parse);
    let address = input.optional("address", str::parse);
    let time_zone = input.optional("time_zone", str::parse);
    Some(ClinicChange {
        name: name?,
        phone: input.has("phone").then_some(phone?),
        email: input.has("email").then_some(email?),
        address: input.has("address").then_some(address?),
        time_zone: time_zone?,
        ..ClinicChange::default()
    })
}

fn read_numbers(input: &mut Input) -> Option<ClinicChange> {
    input.not_null(&["min_duration", "max_duration", "max_appointments_per_day", "max_booked_mins_per_day"]);
    input.not_null(&["booking_horizon_days", "booking_notice", "slot_step", "require_verified_email"]);
    let min_duration = input.optional_integer_within("min_duration", MINUTES);
    let max_duration = input.optional_integer_within("max_duration", MINUTES);
    let max_appointments_per_day = input.optional_integer_within("max_appointments_per_day", DAILY_LIMIT);
    let max_booked_mins_per_day = input.optional_integer_within("max_booked_mins_per_day", DAILY_LIMIT);
    let booking_horizon_days = input.optional_integer_within("booking_horizon_days", HORIZON_DAYS);
    let booking_notice = input.optional_integer_within("booking_notice", NOTICE);
    let slot_step = input.optional_integer_within("slot_step", MINUTES);
    let cancel_notice = input.optional_integer_within("patient_cancel_notice", NOTICE);
    let reschedule_notice = input.optional_integer_within("patient_reschedule_notice", NOTICE);
    let max_open_bookings = input.optional_integer_within("max_open_bookings", OPEN_BOOKINGS);
    let require_verified_email = input.optional_boolean("require_verified_email");
    if let (Some(Some(min)), Some(Some(max))) = (min_duration, max_duration)
        && min > max
    {
        input.reject::<()>(
            "min_duration",
            Code::MinimumOverMaximum.with_detail("must not be greater than max_duration"),
        );
    }
    Some(ClinicChange {
        min_duration: min_duration?,
        max_duration: max_duration?,
        max_appointments_per_day: max_appointments_per_day?,
        max_booked_mins_per_day: max_booked_mins_per_day?,
        booking_horizon_days: booking_horizon_days?,
        booking_notice: booking_notice?,
        slot_step: slot_step?,
        patient_cancel_notice: input.has("patient_cancel_notice").then_some(cancel_notice?),
        patient_reschedule_notice: input.has("patient_reschedule_notice").then_some(reschedule_notice?),
        max_open_bookings: input.has("max_open_bookings").then_some(max_open_bookings?),
        require_verified_email: require_verified_email?,
        ..ClinicChange::default()
    })
}

fn read_messages(input: &mut Input) -> Option<ClinicChange> {
    input.not_null(&["language", "reminder_minutes"]);
    let language = input.optional("language", str::parse);
    let most = MessagePolicy::MOST_REMINDERS;
    let reminder_minutes = input.optional_integers_within("reminder_minutes", &REMINDER, most);
    let quiet_hours = input.optional_object("quiet_hours", read_quiet_hours);
    Some(ClinicChange {
        language: language?,
        reminder_minutes: reminder_minutes?,
        quiet_hours: input.has("quiet_hours").then_some(quiet_hours?),
        ..ClinicChange::default()
    })
}

fn read_quiet_hours(input: &mut Input) -> Option<QuietHours> {
    let start = input.parsed("start", parse_minute_of_day);
    let end = input.parsed("end", parse_minute_of_day);
    let (start, end) = (start?, end?);
    if start == end {
        return input.reject("end", Code::NotAllowed.with_detail("must differ from the start"));
    }
    Some(QuietHours { start, end })
}
