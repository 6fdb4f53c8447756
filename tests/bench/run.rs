//! The order of the measurements.

use std::{
    fs,
    path::{Path, PathBuf},
};

use indicatif::{ProgressBar, ProgressStyle};
use lambda::Program;
use libsql::Builder;

use crate::{
    alternative,
    bookings::{self, Bare, Floor, Place},
    clinic::Clinic,
    cold, first_start,
    generate::generate,
    instructions,
    measure::Row,
    messages, report, scale, search, serve, size,
    warm::{self, Copies, server_of},
};

/// The numbers of appointments of the two networks.
const SMALL: u64 = 10_000;
const LARGE: u64 = 10_000_000;
/// The approximate numbers of rows, for the progress bar.
const ROWS: u64 = 231;
const QUICK_ROWS: u64 = 11;
const BOOKING_ROWS: u64 = 3;
const SERVE_ROWS: u64 = 6;
const MESSAGE_ROWS: u64 = 2;
const SEARCH_ROWS: u64 = 7;

/// The folders of a run.
pub struct Setup {
    /// The release builds of the functions and of hello.
    pub functions: PathBuf,
    /// The installed alternative in Node.js.
    pub node: PathBuf,
    /// The databases, which are kept for the next run (4.4 GB).
    pub folder: PathBuf,
    /// The folder of the results.
    pub results: PathBuf,
}

/// Runs all measurements.
///
/// # Errors
/// A sentence about what went wrong.
pub async fn all(setup: &Setup) -> Result<(), String> {
    let (small, large) = (network(setup, SMALL).await?, network(setup, LARGE).await?);
    let bar = bar(ROWS)?;
    let progress = |name: &str| step(&bar, name);
    let work = setup.folder.join("work");
    clear(&work)?;
    let hello = hello(setup);
    let clinic = Clinic::open(&copied(&small, &work.join("small.db"))?, &setup.functions).await?;

    let mut rows = cold::starts(&clinic, &hello, progress)?;
    rows.extend(cold::answers(&clinic, &hello, progress)?);
    rows.extend(size::zips(&setup.functions, &work)?);
    // Before the first booking in the clinic itself.
    rows.push(instructions::of_a_booking(&clinic, &hello, &work)?);
    let server = server_of(&clinic.file, &work.join("server"))?;
    rows.extend(cold::answers_over_tls(&clinic, &hello, &server.url(), progress)?);
    let file = Copies::of_file(&clinic.file, &work.join("copies"))?;
    rows.extend(warm::measure(&clinic, &hello, &file, progress).await?);
    file.remove()?;
    let on_server = Copies::of_server(&clinic.file, &work.join("copies"))?;
    rows.extend(warm::measure(&clinic, &hello, &on_server, progress).await?);
    on_server.remove()?;

    rows.extend(bookings_a_second(&clinic, &server.url(), &work, progress).await?);
    drop(server);
    rows.extend(serve::measure(&clinic, &setup.functions.join("rounds"), &work, progress).await?);

    rows.extend(messages::measure(&clinic, progress).await?);
    rows.extend(searches(&small, setup, progress).await?);

    let large = Clinic::open(&copied(&large, &work.join("large.db"))?, &setup.functions).await?;
    rows.extend(scale::measure(&large, &clinic, progress)?);
    rows.push(scale::a_month(&clinic, progress)?);
    rows.extend(cold::memory(&clinic, &hello, progress)?);
    rows.push(first_start::measure(&work, progress)?);
    let node = alternative::program(&clinic, &setup.node, &work)?;
    rows.extend(alternative::measure(&clinic, &node, &work.join(BOOKED), progress)?);
    bar.finish_and_clear();
    clear(&work)?;
    report::write(&rows, &setup.results)?;
    print(&rows);
    Ok(())
}

/// Measures cold starts, sizes and instructions, which need no large network.
///
/// # Errors
/// A sentence about what went wrong.
pub async fn quick(setup: &Setup) -> Result<(), String> {
    let small = network(setup, SMALL).await?;
    let bar = bar(QUICK_ROWS)?;
    let progress = |name: &str| step(&bar, name);
    let (work, hello) = (setup.folder.join("work"), hello(setup));
    clear(&work)?;
    let clinic = Clinic::open(&copied(&small, &work.join("small.db"))?, &setup.functions).await?;
    let mut rows = cold::starts(&clinic, &hello, progress)?;
    rows.extend(cold::answers(&clinic, &hello, progress)?);
    rows.extend(size::zips(&setup.functions, &work)?);
    rows.push(instructions::of_a_booking(&clinic, &hello, &work)?);
    bar.finish_and_clear();
    clear(&work)?;
    print(&rows);
    Ok(())
}

/// Measures bookings per second, on a file and on a server.
///
/// # Errors
/// A sentence about what went wrong.
pub async fn of_bookings(setup: &Setup) -> Result<(), String> {
    let small = network(setup, SMALL).await?;
    let bar = bar(BOOKING_ROWS)?;
    let work = setup.folder.join("work");
    clear(&work)?;
    let clinic = Clinic::open(&copied(&small, &work.join("small.db"))?, &setup.functions).await?;
    let server = server_of(&clinic.file, &work.join("server"))?;
    let rows = bookings_a_second(&clinic, &server.url(), &work, |name| step(&bar, name)).await?;
    drop(server);
    bar.finish_and_clear();
    clear(&work)?;
    print(&rows);
    Ok(())
}

