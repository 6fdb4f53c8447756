use maud::{DOCTYPE, Markup, PreEscaped, html};
use rounds_calendar::mailto;

use crate::{
    render_page::{Card, Contact, Page},
    text::Texts,
};

/// The dark colours, those of the web app. The light ones are inline, because some programs (Gmail with accounts of
/// other providers) remove style sheets. Programs that ignore this media query (Gmail, Outlook) compute dark colours
/// of their own.
const STYLE: &str = "
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  .page { background: #15181c !important; }
  .card { background: #1f242a !important; border-color: #343b44 !important; }
  .ink { color: #e8ecf0 !important; }
  .faint { color: #a3adb8 !important; }
  .link { color: #7cbcf5 !important; }
  .button { background: #7cbcf5 !important; color: #0d1217 !important; }
}
";
const FONT: &str =
    "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:24px;";
const INK: &str = "color:#1b2127;";
const FAINT: &str = "color:#56616c;";

/// Characters that are not visible. They fill the line that mail programs show after the subject, so that nothing of
/// the page follows the preview.
const FILLER: &str = "\u{34F}\u{200C}\u{A0}\u{2007}";
const FILLERS: usize = 60;

/// Returns the HTML of a mail. It loads nothing: no image, no font, no style sheet.
///
/// Outlook for Windows lays out pages as Word does, so tables make the columns, a table has a `width` beside its
/// `max-width`, and a button has a cell with a background. Gmail removes the attributes of `html` and `body`, so the
/// language and the direction are on an element within, too.
pub(crate) fn html(page: &Page) -> String {
    let texts = page.texts;
    let direction = if texts.right_to_left { "rtl" } else { "ltr" };
    let page = html! {
        (DOCTYPE)
        html lang=(texts.tag) dir=(direction) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                meta name="format-detection" content="telephone=no, date=no, address=no";
                title { (page.subject) }
                style { (PreEscaped(STYLE)) }
            }
            body.page style="margin:0;padding:0;background:#f4f6f8;" {
                div style="display:none;max-height:0;overflow:hidden;mso-hide:all;" aria-hidden="true" {
                    (page.preview()) (FILLER.repeat(FILLERS))
                }
                div lang=(texts.tag) dir=(direction) {
                    table.page role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"
                        style="background:#f4f6f8;" {
                        tr { td align="center" style="padding:16px;" { (column(page)) } }
                    }
                }
            }
        }
    };
    page.into_string()
}

/// The column of all contents, at most 600 pixels wide.
fn column(page: &Page) -> Markup {
    let texts = page.texts;
    let align = if texts.right_to_left { "right" } else { "left" };
    let paragraph = format!("{FONT}{INK}margin:0 0 16px;");
    html! {
        table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0"
            style="width:100%;max-width:600px;" {
            tr { td align=(align) style=(format!("{FONT}text-align:{align};")) {
                p.ink style=(format!("{FONT}{INK}margin:8px 0 16px;font-weight:600;")) { (page.clinic.name) }
                h1.ink style=(format!("{FONT}{INK}margin:0 0 16px;font-size:24px;line-height:30px;")) { (page.title) }
                p.ink style=(paragraph) { (page.hello) }
                @if !page.intro.is_empty() { p.ink style=(paragraph) { (page.intro) } }
                @for card in &page.cards { (appointment(card, texts)) }
                @for (label, values) in &page.facts { p.ink style=(paragraph) { (fact(label, values)) } }
                @if let Some((label, link)) = &page.button {
                    div style="padding-bottom:16px;" { (button(label, link)) }
                }
                @for note in &page.notes { p.ink style=(paragraph) { (note) } }
                (contact(&page.clinic, texts))
                p.faint style=(format!("{FONT}{FAINT}margin:0 0 8px;")) { (page.sent_by) }
            } }
        }
    }
}

fn appointment(card: &Card, texts: &Texts) -> Markup {
    let struck = if card.is_cancelled { "text-decoration:line-through;" } else { "" };
    framed(html! {
        p.ink style=(format!("{FONT}{INK}{struck}margin:0 0 8px;font-size:20px;line-height:28px;font-weight:600;")) {
            (card.when)
        }
        @for (label, values) in &card.facts {
            p.ink style=(format!("{FONT}{INK}margin:0 0 4px;")) { (fact(label, values)) }
        }
        @if let Some(link) = &card.link { div style="padding-top:12px;" { (button(texts.view, link)) } }
    })
}

fn fact(label: &str, values: &[String]) -> Markup {
    html! {
        span.faint style=(FAINT) { (label) ": " }
        (separated(values))
    }
}

fn contact(clinic: &Contact, texts: &Texts) -> Markup {
    let line = format!("{FONT}{INK}margin:0;");
    let link = format!("{FONT}color:#0b5fa5;display:inline-block;padding:10px 0;");
    framed(html! {
        p.ink style=(format!("{line}font-weight:600;")) { bdi { (clinic.name) } }
        @if !clinic.address.is_empty() { p.ink style=(line) { (separated(&clinic.address)) } }
        @if let Some(phone) = &clinic.phone {
            p.ink style=(line) {
                span.faint style=(FAINT) { (texts.labels.phone) ": " }
                @match tel(phone) {
                    Some(url) => a.link href=(url) dir="ltr" style=(link) { (phone) },
                    None => bdi { (phone) },
                }
            }
        }
        @if let Some(email) = &clinic.email {
            p.ink style=(line) {
                span.faint style=(FAINT) { (texts.labels.email) ": " }
                a.link href=(mailto(email)) dir="ltr" style=(link) { (email) }
            }
        }
    })
}

fn framed(content: Markup) -> Markup {
    html! {
        table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 16px;" {
            tr { td.card style="background:#ffffff;border:1px solid #d5dbe1;border-radius:8px;padding:16px;" {
                (content)
            } }
        }
    }
}

/// A button, 48 pixels high.
fn button(label: &str, link: &str) -> Markup {
    let style = format!(
        "{FONT}display:inline-block;padding:12px 24px;border-radius:8px;background:#0b5fa5;color:#ffffff;\
        font-weight:600;text-decoration:none;"
    );
    html! {
        table role="presentation" cellpadding="0" cellspacing="0" border="0" {
            tr { td.button bgcolor="#0b5fa5" style="border-radius:8px;background:#0b5fa5;mso-padding-alt:12px 24px;" {
                a.button href=(link) style=(style) { (label) }
            } }
        }
    }
}

/// Lines that people entered, in any direction.
fn separated(lines: &[String]) -> Markup {
    html! {
        @for (number, line) in lines.iter().enumerate() {
            @if number > 0 { br; }
            bdi { (line) }
        }
    }
}

/// Returns the `tel` URI of a phone number (RFC 3966), or `None` if it has no digits.
fn tel(phone: &str) -> Option<String> {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let plus = if phone.starts_with('+') { "+" } else { "" };
    (!digits.is_empty()).then(|| format!("tel:{plus}{digits}"))
}
