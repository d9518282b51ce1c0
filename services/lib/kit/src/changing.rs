//! A value that can change while a process runs, such as a secret that is being replaced.

use std::{fmt, sync::Arc};

use tokio::sync::watch;

/// A value that everybody who holds it sees change at once.
pub struct Changing<T>(Arc<watch::Sender<T>>);

impl<T> Clone for Changing<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for Changing<T> {
    /// Never the value: it may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Changing")
    }
}

impl<T: Clone> Changing<T> {
    /// A value, until it changes.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self(Arc::new(watch::Sender::new(value)))
    }

    /// The value now.
    #[must_use]
    pub fn now(&self) -> T {
        self.0.borrow().clone()
    }

    /// Changes it.
    pub fn set(&self, value: T) {
        self.0.send_replace(value);
    }

    /// Tells of each change from now on.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<T> {
        self.0.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_holds_it_sees_it_change() {
        let value = Changing::new("old");
        let (held, changes) = (value.clone(), value.changes());
        value.set("new");
        assert_eq!(held.now(), "new");
        assert!(changes.has_changed().is_ok_and(|changed| changed));
        assert_eq!(format!("{held:?}"), "Changing");
    }
}
