//! `countersign schema`: the contract with everybody else on the bus, made of what the code is made of.

use approval::{RefusalCode, Word};
use bus::{EventType, Kind, Names, SIGNATURE_HEADER, Stream};
use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use super::{Problem, print, text::as_json};
use crate::Config;

/// `countersign schema`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// What to print
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Everything that others say and hear on the bus, as AsyncAPI 3.0
    Asyncapi,
    /// A decision, as JSON Schema
    Decision,
    /// The answer to a decision
    Receipt,
    /// What happened to a request
    Event,
    /// A message that could not be applied
    DeadLetter,
}

/// Prints it.
pub fn run(config: &Config, arguments: &Arguments) -> Result<(), Problem> {
    let names = config.names();
    let printed = match arguments.what {
        What::Asyncapi => asyncapi(&names),
        What::Decision => document("Decision"),
        What::Receipt => document("Receipt"),
        What::Event => document("RequestEvent"),
        What::DeadLetter => document("DeadLetter"),
    };
    print(&as_json(&evidence::sorted(printed)));
    Ok(())
}

/// The schema of one message, alone.
fn document(message: &str) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": format!("#/$defs/{message}"),
        "$defs": schemas(message),
    })
}

/// The schemas of a message and of what is in it, with what the code asks for beyond their form.
fn schemas(message: &str) -> Map<String, Value> {
    let mut all = proto::schemas(message);
    for (name, more) in asked_for() {
        if let Some(schema) = all.get_mut(name) {
            merge(schema, &more);
        }
    }
    all
}

