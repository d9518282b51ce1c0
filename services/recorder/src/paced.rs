//! Decisions of one source, not faster than it may: what comes too soon waits in its own stream, and holds up
//! nobody else.

use std::{num::NonZeroU32, sync::Arc};

use bus::{Delivery, Failure};
use kit::pace::Pace;

use crate::apply::{Applier, Carries};

/// The applier of one source.
#[derive(Debug, Clone)]
pub(crate) struct Paced {
    applier: Applier,
    pace: Arc<Pace>,
}

impl Paced {
    pub(crate) fn new(applier: Applier, a_minute: NonZeroU32) -> Self {
        Self { applier, pace: Arc::new(Pace::new(a_minute)) }
    }

    /// Applies what may be applied now; the rest comes again, each a little later than the one before.
    pub(crate) async fn apply(&self, batch: Arc<[Delivery]>) -> Vec<Result<(), Failure>> {
        let now = kit::clock::now_micros();
        let mut late = Vec::new();
        let admitted = batch.iter().take_while(|_| match self.pace.admit(now) {
            Ok(()) => true,
            Err(wait) => {
                late.push(wait);
                false
            }
        });
        let admitted = admitted.count();
        let Some(wait) = late.pop() else {
            return self.applier.apply(Carries::Decisions, batch).await;
        };
        let later = batch.len() - admitted;
        metrics::counter!("countersign_decisions_paced_total")
            .increment(u64::try_from(later).unwrap_or_default());
        let mut results = match admitted {
            0 => Vec::new(),
            _ => self.applier.apply(Carries::Decisions, batch[..admitted].into()).await,
        };
        let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        let waits = (0..later).map(|it| wait + self.pace.every().saturating_mul(place(it)));
        results.extend(waits.map(|wait| Err(Failure::Later(wait))));
        results
    }
}
