use std::{
    fs::File,
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use rounds_auth::SigningKey;
use rounds_data::{Database, Limits, Location};
use rounds_domain::{AccountType, Caller};
use rounds_local::{Emulator, KeyFiles, Settings, Sqld, free_port, load_demo};
use serde_json::json;
use tokio::sync::OnceCell;

use super::{
    Actor, Serve,
    actor::Transport,
    in_process::InProcess,
    mails::{self, Mail},
    repository, target,
};

pub(super) const ADMIN: &str = "admin@example.org";
pub(crate) const PASSWORD: &str = "a long password";

/// Returns a number that is unique in this process.
fn unique() -> i64 {
    static COUNT: AtomicI64 = AtomicI64::new(1);
    COUNT.fetch_add(1, Ordering::Relaxed)
}

/// Returns an unused operation id as an SQL literal. It is newer than all pruned ids.
pub(crate) fn new_operation() -> String {
    format!("x'ff{:030x}'", unique())
}

/// Returns a path in a new temporary folder.
pub(crate) fn temporary(name: &str) -> PathBuf {
    let folder = format!("{}-{}", std::process::id(), unique());
    let folder = target("tmp").join(folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

/// The database of one test.
pub(crate) enum TestDatabase {
    Memory,
    File(PathBuf),
    /// A file that one process serves, as `rounds serve` does.
    Served(PathBuf),
    Server(Sqld),
}

impl TestDatabase {
    pub(crate) fn file() -> Self {
        Self::File(temporary("clinic.db"))
    }

    pub(crate) fn server() -> Self {
        let folder = temporary("sqld");
        let log = File::create(folder.with_extension("log")).unwrap();
        Self::Server(Sqld::primary(&folder, || Stdio::from(log.try_clone().unwrap())).unwrap())
    }

    pub(crate) fn served() -> Self {
        Self::Served(temporary("clinic.db"))
    }

    /// A database on the engine that `TEST_DATABASE` selects: `file` (default), `served` or `server`.
    pub(crate) fn of_this_run() -> Self {
        match engine_of_this_run() {
            "server" => Self::server(),
            "served" => Self::served(),
            _ => Self::file(),
        }
    }

    /// Opens the database as Rounds does. Creates a file if it is missing.
    pub(crate) async fn open(&self) -> Database {
        match self {
            Self::Served(_) => Database::serve(&Location { url: self.url(), ..Location::default() }).await.unwrap(),
            _ => Database::create_at(&self.url()).unwrap(),
        }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Memory => ":memory:".to_owned(),
            Self::File(path) | Self::Served(path) => path.to_str().unwrap().to_owned(),
            Self::Server(sqld) => sqld.url(),
        }
    }

    /// Opens a connection without Rounds, as another program would.
    pub(crate) async fn connect(&self) -> libsql::Connection {
        match self {
            Self::Memory => panic!("a database in memory has no other connections"),
            Self::File(path) | Self::Served(path) => {
                let connection = libsql::Builder::new_local(path).build().await.unwrap().connect().unwrap();
                // A program that serves the file can be writing.
                connection.busy_timeout(std::time::Duration::from_secs(30)).unwrap();
                connection
            }
            Self::Server(sqld) => {
                let mut http = hyper_for_libsql::client::HttpConnector::new();
                http.set_nodelay(true);
                let database = libsql::Builder::new_remote(sqld.url(), String::new()).connector(http);
                database.build().await.unwrap().connect().unwrap()
            }
        }
    }
}

/// Returns the number of cases of a property test: `PROPTEST_CASES`, or fewer if each case starts a server or writes to a
/// disk.
pub(crate) fn cases() -> u32 {
    let set = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    set.unwrap_or(if engine_of_this_run() == "file" { 250 } else { 25 })
}

fn engine_of_this_run() -> &'static str {
    match std::env::var("TEST_DATABASE").unwrap_or_default().as_str() {
        "" | "file" => "file",
        "served" => "served",
        "server" => "server",
        other => panic!("TEST_DATABASE must be file, served or server, not {other}"),
    }
}

/// The built programs, with their own database and log: `rounds serve` on a served file, and otherwise the functions
/// behind the emulator.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) database: TestDatabase,
    running: Running,
}

enum Running {
    Functions { log: PathBuf, emulator: Emulator },
    Serve(Serve),
}

