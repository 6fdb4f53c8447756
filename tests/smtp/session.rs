use std::{
    io::{self, ErrorKind},
    sync::{Arc, atomic::Ordering},
    time::SystemTime,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::{Instant, sleep, sleep_until},
};

use crate::{
    Act, Certificate, Encryption, Fault, Mail, Step,
    server::{Shared, lock},
};

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A connection of a client.
pub(crate) struct Session {
    stream: BufReader<Box<dyn Stream>>,
    number: u64,
    is_encrypted: bool,
    user: Option<String>,
    shared: Arc<Shared>,
    /// The message that the client is sending.
    message: Option<Message>,
    /// When the current command arrived. Commands in one packet have the same time.
    arrived: Instant,
}

struct Message {
    fault: Option<Fault>,
    from: String,
    to: Vec<String>,
}

impl Session {
    pub(crate) async fn run(tcp: TcpStream, number: u64, shared: Arc<Shared>) {
        // An error means that a fault or the client has ended the connection.
        let _ = Self::serve(tcp, number, shared).await;
    }

    async fn serve(tcp: TcpStream, number: u64, shared: Arc<Shared>) -> io::Result<()> {
        tcp.set_nodelay(true)?;
        let encryption = shared.options.encryption.clone();
        let stream = BufReader::new(Box::new(tcp) as Box<dyn Stream>);
        let mut session =
            Self { stream, number, is_encrypted: false, user: None, shared, message: None, arrived: Instant::now() };
        if let Encryption::FromTheStart(certificate) = &encryption {
            session = session.encrypt(certificate).await?;
        }
        session.step(Step::Connect, "220 localhost test server").await?;
        while let Some(line) = session.command().await? {
            let (name, arguments) = line.split_once(' ').unwrap_or((&line, ""));
            let is_pipelined = !session.stream.buffer().is_empty();
            match (name.to_ascii_uppercase().as_str(), &encryption) {
                _ if is_pipelined && !session.shared.options.is_pipelining => {
                    session.reply("503 5.5.0 one command at a time").await?;
                }
                ("STARTTLS", Encryption::StartTls(certificate)) if !session.is_encrypted => {
                    if session.step(Step::StartTls, "220 2.0.0 go ahead").await? {
                        session = session.encrypt(certificate).await?;
                    }
                }
                ("EHLO", _) => session.hello().await?,
                ("AUTH", _) => session.login(arguments).await?,
                ("MAIL", _) => session.sender(arguments).await?,
                ("RCPT", _) => session.recipient(arguments).await?,
                ("DATA", _) => session.data().await?,
                ("RSET", _) => {
                    session.message = None;
                    session.reply("250 2.0.0 reset").await?;
                }
                ("NOOP", _) => session.reply("250 2.0.0 fine").await?,
                ("QUIT", _) => return session.reply("221 2.0.0 bye").await,
                _ => session.reply("502 5.5.1 no such command").await?,
            }
        }
        Ok(())
    }

    async fn encrypt(self, certificate: &Certificate) -> io::Result<Self> {
        // The buffer, with any clear text that the client sent after STARTTLS, is dropped.
        let stream = certificate.acceptor().accept(self.stream.into_inner()).await?;
        let stream = BufReader::new(Box::new(stream) as Box<dyn Stream>);
        Ok(Self { stream, is_encrypted: true, user: None, message: None, ..self })
    }

