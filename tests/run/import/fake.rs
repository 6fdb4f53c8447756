//! A clinic that answers each request with the next reply of a list.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::support::Value;

pub(super) struct Reply {
    pub(super) status: u16,
    /// Each line ends with CRLF.
    pub(super) headers: &'static str,
    pub(super) body: Value,
}

pub(super) struct Fake {
    pub(super) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    /// Starts the clinic. It closes the connection without a reply for `None`, and after the last reply.
    pub(super) async fn start(replies: Vec<Option<Reply>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (requests, replies) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(replies.into_iter())));
        let recorded = requests.clone();
        tokio::spawn(async move {
            while let Ok((mut tcp, _)) = listener.accept().await {
                let (recorded, replies) = (recorded.clone(), replies.clone());
                tokio::spawn(async move {
                    while let Some(request) = read(&mut tcp).await {
                        recorded.lock().unwrap().push(request);
                        let Some(Some(reply)) = replies.lock().unwrap().next() else { return };
                        let body = reply.body.to_string();
                        let (status, headers, length) = (reply.status, reply.headers, body.len());
                        let head = format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\n\r\n");
                        tcp.write_all((head + &body).as_bytes()).await.unwrap();
                    }
                });
            }
        });
        Self { url, requests }
    }

    /// Returns the requests until now, as they were sent.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Reads a request with its body. Returns `None` at the end of the connection.
async fn read(tcp: &mut TcpStream) -> Option<String> {
    let mut request = String::new();
    loop {
        let mut buffer = [0; 4096];
        let count = tcp.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        request.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        let Some((head, body)) = request.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        if body.len() >= length.unwrap_or(0) {
            return Some(request);
        }
    }
}