impl Server {
    /// Starts the functions on a free port. The database is migrated and has one Admin.
    pub(crate) async fn start(concurrency: u32) -> Self {
        Self::start_on(TestDatabase::of_this_run(), concurrency).await
    }

    /// Like [`Server::start`], on a given database.
    pub(crate) async fn start_on(database: TestDatabase, concurrency: u32) -> Self {
        Self::start_with(database, |settings| settings.concurrency = concurrency).await
    }

    /// Like [`Server::start`], on a given database and with changed settings.
    pub(crate) async fn start_with(database: TestDatabase, set: impl FnOnce(&mut Settings)) -> Self {
        let first_sign_in = migrate::FirstSignIn::Password(PASSWORD.parse().unwrap());
        let admin = migrate::Admin { email: ADMIN.parse().unwrap(), first_sign_in };
        migrate::migrate(&Database::create_at(&database.url()).unwrap(), Some(admin)).await.unwrap();
        let mut settings = Settings { database_url: database.url(), ..settings() };
        set(&mut settings);
        Self::serve(database, settings).await
    }

    /// Like [`Server::start`], with the demo clinic.
    pub(crate) async fn demo() -> Self {
        Self::demo_with(|_| {}).await
    }

    /// Like [`Server::demo`], with changed settings.
    pub(crate) async fn demo_with(set: impl FnOnce(&mut Settings)) -> Self {
        let database = TestDatabase::of_this_run();
        let connected = Database::create_at(&database.url()).unwrap();
        connected.migrate().await.unwrap();
        load_demo(&connected, false, Utc::now()).await.unwrap();
        let mut settings = Settings { database_url: database.url(), ..settings() };
        set(&mut settings);
        Self::serve(database, settings).await
    }

    /// Starts the programs with these settings, on a database that is migrated already.
    pub(crate) async fn serve(database: TestDatabase, settings: Settings) -> Self {
        if let TestDatabase::Served(_) = database {
            let serve = Serve::with_settings(&settings);
            return Self { url: serve.url.clone(), database, running: Running::Serve(serve) };
        }
        let log = temporary("log");
        let output = File::create(&log).unwrap();
        let mut emulator = Emulator::start(&settings, || Stdio::from(output.try_clone().unwrap())).unwrap();
        let ready = emulator.ready(Duration::from_secs(120)).await;
        ready.unwrap_or_else(|error| panic!("{error}: {}", std::fs::read_to_string(&log).unwrap()));
        Self { url: emulator.url(), database, running: Running::Functions { log, emulator } }
    }

    /// Returns the output of the programs until now.
    pub(crate) fn log(&self) -> String {
        match &self.running {
            Running::Functions { log, .. } => std::fs::read_to_string(log).unwrap(),
            Running::Serve(serve) => serve.log(),
        }
    }

    pub(crate) fn clinic(&self) -> Clinic {
        Clinic::over_http(&self.url)
    }

    /// Lets the function `notify` send the messages that are due. `rounds serve` sends them without this.
    pub(crate) fn send_messages(&self) {
        if let Running::Functions { emulator, .. } = &self.running {
            Emulator::send_messages(emulator.address()).unwrap();
        }
    }
}

/// Returns settings with a free port and new keys. The caller sets the database.
pub(crate) fn settings() -> Settings {
    Settings {
        clone: repository("."),
        port: free_port().unwrap(),
        database_url: String::new(),
        database_replica_url: String::new(),
        database_auth_token: String::new(),
        database_ca_file: String::new(),
        limits: Limits::default(),
        keys: KeyFiles::in_folder(temporary("keys").parent().unwrap()).unwrap(),
        concurrency: 1,
        mail_folder: temporary("mail"),
    }
}

/// A clinic to send requests to.
pub(crate) struct Clinic {
    transport: Transport,
    /// The functions of a clinic in this process: clock, keys and database.
    functions: Option<InProcess>,
}

impl Clinic {
    /// The clinic of a server at a base URL.
    pub(crate) fn over_http(url: &str) -> Self {
        Self { transport: Transport::Http(url.to_owned()), functions: None }
    }

    /// The built functions that all tests share. Each test creates its own accounts, and uses days that no other
    /// test uses.
    pub(crate) async fn shared() -> Self {
        static SERVER: OnceCell<Server> = OnceCell::const_new();
        SERVER.get_or_init(|| Server::start(1)).await.clinic()
    }

