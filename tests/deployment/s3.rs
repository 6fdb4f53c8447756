//! A fake of S3 with what sqld uses: a bucket that exists, and objects that are put, listed and read.

use std::{
    collections::{BTreeMap, HashMap},
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
};

use percent_encoding::percent_decode_str;

/// The objects, by bucket and key.
type Objects = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

pub(super) struct S3 {
    pub(super) url: String,
    objects: Objects,
}

impl S3 {
    /// Starts the fake at a free port.
    pub(super) fn start() -> Self {
        let objects = Objects::default();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stored = objects.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stored = stored.clone();
                std::thread::spawn(move || handle(stream.unwrap(), &stored));
            }
        });
        Self { url, objects }
    }

    /// Returns the bucket and the key of each object.
    pub(super) fn keys(&self) -> Vec<String> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }
}

/// Handles the one request of a connection.
fn handle(mut stream: TcpStream, objects: &Objects) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    };
    let request = line();
    let [method, target, _] = request.split(' ').collect::<Vec<_>>()[..] else { return };
    let mut headers = HashMap::new();
    while let Some((name, value)) = line().split_once(": ") {
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();

    let is_chunked = headers.get("content-encoding").is_some_and(|encoding| encoding.contains("aws-chunked"));
    let body = if is_chunked { unchunked(&body) } else { body };
    let (status, answer) = respond(method, target, body, &mut objects.lock().unwrap_or_else(PoisonError::into_inner));
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
    stream.write_all(head.as_bytes()).unwrap();
    if method != "HEAD" {
        stream.write_all(&answer).unwrap();
    }
}

fn respond(
    method: &str,
    target: &str,
    body: Vec<u8>,
    objects: &mut BTreeMap<String, Vec<u8>>,
) -> (&'static str, Vec<u8>) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = percent_decode_str(path.trim_matches('/')).decode_utf8().unwrap().into_owned();
    match (method, path.contains('/')) {
        ("HEAD", false) => ("200 OK", Vec::new()),
        ("GET", false) => ("200 OK", list(&path, query, objects)),
        ("PUT", true) => {
            objects.insert(path, body);
            ("200 OK", Vec::new())
        }
        ("GET", true) => match objects.get(&path) {
            Some(object) => ("200 OK", object.clone()),
            None => ("404 Not Found", b"<Error><Code>NoSuchKey</Code></Error>".to_vec()),
        },
        _ => ("405 Method Not Allowed", Vec::new()),
    }
}

/// Lists the objects of a bucket: those with a prefix, after a marker.
fn list(bucket: &str, query: &str, objects: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let query: HashMap<String, String> = serde_urlencoded::from_str(query).unwrap();
    let value = |name: &str| query.get(name).cloned().unwrap_or_default();
    let [prefix, marker] = ["prefix", "marker"].map(|name| format!("{bucket}/{}", value(name)));
    let limit = value("max-keys").parse().unwrap_or(1000);
    let keys = objects.keys().filter(|key| key.starts_with(&prefix) && **key > marker).take(limit);
    let items = keys.map(|key| format!("<Contents><Key>{}</Key></Contents>", &key[bucket.len() + 1..]));
    format!("<ListBucketResult><IsTruncated>false</IsTruncated>{}</ListBucketResult>", items.collect::<String>()).into()
}

/// Returns the content of an upload in chunks, each of which follows a line with its length in hexadecimal digits.
fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    loop {
        let end = body.windows(2).position(|it| it == b"\r\n").unwrap();
        let line = std::str::from_utf8(&body[..end]).unwrap();
        let length = usize::from_str_radix(line.split(';').next().unwrap(), 16).unwrap();
        if length == 0 {
            return content;
        }
        content.extend_from_slice(&body[end + 2..end + 2 + length]);
        body = &body[end + 2 + length + 2..];
    }
}
