//! Messages as JSON Schema (draft 2020-12), made of the same descriptors as the code.

use prost::Message;
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
    field_descriptor_proto::{Label, Type},
};
use serde_json::{Map, Value, json};

/// Where the messages of a file, the fields of a message, and a comment stand (descriptor.proto).
const MESSAGES: i32 = 4;
const FIELDS: i32 = 2;

/// The schemas of a message of `countersign.v1` and of those within it, by name; empty when there is none of
/// this name.
#[must_use]
pub fn schemas(message: &str) -> Map<String, Value> {
    let files = FileDescriptorSet::decode(crate::DESCRIPTOR).unwrap_or_default();
    let mut found = Map::new();
    collect(&files, message, &mut found);
    found
}

fn collect(files: &FileDescriptorSet, name: &str, found: &mut Map<String, Value>) {
    let Some((file, place, message)) = find(files, name).filter(|_| !found.contains_key(name))
    else {
        return;
    };
    let mut properties = Map::new();
    let mut within = Vec::new();
    for (field, at) in message.field.iter().zip(0..) {
        let path = [MESSAGES, place, FIELDS, at];
        let mut schema = of_field(field, message, &mut within);
        if let Some(comment) = comment(file, &path) {
            schema["description"] = json!(comment);
        }
        properties.insert(field.name().to_owned(), schema);
    }
    // Unknown fields are ignored, so that a newer sender can say more.
    let mut schema = json!({ "type": "object", "properties": properties });
    if let Some(comment) = comment(file, &[MESSAGES, place]) {
        schema["description"] = json!(comment);
    }
    found.insert(name.to_owned(), schema);
    within.iter().for_each(|name| collect(files, name, found));
}

/// A message of ours with its file and its place there.
fn find<'f>(
    files: &'f FileDescriptorSet,
    name: &str,
) -> Option<(&'f FileDescriptorProto, i32, &'f DescriptorProto)> {
    let ours = files.file.iter().filter(|file| file.package() == "countersign.v1");
    let all = ours.flat_map(|file| (0..).zip(&file.message_type).map(move |it| (file, it)));
    let found = all.into_iter().find(|(_, (_, message))| message.name() == name);
    found.map(|(file, (place, message))| (file, place, message))
}

/// The words before a declaration, in one line.
fn comment(file: &FileDescriptorProto, path: &[i32]) -> Option<String> {
    let locations = &file.source_code_info.as_ref()?.location;
    let location = locations.iter().find(|location| location.path == path)?;
    let text = location.leading_comments().split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

fn of_field(
    field: &FieldDescriptorProto,
    message: &DescriptorProto,
    within: &mut Vec<String>,
) -> Value {
    let last = field.type_name().rsplit('.').next().unwrap_or_default();
    let entry = message.nested_type.iter().find(|nested| nested.name() == last);
    let one = match field.r#type() {
        Type::Message if field.type_name() == ".google.protobuf.Timestamp" => {
            json!({ "type": "string", "format": "date-time" })
        }
        // A map is a list of entries in the descriptor, and an object in JSON.
        Type::Message if entry.is_some() => {
            return json!({ "type": "object", "additionalProperties": { "type": "string" } });
        }
        Type::Message => {
            within.push(last.to_owned());
            json!({ "$ref": format!("#/$defs/{last}") })
        }
        Type::Bool => json!({ "type": "boolean" }),
        // proto3 JSON writes 64 bits as text, and reads both.
        Type::Int64 | Type::Uint64 => json!({ "type": ["integer", "string"] }),
        Type::Int32 | Type::Uint32 => json!({ "type": "integer" }),
        Type::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
        _ => json!({ "type": "string" }),
    };
    match field.label() {
        Label::Repeated => json!({ "type": "array", "items": one }),
        Label::Optional | Label::Required => one,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_and_what_is_in_it_are_described_in_the_words_of_the_contract() {
        let all = schemas("Decision");
        let mut names: Vec<_> = all.keys().collect();
        names.sort_unstable();
        assert_eq!(names, ["Actor", "Decision", "Evidence", "Target"]);
        let decision = &all["Decision"]["properties"];
        assert_eq!(decision["sha"]["description"], "The head SHA that was judged; required.");
        assert_eq!(decision["evidence"]["items"]["$ref"], "#/$defs/Evidence");
        assert_eq!(all["Target"]["properties"]["project_id"]["type"], json!(["integer", "string"]));
        let event = &schemas("RequestEvent")["RequestEvent"]["properties"]["at"];
        assert_eq!(event["format"], "date-time");
        assert!(schemas("Nothing").is_empty());
    }
}