    /// The built functions with several instances of each, shared by the tests that need them.
    pub(crate) async fn crowded() -> Self {
        static SERVER: OnceCell<Server> = OnceCell::const_new();
        SERVER.get_or_init(|| Server::start(4)).await.clinic()
    }

    /// The functions in this process, with a stopped clock, over a database in memory or on a server.
    pub(crate) async fn at(now: &str) -> Self {
        let database = match TestDatabase::of_this_run() {
            TestDatabase::File(_) => TestDatabase::Memory,
            other => other,
        };
        Self::opened(database, now).await
    }

    /// Like [`Clinic::at`], over a file or a server: a test can change it with [`Clinic::sql`].
    pub(crate) async fn on_disk(now: &str) -> Self {
        Self::opened(TestDatabase::of_this_run(), now).await
    }

    /// Like [`Clinic::at`], over a given database.
    pub(crate) async fn opened(test_database: TestDatabase, now: &str) -> Self {
        let database = test_database.open().await;
        database.migrate().await.unwrap();
        Self::in_process(test_database, database, now)
    }

    /// Like [`Clinic::at`], over a database that is opened by another URL (for example through a proxy).
    pub(crate) async fn over(test_database: TestDatabase, url: &str, now: &str) -> Self {
        let database = Database::create_at(url).unwrap();
        database.migrate().await.unwrap();
        Self::in_process(test_database, database, now)
    }

    /// Like [`Clinic::at`], over a database that may be unreachable.
    pub(crate) fn of(database: Database, now: &str) -> Self {
        Self::in_process(TestDatabase::Memory, database, now)
    }

    fn in_process(test_database: TestDatabase, database: Database, now: &str) -> Self {
        let functions = InProcess::new(database, SigningKey::generate().unwrap(), now);
        let transport = Transport::InProcess(functions.routes.clone(), Arc::new(test_database));
        Self { transport, functions: Some(functions) }
    }

    fn functions(&self) -> &InProcess {
        self.functions.as_ref().expect("only a clinic in this process has its functions")
    }

    /// Returns the routes of all functions, with all middleware.
    pub(crate) fn routes(&self) -> axum::Router {
        match &self.transport {
            Transport::InProcess(routes, _) => routes.clone(),
            Transport::Http(url) => panic!("the routes of {url} are in other processes"),
        }
    }

    /// Returns the database as the functions open it.
    pub(crate) fn functions_database(&self) -> &Database {
        &self.functions().database
    }

    /// Returns the key that signs the tokens, in PEM.
    pub(crate) fn signing_key(&self) -> String {
        self.functions().pem.clone()
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.functions().now()
    }

    /// Advances the clock.
    pub(crate) fn pass(&self, time: TimeDelta) {
        self.functions().pass(time);
    }

    /// Sends all messages that are due, and returns them.
    pub(crate) async fn mails(&self) -> Vec<Mail> {
        mails::send(&self.functions().database, self.now()).await
    }

    /// Gives an actor a new token, valid for an hour.
    pub(crate) fn renew(&self, actor: &mut Actor) {
        let caller = actor.caller.expect("an account written into the database");
        actor.token = Some(self.functions().token(&caller));
    }

    /// Signs an actor in again, whose sessions were revoked.
    pub(crate) async fn sign_in_again(&self, actor: &Actor) -> Actor {
        let email = actor.email.clone();
        Actor { email: email.clone(), ..self.actor(self.functions().sign_in(&email).await) }
    }

    /// Returns a day (`YYYY-MM-DD`) within the next year that no other test of the shared clinic uses.
    pub(crate) fn day(&self) -> String {
        static DAYS: AtomicI64 = AtomicI64::new(2);
        let day = Utc::now() + TimeDelta::days(DAYS.fetch_add(1, Ordering::Relaxed));
        day.format("%Y-%m-%d").to_string()
    }

    pub(crate) fn anonymous(&self) -> Actor {
        Actor {
            transport: self.transport.clone(),
            id: 0,
            caller: None,
            email: String::new(),
            token: None,
            source: "192.0.2.1".into(),
        }
    }

    pub(crate) async fn admin(&self) -> Actor {
        match self.functions {
            Some(_) => self.account(AccountType::Admin).await,
            None => self.login(ADMIN, PASSWORD).await,
        }
    }

    /// Removes the limit of open bookings, for stories about something else.
    pub(crate) async fn without_open_booking_limit(&self) {
        let change = json!({ "max_open_bookings": null });
        self.admin().await.patch("/clinic", change).await.expect(200);
    }

