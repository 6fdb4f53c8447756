use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use http::{HeaderMap, HeaderName};
use rounds_mail::{Outcome, Settings, Sms, Transport};
use rounds_secrets::Secret;
use standardwebhooks::Webhook;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::{assert_deferred, assert_refused, assert_unknown};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SMS: Sms<'_> = Sms { id: "5d41402a", to: "+441632960000", text: "See you at \"9\": ٩" };

#[derive(Clone, Copy)]
enum Answer {
    Status(u16),
    Close,
    Stall,
}

struct Request {
    headers: HeaderMap,
    body: Vec<u8>,
}

/// An SMS gateway that answers all requests in the same way, and records them.
async fn gateway(answer: Answer) -> (String, Arc<Mutex<Vec<Request>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://127.0.0.1:{}/sms", listener.local_addr().unwrap().port());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let recorded = requests.clone();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let mut tcp = BufReader::new(tcp);
            let request = read(&mut tcp).await;
            recorded.lock().unwrap().push(request);
            let status = match answer {
                Answer::Status(status) => status,
                Answer::Close => continue,
                Answer::Stall => std::future::pending().await,
            };
            let response = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            tcp.write_all(response.as_bytes()).await.unwrap();
        }
    });
    (url, requests)
}

async fn read(tcp: &mut BufReader<TcpStream>) -> Request {
    let mut line = String::new();
    tcp.read_line(&mut line).await.unwrap();
    assert_eq!(line, "POST /sms HTTP/1.1\r\n");
    let mut headers = HeaderMap::new();
    loop {
        line.clear();
        tcp.read_line(&mut line).await.unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    let mut body = vec![0; headers["content-length"].to_str().unwrap().parse().unwrap()];
    tcp.read_exact(&mut body).await.unwrap();
    Request { headers, body }
}

fn settings(url: &str) -> Settings {
    Settings {
        sms_url: Some(url.to_owned()),
        sms_secret: Some(Secret::new(SECRET.to_owned())),
        timeout: Duration::from_secs(1),
        ..Settings::in_folder("mail".into())
    }
}

fn transport(url: &str) -> Transport {
    Transport::new(settings(url)).unwrap()
}

#[tokio::test]
async fn text_message_is_signed() {
    let (url, requests) = gateway(Answer::Status(202)).await;
    let transport = transport(&url);
    transport.check().await.unwrap();
    assert!(transport.has_sms());
    assert_eq!(transport.batch().send_sms(&SMS, &|| true).await, Outcome::Sent);
    assert_deferred(&transport.batch().send_sms(&SMS, &|| false).await, "claim");
    let requests = requests.lock().unwrap();
    let [request] = &requests[..] else { panic!("{} requests", requests.len()) };
    assert_eq!(request.headers["webhook-id"], SMS.id);
    assert_eq!(request.headers["content-type"], "application/json");
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body, serde_json::json!({ "id": SMS.id, "to": SMS.to, "text": SMS.text }));
    Webhook::new(SECRET).unwrap().verify(&request.body, &request.headers).unwrap();
    let other = Webhook::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
    assert!(other.verify(&request.body, &request.headers).is_err());
}

#[tokio::test]
async fn status_of_the_gateway_decides_the_outcome() {
    for status in [400, 410, 422] {
        let outcome = transport(&gateway(Answer::Status(status)).await.0).batch().send_sms(&SMS, &|| true).await;
        assert_refused(&outcome, &status.to_string());
    }
    for status in [301, 401, 403, 404, 405, 408, 429, 503] {
        let outcome = transport(&gateway(Answer::Status(status)).await.0).batch().send_sms(&SMS, &|| true).await;
        assert_deferred(&outcome, &status.to_string());
    }
    for answer in [Answer::Status(500), Answer::Status(502), Answer::Status(504), Answer::Close, Answer::Stall] {
        let (url, requests) = gateway(answer).await;
        assert_unknown(&transport(&url).batch().send_sms(&SMS, &|| true).await);
        assert_eq!(requests.lock().unwrap().len(), 1);
    }
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_deferred(&transport(&format!("http://{closed}")).batch().send_sms(&SMS, &|| true).await, "Connect");
}

#[tokio::test]
async fn gateway_that_does_not_answer_is_tried_twice_in_a_batch() {
    let (url, requests) = gateway(Answer::Stall).await;
    let transport = transport(&url);
    let mut batch = transport.batch();
    for _ in 0..2 {
        assert_unknown(&batch.send_sms(&SMS, &|| true).await);
    }
    assert_deferred(&batch.send_sms(&SMS, &|| true).await, "no response from the SMS gateway");
    assert!(requests.lock().unwrap().len() <= 2);
}

#[tokio::test]
async fn wrong_settings_of_the_gateway_are_named() {
    for url in ["hush", "ftp://sms.example/hush", "http://sms.example/hush", "http://localhost.example/hush"] {
        let error = Transport::new(settings(url)).err().unwrap();
        assert!(error.starts_with("SMS_URL ") && !error.contains("hush"), "{error}");
    }
    let without_secret = Settings { sms_secret: None, ..settings("https://sms.example") };
    assert!(Transport::new(without_secret).err().unwrap().contains("SMS_SECRET"));
    for secret in ["hush", "whsec_hush!", "whsec_"] {
        let sms_secret = Some(Secret::new(secret.to_owned()));
        let transport = Transport::new(Settings { sms_secret, ..settings("https://sms.example") }).unwrap();
        let error = transport.check().await.unwrap_err();
        assert!(error.starts_with("SMS_SECRET ") && !error.contains("hush"), "{error}");
        assert_deferred(&transport.batch().send_sms(&SMS, &|| true).await, "SMS_SECRET");
    }
    let without_gateway = Transport::new(Settings::in_folder("mail".into())).unwrap();
    assert!(!without_gateway.has_sms());
    assert_deferred(&without_gateway.batch().send_sms(&SMS, &|| true).await, "SMS_URL is not set");
}
