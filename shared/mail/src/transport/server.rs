use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
};

use lettre::transport::smtp::{authentication::Credentials, client::AsyncTokioStream};
use percent_encoding::percent_decode_str;
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use url::{Host, Url};

/// The longest line of a reply (RFC 5321, section 4.5.3.1.5), and how many lines a reply may have.
const LINE: usize = 512;
const LINES: usize = 100;

/// An SMTP server, as `SMTP_URL` names it.
pub(super) struct Server {
    host: String,
    port: u16,
    encryption: Encryption,
    pub(super) credentials: Option<Credentials>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Encryption {
    /// For a server on this machine.
    None,
    StartTls,
    FromTheStart,
}

impl Server {
    /// Parses the value of `SMTP_URL`.
    ///
    /// # Errors
    /// A sentence without any part of the value.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let invalid = |reason| format!("SMTP_URL {reason}, such as smtps://user:password@smtp.example:465");
        let url = Url::parse(url.trim()).map_err(|_| invalid("must be a URL"))?;
        let (port, is_tls) = match url.scheme() {
            "smtp" => (587, false),
            "smtps" => (465, true),
            _ => return Err(invalid("must begin with smtp:// or smtps://")),
        };
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("must end after the port, with / ? # @ and % in the password percent-encoded"));
        }
        let host = match url.host().ok_or_else(|| invalid("must have a host"))? {
            Host::Ipv6(address) => address.to_string(),
            host => host.to_string(),
        };
        let decode = |text| {
            let text = percent_decode_str(text).decode_utf8().map(|it| it.into_owned());
            text.map_err(|_| invalid("must have its user and password in UTF-8"))
        };
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => Some(Credentials::new(decode(user)?, decode(password)?)),
            _ => return Err(invalid("must have both a user and a password, or neither")),
        };
        let encryption = match is_tls {
            true => Encryption::FromTheStart,
            false if is_loopback(&host) => Encryption::None,
            false => Encryption::StartTls,
        };
        Ok(Self { host, port: url.port().unwrap_or(port), encryption, credentials })
    }

    /// Connects, and starts TLS.
    ///
    /// # Errors
    /// Why nothing can be sent to this server.
    pub(super) async fn connect(&self, tls: &TlsConnector, name: &str) -> Result<Box<dyn AsyncTokioStream>, String> {
        let tcp = TcpStream::connect((self.host.as_str(), self.port)).await;
        let mut tcp = tcp.map_err(|error| format!("cannot connect to the SMTP server: {error}"))?;
        // The end of a message is a small packet. Without this, it could wait for an acknowledgement of the message.
        let address = tcp.set_nodelay(true).and_then(|()| tcp.peer_addr());
        let address = address.map_err(|error| format!("cannot connect to the SMTP server: {error}"))?;
        let greeting = match self.encryption {
            Encryption::None => return Ok(Box::new(tcp)),
            Encryption::FromTheStart => &b""[..],
            Encryption::StartTls => {
                start_tls(&mut tcp, name).await.map_err(|error| format!("STARTTLS failed: {error}"))?;
                // The server sent its greeting before TLS.
                &b"220 TLS\r\n"[..]
            }
        };
        let host = ServerName::try_from(self.host.clone()).map_err(|_| "the host of SMTP_URL is not valid")?;
        let tls = tls.connect(host, tcp).await;
        let tls = tls.map_err(|error| format!("TLS with the SMTP server failed: {error}"))?;
        Ok(Box::new(Stream { greeting, tls, address }))
    }
}

/// Returns whether a host is this machine. Names are not looked up, because an attacker can change the answer of DNS.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Sends STARTTLS (RFC 3207). Reads no byte after the reply. So text that an attacker adds to the reply is read by TLS,
/// which rejects it. The method of lettre (0.11.23) would use that text as replies of the encrypted connection.
async fn start_tls(tcp: &mut TcpStream, name: &str) -> io::Result<()> {
    reply(tcp, "220").await?;
    tcp.write_all(format!("EHLO {name}\r\n").as_bytes()).await?;
    let offered = reply(tcp, "250").await?;
    if !offered.iter().any(|line| line.eq_ignore_ascii_case("STARTTLS")) {
        return Err(io::Error::other("the server does not offer it"));
    }
    tcp.write_all(b"STARTTLS\r\n").await?;
    reply(tcp, "220").await.map(drop)
}