    /// Creates an Admin for this test alone. [`Clinic::admin`] may be shared.
    pub(crate) async fn separate_admin(&self) -> Actor {
        self.account(AccountType::Admin).await
    }

    pub(crate) async fn doctor(&self) -> Actor {
        self.account(AccountType::Doctor).await
    }

    pub(crate) async fn receptionist(&self) -> Actor {
        self.account(AccountType::Receptionist).await
    }

    pub(crate) async fn patient(&self) -> Actor {
        self.account(AccountType::Patient).await
    }

    async fn account(&self, account_type: AccountType) -> Actor {
        let (name, email) =
            (format!("{} Quillfeather {}", account_type.as_str(), unique()), format!("{}@example.org", unique()));
        if let Some(functions) = &self.functions {
            let caller = functions.account(account_type, &name, &email).await;
            return Actor { email, ..self.actor(caller) };
        }
        let registrar =
            if account_type == AccountType::Patient { self.anonymous() } else { self.login(ADMIN, PASSWORD).await };
        let account = json!({ "name": name, "email": email, "password": PASSWORD, "account_type": account_type });
        let made = registrar.post("/register", account).await.expect(201);
        Actor { id: made["id"].as_i64().unwrap(), ..self.login(&email, PASSWORD).await }
    }

    /// Returns an actor with a token of a session.
    pub(crate) fn actor(&self, caller: Caller) -> Actor {
        let mut actor = Actor { id: caller.account_id.get(), caller: Some(caller), ..self.anonymous() };
        self.renew(&mut actor);
        actor
    }

    /// Signs in over HTTP. The actor's id stays 0.
    pub(crate) async fn login(&self, email: &str, password: &str) -> Actor {
        let answer = self.anonymous().post("/login", json!({ "email": email, "password": password })).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        Actor { email: email.into(), token: Some(answer.body), ..self.anonymous() }
    }

    /// The database of a clinic in this process.
    pub(crate) fn database(&self) -> &TestDatabase {
        match &self.transport {
            Transport::InProcess(_, database) => database,
            Transport::Http(url) => panic!("the database of {url} belongs to other processes"),
        }
    }

    /// Runs statements on the database of a clinic on disk, as another program would. `:operation` in them is the id
    /// of an operation that is inserted first.
    pub(crate) async fn sql(&self, statements: &str) -> Result<(), libsql::Error> {
        let connection = self.database().connect().await;
        let operation = new_operation();
        if statements.contains(":operation") {
            let insert = format!("INSERT INTO operations (id, at) VALUES ({operation}, {})", self.now().timestamp());
            connection.execute(&insert, ()).await.unwrap();
        }
        connection.execute_batch(&statements.replace(":operation", &operation)).await.map(drop)
    }

    /// Marks or cancels an appointment, as another program would, at a time at which the rules allow it.
    pub(crate) async fn set_status(&self, appointment: i64, status: &str) {
        let (operation, early) = (new_operation(), if status == "Cancelled" { 60 } else { 0 });
        let statements = format!(
            "INSERT INTO operations (id, at) SELECT {operation}, start_at - {early} FROM appointments WHERE id = {appointment};
             UPDATE appointments SET operation_id = {operation}, status = '{status}', version = version + 1
             WHERE id = {appointment}"
        );
        self.sql(&statements).await.unwrap();
    }

    /// Returns the names of a table's columns.
    pub(crate) async fn columns(&self, table: &str) -> Vec<String> {
        self.rows(&format!("SELECT name FROM pragma_table_info('{table}')")).await
    }

    /// Returns the contents of a table as text.
    pub(crate) async fn dump(&self, table: &str) -> String {
        let text = |column: &String| format!("iif(typeof({column}) = 'blob', hex({column}), coalesce({column}, ''))");
        let columns: Vec<String> = self.columns(table).await.iter().map(text).collect();
        self.rows(&format!("SELECT {} FROM {table}", columns.join(" || ' ' || "))).await.join("\n")
    }

    /// Runs a query of one text column without Rounds.
    pub(crate) async fn rows(&self, query: &str) -> Vec<String> {
        let mut rows = self.database().connect().await.query(query, ()).await.unwrap();
        let mut texts = Vec::new();
        while let Some(row) = rows.next().await.unwrap() {
            texts.push(row.get::<String>(0).unwrap());
        }
        texts
    }
}
