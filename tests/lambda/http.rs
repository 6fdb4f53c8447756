//! A minimal HTTP/1.1 implementation for two programs on one machine that wait for each other. It is minimal because the
//! benchmark also measures the work of the test harness.

use std::io::{self, BufRead, Write};

/// A request or a response. Its body is chunked, has a `Content-Length`, or is empty.
#[derive(Clone, Debug)]
pub struct Message {
    /// The first line and the headers, unchanged.
    pub head: String,
    /// The decoded body.
    pub body: Vec<u8>,
}

impl Message {
    /// Reads a message. Returns `None` if the other side has closed the connection.
    pub fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if from.read_line(&mut head)? == 0 {
                return match head.is_empty() {
                    true => Ok(None),
                    false => Err(io::ErrorKind::UnexpectedEof.into()),
                };
            }
        }
        let mut message = Self { head, body: Vec::new() };
        if message.header("transfer-encoding").is_some() {
            message.body = chunks(from)?;
        } else if let Some(length) = message.header("content-length") {
            message.body = vec![0; length.parse().map_err(|_| io::ErrorKind::InvalidData)?];
            from.read_exact(&mut message.body)?;
        }
        Ok(Some(message))
    }

    /// Reads a message that must come. A closed connection is an error.
    pub fn answer(from: &mut impl BufRead) -> io::Result<Self> {
        Self::read(from)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// The request line or the status line.
    pub fn first_line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// The value of a header. Upper and lower case of the name count as the same.
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(':'));
        headers.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// Reads a chunked body (RFC 9112, section 7.1).
fn chunks(from: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim(), 16).map_err(|_| io::ErrorKind::InvalidData)?;
        let end = body.len() + length;
        // Two more bytes for the line end after the chunk.
        body.resize(end + 2, 0);
        from.read_exact(&mut body[end - length..])?;
        body.truncate(end);
        if length == 0 {
            return Ok(body);
        }
    }
}

/// Writes a message with a single write call.
pub fn write(to: &mut impl Write, head: &str, body: &[u8]) -> io::Result<()> {
    let mut message = format!("{head}content-length: {}\r\n\r\n", body.len()).into_bytes();
    message.extend_from_slice(body);
    to.write_all(&message)
}
