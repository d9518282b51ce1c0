//! Bearer tokens: what other systems may do over HTTP, and until when.
//!
//! Invariant: the secret of a token leaves recorder once, when it is created; it is in no row, no
//! audit record and no log.

use std::{collections::HashSet, sync::Arc, time::Duration};

use approval::Pattern;
use sea_orm::{DbErr, Set, Unchanged};
use serde_json::json;

use kit::clock::micros;

use crate::{
    secrets,
    store::{Draft, Ledger, Store, api_token},
};

/// What a token can be for.
const SCOPES: [&str; 2] = ["read", "decide"];
/// Begins every secret, so that a scanner recognises one that was left lying about.
const PREFIX: &str = "cst_";
/// Longest life, in days.
const DAYS_MAX: u32 = 366;
/// Most patterns of projects of one token.
const PROJECTS_MAX: usize = 50;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How often at most it is written down that a token is in use.
const NOTE_EVERY: Duration = Duration::from_secs(60);

/// Why something about tokens was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// When what was given is not as it must be.
    #[error("{0}")]
    Invalid(String),
    /// When there is no token of this id.
    #[error("there is no such token")]
    Unknown,
    /// When it was revoked before.
    #[error("this token was revoked before")]
    Revoked,
    /// When a secret opens nothing; it is never said why.
    #[error("the token is unknown, revoked or expired")]
    NotOurs,
    /// When the machine has no random bits.
    #[error("a secret cannot be made now")]
    Unable,
    /// When the database cannot be used now.
    #[error("the record cannot be used now")]
    Database(#[from] DbErr),
}

/// A token that is to be made.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) source: String,
    pub(crate) scopes: Vec<String>,
    /// Patterns; none means all projects.
    pub(crate) projects: Vec<String>,
    pub(crate) note: String,
    pub(crate) days: u32,
    pub(crate) operator: String,
}

/// Tokens of the configured sources.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    store: Store,
    sources: Arc<HashSet<String>>,
}

impl Tokens {
    pub(crate) fn new(store: Store, sources: HashSet<String>) -> Self {
        Self { store, sources: Arc::new(sources) }
    }

    /// Makes a token, on record; its secret is told this once.
    pub(crate) async fn create(
        &self,
        wanted: Wanted,
    ) -> Result<(String, api_token::Model), Refused> {
        let scopes = self.look_at(&wanted)?;
        let random = secrets::random().map_err(|_| Refused::Unable)?;
        let secret = format!("{PREFIX}{random}");
        let now = kit::clock::now_micros();
        let row = api_token::Model {
            id: kit::clock::new_id().to_string(),
            secret_hash: secrets::hash(&secret),
            source: wanted.source,
            scopes: json!(scopes).to_string(),
            projects: json!(wanted.projects).to_string(),
            note: wanted.note,
            created_by: wanted.operator.clone(),
            created_at: now,
            expires_at: now.saturating_add(micros(DAY * wanted.days)),
            revoked_at: None,
            used_at: None,
        };
        let ledger = Ledger::begin(&self.store, now).await?;
        ledger.add_token(row.clone()).await?;
        let (operator, source, days) = (&wanted.operator, &row.source, wanted.days);
        let (scopes, projects) = (scopes.join(", "), wanted.projects.join(", "));
        let within = if projects.is_empty() { String::new() } else { format!(" in {projects}") };
        let message = format!(
            "{operator} made a token for {source} ({scopes}{within}) that lasts {days} days."
        );
        self.commit(ledger, &row, "token-created", message, operator, "").await?;
        Ok((secret, row))
    }

    /// Its scopes in order, when everything else is as it must be, too.
    fn look_at(&self, wanted: &Wanted) -> Result<Vec<&'static str>, Refused> {
        let refused = |sentence: String| Err(Refused::Invalid(sentence));
        let source = &wanted.source;
        if source == bus::UI_SOURCE {
            return refused(format!("{source} is what people say on our pages; name a system"));
        }
        if !self.sources.contains(source) {
            return refused(format!(
                "the source {source} is not configured; add [source.{source}]"
            ));
        }
        if wanted.note.is_empty() {
            return refused("say what the token is for".to_owned());
        }
        if !(1..=DAYS_MAX).contains(&wanted.days) {
            return refused(format!("a token lasts 1 to {DAYS_MAX} days"));
        }
        if wanted.projects.len() > PROJECTS_MAX {
            return refused(format!("a token has at most {PROJECTS_MAX} patterns of projects"));
        }
        if let Some(wrong) = wanted.projects.iter().find_map(|it| Pattern::parse(it).err()) {
            return refused(wrong.to_string());
        }
        let known = |scope: &String| SCOPES.contains(&scope.as_str());
        match wanted.scopes.iter().find(|scope| !known(scope)) {
            Some(wrong) => refused(format!("{wrong} is no scope; there are read and decide")),
            None if wanted.scopes.is_empty() => {
                refused("a token needs a scope: read, decide or both".to_owned())
            }
            None => {
                let named = |scope: &&str| wanted.scopes.iter().any(|it| it == *scope);
                Ok(SCOPES.into_iter().filter(named).collect())
            }
        }
    }

    /// Every token, newest first.
    pub(crate) async fn list(&self) -> Result<Vec<api_token::Model>, Refused> {
        Ok(self.store.tokens().await?)
    }

    /// Ends a token at once, on record.
    pub(crate) async fn revoke(
        &self,
        id: &str,
        operator: &str,
        why: &str,
    ) -> Result<api_token::Model, Refused> {
        let now = kit::clock::now_micros();
        let ledger = Ledger::begin(&self.store, now).await?;
        let refused = match ledger.token(id).await? {
            None => Some(Refused::Unknown),
            Some(row) => row.revoked_at.map(|_| Refused::Revoked),
        };
        if let Some(refused) = refused {
            ledger.abandon().await?;
            return Err(refused);
        }
        let row = api_token::ActiveModel {
            id: Unchanged(id.to_owned()),
            revoked_at: Set(Some(now)),
            ..Default::default()
        };
        let row = ledger.change_token(row).await?;
        let message = format!("{operator} revoked a token of {}: {why}", row.source);
        self.commit(ledger, &row, "token-revoked", message, operator, why).await?;
        Ok(row)
    }

    /// The token of a secret that is good now.
    pub(crate) async fn find(&self, secret: &str) -> Result<api_token::Model, Refused> {
        let now = kit::clock::now_micros();
        let found = self.store.token(&secrets::hash(secret)).await?;
        let token = found.filter(|it| it.revoked_at.is_none() && now < it.expires_at);
        let token = token.ok_or(Refused::NotOurs)?;
        if token.used_at.is_none_or(|at| now.saturating_sub(at) >= micros(NOTE_EVERY)) {
            self.store.see_token(&token.id, now).await?;
        }
        Ok(token)
    }

    async fn commit(
        &self,
        ledger: Ledger,
        row: &api_token::Model,
        kind: &'static str,
        message: String,
        operator: &str,
        why: &str,
    ) -> Result<(), DbErr> {
        let scopes: Vec<String> = serde_json::from_str(&row.scopes).unwrap_or_default();
        let projects: Vec<String> = serde_json::from_str(&row.projects).unwrap_or_default();
        let data = json!({
            "token": row.id, "source": row.source, "scopes": scopes, "note": row.note,
            "projects": projects,
            "expires_at": row.expires_at, "operator": operator, "why": why,
        });
        let draft = Draft { kind, message, personal: data, ..Draft::default() };
        self.store.commit_with(ledger, draft).await
    }
}
