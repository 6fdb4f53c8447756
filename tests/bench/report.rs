//! The results: a Markdown table, the rows as JSON, and a plot.

use std::{fmt::Write, fs, path::Path};

use chrono::Utc;
use serde_json::json;

use crate::measure::{Row, Table, Target, median};

/// Returns the subject, the floor and the unit of a table.
fn about(table: Table) -> (&'static str, &'static str, &'static str) {
    match table {
        Table::ColdStart => ("cold start, spawn to first poll", "hello", "ms"),
        Table::FirstAnswer => ("cold start to first answer, file", "hello", "ms"),
        Table::FirstAnswerTls => {
            ("cold start to first answer, server over TLS", "hello + TLS handshake and request", "ms")
        }
        Table::WarmFile => ("warm request, file", "hello + bare statement", "ms"),
        Table::WarmServer => ("warm request, server", "hello + bare Hrana request", "ms"),
        Table::Bookings => ("bookings a second, file", "bare inserts", "/s"),
        Table::BookingsServer => ("bookings a second, server", "bare Hrana inserts", "/s"),
        Table::ServeReads => ("serve, reads a second, 32 connections", "bare axum + the prepared statement", "/s"),
        Table::ServeBookings => ("serve, bookings a second", "their bare transactions", "/s"),
        Table::ServeLatency => ("serve, while four clients sign in", "the limit", "ms"),
        Table::ServeStart => ("serve, from the start to ready", "the limit", "ms"),
        Table::ServeMemory => ("serve, resident memory after 100,000 requests", "the limit", "MB"),
        Table::Mails => ("mails a minute, one connection, 20 ms for each command", "the limit", "/min"),
        Table::Search => ("a search in 100,000 patients", "the limit", "ms"),
        Table::FirstStart => ("processor time of the first start", "the limit", "s"),
        Table::Scale => ("10,000,000 appointments", "10,000 appointments", "ms"),
        Table::Availability => ("a doctor's month of availability, full", "empty", "ms"),
        Table::Zip => ("zip", "hello's", "MB"),
        Table::ZipLimit => ("zip, compared with the limit", "the limit", "MB"),
        Table::Memory => ("resident memory after 1,000 requests", "hello's", "MiB"),
        Table::Instructions => ("instructions of a warm booking", "hello's answer", "million"),
        Table::Alternative => ("the same booking in Node.js", "Rounds", ""),
    }
}

fn target(target: Target) -> String {
    match target {
        Target::AtMost(most) => format!("≤ {most} ×"),
        Target::AtLeast(least) => format!("≥ {least} ×"),
        Target::None => "–".into(),
    }
}

/// Returns all rows as Markdown.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| what | | measured | floor | ratio | from | to | to reach | |\n|---|---|--:|--:|--:|--:|--:|---|---|\n",
    );
    for row in rows {
        let (what, floor, unit) = about(row.table);
        let met = if row.is_met() { "✓" } else { "✗" };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {what} | {} | {:.3} {unit} | {:.3} {unit} ({floor}) | {:.2} | {:.2} | {:.2} | {} | {met} |",
            row.name,
            row.measured,
            row.floor,
            row.ratio,
            row.least,
            row.most,
            target(row.target)
        );
    }
    text
}

/// Returns the median, smallest and largest ratio of each subject as Markdown.
pub(crate) fn summary(rows: &[Row]) -> String {
    let mut text = String::from(
        "| what | floor of the same run | to reach | ratios: median | least | most | rows that reach it |\n\
         |---|---|---|--:|--:|--:|--:|\n",
    );
    for rows in rows.chunk_by(|one, other| one.table == other.table) {
        let (what, floor, _) = about(rows[0].table);
        let ratios: Vec<f64> = rows.iter().map(|row| row.ratio).collect();
        let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let most = ratios.iter().copied().fold(0.0, f64::max);
        let met = rows.iter().filter(|row| row.is_met()).count();
        let met = if rows[0].target == Target::None { "–".into() } else { format!("{met} of {}", rows.len()) };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {what} | {floor} | {} | {:.2} | {least:.2} | {most:.2} | {met} |",
            target(rows[0].target),
            median(&ratios)
        );
    }
    text
}

/// Writes the results: `results.json`, `results.md` and `ratios.svg`. docs/benchmarks.md shows the summary of them.
pub(crate) fn write(rows: &[Row], folder: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let date = Utc::now().date_naive();
    let json =
        serde_json::to_string_pretty(&json!({ "date": date, "rows": rows })).map_err(|error| error.to_string())?;
    fs::create_dir_all(folder).map_err(failed)?;
    fs::write(folder.join("results.json"), json + "\n").map_err(failed)?;
    let heading =
        format!("Measured by `make bench` on {date}: medians, and of the rounds' ratios the median and the ends.\n\n");
    let text = format!("{heading}{}\nEach row:\n\n{}", summary(rows), table(rows));
    fs::write(folder.join("results.md"), text).map_err(failed)?;
    fs::write(folder.join("ratios.svg"), plot(rows)).map_err(failed)
}

/// Draws each ratio as a bar with its range and target.
fn plot(rows: &[Row]) -> String {
    const LEFT: f64 = 460.0;
    const SCALE: f64 = 80.0;
    const LINE: f64 = 16.0;
    let rows: Vec<_> = rows.iter().filter(|row| row.target != Target::None).collect();
    let height = (rows.len() + 1) as f64 * LINE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 {height}\" font-family=\"sans-serif\" font-size=\"10\">\n\
         <rect width=\"900\" height=\"{height}\" fill=\"white\"/>\n"
    );
    for (number, row) in rows.iter().enumerate() {
        let y = (number as f64 + 0.5) * LINE;
        let x = |ratio: f64| LEFT + ratio.min(5.0) * SCALE;
        let goal = match row.target {
            Target::AtMost(goal) | Target::AtLeast(goal) => goal,
            Target::None => 0.0,
        };
        let color = if row.is_met() { "#4a7" } else { "#c63" };
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}: {}</text><rect x=\"{LEFT}\" y=\"{}\" width=\"{}\" height=\"8\" \
             fill=\"{color}\"/><path d=\"M{} {}H{}\" stroke=\"black\"/><path d=\"M{} {}v12\" stroke=\"#36c\" stroke-width=\"2\"/>",
            LEFT - 6.0,
            y + 8.0,
            about(row.table).0,
            row.name,
            y,
            x(row.ratio) - LEFT,
            x(row.least),
            y + 4.0,
            x(row.most),
            x(goal),
            y - 2.0
        );
    }
    svg + "</svg>\n"
}