/// What a message must be, beyond its form.
fn asked_for() -> [(&'static str, Value); 5] {
    let codes = RefusalCode::ALL.map(RefusalCode::as_str);
    let codes: Vec<&str> = ["accepted", "duplicate"].into_iter().chain(codes).collect();
    let uuid = json!({ "format": "uuid" });
    [
        (
            "Decision",
            json!({
                "required": ["decision_id", "verdict", "sha", "actor"],
                "anyOf": [{ "required": ["request_id"] }, { "required": ["target"] }],
                "properties": {
                    "decision_id": uuid,
                    "request_id": uuid,
                    "verdict": { "enum": Word::ALL.map(Word::as_str) },
                    "sha": { "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$" },
                },
            }),
        ),
        ("Actor", json!({ "required": ["id"], "properties": { "id": { "pattern": "\\S" } } })),
        (
            "Target",
            json!({ "required": ["gitlab", "project_id", "merge_request_iid", "check_id"] }),
        ),
        ("Receipt", json!({ "properties": { "code": { "enum": codes } } })),
        (
            "RequestEvent",
            json!({ "properties": { "type": { "enum": EventType::ALL.map(EventType::as_str) } } }),
        ),
    ]
}

fn merge(schema: &mut Value, more: &Value) {
    match (schema, more) {
        (Value::Object(schema), Value::Object(more)) => {
            for (name, value) in more {
                merge(schema.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (schema, more) => *schema = more.clone(),
    }
}

/// One thing that is said on the bus.
struct Channel {
    name: &'static str,
    message: &'static str,
    kind: String,
    address: String,
    parameters: &'static [(&'static str, &'static str)],
    stream: String,
    /// Whether Countersign hears it; otherwise it says it.
    heard: bool,
    summary: &'static str,
}

const SOURCE: (&str, &str) =
    ("source", "The source that decides; the permissions of its credentials are bound to it.");

fn channels(names: &Names) -> [Channel; 4] {
    let decision = names.decision("SOURCE").replace("SOURCE", "{source}");
    let root = decision.split(".decision.").next().unwrap_or_default().to_owned();
    [
        Channel {
            name: "decision",
            message: "Decision",
            kind: Kind::Decision.ce_type(),
            address: decision,
            parameters: &[SOURCE],
            stream: names
                .stream(&Stream::Decision("SOURCE".to_owned()))
                .replace("SOURCE", "<SOURCE>"),
            heard: true,
            summary: "Somebody or something decides about a request.",
        },
        Channel {
            name: "receipt",
            message: "Receipt",
            kind: Kind::Receipt.ce_type(),
            address: format!("{root}.receipt.v1.{{source}}.{{decision_id}}"),
            parameters: &[
                SOURCE,
                ("decision_id", "The id of the decision, as its sender chose it."),
            ],
            stream: names.stream(&Stream::Receipt),
            heard: false,
            summary: "What became of a decision; each attempt has exactly one.",
        },
        Channel {
            name: "event",
            message: "RequestEvent",
            kind: "dev.countersign.{type}.v1".to_owned(),
            address: format!("{root}.event.v1.{{type}}.{{gitlab}}.{{project_id}}"),
            parameters: &[
                ("type", "What happened."),
                ("gitlab", "Name of the GitLab instance in our configuration."),
                ("project_id", "Id of the project in GitLab."),
            ],
            stream: names.stream(&Stream::Event),
            heard: false,
            summary: "Something happened to a request.",
        },
        Channel {
            name: "deadLetter",
            message: "DeadLetter",
            kind: Kind::DeadLetter.ce_type(),
            address: format!("{root}.dead.v1.{{stream}}.{{reason}}"),
            parameters: &[
                ("stream", "The stream that held the message."),
                ("reason", "Stable label of the cause."),
            ],
            stream: names.stream(&Stream::Dead),
            heard: false,
            summary: "A message that could not be applied, kept with its cause.",
        },
    ]
}

/// Everything that others say and hear (AsyncAPI 3.0.0).
fn asyncapi(names: &Names) -> Value {
    let (mut all, mut operations) = (Map::new(), Map::new());
    let (mut messages, mut defined) = (Map::new(), Map::new());
    for channel in channels(names) {
        let Channel { name, message, kind, address, parameters, stream, heard, summary } = channel;
        let parameter =
            |(name, says): &(&str, &str)| ((*name).to_owned(), json!({ "description": says }));
        all.insert(
            name.to_owned(),
            json!({
                "address": address,
                "description": format!("{summary} Kept in the stream {stream}."),
                "parameters": parameters.iter().map(parameter).collect::<Map<_, _>>(),
                "messages": { message: { "$ref": format!("#/components/messages/{message}") } },
            }),
        );
        operations.insert(
            name.to_owned(),
            json!({
                "action": if heard { "receive" } else { "send" },
                "channel": { "$ref": format!("#/channels/{name}") },
                "summary": summary,
            }),
        );
        messages.insert(message.to_owned(), envelope(message, &kind, heard));
        defined.extend(schemas(message));
    }
    let text = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Countersign on the bus",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What other systems say to Countersign and hear from it over NATS \
                JetStream. Messages are CloudEvents 1.0 in the binary mode; their data is JSON.",
            "license": { "name": "Apache-2.0" },
        },
        "defaultContentType": "application/json",
        "channels": all,
        "operations": operations,
        "components": { "messages": messages, "schemas": defined },
    });
    // Here schemas stand at another place than in a document of their own.
    let text = text.to_string().replace("#/$defs/", "#/components/schemas/");
    serde_json::from_str(&text).unwrap_or_default()
}

/// A message with its headers. A decision needs none of them.
fn envelope(message: &str, kind: &str, optional: bool) -> Value {
    let required: &[&str] = if optional {
        &[]
    } else {
        &["ce-specversion", "ce-id", "ce-type", "ce-source", "ce-time"]
    };
    let kind = match kind.contains('{') {
        true => json!({ "type": "string", "pattern": "^dev\\.countersign\\.[a-z-]+\\.v1$" }),
        false => json!({ "const": kind }),
    };
    let text = json!({ "type": "string" });
    let mut properties = json!({
        "ce-specversion": { "const": "1.0" },
        "ce-id": text, "ce-type": kind, "ce-source": text, "ce-subject": text,
        "ce-time": { "type": "string", "format": "date-time" },
        "content-type": { "const": "application/json" },
    });
    if optional {
        properties[SIGNATURE_HEADER] = json!({
            "type": "string", "pattern": "^[0-9a-f]{128}$",
            "description": "Ed25519 with an nkey of the source, where it signs.",
        });
    }
    json!({
        "name": message,
        "headers": { "type": "object", "required": required, "properties": properties },
        "payload": { "$ref": format!("#/components/schemas/{message}") },
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use super::*;

    fn names() -> Names {
        crate::load(None, &[]).unwrap().names()
    }

    /// The files beside the documentation are what the code says; `countersign schema` prints them.
    #[test]
    fn what_is_published_is_current() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/integrations");
        for (file, printed) in [
            ("asyncapi.json", asyncapi(&names())),
            ("decision.schema.json", document("Decision")),
            ("receipt.schema.json", document("Receipt")),
            ("event.schema.json", document("RequestEvent")),
            ("dead-letter.schema.json", document("DeadLetter")),
        ] {
            let published = std::fs::read_to_string(format!("{folder}/{file}")).unwrap_or_default();
            let current = as_json(&evidence::sorted(printed));
            assert_eq!(published.trim_end(), current, "print docs/integrations/{file} anew");
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let whole = asyncapi(&names());
        let text = whole.to_string();
        let references = text.split("\"$ref\":\"#").skip(1).map(|it| it.split('"').next().unwrap());
        for reference in references {
            assert!(whole.pointer(reference).is_some(), "{reference}");
        }
        let address = &whole["channels"]["decision"]["address"];
        assert_eq!(address, "countersign.decision.v1.{source}");
    }
}
