//! People who sign in with a password of ours: who they are, and their sessions.
//!
//! Invariant: neither a password nor its hash, nor the secret of a session, is in an audit record or
//! in a log.

mod passwords;
mod provided;

use std::{sync::Arc, time::Duration};

use sea_orm::{DbErr, Set, Unchanged};
use serde_json::json;
use tokio::sync::Semaphore;

use kit::clock::micros;

use crate::{
    secrets,
    store::{Draft, Ledger, Store, person, session},
};

pub(crate) use provided::Provided;

/// How long a session may be idle.
const IDLE: Duration = Duration::from_secs(8 * 60 * 60);
/// How long a session lasts, however much it is used.
const LASTS: Duration = Duration::from_secs(24 * 60 * 60);
/// How often at most it is written down that a session is in use.
const NOTE_EVERY: Duration = Duration::from_secs(60);
/// Passwords that are hashed at once: each takes a core, and 19 MiB.
const HASHED_AT_ONCE: usize = 2;

/// Why something about people was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// When what was given is not as it must be.
    #[error("{0}")]
    Invalid(&'static str),
    /// When there is nobody of this id.
    #[error("there is nobody with this login name")]
    Unknown,
    /// When the id is taken.
    #[error("this login name is taken")]
    Taken,
    /// When an identity provider says what is asked to be changed here.
    #[error("{0} says this of them; change it there")]
    Provided(String),
    /// When nothing says who somebody is; it is never said what was wrong.
    #[error("the login name or the password is wrong")]
    NotSignedIn,
    /// When no password can be hashed now.
    #[error("a password cannot be hashed now")]
    Unable,
    /// When the database cannot be used now.
    #[error("the record cannot be used now")]
    Database(#[from] DbErr),
}

/// What changes about a person.
#[derive(Clone)]
pub(crate) enum Changed {
    Disabled(bool),
    Password(String),
    Groups(Vec<String>),
}

/// People and their sessions.
#[derive(Debug, Clone)]
pub(crate) struct People {
    store: Store,
    hashing: Arc<Semaphore>,
}

impl People {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, hashing: Arc::new(Semaphore::new(HASHED_AT_ONCE)) }
    }

    /// Adds a person, on record.
    pub(crate) async fn add(
        &self,
        mut row: person::Model,
        password: String,
        operator: &str,
    ) -> Result<person::Model, Refused> {
        if !plain(&row.id) {
            let sentence = "a login name is made of a to z, 0 to 9, dot, underscore and hyphen, 1 \
                            to 64 of them";
            return Err(Refused::Invalid(sentence));
        }
        row.password_hash = self.hashed(&row.id, password).await?;
        let now = kit::clock::now_micros();
        (row.created_at, row.password_changed_at) = (now, now);
        let ledger = Ledger::begin(&self.store, now).await?;
        if ledger.person(&row.id).await?.is_some() {
            ledger.abandon().await?;
            return Err(Refused::Taken);
        }
        ledger.add_person(row.clone()).await?;
        let done = format!("{operator} added {} as {}", row.name, row.id);
        self.commit(ledger, &row, "person-added", done, operator, "").await?;
        Ok(row)
    }

    /// Everybody by id, or the first few.
    pub(crate) async fn list(&self, limit: Option<u64>) -> Result<Vec<person::Model>, Refused> {
        Ok(self.store.people(limit).await?)
    }

    /// Changes one thing about a person, on record. Who is disabled or has a new password is out.
    pub(crate) async fn change(
        &self,
        id: &str,
        changed: Changed,
        operator: &str,
        why: &str,
    ) -> Result<person::Model, Refused> {
        let mut row = person::ActiveModel { id: Unchanged(id.to_owned()), ..Default::default() };
        let now = kit::clock::now_micros();
        // That somebody is disabled here counts, whatever their provider says.
        let ours_to_say = matches!(changed, Changed::Disabled(_));
        let (kind, done, out) = match changed {
            Changed::Disabled(true) => {
                row.disabled_at = Set(Some(now));
                ("person-disabled", format!("{operator} disabled {id}"), true)
            }
            Changed::Disabled(false) => {
                row.disabled_at = Set(None);
                ("person-enabled", format!("{operator} enabled {id}"), false)
            }
            Changed::Password(password) => {
                row.password_hash = Set(self.hashed(id, password).await?);
                row.password_changed_at = Set(now);
                ("password-changed", format!("{operator} gave {id} a new password"), true)
            }
            Changed::Groups(groups) => {
                row.groups = Set(json!(groups).to_string());
                let list = if groups.is_empty() { "none".to_owned() } else { groups.join(", ") };
                ("groups-changed", format!("{operator} set the groups of {id}: {list}"), false)
            }
        };
        let ledger = Ledger::begin(&self.store, now).await?;
        let provider = match ledger.person(id).await? {
            Some(person) => person.issuer,
            None => {
                ledger.abandon().await?;
                return Err(Refused::Unknown);
            }
        };
        if let Some(provider) = provider.filter(|_| !ours_to_say) {
            ledger.abandon().await?;
            return Err(Refused::Provided(provider));
        }
        let row = ledger.change_person(row).await?;
        if out {
            ledger.end_sessions_of(id).await?;
        }
        self.commit(ledger, &row, kind, done, operator, why).await?;
        Ok(row)
    }

    /// A new session for a person who knows their password: its secret, and who they are.
    pub(crate) async fn sign_in(
        &self,
        id: &str,
        password: String,
    ) -> Result<(String, person::Model), Refused> {
        // Before the person is read: a password that is changed meanwhile ends this session, too.
        let now = kit::clock::now_micros();
        let found = self.store.person(&id.to_lowercase()).await?;
        let hash = found.as_ref().map(|person| person.password_hash.clone());
        let right = self.aside(move || passwords::is_right(&password, hash.as_deref())).await?;
        let ours = |person: &person::Model| person.disabled_at.is_none() && person.issuer.is_none();
        let Some(person) = found.clone().filter(|person| right && ours(person)) else {
            if let Some(person) = found {
                let message =
                    format!("Somebody tried to sign in as {} and was refused.", person.name);
                let ledger = Ledger::begin(&self.store, kit::clock::now_micros()).await?;
                self.note_sign_in(ledger, &person, "sign-in-refused", message).await?;
            }
            return Err(Refused::NotSignedIn);
        };
        let secret = secrets::random().map_err(|_| Refused::Unable)?;
        let session = session::Model {
            id: secrets::hash(&secret),
            person_id: person.id.clone(),
            created_at: now,
            seen_at: now,
            expires_at: now.saturating_add(micros(LASTS)),
            form_key: secrets::random().map_err(|_| Refused::Unable)?,
            proof: None,
            checked_at: None,
            check_begun_at: None,
        };
        let ledger = Ledger::begin(&self.store, kit::clock::now_micros()).await?;
        ledger.begin_session(session).await?;
        let message = format!("{} signed in with a password.", person.name);
        self.note_sign_in(ledger, &person, "signed-in", message).await?;
        Ok((secret, person))
    }

    /// Puts an attempt to sign in on record.
    async fn note_sign_in(
        &self,
        ledger: Ledger,
        person: &person::Model,
        kind: &'static str,
        message: String,
    ) -> Result<(), DbErr> {
        let personal = json!({ "person": person.id });
        self.store.commit_with(ledger, Draft { kind, message, personal, ..Draft::default() }).await
    }

    /// Whose session this is.
    pub(crate) async fn find(
        &self,
        secret: &str,
        active: bool,
    ) -> Result<(person::Model, session::Model), Refused> {
        let now = kit::clock::now_micros();
        let found = self.store.session(&secrets::hash(secret)).await?;
        let session = found.filter(|it| lives(it, now)).ok_or(Refused::NotSignedIn)?;
        let person = self.store.person(&session.person_id).await?;
        let person = person.filter(|person| person.disabled_at.is_none());
        // A sign-in that began before a new password was set must not outlive it.
        let person = person.filter(|it| it.password_changed_at <= session.created_at);
        let person = person.ok_or(Refused::NotSignedIn)?;
        if active && now.saturating_sub(session.seen_at) >= micros(NOTE_EVERY) {
            self.store.see_session(&session.id, now).await?;
        }
        Ok((person, session))
    }

    /// Ends a session.
    pub(crate) async fn sign_out(&self, secret: &str) -> Result<(), Refused> {
        Ok(self.store.end_session(&secrets::hash(secret)).await?)
    }

    async fn hashed(&self, id: &str, password: String) -> Result<String, Refused> {
        if let Some(sentence) = passwords::trouble(id, &password) {
            return Err(Refused::Invalid(sentence));
        }
        self.aside(move || passwords::hash(&password)).await?
    }

    /// Lets a thread of its own compute, a few at once.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let turn = self.hashing.clone().acquire_owned().await.map_err(|_| Refused::Unable)?;
        let work = tokio::task::spawn_blocking(move || {
            let _until_done = turn;
            work()
        });
        work.await.map_err(|_| Refused::Unable)
    }

    async fn commit(
        &self,
        ledger: Ledger,
        row: &person::Model,
        kind: &'static str,
        done: String,
        operator: &str,
        why: &str,
    ) -> Result<(), DbErr> {
        let message = if why.is_empty() { format!("{done}.") } else { format!("{done}: {why}") };
        let groups: Vec<String> = serde_json::from_str(&row.groups).unwrap_or_default();
        let data = json!({
            "person": row.id, "groups": groups, "operator": operator, "why": why,
        });
        let draft = Draft { kind, message, personal: data, ..Draft::default() };
        self.store.commit_with(ledger, draft).await
    }
}

fn lives(session: &session::Model, now: i64) -> bool {
    now < session.expires_at && now.saturating_sub(session.seen_at) < micros(IDLE)
}

/// A login name.
fn plain(id: &str) -> bool {
    let known =
        |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'.' | b'_' | b'-');
    (1..=64).contains(&id.len()) && id.bytes().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_it_is_idle_or_old() {
        let (hour, day) = (micros(IDLE) / 8, micros(LASTS));
        let session = |seen_at| session::Model {
            id: String::new(),
            person_id: String::new(),
            created_at: 0,
            seen_at,
            expires_at: day,
            form_key: String::new(),
            proof: None,
            checked_at: None,
            check_begun_at: None,
        };
        assert!(lives(&session(0), 8 * hour - 1));
        assert!(!lives(&session(0), 8 * hour));
        assert!(lives(&session(20 * hour), day - 1));
        assert!(!lives(&session(20 * hour), day));
    }

    #[test]
    fn a_login_name_is_plain() {
        assert!(plain("ada.lovelace-2_x") && plain(&"a".repeat(64)));
        for wrong in ["", "Ada", "a b", "a@b", "ä", &"a".repeat(65)] {
            assert!(!plain(wrong), "{wrong}");
        }
    }
}
