//! What every call needs.

use std::{collections::HashMap, sync::Arc};

use bus::Awaited;
use kit::admin::Health;

use crate::{Hook, body::Budget, spool::Spool};

#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) bus: Awaited,
    pub(crate) health: Health,
    pub(crate) hooks: Arc<HashMap<String, Hook>>,
    pub(crate) spool: Arc<Spool>,
    /// The memory for bodies.
    pub(crate) bodies: Budget,
}
