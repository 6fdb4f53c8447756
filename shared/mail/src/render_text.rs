use crate::{
    Mail,
    render_page::{Card, Contact, Page},
    text::{Texts, isolated},
};

/// The longest SMS in characters. It is sent in two parts, or in five if a letter is not in the basic alphabet of SMS.
const LONGEST_SMS: usize = 300;

/// Returns the plain text of a mail. The contact of the clinic comes first, because mail programs show the beginning in
/// lists, and others must not see the doctor there.
pub(crate) fn plain_text(page: &Page) -> String {
    let texts = page.texts;
    let intro = match page.intro {
        "" => format!("{}.", page.title),
        intro => intro.to_owned(),
    };
    let mut blocks = vec![page.hello.clone(), intro, contact(&page.clinic, texts)];
    blocks.extend(page.cards.iter().map(|card| self::card(card, texts)));
    blocks.extend(page.facts.iter().map(|(label, values)| fact(label, &values.join("\n"), texts)));
    // A URL has a line of its own. Otherwise a program could link the text after it too.
    blocks.extend(page.button.iter().map(|(label, link)| format!("{label}:\n{link}")));
    blocks.push(page.notes.join("\n"));
    blocks.push(format!("-- \n{}", page.sent_by));
    blocks.join("\n\n") + "\n"
}

fn contact(clinic: &Contact, texts: &Texts) -> String {
    let labelled = |label: &str, value: &String| fact(label, value, texts);
    let mut lines = vec![clinic.name.clone()];
    lines.extend(clinic.address.iter().cloned());
    lines.extend(clinic.phone.iter().map(|phone| labelled(texts.labels.phone, phone)));
    lines.extend(clinic.email.iter().map(|email| labelled(texts.labels.email, email)));
    lines.join("\n")
}

fn card(card: &Card, texts: &Texts) -> String {
    let mut lines = vec![card.when.clone()];
    for (label, values) in &card.facts {
        lines.push(fact(label, &values.join("\n"), texts));
    }
    lines.extend(card.link.iter().map(|link| format!("{}:\n{link}", texts.view)));
    lines.join("\n")
}

fn fact(label: &str, value: &str, texts: &Texts) -> String {
    format!("{label}: {}", isolated(value, texts.right_to_left))
}

impl Mail {
    /// Returns the message as an SMS: when the appointments are, and how to reach the clinic. It names neither the
    /// doctor nor the specialty, and has at most 300 characters. If it would be longer, the name of the clinic is
    /// shortened, and of several appointments it lists only the first.
    pub fn to_text(&self) -> String {
        let Page { texts, subject, clinic, button, times, .. } = Page::of(self);
        let phone = clinic.phone.map(|phone| isolated(&phone, texts.right_to_left));
        let link = button.map(|(_, link)| link);
        let others: usize =
            [Some(&subject), phone.as_ref(), link.as_ref()].into_iter().flatten().map(|it| length(it) + 1).sum();
        let room = LONGEST_SMS.saturating_sub(others);
        // The line break of the last line is not needed, so the name needs none.
        let name = shortened(&clinic.name, room.saturating_sub(lengths(&listed(&times, 1, texts))));
        let room = room.saturating_sub(length(&name));
        let most = (1..=times.len()).rev().find(|most| lengths(&listed(&times, *most, texts)) <= room);
        let times = listed(&times, most.unwrap_or_default(), texts);
        let lines = [subject].into_iter().chain(times).chain([name]).chain(phone).chain(link);
        let lines = lines.filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join("\n").chars().take(LONGEST_SMS).collect()
    }
}

/// Returns the first times, at most `most`, and how many others there are.
fn listed(times: &[String], most: usize, texts: &Texts) -> Vec<String> {
    let (shown, others) = times.split_at(most.min(times.len()));
    let more = (!others.is_empty()).then(|| (texts.more)(others.len()));
    shown.iter().cloned().chain(more).collect()
}

/// The number of characters of lines, each with a line break.
fn lengths(lines: &[String]) -> usize {
    lines.iter().map(|line| length(line) + 1).sum()
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// Shortens a text to at most `longest` characters.
fn shortened(text: &str, longest: usize) -> String {
    const DOTS: &str = "...";
    match length(text) <= longest {
        true => text.to_owned(),
        false if longest > DOTS.len() => text.chars().take(longest - DOTS.len()).collect::<String>() + DOTS,
        false => String::new(),
    }
}
