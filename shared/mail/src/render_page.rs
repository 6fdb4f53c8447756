use chrono::TimeDelta;
use rounds_domain::Timestamp;

use crate::{
    Appointment, Content, Mail,
    text::{AboutAccount, AboutAppointment, Clock, Texts, isolated, line, lines},
};

/// What a mail says, in the reader's language. The HTML and the plain text are two forms of it.
pub(crate) struct Page {
    pub(crate) texts: &'static Texts,
    pub(crate) subject: String,
    pub(crate) title: &'static str,
    pub(crate) hello: String,
    /// Empty if the title says everything.
    pub(crate) intro: &'static str,
    pub(crate) cards: Vec<Card>,
    /// The link of an account message: its label and its URL.
    pub(crate) button: Option<(&'static str, String)>,
    pub(crate) notes: Vec<String>,
    pub(crate) clinic: Contact,
    /// Says that the clinic sent the message automatically.
    pub(crate) sent_by: String,
}

/// An appointment.
pub(crate) struct Card {
    pub(crate) when: String,
    /// Labels and values.
    pub(crate) facts: Vec<(&'static str, Vec<String>)>,
    pub(crate) link: Option<String>,
    pub(crate) is_cancelled: bool,
}

/// The contact of the clinic, one line each.
pub(crate) struct Contact {
    pub(crate) name: String,
    pub(crate) address: Vec<String>,
    pub(crate) phone: Option<String>,
    pub(crate) email: Option<String>,
}

impl Page {
    pub(crate) fn of(mail: &Mail) -> Self {
        let texts = Texts::of(&mail.language);
        let within = |text: &str| isolated(&line(text), texts.right_to_left);
        let clinic = &mail.clinic;
        let empty = Self {
            texts,
            subject: String::new(),
            title: "",
            hello: (texts.hello)(&within(&mail.to.name)),
            intro: "",
            cards: Vec::new(),
            button: None,
            notes: Vec::new(),
            sent_by: (texts.sent_by)(&within(&clinic.name)),
            clinic: Contact {
                name: line(&clinic.name),
                address: clinic.address.as_deref().map(lines).unwrap_or_default(),
                phone: clinic.phone.as_deref().map(line),
                email: clinic.email.as_deref().map(line),
            },
        };
        let clock = Clock { texts, zone: clinic.zone, now: mail.at };
        match &mail.content {
            Content::Booked { appointment } => empty.about(&texts.booked, &clock, appointment),
            Content::Moved { appointment, before } => {
                let before = before.filter(|before| *before != appointment.start);
                empty.about(&texts.moved, &clock, appointment).with_earlier_time(before, &clock)
            }
            Content::Cancelled { appointment, reason } => {
                empty.about(&texts.cancelled, &clock, appointment).cancelled(reason.as_deref())
            }
            Content::Reminder { appointments } => empty.reminder(&clock, appointments),
            Content::VerifyEmail { link } => empty.about_account(&texts.verify_email, Some(link), mail),
            Content::ResetPassword { link } => empty.about_account(&texts.reset_password, Some(link), mail),
            Content::Invitation { link } => empty.about_account(&texts.invitation, Some(link), mail),
            Content::PasswordChanged {} => empty.about_account(&texts.password_changed, None, mail),
        }
    }

    fn about(self, about: &AboutAppointment, clock: &Clock, appointment: &Appointment) -> Self {
        Self {
            subject: (about.subject)(&clock.date_time(appointment.start)),
            title: about.title,
            cards: vec![Card::of(appointment, clock)],
            notes: vec![about.note.to_owned()],
            ..self
        }
    }

    fn with_earlier_time(mut self, before: Option<Timestamp>, clock: &Clock) -> Self {
        let facts = self.cards.iter_mut().map(|card| &mut card.facts);
        for (facts, before) in facts.zip(before) {
            facts.insert(0, (clock.texts.labels.before, vec![clock.date_time(before)]));
        }
        self
    }

    fn cancelled(mut self, reason: Option<&str>) -> Self {
        for card in &mut self.cards {
            card.is_cancelled = true;
            card.facts.extend(reason.map(|reason| (self.texts.labels.reason, lines(reason))));
        }
        self
    }

    fn reminder(self, clock: &Clock, appointments: &[Appointment]) -> Self {
        match appointments {
            [] => self,
            [appointment] => self.about(&clock.texts.reminder, clock, appointment),
            [first, ..] => Self {
                subject: (clock.texts.reminder_of_several)(
                    appointments.len(),
                    &clock.date(first.start),
                    &clock.time(first.start),
                ),
                title: clock.texts.several,
                cards: appointments.iter().map(|appointment| Card::of(appointment, clock)).collect(),
                ..self.about(&clock.texts.reminder, clock, first)
            },
        }
    }

    fn about_account(self, about: &AboutAccount, link: Option<&String>, mail: &Mail) -> Self {
        let lifetime = mail.content.kind().link_lifetime().map(|lifetime| match lifetime < TimeDelta::days(1) {
            true => (self.texts.minutes)(lifetime.num_minutes()),
            false => (self.texts.days)(lifetime.num_days()),
        });
        let link_works = lifetime.map(|lifetime| (self.texts.link_works)(&lifetime));
        Self {
            subject: about.title.to_owned(),
            title: about.title,
            intro: about.intro,
            button: link.map(|link| (about.button, line(link))),
            notes: link_works.into_iter().chain([about.note.to_owned()]).collect(),
            ..self
        }
    }

    /// Returns the text that mail programs show after the subject: the contact of the clinic.
    pub(crate) fn preview(&self) -> String {
        let Contact { name, address, phone, .. } = &self.clinic;
        let parts = [name].into_iter().chain(address).chain(phone);
        parts.map(|part| isolated(part, self.texts.right_to_left)).collect::<Vec<_>>().join(" · ")
    }
}

impl Card {
    fn of(appointment: &Appointment, clock: &Clock) -> Self {
        let labels = &clock.texts.labels;
        let mut facts = vec![
            (labels.length, vec![(clock.texts.minutes)(appointment.duration)]),
            (labels.doctor, vec![line(&appointment.doctor_name)]),
        ];
        facts.extend(appointment.specialty.as_ref().map(|specialty| (labels.specialty, vec![line(specialty)])));
        let link = appointment.link.as_deref().map(line);
        Self { when: clock.date_time(appointment.start), facts, link, is_cancelled: false }
    }
}
