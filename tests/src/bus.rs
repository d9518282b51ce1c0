//! The bus, as its owner sees it and as another system does.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Stdio,
};

use async_nats::{ConnectOptions, jetstream};
use futures::{StreamExt, TryStreamExt};
use serde_json::Value;

use crate::process::tool;

/// The bus, seen by its owner.
#[derive(Debug)]
pub struct Inspector {
    jetstream: jetstream::Context,
}

impl Inspector {
    /// Connects with the password of this run, which only the owner of the configuration can read.
    pub(crate) async fn connect(config: PathBuf, url: &str) -> Self {
        let config = std::fs::read_to_string(config).unwrap();
        let after = config.split_once("user: \"countersign\", password: \"").unwrap().1;
        let password = after.split('"').next().unwrap_or_default();
        Self::with_password(Some(password), url).await.unwrap()
    }

    /// Connects as the owner of a bus whose password is known, or that asks for none.
    ///
    /// Fails when nobody answers there.
    pub async fn with_password(
        password: Option<&str>,
        url: &str,
    ) -> Result<Self, async_nats::ConnectError> {
        let mut options = ConnectOptions::new();
        if let Some(password) = password {
            options = options.user_and_password("countersign".into(), password.to_owned());
        }
        Self::with(options, url).await
    }

    /// The same over TLS, with the certificate of an authority.
    pub(crate) async fn over_tls(
        password: &str,
        authority: &Path,
        url: &str,
    ) -> Result<Self, async_nats::ConnectError> {
        let options = ConnectOptions::with_user_and_password("countersign".into(), password.into());
        Self::with(options.add_root_certificates(authority.to_owned()), url).await
    }

    async fn with(options: ConnectOptions, url: &str) -> Result<Self, async_nats::ConnectError> {
        let client = options.connect(url).await?;
        Ok(Self { jetstream: jetstream::new(client) })
    }

    /// What JetStream's client can do, for those who disturb it.
    #[must_use]
    pub fn jetstream(&self) -> &jetstream::Context {
        &self.jetstream
    }

    /// The number of messages in a stream.
    pub async fn messages(&self, stream: &str) -> u64 {
        let mut stream = self.jetstream.get_stream(stream).await.unwrap();
        stream.info().await.unwrap().state.messages
    }

    /// The name of the server that leads a stream; none while there is no leader.
    pub async fn leader_of(&self, stream: &str) -> Option<String> {
        let mut stream = self.jetstream.get_stream(stream).await.ok()?;
        stream.info().await.ok()?.cluster.clone()?.leader
    }

    /// The settings of a stream.
    pub async fn settings(&self, stream: &str) -> jetstream::stream::Config {
        self.jetstream.get_stream(stream).await.unwrap().cached_info().config.clone()
    }

    /// The data of every message of a stream.
    pub async fn read_all(&self, stream: &str) -> Vec<(String, Value)> {
        let count = usize::try_from(self.messages(stream).await).unwrap();
        let stream = self.jetstream.get_stream(stream).await.unwrap();
        let config = jetstream::consumer::pull::OrderedConfig::default();
        let consumer = stream.create_consumer(config).await.unwrap();
        let messages = consumer.messages().await.unwrap().take(count);
        messages
            .map_ok(|message| {
                let data = serde_json::from_slice(&message.payload).unwrap_or(Value::Null);
                (message.subject.to_string(), data)
            })
            .try_collect()
            .await
            .unwrap()
    }

    /// How many receipts there are for each decision id.
    pub(crate) async fn receipts(&self) -> BTreeMap<String, u64> {
        let mut receipts = BTreeMap::new();
        for (_, receipt) in self.read_all("CS_RECEIPT").await {
            let id = receipt["decision_id"].as_str().unwrap().to_owned();
            *receipts.entry(id).or_default() += 1;
        }
        receipts
    }

    /// The number of messages ever stored, when no consumer of ours has one before it or in its
    /// hands; `None` while one has.
    pub async fn stored_when_nothing_waits(&self) -> Option<u64> {
        let mut stored = 0;
        let mut names = self.jetstream.stream_names();
        while let Some(Ok(name)) = names.next().await {
            let stream = self.jetstream.get_stream(&name).await.unwrap();
            let mut consumers = stream.consumers();
            while let Some(Ok(consumer)) = consumers.next().await {
                let in_hands = u64::try_from(consumer.num_ack_pending).unwrap();
                let ours = consumer.config.durable_name.is_some();
                if ours && consumer.num_pending + in_hands > 0 {
                    return None;
                }
            }
            stored += stream.cached_info().state.last_sequence;
        }
        Some(stored)
    }

    /// Deletes a stream, and has another one store what it stored, with the server's defaults.
    pub async fn replaces(&self, stream: &str, by: &str) {
        let subjects = self.settings(stream).await.subjects.concat();
        self.deletes(stream).await;
        self.makes_a_stream(by, &subjects).await;
    }

    /// Deletes a stream and all that is in it.
    pub async fn deletes(&self, stream: &str) {
        self.jetstream.delete_stream(stream).await.unwrap();
    }

    /// Publishes a message with headers.
    pub async fn publish_as(&self, subject: &str, headers: &[(&str, &str)], data: &Value) {
        let mut map = async_nats::HeaderMap::new();
        headers.iter().for_each(|(name, value)| map.insert(*name, *value));
        let (subject, data) = (subject.to_owned(), data.to_string());
        let sent = self.jetstream.publish_with_headers(subject, map, data.into()).await;
        sent.unwrap().await.unwrap();
    }

