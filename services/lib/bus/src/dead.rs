//! Messages that could not be applied are kept with their cause, never dropped.

use uuid::Uuid;

use crate::{Bus, Kind, Names, Outgoing, PublishError, Stream};
use proto::v1::DeadLetter;

/// Most bytes of a dead message that are kept; the size and the hash tell of the rest.
pub const DEAD_DATA_BYTES_MAX: usize = 512 * 1024;

/// Stores a dead letter; returns once it is stored.
pub async fn bury(bus: &Bus, role: &'static str, letter: DeadLetter) -> Result<(), PublishError> {
    bus.publish(&dead_letter(bus.names(), role, letter)).await
}

/// The message that stores a dead letter; counts it.
#[must_use]
pub fn dead_letter(names: &Names, role: &'static str, mut letter: DeadLetter) -> Outgoing {
    let size = letter.data.len();
    if letter.data_size == 0 {
        letter.data_size = u64::try_from(size).unwrap_or(u64::MAX);
    }
    if size > DEAD_DATA_BYTES_MAX {
        letter.data.truncate(DEAD_DATA_BYTES_MAX);
    }
    if letter.dead_letter_id.is_empty() {
        // The same message dies under the same id, however often it is delivered.
        let name = format!("{}/{}/{:?}", letter.stream, letter.stream_sequence, letter.at);
        letter.dead_letter_id = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string();
    }
    let subject = names.dead(&letter.stream, &letter.reason);
    let target = (names.stream(&Stream::Dead), subject);
    let id = letter.dead_letter_id.clone();
    metrics::counter!("countersign_dead_letters_total", "stream" => letter.stream.clone(),
        "reason" => letter.reason.clone())
    .increment(1);
    Outgoing::new(target, Kind::DeadLetter, role, id, &letter)
}
