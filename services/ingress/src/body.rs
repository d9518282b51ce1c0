//! The body of a call: read within a time, and within a memory that all calls share.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use bytes::Bytes;
use http_body_util::BodyExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

use crate::call::Refused;

/// GitLab itself sends nothing larger (25 MB, `Gitlab::Json::LimitedEncoder`).
pub(crate) const BODY_BYTES_MAX: usize = 25 * 1024 * 1024;
/// How much of a body that is not wanted is read before the connection is closed.
const DISCARDED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How long a body may take to arrive, and how long it may wait for room.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

/// The memory for bodies.
///
/// A body takes room as it arrives: who announces much and sends little holds up nobody. When all
/// is taken, one body may go on in a reserve that holds the largest: there is always one that can
/// come to its end and make room for the others.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    /// KiB.
    shared: Arc<Semaphore>,
    reserve: Arc<Semaphore>,
}

/// The memory that one body has taken.
#[derive(Debug)]
pub(crate) struct Room {
    budget: Budget,
    kib: usize,
    held: Vec<OwnedSemaphorePermit>,
    in_reserve: bool,
}

/// A body that is not wanted, or one that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Read and thrown away: a sender that is cut off while it sends never reads the answer.
    No,
    /// Kept.
    Yes,
}

impl Budget {
    /// Room for so many bytes, of which the reserve is a part.
    pub(crate) fn new(bytes: usize) -> Self {
        let shared = bytes.saturating_sub(BODY_BYTES_MAX) / 1024;
        Self { shared: Arc::new(Semaphore::new(shared)), reserve: Arc::new(Semaphore::new(1)) }
    }

    fn room(&self) -> Room {
        Room { budget: self.clone(), kib: 0, held: Vec::new(), in_reserve: false }
    }
}

impl Room {
    /// Waits until there is room for so many bytes in all.
    async fn grow_to(&mut self, bytes: usize) {
        let kib = bytes.div_ceil(1024);
        if self.in_reserve || kib <= self.kib {
            return;
        }
        let more = u32::try_from(kib - self.kib).unwrap_or(u32::MAX);
        let (shared, reserve) = (self.budget.shared.clone(), self.budget.reserve.clone());
        // A semaphore that nobody closes gives a permit in the end.
        tokio::select! {
            biased;
            Ok(permit) = shared.acquire_many_owned(more) => self.held.push(permit),
            Ok(permit) = reserve.acquire_owned() => {
                self.held = vec![permit];
                self.in_reserve = true;
            }
        }
        self.kib = kib;
    }
}

/// Reads a body.
pub(crate) async fn read(
    budget: &Budget,
    headers: &HeaderMap,
    mut body: Body,
    wanted: Wanted,
) -> Result<(Bytes, Room), Refused> {
    let announced = announced(headers);
    let mut kept = Vec::new();
    let mut room = budget.room();
    let mut too_large = announced.is_some_and(|length| length > BODY_BYTES_MAX);
    let mut seen = 0_usize;
    let begun = Instant::now();
    let mut waited = Duration::ZERO;
    loop {
        let frame = timeout_at(begun + BODY_TIMEOUT + waited, body.frame()).await;
        let Some(frame) = frame.map_err(|_| Refused::TooSlow)? else { break };
        let frame = frame.map_err(|_| Refused::Broken)?;
        let Some(data) = frame.data_ref() else { continue };
        seen += data.len();
        too_large |= seen > BODY_BYTES_MAX;
        if too_large || wanted == Wanted::No {
            (kept, room) = (Vec::new(), budget.room());
            if seen > DISCARDED_BYTES_MAX {
                break;
            }
            continue;
        }
        let capacity = capacity(kept.capacity(), seen, announced);
        let asked = Instant::now();
        let granted = timeout_at(asked + BODY_TIMEOUT - waited, room.grow_to(capacity)).await;
        granted.map_err(|_| Refused::NoRoom)?;
        waited = (waited + asked.elapsed()).min(BODY_TIMEOUT);
        kept.reserve_exact(capacity - kept.len());
        kept.extend_from_slice(data);
    }
    if too_large { Err(Refused::TooLarge) } else { Ok((kept.into(), room)) }
}

/// How much to have room for: twice as much with each step, and never more than will come.
fn capacity(now: usize, needed: usize, announced: Option<usize>) -> usize {
    if needed <= now {
        return now;
    }
    (2 * now).min(announced.unwrap_or(BODY_BYTES_MAX)).max(needed)
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, StreamExt, stream};

    use super::*;

    const MIB: usize = 1024 * 1024;

    fn chunked(chunks: usize) -> Body {
        let chunk = Bytes::from(vec![b'x'; 64 * 1024]);
        Body::from_stream(stream::repeat(chunk).take(chunks).map(Ok::<_, std::io::Error>))
    }

    #[test]
    fn room_doubles_up_to_what_will_come() {
        assert_eq!(capacity(0, 10, Some(5_000)), 10);
        assert_eq!(capacity(64, 65, Some(5_000)), 128);
        assert_eq!(capacity(4_000, 4_001, Some(5_000)), 5_000);
        assert_eq!(capacity(64, 60, None), 64);
    }

    #[tokio::test]
    async fn one_body_can_always_come_to_its_end() {
        let budget = Budget::new(BODY_BYTES_MAX + MIB);
        let mut rooms: Vec<Room> = (0..3).map(|_| budget.room()).collect();
        rooms[0].grow_to(MIB).await;
        rooms[1].grow_to(10).await;
        assert!(rooms[1].in_reserve, "all that is shared is taken");
        rooms[1].grow_to(BODY_BYTES_MAX).await;
        assert!(rooms[2].grow_to(10).now_or_never().is_none(), "there is one reserve");
        rooms.remove(1);
        rooms[1].grow_to(10).await;
    }

    #[tokio::test]
    async fn many_large_bodies_come_through_one_after_the_other() {
        let budget = Budget::new(BODY_BYTES_MAX);
        let bodies = (0..8).map(|_| {
            let budget = budget.clone();
            async move { read(&budget, &HeaderMap::new(), chunked(100), Wanted::Yes).await.is_ok() }
        });
        let read: Vec<bool> = stream::iter(bodies).buffer_unordered(8).collect().await;
        assert_eq!(read, [true; 8]);
        assert_eq!(budget.reserve.available_permits(), 1);
    }

    #[tokio::test]
    async fn what_is_not_wanted_takes_no_room() {
        let budget = Budget::new(BODY_BYTES_MAX + MIB);
        let free = budget.shared.available_permits();
        let read = read(&budget, &HeaderMap::new(), chunked(100), Wanted::No).await;
        assert!(read.is_ok_and(|(body, room)| body.is_empty() && room.kib == 0));
        assert_eq!(budget.shared.available_permits(), free);
    }
}
