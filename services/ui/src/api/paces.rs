//! How often each source may decide over HTTP.

use std::{collections::BTreeMap, num::NonZeroU32, sync::Arc, time::Duration};

use kit::pace::Pace;

/// For a source whose pace is not configured here.
const A_MINUTE: u32 = 600;

/// The pace of each source that has decided.
#[derive(Debug, Clone)]
pub(crate) struct Paces {
    known: Arc<BTreeMap<String, Pace>>,
    /// All that are not configured here together.
    others: Arc<Pace>,
}

impl Paces {
    pub(crate) fn new(a_minute: BTreeMap<String, NonZeroU32>) -> Self {
        let known = a_minute.into_iter().map(|(name, often)| (name, Pace::new(often)));
        let others = Pace::new(NonZeroU32::new(A_MINUTE).unwrap_or(NonZeroU32::MIN));
        Self { known: Arc::new(known.collect()), others: Arc::new(others) }
    }

    /// Whether a source may decide once more now; otherwise how long it waits.
    pub(crate) fn admit(&self, source: &str) -> Result<(), Duration> {
        self.known.get(source).unwrap_or(&self.others).admit(kit::clock::now_micros())
    }
}
