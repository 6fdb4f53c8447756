//! Converts claimed messages to mails.

use rounds_data::{
    SecretToken,
    messages::{Claim, ClaimedAppointment, ClaimedMessage, Contact, Link},
};
use rounds_domain::{MessageKind, Zone};
use rounds_mail::{Appointment, Cancelled, ClinicContact, Content, Mail, Moved, Recipient};

/// Converts a claimed message to a mail. `public_url` is the URL of the web app, without a slash at its end.
///
/// # Errors
/// A sentence that says what is missing.
pub(crate) fn mail(claim: &Claim, message: &ClaimedMessage, public_url: &str) -> Result<Mail, String> {
    Ok(Mail {
        id: message.message_id.clone(),
        at: message.due_at,
        to: Recipient { name: message.name.clone(), address: message.sent_to.clone() },
        language: message.language.clone(),
        clinic: clinic(&claim.clinic)?,
        content: content(claim, message, public_url)?,
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

fn content(claim: &Claim, message: &ClaimedMessage, public_url: &str) -> Result<Content, String> {
    let token = |link: &Option<Link>| link.as_ref().and_then(|link| claim.tokens.of(link));
    let url = |page: &str, token: &SecretToken| format!("{public_url}/#/{page}/{}", token.as_str());
    let appointment = |of: &ClaimedAppointment| Appointment {
        id: of.id,
        version: of.version,
        start: of.start_at,
        duration: of.duration,
        patient_name: None,
        doctor_name: of.doctor_name.clone(),
        specialty: of.specialty.clone(),
        link: token(&of.link).map(|token| url("links", token)),
    };
    let first = || message.appointments.first().ok_or("the message has no appointment");
    let link = |page| token(&message.link).map(|token| url(page, token)).ok_or("the message has no link");
    Ok(match message.kind {
        MessageKind::Booked => Content::Booked { appointments: vec![appointment(first()?)] },
        MessageKind::Moved => {
            let of = first()?;
            let before = message.before.as_ref().map(|before| before.start_at).filter(|at| *at != of.start_at);
            Content::Moved { appointments: vec![Moved { appointment: appointment(of), before }] }
        }
        MessageKind::Cancelled => {
            let of = first()?;
            let cancelled = Cancelled { appointment: appointment(of), reason: of.reason.clone() };
            Content::Cancelled { appointments: vec![cancelled] }
        }
        MessageKind::Reminder => {
            Content::Reminder { appointments: message.appointments.iter().map(appointment).collect() }
        }
        MessageKind::VerifyEmail => Content::VerifyEmail { link: link("verify-email")? },
        MessageKind::ResetPassword => Content::ResetPassword { link: link("reset-password")? },
        MessageKind::Invitation => Content::Invitation { link: link("invitation")? },
        MessageKind::PasswordChanged => Content::PasswordChanged {},
    })
}
