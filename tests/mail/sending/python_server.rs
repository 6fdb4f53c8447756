use std::{
    fs,
    process::{Child, Command},
    time::{Duration, Instant},
};

use rounds_mail::{Outcome, Transport};

use super::{TO, mail, send, settings};
use crate::support::{target, temporary};

/// Ends the server with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// aiosmtpd is an independent implementation of SMTP.
#[tokio::test]
async fn python_server_takes_mails() {
    let mails = temporary("mails");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let mut python = Command::new(target("tools/bin/python3"));
    python.args(["-m", "aiosmtpd", "--nosetuid", "--smtputf8", "--listen", &address]);
    python.args(["--class", "aiosmtpd.handlers.Mailbox"]).arg(&mails);
    let _server = Process(python.spawn().unwrap());
    let deadline = Instant::now() + Duration::from_secs(20);
    while std::net::TcpStream::connect(&address).is_err() {
        assert!(Instant::now() < deadline, "aiosmtpd does not start");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let transport = Transport::new(settings(&format!("smtp://{address}"))).unwrap();
    let mut batch = transport.batch();
    for message in ["a", "b"] {
        assert_eq!(send(&mut batch, message).await, Outcome::Sent);
    }
    batch.finish().await;
    let received: Vec<_> = fs::read_dir(mails.join("new")).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(received.len(), 2);
    let texts: Vec<_> = received.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let expected = String::from_utf8(mail("a")).unwrap().replace('\r', "");
    let text = texts.iter().find(|text| text.contains("<a@clinic.example>")).unwrap();
    assert!(text.contains("X-RcptTo: ".to_owned().as_str()) && text.contains(TO), "{text}");
    assert!(expected.lines().all(|line| text.contains(line)), "{text}");
}
