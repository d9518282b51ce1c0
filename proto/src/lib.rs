//! The contract between the services, and with everyone who listens or decides on the bus:
//! protobuf messages, their proto3 JSON, and the id that every party can compute.
//!
//! Invariant: this crate knows no transport and no rule; it only names things.

use uuid::Uuid;

/// Generated messages and the gRPC service of `countersign.v1`.
#[expect(
    missing_docs,
    clippy::all,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::too_many_lines,
    reason = "generated code; the comments stand in the .proto files"
)]
pub mod v1 {
    tonic::include_proto!("countersign.v1");
    include!(concat!(env!("OUT_DIR"), "/countersign.v1.serde.rs"));
}

mod caller;
mod endpoint;
#[cfg(test)]
mod fuzz;
mod json;
mod retrying;
mod schema;
mod time;

pub use endpoint::{RecorderChannel, RecorderSecret, Shown, recorder_at};
pub use json::{JsonError, from_json, to_json};
pub use pbjson_types::Timestamp;
pub use retrying::Retrying;
pub use schema::schemas;
pub use time::{micros, timestamp};

/// Encoded `FileDescriptorSet`, for gRPC reflection.
pub const DESCRIPTOR: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptor.bin"));

/// Namespace of every request id (UUIDv5, RFC 9562 section 5.5).
pub const REQUEST_NAMESPACE: Uuid = Uuid::from_u128(0x6f4e_2b7c_90d1_4c6a_8a35_c7de_51f0_9b24);

/// Id of the request that stands for one commit of one merge request at one status check.
#[must_use]
pub fn request_id(gitlab: &str, project_id: i64, iid: i64, check_id: i64, sha: &str) -> Uuid {
    let name = format!("{gitlab}/{project_id}/{iid}/{check_id}/{sha}");
    Uuid::new_v5(&REQUEST_NAMESPACE, name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_id_is_the_same_for_everyone() {
        let sha = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
        let id = request_id("main", 6, 4, 1, sha);
        assert_eq!(id, Uuid::new_v5(&REQUEST_NAMESPACE, format!("main/6/4/1/{sha}").as_bytes()));
        assert_eq!(id.get_version_num(), 5);
        assert_ne!(id, request_id("main", 6, 4, 2, sha));
    }
}
