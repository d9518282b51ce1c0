//! People of an OpenID provider: their sessions, and asking the provider about them again.
//!
//! Invariant: who is disabled at the provider is out within twice `recheck`, whether or not the provider
//! can be asked. Recorder keeps what lets the provider be asked (`Proof`) sealed under the secret in the
//! browser's cookie: neither its database nor we can ask without the browser.

use std::time::Duration;

use identity::{Attempt, Failure, Person as Provided, Proof, Provider};
use kit::clock::micros;
use proto::v1::{
    BeginCheckRequest, BeginSessionRequest, EndCheckRequest, FindSessionResponse, LocalPerson,
    SignOutRequest,
};
use tonic::Status;

use crate::{app::App, person::new_secret};

/// How long somebody waits for another who asks the provider about the same session.
const WAITS: Duration = Duration::from_secs(11);
const LOOKS_EVERY: Duration = Duration::from_millis(50);

/// The provider that signs people in.
#[derive(Debug)]
pub(crate) struct OpenId {
    pub(crate) provider: Provider,
    issuer: String,
    recheck: Duration,
}

/// What is to be done about a session before it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    /// It counts.
    Fresh,
    /// The provider is to be asked; until it answers, it counts.
    Due,
    /// The provider must have answered first.
    Over,
}

/// Whether a session counts.
#[derive(Debug)]
pub(crate) enum Standing {
    /// It does.
    Good,
    /// It does not: the provider says no.
    Ended,
    /// It was asked by another meanwhile: look at the session again.
    LookAgain,
}

impl OpenId {
    pub(crate) fn new(
        config: identity::Config,
        recheck: Duration,
    ) -> Result<Self, identity::ConfigError> {
        let issuer = config.issuer.clone();
        Ok(Self { provider: Provider::new(config)?, issuer, recheck })
    }

    /// Signs in whoever came back with a code; the secret of their session.
    pub(crate) async fn finish(
        &self,
        app: &App,
        attempt: Attempt,
        code: &str,
    ) -> Result<Result<String, Failure>, Status> {
        let (person, proof) = match self.provider.finish(attempt, code).await {
            Ok(found) => found,
            Err(failure) => return Ok(Err(failure)),
        };
        let secret = new_secret();
        let proof = sealed(&secret, &proof)?;
        let person = Some(self.wire(person));
        let begun = BeginSessionRequest { secret: secret.clone(), person, proof };
        app.people.clone().begin_session(begun).await?;
        Ok(Ok(secret))
    }

    /// Whether a session of a person of this provider counts now. The provider is asked about it when it
    /// is time.
    pub(crate) async fn standing(
        &self,
        app: &App,
        secret: &str,
        found: &FindSessionResponse,
    ) -> Result<Standing, Status> {
        let checked_at = proto::micros(found.checked_at.as_ref()).unwrap_or_default();
        let age = self.age(kit::clock::now_micros() - checked_at);
        if age == Age::Fresh {
            return Ok(Standing::Good);
        }
        let question = BeginCheckRequest { secret: secret.to_owned(), since: found.checked_at };
        let ours = app.people.clone().begin_check(question).await?.into_inner().begun;
        match (ours, age) {
            (true, _) => self.ask(app, secret, found, age).await,
            (false, Age::Over) => Ok(Standing::LookAgain),
            (false, _) => Ok(Standing::Good),
        }
    }

    /// Waits a moment for whoever asks the provider about a session.
    pub(crate) async fn waits(began: tokio::time::Instant) -> Result<(), Status> {
        if began.elapsed() > WAITS {
            return Err(away());
        }
        tokio::time::sleep(LOOKS_EVERY).await;
        Ok(())
    }

    async fn ask(
        &self,
        app: &App,
        secret: &str,
        found: &FindSessionResponse,
        age: Age,
    ) -> Result<Standing, Status> {
        let Some(proof) = opened(secret, &found.proof) else {
            tracing::warn!("the proof of a session cannot be opened; it is ended");
            return ended(app, secret).await;
        };
        match self.provider.recheck(proof).await {
            Ok((person, proof)) => {
                let (proof, person) = (sealed(secret, &proof)?, Some(self.wire(person)));
                let said = EndCheckRequest { secret: secret.to_owned(), person, proof };
                app.people.clone().end_check(said).await?;
                Ok(Standing::LookAgain)
            }
            Err(Failure::Refused) => ended(app, secret).await,
            Err(failure) => {
                tracing::warn!(%failure, "the identity provider could not be asked");
                let secret = secret.to_owned();
                let nothing = EndCheckRequest { secret, ..EndCheckRequest::default() };
                app.people.clone().end_check(nothing).await?;
                match age {
                    Age::Over => Err(away()),
                    Age::Fresh | Age::Due => Ok(Standing::Good),
                }
            }
        }
    }

    fn age(&self, since_checked: i64) -> Age {
        let recheck = micros(self.recheck);
        match since_checked {
            age if age < recheck => Age::Fresh,
            age if age < recheck.saturating_mul(2) => Age::Due,
            _ => Age::Over,
        }
    }

    fn wire(&self, person: Provided) -> LocalPerson {
        let Provided { id, name, email, groups } = person;
        let issuer = self.issuer.clone();
        LocalPerson { id, name, email, groups, issuer, ..LocalPerson::default() }
    }
}

async fn ended(app: &App, secret: &str) -> Result<Standing, Status> {
    app.people.clone().sign_out(SignOutRequest { secret: secret.to_owned() }).await?;
    Ok(Standing::Ended)
}

fn sealed(secret: &str, proof: &Proof) -> Result<String, Status> {
    let text = serde_json::to_string(proof).map_err(|_| unsealed())?;
    identity::seal(secret, &text).map_err(|_| unsealed())
}

fn opened(secret: &str, sealed: &str) -> Option<Proof> {
    let text = identity::open(secret, sealed).ok()?;
    serde_json::from_str(&text).ok()
}

/// Nobody can say whether a session counts. The code is ours alone among what recorder answers.
fn away() -> Status {
    Status::aborted("the identity provider cannot be asked")
}

fn unsealed() -> Status {
    Status::unavailable("the proof of a session cannot be sealed")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use super::*;

    #[test]
    fn a_session_is_over_when_the_provider_was_not_asked_for_twice_as_long() {
        let name = |it: &str| it.to_owned();
        let config = identity::Config {
            issuer: name("https://id.example.com"),
            client_id: name("countersign"),
            client_secret: None,
            redirect_url: name("https://approvals.example.com/approval-apps/sign-in/callback"),
            scopes: Vec::new(),
            claims: identity::ClaimNames {
                id: name("sub"),
                name: name("name"),
                email: name("email"),
                groups: name("groups"),
            },
        };
        let open_id = OpenId::new(config, Duration::from_secs(120)).unwrap();
        let second = 1_000_000;
        let ages = [0, 119, 120, 239, 240].map(|seconds| open_id.age(seconds * second));
        assert_eq!(ages, [Age::Fresh, Age::Fresh, Age::Due, Age::Due, Age::Over]);
    }
}