/// Measures `rounds serve`.
///
/// # Errors
/// A sentence about what went wrong.
pub async fn of_serve(setup: &Setup) -> Result<(), String> {
    let small = network(setup, SMALL).await?;
    let bar = bar(SERVE_ROWS)?;
    let work = setup.folder.join("work");
    clear(&work)?;
    let clinic = Clinic::open(&copied(&small, &work.join("small.db"))?, &setup.functions).await?;
    let progress = |name: &str| step(&bar, name);
    let rows = serve::measure(&clinic, &setup.functions.join("rounds"), &work, progress).await?;
    bar.finish_and_clear();
    clear(&work)?;
    print(&rows);
    Ok(())
}

/// Measures how many mails are sent in a minute.
///
/// # Errors
/// A sentence about what went wrong.
pub async fn of_messages(setup: &Setup) -> Result<(), String> {
    let small = network(setup, SMALL).await?;
    let bar = bar(MESSAGE_ROWS)?;
    let work = setup.folder.join("work");
    clear(&work)?;
    let clinic = Clinic::open(&copied(&small, &work.join("small.db"))?, &setup.functions).await?;
    let rows = messages::measure(&clinic, |name| step(&bar, name)).await?;
    bar.finish_and_clear();
    clear(&work)?;
    print(&rows);
    Ok(())
}

/// Measures searches for patients.
///
/// # Errors
/// A sentence about what went wrong.
pub async fn of_search(setup: &Setup) -> Result<(), String> {
    let small = network(setup, SMALL).await?;
    let bar = bar(SEARCH_ROWS)?;
    let work = setup.folder.join("work");
    clear(&work)?;
    let rows = searches(&small, setup, |name| step(&bar, name)).await?;
    bar.finish_and_clear();
    clear(&work)?;
    print(&rows);
    Ok(())
}

/// Measures searches in a copy of a network, because they need more patients.
async fn searches(network: &Path, setup: &Setup, progress: impl Fn(&str)) -> Result<Vec<Row>, String> {
    let file = copied(network, &setup.folder.join("work").join("search.db"))?;
    search::measure(&Clinic::open(&file, &setup.functions).await?, progress).await
}

/// The file for bookings.
const BOOKED: &str = "booked.db";

async fn bookings_a_second(
    clinic: &Clinic,
    server: &str,
    work: &Path,
    progress: impl Fn(&str) + Copy,
) -> Result<Vec<Row>, String> {
    let bare = Bare::from_booking(clinic, work).await?;
    let (booked, inserted) =
        (copied(&clinic.file, &work.join(BOOKED))?, with_table(&bare, &work.join("bare.db")).await?);
    let floor = Floor { bare: &bare, place: Place::File(&inserted) };
    let mut rows = bookings::measure(clinic, Place::File(&booked), floor, progress)?;
    let bare_server = server_of(&inserted, &work.join("bare"))?;
    let url = bare_server.url();
    let floor = Floor { bare: &bare, place: Place::Server(&url) };
    rows.extend(bookings::measure(clinic, Place::Server(server), floor, progress)?);
    Ok(rows)
}

/// Prints the results. A row that misses its target is no failure, because machines are noisy.
fn print(rows: &[Row]) {
    println!("{}\n{}", report::table(rows), report::summary(rows));
    let missed = rows.iter().filter(|row| !row.is_met()).count();
    println!("bench: {} of {} rows meet their target", rows.len() - missed, rows.len());
}

fn step(bar: &ProgressBar, name: &str) {
    bar.set_message(name.to_owned());
    bar.inc(1);
}

fn bar(rows: u64) -> Result<ProgressBar, String> {
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} rows, {elapsed}, {eta} left: {msg}");
    Ok(ProgressBar::new(rows).with_style(style.map_err(|error| error.to_string())?))
}

fn hello(setup: &Setup) -> Program {
    Program { command: vec![setup.functions.join("hello").to_string_lossy().into_owned()], variables: Vec::new() }
}

/// Returns the file of a network. It is generated if there is none from today, because its days depend on the day of
/// generation.
async fn network(setup: &Setup, appointments: u64) -> Result<PathBuf, String> {
    let today = chrono::Utc::now().date_naive();
    let file = setup.folder.join(format!("network-{appointments}-{today}.db"));
    if !file.exists() {
        let former = format!("network-{appointments}-");
        fs::create_dir_all(&setup.folder).map_err(|error| format!("{}: {error}", setup.folder.display()))?;
        for entry in fs::read_dir(&setup.folder).map_err(|error| error.to_string())?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(&former) {
                fs::remove_file(entry.path()).map_err(|error| error.to_string())?;
            }
        }
        generate(&file, appointments).await?;
    }
    Ok(file)
}

fn clear(folder: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(failed)?;
    }
    fs::create_dir_all(folder).map_err(failed)
}

/// Copies a file and waits until it is on disk, so that the next measurement does not wait for it.
fn copied(from: &Path, to: &Path) -> Result<PathBuf, String> {
    let copied = fs::copy(from, to).and_then(|_| fs::File::open(to)?.sync_all());
    copied.map_err(|error| format!("{}: {error}", to.display()))?;
    Ok(to.to_owned())
}

async fn with_table(bare: &Bare, file: &Path) -> Result<PathBuf, String> {
    let make = async || Builder::new_local(file).build().await?.connect()?.execute_batch(&bare.table).await;
    make().await.map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(file.to_owned())
}
