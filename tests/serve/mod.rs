//! Stories of `rounds serve`: all functions in one program, for production on one machine.

mod compression;
mod health;
mod limits;
mod log;
mod proxies;
mod starts;
mod stop;

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
};

/// A connection to a server, without an HTTP client.
pub(crate) struct Connection(TcpStream);

impl Connection {
    pub(crate) fn open(url: &str) -> Self {
        Self(TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap())
    }

    pub(crate) fn write(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).unwrap();
    }

    /// Reads until the text ends with `end`.
    pub(crate) fn read_until(&mut self, end: &str) -> String {
        let mut text = Vec::new();
        let mut byte = [0];
        while !text.ends_with(end.as_bytes()) {
            self.0.read_exact(&mut byte).unwrap();
            text.push(byte[0]);
        }
        String::from_utf8(text).unwrap()
    }

    /// Reads until the server closes the connection.
    pub(crate) fn read_all(&mut self) -> String {
        let mut text = String::new();
        self.0.read_to_string(&mut text).unwrap();
        text
    }

    /// Closes the connection without waiting for a response.
    pub(crate) fn close(self) {
        self.0.shutdown(Shutdown::Both).unwrap();
    }
}

/// Returns the text of a request with a JSON body.
pub(crate) fn request(method: &str, path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: clinic\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         {headers}\r\n{body}"
    )
}