    /// Somebody deletes a consumer on the server.
    pub async fn loses_consumer(&self, stream: &str, consumer: &str) {
        let stream = self.jetstream.get_stream(stream).await.unwrap();
        stream.delete_consumer(consumer).await.unwrap();
    }

    /// Waits until the product has created it again.
    pub async fn has_consumer_again(&self, stream: &str, consumer: &str) {
        let stream = self.jetstream.get_stream(stream).await.unwrap();
        crate::stage::until("the consumer to be there again", async || {
            stream.consumer_info(consumer).await.is_ok()
        })
        .await;
    }

    /// Somebody deletes a stream on the server and creates it again, empty.
    pub async fn loses_what_is_in(&self, stream: &str) {
        let settings = self.settings(stream).await;
        self.jetstream.delete_stream(stream).await.unwrap();
        self.jetstream.create_stream(settings).await.unwrap();
    }

    /// Makes a stream of its own with the server's defaults.
    pub async fn makes_a_stream(&self, name: &str, subject: &str) {
        let (name, subjects) = (name.to_owned(), vec![subject.to_owned()]);
        let config = jetstream::stream::Config { name, subjects, ..Default::default() };
        self.jetstream.create_stream(config).await.unwrap();
    }

    /// Publishes raw bytes, as a broken or hostile peer with the owner's rights could.
    pub async fn publish(&self, subject: &str, data: &str) {
        let sent = self.jetstream.publish(subject.to_owned(), data.to_owned().into()).await;
        sent.unwrap().await.unwrap();
    }
}

/// Another system, such as ServiceNow, with credentials of its own.
#[derive(Debug, Clone)]
pub struct OutsideSystem {
    name: String,
    password: String,
    url: String,
}

impl OutsideSystem {
    /// A system with these credentials.
    #[must_use]
    pub fn new(name: &str, password: &str, url: &str) -> Self {
        Self { name: name.to_owned(), password: password.to_owned(), url: url.to_owned() }
    }

    /// Publishes a decision with a client that is not ours (`nats-py`) and returns its receipt.
    pub async fn decides_from_python(&self, decision: &Value) -> Value {
        let python = tool("COUNTERSIGN_TEST_PYTHON", "python3");
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../docs/integrations/publish_decision.py");
        let output = tokio::process::Command::new(python)
            .arg(script)
            .args([&self.url, &self.name, &self.password, &decision.to_string()])
            .stdin(Stdio::null())
            .output()
            .await
            .expect("python cannot be run: see `make setup`");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let failed = String::from_utf8_lossy(&output.stderr).into_owned();
        serde_json::from_str(said.trim()).unwrap_or_else(|_| panic!("{said}\n{failed}"))
    }

    /// Reads a receipt from the stream, which still has it.
    pub async fn reads_receipt(&self, decision_id: &str) -> Value {
        let client = self.connect().await;
        let subject = format!("countersign.receipt.v1.{}.{decision_id}", self.name);
        let question = format!("$JS.API.DIRECT.GET.CS_RECEIPT.{subject}");
        let held = client.request(question, "".into()).await.unwrap();
        serde_json::from_slice(&held.payload).unwrap()
    }

    /// Publishes a decision and returns its receipt.
    pub async fn decides(&self, decision: &Value) -> Value {
        let client = self.connect().await;
        let id = decision["decision_id"].as_str().unwrap();
        let subject = format!("countersign.receipt.v1.{}.{id}", self.name);
        let mut receipts = client.subscribe(subject).await.unwrap();
        client.flush().await.unwrap();
        self.publishes(&client, decision).await;
        let receipt = tokio::time::timeout(std::time::Duration::from_secs(10), receipts.next());
        let receipt = receipt.await.expect("a receipt within 10 s").unwrap();
        serde_json::from_slice(&receipt.payload).unwrap()
    }

    /// Publishes a decision and returns when the bus has stored it.
    pub async fn sends(&self, decision: &Value) {
        let client = self.connect().await;
        self.publishes(&client, decision).await;
    }

    /// Publishes any bytes with any headers on the system's own subject; what the bus said when it
    /// did not store them.
    pub async fn tries(&self, headers: &[(&str, &str)], data: &str) -> Result<(), String> {
        let jetstream = jetstream::new(self.connect().await);
        let mut all = async_nats::HeaderMap::new();
        headers.iter().for_each(|(name, value)| all.append(*name, *value));
        let subject = format!("countersign.decision.v1.{}", self.name);
        let sent = jetstream.publish_with_headers(subject, all, data.to_owned().into()).await;
        let stored = sent.map_err(|error| error.to_string())?.await;
        stored.map(drop).map_err(|error| error.to_string())
    }

    async fn publishes(&self, client: &async_nats::Client, decision: &Value) {
        let subject = format!("countersign.decision.v1.{}", self.name);
        let jetstream = jetstream::new(client.clone());
        let sent = jetstream.publish(subject, decision.to_string().into()).await.unwrap();
        sent.await.unwrap();
    }

    /// Connects with the system's own credentials.
    pub async fn connect(&self) -> async_nats::Client {
        ConnectOptions::with_user_and_password(self.name.clone(), self.password.clone())
            .custom_inbox_prefix(format!("_INBOX_{}", self.name))
            .connect(&self.url)
            .await
            .unwrap()
    }
}