    /// Reads a line without its end.
    async fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let has_arrived = !self.stream.buffer().is_empty();
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line).await?;
        if !has_arrived {
            self.arrived = Instant::now();
            self.shared.round_trips.fetch_add(1, Ordering::SeqCst);
        }
        Ok(line.ends_with(b"\r\n").then(|| line[..line.len() - 2].to_vec()))
    }

    async fn command(&mut self) -> io::Result<Option<String>> {
        let Some(line) = self.line().await? else { return Ok(None) };
        let line = String::from_utf8(line).map_err(io::Error::other)?;
        lock(&self.shared.commands).push((self.is_encrypted, line.clone()));
        Ok(Some(line))
    }

    async fn reply(&mut self, text: &str) -> io::Result<()> {
        sleep_until(self.arrived + self.shared.options.delay).await;
        self.stream.write_all(format!("{text}\r\n").as_bytes()).await?;
        self.stream.flush().await
    }

    /// Sends the reply of a step, or injects its fault. Returns whether the reply was positive.
    async fn step(&mut self, step: Step, usual: &str) -> io::Result<bool> {
        let of_message = self.message.as_ref().and_then(|message| message.fault).filter(|fault| fault.step == step);
        let fault = of_message.or_else(|| lock(&self.shared.faults).of_connection(step));
        let reply = match fault.map(|fault| fault.act) {
            None => usual,
            Some(Act::Reply(reply)) => reply,
            Some(Act::Close) => return Err(ErrorKind::ConnectionAborted.into()),
            Some(Act::Stall) => std::future::pending().await,
            Some(Act::Wait(by)) => {
                sleep(by).await;
                usual
            }
            Some(Act::Trap) => {
                self.trap(step)?;
                usual
            }
            Some(Act::TrapAfterReply) => {
                self.reply(usual).await?;
                return self.trap(step).map(|()| true);
            }
        };
        self.reply(reply).await?;
        // The service is shutting down.
        if reply.starts_with("421") {
            return Err(ErrorKind::ConnectionAborted.into());
        }
        Ok(reply.starts_with(['2', '3']))
    }

    /// Springs the trap. An error closes the connection.
    fn trap(&self, step: Step) -> io::Result<()> {
        let trap = lock(&self.shared.trap).clone();
        let from = self.message.as_ref().map_or("", |message| &message.from);
        match trap.is_none_or(|trap| trap(from, step)) {
            true => Ok(()),
            false => Err(ErrorKind::ConnectionAborted.into()),
        }
    }

    async fn hello(&mut self) -> io::Result<()> {
        let options = &self.shared.options;
        let has_tls = matches!(options.encryption, Encryption::StartTls(_)) && !self.is_encrypted;
        let offers = [
            (options.is_pipelining, "PIPELINING"),
            (options.has_utf8, "8BITMIME\r\n250-SMTPUTF8"),
            (options.login.is_some(), "AUTH PLAIN"),
            (has_tls, "STARTTLS"),
        ];
        let offers = offers.iter().filter(|(is_offered, _)| *is_offered);
        let offers: String = offers.map(|(_, name)| format!("250-{name}\r\n")).collect();
        self.message = None;
        self.step(Step::Hello, &format!("250-localhost\r\n{offers}250 ENHANCEDSTATUSCODES")).await.map(drop)
    }

    async fn login(&mut self, arguments: &str) -> io::Result<()> {
        let Some((user, password)) = self.shared.options.login.clone() else {
            return self.reply("502 5.5.1 no such command").await;
        };
        let expected = format!("PLAIN {}", BASE64_STANDARD.encode(format!("\0{user}\0{password}")));
        if arguments != expected {
            return self.reply("535 5.7.8 wrong user or password").await;
        }
        if self.step(Step::Login, "235 2.7.0 welcome").await? {
            self.user = Some(user);
        }
        Ok(())
    }

    async fn sender(&mut self, arguments: &str) -> io::Result<()> {
        let options = &self.shared.options;
        let wrong = match address(arguments, "FROM:") {
            _ if options.login.is_some() && self.user.is_none() => "530 5.7.0 authentication required",
            _ if self.message.is_some() => "503 5.5.1 nested MAIL",
            _ if arguments.contains("SMTPUTF8") && !options.has_utf8 => "555 5.5.4 no SMTPUTF8",
            None => "501 5.5.4 no address",
            Some(from) => {
                let fault = lock(&self.shared.faults).of_message(&from);
                self.message = Some(Message { fault, from, to: Vec::new() });
                if !self.step(Step::Sender, "250 2.1.0 ok").await? {
                    self.message = None;
                }
                return Ok(());
            }
        };
        self.reply(wrong).await
    }

    async fn recipient(&mut self, arguments: &str) -> io::Result<()> {
        let (Some(to), true) = (address(arguments, "TO:"), self.message.is_some()) else {
            return self.reply("503 5.5.1 MAIL first").await;
        };
        if self.shared.options.is_greylisting && lock(&self.shared.greylisted).insert(to.clone()) {
            return self.reply("450 4.2.0 greylisted").await;
        }
        if self.step(Step::Recipient, "250 2.1.5 ok").await?
            && let Some(message) = &mut self.message
        {
            message.to.push(to);
        }
        Ok(())
    }

    async fn data(&mut self) -> io::Result<()> {
        if self.message.as_ref().is_none_or(|message| message.to.is_empty()) {
            return self.reply("503 5.5.1 RCPT first").await;
        }
        if !self.step(Step::Data, "354 go ahead").await? {
            return Ok(());
        }
        let fault = self.message.as_ref().and_then(|message| message.fault);
        match fault.filter(|fault| fault.step == Step::Message).map(|fault| fault.act) {
            Some(Act::Stall) => std::future::pending::<()>().await,
            Some(Act::Wait(by)) => sleep(by).await,
            Some(Act::Trap) => self.trap(Step::Message)?,
            Some(_) => return Err(ErrorKind::ConnectionAborted.into()),
            None => {}
        }
        let bytes = self.message_bytes().await?;
        let fault = fault.filter(|fault| fault.step == Step::End);
        let mut accepted = None;
        if fault.is_none_or(|fault| fault.is_accepted)
            && let Some(message) = &self.message
        {
            let mail = Mail {
                from: message.from.clone(),
                to: message.to.clone(),
                message_id: message_id(&bytes),
                bytes,
                at: SystemTime::now(),
                is_confirmed: false,
                connection: self.number,
                is_encrypted: self.is_encrypted,
                user: self.user.clone(),
            };
            let mut mails = lock(&self.shared.mails);
            accepted = Some(mails.len());
            mails.push(mail);
        }
        let is_confirmed = self.step(Step::End, "250 2.0.0 accepted").await?;
        if let Some(index) = accepted {
            lock(&self.shared.mails)[index].is_confirmed = is_confirmed;
        }
        self.message = None;
        Ok(())
    }

    /// Reads a message, and removes the dots that the client added.
    async fn message_bytes(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.shared.round_trips.fetch_add(1, Ordering::SeqCst);
        loop {
            let mut line = Vec::new();
            if self.stream.read_until(b'\n', &mut line).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if line == b".\r\n" {
                self.arrived = Instant::now();
                return Ok(bytes);
            }
            bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
    }
}

/// Returns the address of MAIL or RCPT.
fn address(arguments: &str, keyword: &str) -> Option<String> {
    let (start, rest) = arguments.split_at_checked(keyword.len())?;
    let (address, _) = rest.strip_prefix('<')?.split_once('>')?;
    start.eq_ignore_ascii_case(keyword).then(|| address.to_owned())
}

/// Returns the value of the header `Message-ID`.
fn message_id(mail: &[u8]) -> String {
    let mail = String::from_utf8_lossy(mail);
    let headers = mail.lines().take_while(|line| !line.is_empty());
    let mut headers = headers.filter_map(|line| line.split_once(':'));
    let found = headers.find(|(name, _)| name.eq_ignore_ascii_case("message-id"));
    found.map_or(String::new(), |(_, value)| value.trim().to_owned())
}
