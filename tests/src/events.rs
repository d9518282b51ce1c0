//! A listener to server-sent events.

use std::time::Duration;

use futures::{StreamExt, stream::BoxStream};
use reqwest::Client;

/// One event.
#[derive(Debug, Clone, Default)]
pub struct Event {
    /// Its id: where to go on after a cut.
    pub id: String,
    /// Its name.
    pub kind: String,
    /// Its data.
    pub data: String,
}

/// An open stream of events.
pub struct Events {
    bytes: BoxStream<'static, Vec<u8>>,
    unread: String,
}

impl Events {
    pub(crate) async fn open(
        client: &Client,
        url: &str,
        last_seen: Option<&str>,
        cookie: Option<String>,
    ) -> Self {
        let mut request = client.get(format!("{url}/approval-apps/events"));
        if let Some(cookie) = cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(id) = last_seen {
            request = request.header("last-event-id", id);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        let bytes = answer.bytes_stream().filter_map(|part| async { Some(part.ok()?.to_vec()) });
        Self { bytes: bytes.boxed(), unread: String::new() }
    }

    /// The next event, within ten seconds.
    pub async fn next(&mut self) -> Event {
        loop {
            if let Some((text, rest)) = self.unread.split_once("\n\n") {
                let event = read(text);
                self.unread = rest.to_owned();
                if !event.kind.is_empty() {
                    return event;
                }
                continue;
            }
            let part = tokio::time::timeout(Duration::from_secs(10), self.bytes.next()).await;
            let part = part.expect("an event within 10 s").expect("the stream is open");
            self.unread.push_str(&String::from_utf8_lossy(&part));
        }
    }

    /// Waits until the stream ends.
    pub async fn ends(mut self) {
        let end = async { while self.bytes.next().await.is_some() {} };
        tokio::time::timeout(Duration::from_secs(20), end).await.expect("the end within 20 s");
    }

    /// The next event about a request.
    pub async fn until_request(&mut self, request_id: &str) -> Event {
        loop {
            let event = self.next().await;
            if event.kind == "request" && event.data.contains(request_id) {
                return event;
            }
        }
    }
}

fn read(text: &str) -> Event {
    let mut event = Event::default();
    for line in text.lines() {
        match line.split_once(':') {
            Some(("id", value)) => event.id = value.trim().to_owned(),
            Some(("event", value)) => event.kind = value.trim().to_owned(),
            Some(("data", value)) => event.data.push_str(value),
            _ => {}
        }
    }
    event
}
