//! What every call needs.

use std::{collections::HashMap, sync::Arc};

use bus::Bus;
use kit::admin::Health;

use tokio::sync::Semaphore;

use crate::{Hook, spool::Spool};

#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) bus: Bus,
    pub(crate) health: Health,
    pub(crate) hooks: Arc<HashMap<String, Hook>>,
    pub(crate) spool: Arc<Spool>,
    /// KiB of bodies that may be in memory at once.
    pub(crate) body_budget: Arc<Semaphore>,
}
