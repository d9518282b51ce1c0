//! Sessions of people whom an identity provider lets in, and asking it about them again.

use std::time::Duration;

use kit::clock::micros;
use sea_orm::{Set, Unchanged};
use serde_json::json;

use super::{LASTS, People, Refused};
use crate::{
    secrets,
    store::{Draft, Ledger, person, session},
};

/// How long one caller alone asks the provider about a session.
const CHECK_LASTS: Duration = Duration::from_secs(12);
/// Fewest characters of a secret that somebody else made up.
const SECRET_CHARS: usize = 64;

/// Somebody, as their provider says.
#[derive(Debug, Clone)]
pub(crate) struct Provided {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) groups: Vec<String>,
    /// Who says so.
    pub(crate) issuer: String,
}

impl Provided {
    fn row(&self, now: i64) -> person::Model {
        person::Model {
            id: self.id.clone(),
            name: self.name.clone(),
            email: self.email.clone(),
            groups: json!(self.groups).to_string(),
            // No password has this hash.
            password_hash: String::new(),
            disabled_at: None,
            created_at: now,
            password_changed_at: 0,
            issuer: Some(self.issuer.clone()),
        }
    }

    fn differs_from(&self, row: &person::Model) -> bool {
        let row = (&row.name, &row.email, row.groups.as_str());
        row != (&self.name, &self.email, json!(self.groups).to_string().as_str())
    }

    /// The row of this person with what the provider says now.
    fn renewed(&self) -> person::ActiveModel {
        person::ActiveModel {
            id: Unchanged(self.id.clone()),
            name: Set(self.name.clone()),
            email: Set(self.email.clone()),
            groups: Set(json!(self.groups).to_string()),
            ..Default::default()
        }
    }
}

impl People {
    /// A session of somebody whom their provider has let in, on record.
    pub(crate) async fn begin_provided(
        &self,
        secret: &str,
        person: Provided,
        proof: String,
    ) -> Result<(), Refused> {
        if secret.len() < SECRET_CHARS || person.id.is_empty() || person.issuer.is_empty() {
            return Err(Refused::Invalid("a session needs a secret, a person and an issuer"));
        }
        let now = kit::clock::now_micros();
        let ledger = Ledger::begin(&self.store, now).await?;
        let refused = match ledger.person(&person.id).await? {
            None => {
                ledger.add_person(person.row(now)).await?;
                None
            }
            // A name at one provider is nobody's at another.
            Some(row) if row.issuer.as_ref() != Some(&person.issuer) => Some(Refused::Taken),
            Some(row) if row.disabled_at.is_some() => Some(Refused::NotSignedIn),
            Some(row) => {
                if person.differs_from(&row) {
                    ledger.change_person(person.renewed()).await?;
                }
                None
            }
        };
        if let Some(refused) = refused {
            ledger.abandon().await?;
            return Err(refused);
        }
        let session = session::Model {
            id: secrets::hash(secret),
            person_id: person.id.clone(),
            created_at: now,
            seen_at: now,
            expires_at: now.saturating_add(micros(LASTS)),
            form_key: secrets::random().map_err(|_| Refused::Unable)?,
            proof: Some(proof),
            checked_at: Some(now),
            check_begun_at: None,
        };
        ledger.begin_session(session).await?;
        let message = format!("{} signed in through {}.", person.name, person.issuer);
        self.record(ledger, &person, "signed-in", message).await
    }

    /// Whether this caller alone may ask the provider about a session that was not checked since.
    pub(crate) async fn begin_check(&self, secret: &str, since: i64) -> Result<bool, Refused> {
        let now = kit::clock::now_micros();
        let over = now.saturating_sub(micros(CHECK_LASTS));
        Ok(self.store.begin_check(&secrets::hash(secret), since, now, over).await?)
    }

    /// What the provider said, if it could be asked; a change is on record.
    pub(crate) async fn end_check(
        &self,
        secret: &str,
        person: Option<Provided>,
        proof: String,
    ) -> Result<(), Refused> {
        let now = kit::clock::now_micros();
        let id = secrets::hash(secret);
        let Some(person) = person else {
            return Ok(self.store.not_checked(&id).await?);
        };
        let session = self.store.session(&id).await?.ok_or(Refused::NotSignedIn)?;
        if session.person_id != person.id {
            return Err(Refused::Invalid("this is the session of somebody else"));
        }
        self.store.checked(&id, proof, now).await?;
        let row = self.store.person(&person.id).await?.ok_or(Refused::Unknown)?;
        if !person.differs_from(&row) {
            return Ok(());
        }
        let ledger = Ledger::begin(&self.store, now).await?;
        ledger.change_person(person.renewed()).await?;
        let list = person.groups.join(", ");
        let list = if list.is_empty() { "none" } else { &list };
        let message = format!("{} says of {}: groups {list}.", person.issuer, person.name);
        self.record(ledger, &person, "person-changed", message).await
    }

    async fn record(
        &self,
        ledger: Ledger,
        person: &Provided,
        kind: &'static str,
        message: String,
    ) -> Result<(), Refused> {
        let data = json!({ "person": person.id, "groups": person.groups, "issuer": person.issuer });
        let draft = Draft { kind, message, personal: data, ..Draft::default() };
        Ok(self.store.commit_with(ledger, draft).await?)
    }
}
