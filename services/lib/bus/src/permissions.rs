//! The smallest permissions: what each one does on the bus, and nothing else.

use crate::{Names, Stream};

/// What a user may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permissions {
    /// Subjects they may publish to.
    pub publish: Vec<String>,
    /// Subjects they may subscribe to.
    pub subscribe: Vec<String>,
}

/// What a role does on the bus.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Its name: that of its consumers and of its inbox.
    pub role: &'static str,
    /// Streams whose settings it looks at when it starts.
    pub looks_at: Vec<Stream>,
    /// Whether it also creates and updates them.
    pub manages: bool,
    /// Streams it publishes to.
    pub publishes: Vec<Stream>,
    /// Streams it consumes.
    pub consumes: Vec<Stream>,
    /// Streams of which it reads a single message again.
    pub reads_again: Vec<Stream>,
    /// Subjects it hears while they are published.
    pub hears: Vec<String>,
}

impl Needs {
    /// The permissions that are enough for it.
    ///
    /// The subjects of the `JetStream` API are those of NATS ADR-1 and of the server's documentation.
    #[must_use]
    pub fn permissions(&self, names: &Names) -> Permissions {
        let role = self.role;
        let mut publish: Vec<_> = self.publishes.iter().map(|it| names.subjects(it)).collect();
        publish.push(names.pulse(role));
        for stream in &self.looks_at {
            let stream = names.stream(stream);
            publish.push(format!("$JS.API.STREAM.INFO.{stream}"));
            if self.manages {
                publish.push(format!("$JS.API.STREAM.CREATE.{stream}"));
                publish.push(format!("$JS.API.STREAM.UPDATE.{stream}"));
            }
        }
        for stream in &self.consumes {
            let stream = names.stream(stream);
            for verb in ["CREATE", "INFO", "MSG.NEXT"] {
                publish.push(format!("$JS.API.CONSUMER.{verb}.{stream}.{role}"));
            }
            publish.push(format!("$JS.ACK.{stream}.{role}.>"));
        }
        for stream in &self.reads_again {
            publish.push(format!("$JS.API.STREAM.MSG.GET.{}", names.stream(stream)));
        }
        let mut subscribe = self.hears.clone();
        subscribe.push(inbox(role));
        Permissions { publish, subscribe }
    }
}

impl Permissions {
    /// Of a system that decides: its own decisions and its own receipts, also later. It uses the inbox
    /// prefix `_INBOX_<source>`.
    #[must_use]
    pub fn of_source(names: &Names, source: &str) -> Self {
        let receipts = names.receipts(source);
        let later = format!("$JS.API.DIRECT.GET.{}.{receipts}", names.stream(&Stream::Receipt));
        Self {
            publish: vec![names.decision(source), later],
            subscribe: vec![receipts, inbox(source)],
        }
    }

    /// Of a system that hears what happens to requests, and says nothing.
    #[must_use]
    pub fn of_reader(names: &Names) -> Self {
        Self { publish: Vec::new(), subscribe: vec![names.subjects(&Stream::Event)] }
    }
}

fn inbox(name: &str) -> String {
    format!("_INBOX_{name}.>")
}