/// Reads the lines of a reply, without their code. The texts can be an attacker's, so they are in no error.
async fn reply(tcp: &mut TcpStream, code: &str) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    while lines.len() < LINES {
        let mut line = Vec::new();
        while line.len() < LINE && line.last() != Some(&b'\n') {
            line.push(tcp.read_u8().await?);
        }
        let line = String::from_utf8_lossy(&line);
        let Some((_, text)) = line.trim_end().split_at_checked(3).filter(|(start, _)| *start == code) else {
            return Err(io::Error::other("the server rejected it"));
        };
        lines.push(text.get(1..).unwrap_or_default().to_owned());
        if !text.starts_with('-') {
            return Ok(lines);
        }
    }
    Err(io::Error::other("the reply of the server is too long"))
}

/// An encrypted connection, as lettre needs it.
struct Stream {
    /// Is read before the bytes of `tls`, because lettre expects a greeting on each connection.
    greeting: &'static [u8],
    tls: TlsStream<TcpStream>,
    address: SocketAddr,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("address", &self.address).finish_non_exhaustive()
    }
}

impl AsyncTokioStream for Stream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.greeting.is_empty() {
            return Pin::new(&mut self.tls).poll_read(cx, buf);
        }
        Pin::new(&mut self.greeting).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tls).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_says_how_to_connect() {
        let parse = |url| {
            let Server { host, port, encryption, credentials } = Server::parse(url).unwrap();
            (host, port, encryption, credentials.is_some())
        };
        let host = |host: &str| host.to_owned();
        assert_eq!(parse("smtp://a:b@smtp.example"), (host("smtp.example"), 587, Encryption::StartTls, true));
        assert_eq!(parse("smtps://smtp.example/"), (host("smtp.example"), 465, Encryption::FromTheStart, false));
        assert_eq!(parse("smtp://localhost:25"), (host("localhost"), 25, Encryption::None, false));
        assert_eq!(parse("smtp://127.0.0.9:25"), (host("127.0.0.9"), 25, Encryption::None, false));
        assert_eq!(parse("smtp://[::1]:25"), (host("::1"), 25, Encryption::None, false));
        assert_eq!(parse("smtp://[2001:db8::1]"), (host("2001:db8::1"), 587, Encryption::StartTls, false));
        assert_eq!(parse("smtps://[::1]"), (host("::1"), 465, Encryption::FromTheStart, false));
        let not_loopback = parse("smtp://localhost.example");
        assert_eq!(not_loopback.2, Encryption::StartTls);
    }

    #[test]
    fn user_and_password_are_percent_decoded() {
        let server = Server::parse("smtp://ann%40clinic.example:p%40s%2Fs%25%C3%A9@smtp.example").unwrap();
        let expected = Credentials::new("ann@clinic.example".to_owned(), "p@s/s%é".to_owned());
        assert!(server.credentials == Some(expected));
    }

    #[test]
    fn error_names_the_setting_and_not_the_password() {
        for url in [
            "hush",
            "https://ann:hush@smtp.example",
            "smtp://ann:hush@",
            "smtp://:hush@smtp.example",
            "smtp://hush@smtp.example",
            "smtp://ann:hush@smtp.example/hush",
            "smtp://ann:hush@smtp.example?hush",
            "smtp://ann:hush#1@smtp.example",
            "smtp://ann:hush/1@smtp.example",
            "smtp://ann:hush%FF@smtp.example",
            "smtp://ann:hush@smtp.example:hush",
        ] {
            let error = Server::parse(url).err().unwrap();
            assert!(error.starts_with("SMTP_URL must ") && !error.contains("hush"), "{url}: {error}");
        }
    }
}
