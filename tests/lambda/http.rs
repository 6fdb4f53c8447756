//! As much of HTTP/1.1 as two programs need that wait for each other on one machine: the less the
//! harness does, the less of it is measured.

use std::io::{self, BufRead, Write};

/// A request or an answer, with a `Content-Length` or without a body.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its first line, and its headers as they came.
    pub head: String,
    /// Its body, decoded.
    pub body: Vec<u8>,
}

impl Message {
    /// Reads one; `None` where the other side has closed the connection instead.
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

    /// Reads the answer that must come.
    pub fn answer(from: &mut impl BufRead) -> io::Result<Self> {
        Self::read(from)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// Its first line.
    pub fn first_line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(':'));
        headers.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// The body that comes in pieces (RFC 9112, section 7.1).
fn chunks(from: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim(), 16).map_err(|_| io::ErrorKind::InvalidData)?;
        let end = body.len() + length;
        // With the line end behind it.
        body.resize(end + 2, 0);
        from.read_exact(&mut body[end - length..])?;
        body.truncate(end);
        if length == 0 {
            return Ok(body);
        }
    }
}

/// Writes a message in one piece.
pub fn write(to: &mut impl Write, head: &str, body: &[u8]) -> io::Result<()> {
    let mut message = format!("{head}content-length: {}\r\n\r\n", body.len()).into_bytes();
    message.extend_from_slice(body);
    to.write_all(&message)
}
