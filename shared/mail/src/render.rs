use std::time::SystemTime;

use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Attachment, Mailbox, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};
use rounds_calendar::{Event, Method, Participant, events, invitation};
use rounds_domain::Email;

use crate::{Content, Mail, render_html::html, render_page::Page, render_text::plain_text, text::line};

/// Why a mail cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not an email address. Holds whose it is.
    #[error("the email address of the {0} is invalid")]
    InvalidAddress(&'static str),
    /// The id of the mail is not 32 hexadecimal digits.
    #[error("the id is not 32 hexadecimal digits")]
    InvalidId,
    /// A message about appointments without any.
    #[error("the message has no appointments")]
    NoAppointments,
    /// The parts of the mail cannot be put together.
    #[error("the mail cannot be built: {0}")]
    Build(#[from] lettre::error::Error),
    /// A type of a part is invalid.
    #[error("a content type is invalid: {0}")]
    ContentType(#[from] lettre::message::header::ContentTypeErr),
}

impl Mail {
    /// Returns the mail as MIME (RFC 5322 and RFC 2045), with lines that end in CR LF. Equal mails have equal bytes.
    /// `from` is the sender. If it has no name, the clinic's name is shown.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn to_mime(&self, from: &Mailbox) -> Result<Vec<u8>, Error> {
        Ok(self.to_message(from)?.formatted())
    }

    /// Returns the mail like [`Mail::to_mime`], with the envelope to send it in.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn to_message(&self, from: &Mailbox) -> Result<Message, Error> {
        if self.id.len() != 32 || !self.id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Error::InvalidId);
        }
        if self.content.appointments().is_some_and(|appointments| appointments.is_empty()) {
            return Err(Error::NoAppointments);
        }
        let page = Page::of(self);
        let name = from.name.as_deref().unwrap_or(&self.clinic.name);
        let from = mailbox(name, from.email.as_ref(), "sender")?;
        let to = mailbox(&self.to.name, &self.to.address, "reader")?;
        let envelope = Envelope::new(Some(from.email.clone()), vec![to.email.clone()])?;
        let mut message = Message::builder()
            .envelope(envelope)
            .date(SystemTime::from(self.at))
            .message_id(Some(format!("<{}@{}>", self.id, from.email.domain())))
            .subject(&page.subject)
            // Neither vacation notices nor other programs are to reply (RFC 3834). Exchange has a header of its own.
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("X-Auto-Response-Suppress", "OOF, AutoReply"))
            .raw_header(header("Content-Language", page.texts.tag));
        if let Some(email) = &self.clinic.email {
            message = message.reply_to(mailbox(&self.clinic.name, email, "clinic")?);
        }
        let body = self.body(&page, &from, &to)?;
        Ok(message.from(from).to(to).multipart(body)?)
    }

    /// The subject of the mail.
    pub fn subject(&self) -> String {
        Page::of(self).subject
    }

    /// The mail as a page, like in [`Mail::to_mime`].
    pub fn to_html(&self) -> String {
        html(&Page::of(self))
    }

    /// The parts of the mail. A change of one appointment is an invitation. A change of several has a calendar with all
    /// of them as an attachment: the events of an invitation are of one appointment (RFC 5546, section 3.2).
    fn body(&self, page: &Page, from: &Mailbox, to: &Mailbox) -> Result<MultiPart, Error> {
        let alternatives = MultiPart::alternative()
            .boundary(format!("alternative-{}", self.id))
            .singlepart(SinglePart::plain(plain_text(page)))
            .singlepart(SinglePart::html(html(page)));
        let method = match self.content {
            Content::Booked { .. } | Content::Moved { .. } => Method::Request,
            Content::Cancelled { .. } => Method::Cancel,
            _ => return Ok(alternatives),
        };
        let appointments = self.content.appointments().unwrap_or_default().into_iter();
        let is_cancelled = matches!(method, Method::Cancel);
        let changed: Vec<_> = appointments.map(|it| it.event(self.at, is_cancelled)).collect();
        let mixed = MultiPart::mixed().boundary(format!("mixed-{}", self.id));
        match &changed[..] {
            [event] => {
                let (invitation, file) = self.invitation(method, event, from, to)?;
                Ok(mixed.multipart(alternatives.singlepart(invitation)).singlepart(file))
            }
            changed => {
                let calendar = events(changed, &self.clinic.in_calendar(), &self.language);
                Ok(mixed.multipart(alternatives).singlepart(attachment("appointments.ics", calendar)?))
            }
        }
    }

    /// An invitation, as an alternative and as a file.
    ///
    /// Gmail and Outlook recognise an invitation by the alternative `text/calendar` with the parameter `method`, and
    /// show it with the mail. Apple's programs, and those that ignore this alternative, show the attachment, which
    /// opens the calendar. The attachment has another type, so that no program finds two invitations. Google's
    /// calendar sends the same parts in the same order.
    fn invitation(
        &self,
        method: Method,
        event: &Event,
        from: &Mailbox,
        to: &Mailbox,
    ) -> Result<(SinglePart, SinglePart), Error> {
        let (from, to) = (participant(from), participant(to));
        let calendar = invitation(method, event, &self.clinic.in_calendar(), &self.language, &from, &to);
        let content_type = format!("text/calendar; method={}; charset=utf-8", method.as_str());
        let invitation = SinglePart::builder().header(ContentType::parse(&content_type)?).body(calendar.clone());
        Ok((invitation, attachment("appointment.ics", calendar)?))
    }
}

/// A calendar as a file.
fn attachment(name: &str, calendar: String) -> Result<SinglePart, Error> {
    let content_type = ContentType::parse(&format!("application/ics; name=\"{name}\""))?;
    Ok(Attachment::new(name.to_owned()).body(calendar, content_type))
}

fn participant(mailbox: &Mailbox) -> Participant<'_> {
    Participant { name: mailbox.name.as_deref(), email: mailbox.email.as_ref() }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// Returns an address with a name. `whose` is for the error. The domain is in its ASCII form, which every server
/// accepts.
///
/// The address is checked by the rules that accepted it in the account. lettre has other rules for local parts, and
/// would reject some of them.
fn mailbox(name: &str, address: &str, whose: &'static str) -> Result<Mailbox, Error> {
    let invalid = || Error::InvalidAddress(whose);
    let email: Email = address.parse().map_err(|_| invalid())?;
    let (local, domain) = email.as_str().rsplit_once('@').ok_or_else(invalid)?;
    let domain = idna::domain_to_ascii(domain).map_err(|_| invalid())?;
    let name = Some(line(name)).filter(|name| !name.is_empty());
    Ok(Mailbox::new(name, Address::new_dangerous(local, domain)))
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "render_several_tests.rs"]
mod several_tests;
