use chrono::TimeDelta;

use crate::{
    Appointment, Cancelled, Content, Mail, Moved,
    text::{AboutAccount, AboutAppointment, AboutSeveral, Clock, Texts, isolated, line, lines},
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
    /// Facts about all appointments.
    pub(crate) facts: Vec<Fact>,
    /// The times of the appointments, for an SMS, if the subject does not say when they are.
    pub(crate) times: Vec<String>,
    /// The link of an account message: its label and its URL.
    pub(crate) button: Option<(&'static str, String)>,
    pub(crate) notes: Vec<String>,
    pub(crate) clinic: Contact,
    /// Says that the clinic sent the message automatically.
    pub(crate) sent_by: String,
}

/// A label and its values, one line each.
pub(crate) type Fact = (&'static str, Vec<String>);

/// An appointment.
pub(crate) struct Card {
    pub(crate) when: String,
    pub(crate) facts: Vec<Fact>,
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
            facts: Vec::new(),
            times: Vec::new(),
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
            Content::Booked { appointments } => {
                let cards = appointments.iter().map(|appointment| Card::of(appointment, &clock));
                empty.about_change(&texts.booked, &texts.several_booked, cards.collect())
            }
            Content::Moved { appointments } => {
                let cards = appointments.iter().map(|moved| Card::of_moved(moved, &clock));
                empty.about_change(&texts.moved, &texts.several_moved, cards.collect())
            }
            Content::Cancelled { appointments } => empty.cancelled(&clock, appointments),
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

    /// A change of one appointment, or of several.
    fn about_change(self, one: &AboutAppointment, several: &AboutSeveral, cards: Vec<Card>) -> Self {
        let (subject, title, times) = match &cards[..] {
            [card] => ((one.subject)(&card.when), one.title, Vec::new()),
            cards => {
                let times = cards.iter().map(|card| card.when.clone()).collect();
                ((several.subject)(cards.len()), several.title, times)
            }
        };
        Self { subject, title, cards, times, notes: vec![one.note.to_owned()], ..self }
    }

    /// Cancelled appointments. If several have the same reason, it is there once.
    fn cancelled(self, clock: &Clock, appointments: &[Cancelled]) -> Self {
        let texts = self.texts;
        let fact = |cancelled: &Cancelled| cancelled.reason.as_deref().map(|it| (texts.labels.reason, lines(it)));
        let is_shared = appointments.len() > 1 && appointments.windows(2).all(|two| two[0].reason == two[1].reason);
        let card = |cancelled: &Cancelled| {
            let mut card = Card { is_cancelled: true, ..Card::of(&cancelled.appointment, clock) };
            card.facts.extend(fact(cancelled).filter(|_| !is_shared));
            card
        };
        let facts = appointments.first().filter(|_| is_shared).and_then(fact).into_iter().collect();
        let cards = appointments.iter().map(card).collect();
        Self { facts, ..self.about_change(&texts.cancelled, &texts.several_cancelled, cards) }
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
        let patient = appointment.patient_name.as_ref().map(|patient| (labels.patient, vec![line(patient)]));
        let mut facts: Vec<_> = patient.into_iter().collect();
        facts.push((labels.length, vec![(clock.texts.minutes)(appointment.duration)]));
        facts.push((labels.doctor, vec![line(&appointment.doctor_name)]));
        facts.extend(appointment.specialty.as_ref().map(|specialty| (labels.specialty, vec![line(specialty)])));
        let link = appointment.link.as_deref().map(line);
        Self { when: clock.date_time(appointment.start), facts, link, is_cancelled: false }
    }

    /// An appointment with its earlier time, if it has another one now.
    fn of_moved(moved: &Moved, clock: &Clock) -> Self {
        let mut card = Self::of(&moved.appointment, clock);
        if let Some(before) = moved.before.filter(|before| *before != moved.appointment.start) {
            card.facts.insert(0, (clock.texts.labels.before, vec![clock.date_time(before)]));
        }
        card
    }
}
