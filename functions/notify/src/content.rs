//! Converts claimed messages to mails.

use rounds_data::{
    SecretToken,
    messages::{Claim, ClaimedAppointment, ClaimedMessage, Contact, Link},
};
use rounds_domain::{MessageKind, Zone};
use rounds_mail::{Appointment, Cancelled, ClinicContact, Content, Mail, Moved, Recipient};

/// Converts the claimed messages of one mail. `public_url` is the URL of the web app, without a slash at its end.
///
/// # Errors
/// A sentence that says what is missing.
pub(crate) fn mail(claim: &Claim, messages: &[ClaimedMessage], public_url: &str) -> Result<Mail, String> {
    let first = messages.first().ok_or("the mail has no message")?;
    Ok(Mail {
        id: first.message_id.clone(),
        // When the last of them was due.
        at: messages.iter().map(|message| message.due_at).max().unwrap_or(first.due_at),
        to: Recipient { name: first.name.clone(), address: first.sent_to.clone() },
        language: first.language.clone(),
        clinic: clinic(&claim.clinic)?,
        content: content(claim, first, messages, public_url)?,
    })
}

fn clinic(contact: &Contact) -> Result<ClinicContact, String> {
    let zone: Zone = contact.time_zone.parse().map_err(|_| format!("unknown zone {}", contact.time_zone))?;
    Ok(ClinicContact {
        name: contact.name.clone(),
        id: contact.public_id,
        zone,
        phone: contact.phone.clone(),
        email: contact.email.clone(),
        address: contact.address.clone(),
    })
}

fn content(
    claim: &Claim,
    first: &ClaimedMessage,
    messages: &[ClaimedMessage],
    public_url: &str,
) -> Result<Content, String> {
    let token = |link: &Option<Link>| link.as_ref().and_then(|link| claim.tokens.of(link));
    let url = |page: &str, token: &SecretToken| format!("{public_url}/#/{page}/{}", token.as_str());
    let appointment = |of: &ClaimedAppointment| Appointment {
        id: of.id,
        version: of.version,
        start: of.start_at,
        duration: of.duration,
        patient_name: of.patient_name.clone(),
        doctor_name: of.doctor_name.clone(),
        specialty: of.specialty.clone(),
        link: token(&of.link).map(|token| url("links", token)),
    };
    let moved = |message: &ClaimedMessage, of: &ClaimedAppointment| {
        let before = message.before.as_ref().map(|before| before.start_at).filter(|at| *at != of.start_at);
        Moved { appointment: appointment(of), before }
    };
    let cancelled = |of: &ClaimedAppointment| Cancelled { appointment: appointment(of), reason: of.reason.clone() };
    let all = || messages.iter().flat_map(|message| message.appointments.iter().map(move |of| (message, of)));
    let link = |page| token(&first.link).map(|token| url(page, token)).ok_or("the message has no link");
    Ok(match first.kind {
        MessageKind::Booked => Content::Booked { appointments: some(all().map(|(_, of)| appointment(of)))? },
        MessageKind::Moved => Content::Moved { appointments: some(all().map(|(message, of)| moved(message, of)))? },
        MessageKind::Cancelled => Content::Cancelled { appointments: some(all().map(|(_, of)| cancelled(of)))? },
        MessageKind::Reminder => Content::Reminder { appointments: some(all().map(|(_, of)| appointment(of)))? },
        MessageKind::VerifyEmail => Content::VerifyEmail { link: link("verify-email")? },
        MessageKind::ResetPassword => Content::ResetPassword { link: link("reset-password")? },
        MessageKind::Invitation => Content::Invitation { link: link("invitation")? },
        MessageKind::PasswordChanged => Content::PasswordChanged {},
    })
}

/// Collects the appointments of a message, at least one.
fn some<T>(appointments: impl Iterator<Item = T>) -> Result<Vec<T>, String> {
    let appointments: Vec<_> = appointments.collect();
    if appointments.is_empty() { Err("the message has no appointment".to_owned()) } else { Ok(appointments) }
}
