//! `rounds serve` and `rounds server`: all functions in this process.

use std::{
    env::current_exe,
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    process::Stdio,
    sync::Arc,
};

use axum::middleware::from_fn;
use rounds_data::{Location, accounts};
use rounds_http::{DEFAULT_STACK, Keys, compress, log_requests, start_log};
use rounds_local::{
    Backups, KeyFiles, Log, MailSettings, Server, Signals, Sqld, TrustedProxies, Variables, print_line, router,
    write_private,
};
use rounds_secrets::Secret;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::net::TcpListener;

use super::clinic::{Clinic, ClinicSettings, Use, location};

/// The settings of a server, and its listening socket.
struct Serving {
    variables: Variables,
    clinic: ClinicSettings,
    proxies: TrustedProxies,
    log: Log,
    listener: TcpListener,
}

/// `rounds serve`: serves the clinic from the database that the settings name.
pub(crate) async fn serve() -> Result<(), String> {
    let serving = Serving::start().await?;
    let location = location(&serving.variables)?;
    let is_local = !rounds_data::is_server(&location.url);
    serving.run(&location, is_local).await
}

/// `rounds server`: starts a libSQL server with a replica, and serves the clinic from them.
pub(crate) async fn serve_with_sqld() -> Result<(), String> {
    let serving = Serving::start().await?;
    let folder = serving.variables.home()?.join("server");
    let failed = |error: std::io::Error| format!("cannot write to {}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(failed)?;
    // Without this lock, a second process would use the same database and overwrite the token file.
    let lock = fs::File::open(&folder).map_err(failed)?;
    lock.try_lock().map_err(|_| format!("another make run-server uses {}: stop it first", folder.display()))?;
    let start = |name: &str, primary: Option<&Sqld>| {
        let folder = folder.join(name);
        fs::create_dir_all(&folder).map_err(failed)?;
        let log = fs::File::create(folder.with_extension("log")).map_err(failed)?;
        let output = || log.try_clone().map_or_else(|_| Stdio::null(), Stdio::from);
        let server = match primary {
            None => Sqld::primary_with_token(&folder, output),
            Some(primary) => Sqld::replica(primary, &folder, output),
        }?;
        print_line(&format!("{name} at {} (its log: {})", server.url(), folder.with_extension("log").display()));
        Ok::<_, String>(server)
    };
    let primary = start("primary", None)?;
    let replica = start("replica", Some(&primary))?;
    let token = folder.join("token");
    write_private(&token, primary.token()).map_err(failed)?;
    print_line(&format!("both accept only the token in {}, which changes with each start", token.display()));
    let location = Location {
        url: primary.url(),
        replica_url: Some(replica.url()),
        auth_token: Some(Secret::new(primary.token().to_owned())),
        ca_file: None,
        ca: None,
        create: true,
    };
    serving.run(&location, true).await
}

impl Serving {
    /// Reads all settings and listens. Until then no file is created.
    async fn start() -> Result<Self, String> {
        let variables = Variables::read()?;
        let clinic = ClinicSettings::read(&variables)?;
        let proxies = TrustedProxies::parse(&variables.get("TRUSTED_PROXIES"))?;
        let log = Log::parse(&variables.get("LOG"))?;
        let listener = listen(&variables).await?;
        Ok(Self { variables, clinic, proxies, log, listener })
    }

    /// Prepares the clinic, and serves it until a signal to stop.
    async fn run(self, location: &Location, is_local: bool) -> Result<(), String> {
        let home = self.variables.home()?;
        let files = KeyFiles::in_folder(&home)?;
        let output = self.log.open(&home)?;
        start_log(output.clone());
        let limits = self.clinic.limits;
        let program = current_exe().map_err(|error| format!("cannot find the program of this process: {error}"))?;
        let usage = Use::Alone { program: &program, home: &home };
        let clinic = Clinic::open(location, self.clinic, is_local, usage).await?;
        let backups = Backups::open(&program, &home, &clinic.database).await?.map(Arc::new);
        let public_keys = Keys::public(Secret::in_file("PUBLIC_KEYS", files.public_keys));
        let database = clinic.database.clone();
        let state = auth::State {
            database: database.clone(),
            signing_key: Keys::signing(Secret::in_file("SIGNING_KEY", files.signing_key)),
            public_keys: public_keys.clone(),
            limits,
            hasher: auth::Hasher::default(),
            refused_sources: auth::RefusedSources::default(),
        };
        raise_file_limit();
        let signals = Signals::receive()?;
        let address = reachable(self.listener.local_addr().map_err(|error| error.to_string())?);
        let url = format!("http://localhost:{}", address.port());
        let mail = MailSettings::read(&self.variables, &home, &url).await?;
        let routes = router(state, mail.public_url().clone(), backups.as_ref().map(Backups::status));
        let routes = routes.layer(from_fn(compress));
        let check_token = move |caller| accounts::check_token(database.clone(), caller);
        let log = output.clone();
        let app = rounds_http::app(routes, public_keys, chrono::Utc::now, check_token);
        let app = log_requests(app, DEFAULT_STACK.to_owned(), output);
        if let Some(folder) = mail.folder() {
            print_line(&format!("mails are written to {} (set SMTP_URL to send them)", folder.display()));
        }
        clinic.introduce(&format!("http://{address}"));
        let sending = mail.start(clinic.database.clone(), log);
        if let Some(backups) = backups {
            tokio::spawn(async move { backups.run().await });
        }
        let stopped = Server::new(app, self.proxies).run(self.listener, signals).await;
        sending.stop().await;
        clinic.database.close().await.map_err(|error| error.to_string())?;
        print_line("stopped");
        stopped
    }
}

/// Listens at the address that the settings name.
async fn listen(variables: &Variables) -> Result<TcpListener, String> {
    let port = variables.number("PORT", 9000, 1..=u16::MAX)?;
    let (setting, address) = match variables.get("LISTEN").as_str() {
        "" => ("PORT", SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        text => {
            let invalid = |_| "LISTEN must be an address and a port, like 127.0.0.1:9000 or [::]:9000";
            ("LISTEN", text.parse().map_err(invalid)?)
        }
    };
    TcpListener::bind(address).await.map_err(|error| {
        let stop =
            if error.kind() == std::io::ErrorKind::AddrInUse { "stop the program that uses it, or " } else { "" };
        let other = if setting == "PORT" { "port" } else { "address or port" };
        format!("cannot listen at {address} ({error}): {stop}set {setting} to another {other}")
    })
}

/// Returns an address at which this machine reaches a server that listens at `address`.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Raises the number of files that this process may open to what the system allows: each connection is one. The usual
/// limit is 1024.
fn raise_file_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
}
