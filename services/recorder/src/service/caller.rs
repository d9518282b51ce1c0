//! On whose behalf something is asked, and what they may see: the one place where rights are looked at
//! before something is told.

use approval::{Actor, Allowed, BreakGlass, Facts, Pattern, Policy, Projects, Request, Rights};
use proto::v1::{Caller as WireCaller, caller::Who};
use tonic::Status;

use super::{Service, internal};
use crate::store::{GateKey, Recorded};

/// Somebody who asks, with their rights.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// What they may do in some project at least.
    pub(super) allowed: Allowed,
    /// Projects they see; `None` for all.
    pub(super) sees: Option<Vec<Projects>>,
    /// Their rights are looked at for each project.
    person: Option<Actor>,
}

impl Service {
    /// Who asks. Nobody is no answer: what forgets to say it gets nothing.
    pub(super) async fn caller(&self, said: Option<WireCaller>) -> Result<Caller, Status> {
        match said.and_then(|caller| caller.who) {
            Some(Who::Process(_)) => Ok(Caller { allowed: Allowed::ALL, sees: None, person: None }),
            Some(Who::Person(actor)) => {
                let actor = Actor { id: actor.id, name: actor.name, groups: actor.groups };
                let rights = &self.rules.rights;
                let (allowed, sees) = (rights.anywhere(&actor), rights.seen_by(&actor));
                Ok(Caller { allowed, sees, person: Some(actor) })
            }
            Some(Who::TokenId(id)) => self.system(&id).await,
            None => Err(Status::invalid_argument("say on whose behalf you ask: caller is empty")),
        }
    }

    /// What an operator alone may do. To others there is no such thing.
    pub(super) async fn operator(&self, said: Option<WireCaller>) -> Result<(), Status> {
        let operates = self.caller(said).await?.allowed.operate;
        if operates { Ok(()) } else { Err(Status::not_found("there is no such thing")) }
    }

    async fn system(&self, id: &str) -> Result<Caller, Status> {
        let token = self.store.token_by_id(id).await.map_err(internal)?;
        let token = token.ok_or_else(|| Status::unauthenticated("there is no such token"))?;
        let texts: Vec<String> = serde_json::from_str(&token.projects).unwrap_or_default();
        let paths: Vec<Pattern> = texts.iter().filter_map(|it| Pattern::parse(it).ok()).collect();
        if paths.len() != texts.len() {
            tracing::error!(token = token.id, "the projects of a token cannot be read");
            return Err(Status::unavailable("the projects of this token cannot be read"));
        }
        let projects = Projects { paths, ..Projects::default() };
        let sees = (projects != Projects::default()).then(|| vec![projects]);
        let allowed = Allowed { view: true, approve: true, ..Allowed::default() };
        Ok(Caller { allowed, sees, person: None })
    }
}

impl Caller {
    /// Somebody who only reads what a link shows them.
    pub(super) fn reader() -> Self {
        Self { allowed: Allowed::default(), sees: None, person: None }
    }

    /// Whether they see the requests of a project.
    pub(super) fn sees(&self, key: &GateKey, path: &str) -> bool {
        Projects::show(self.sees.as_deref(), &key.gitlab, path)
    }

    /// A request, for those who see it.
    pub(super) fn shown(&self, found: Recorded) -> Result<Recorded, Status> {
        let seen = self.sees(&found.key, &found.request.facts.project_path);
        if seen { Ok(found) } else { Err(Status::not_found("there is no such request")) }
    }

    /// Whether they may break the glass for a merge request; who has not said who they are may try.
    pub(super) fn may_break_glass(&self, policy: &Policy, facts: &Facts) -> bool {
        let may = |actor: &Actor| {
            let among = |glass: &BreakGlass| glass.from.includes(bus::UI_SOURCE, actor);
            policy.glass(facts).is_some_and(|glass| actor.id.is_empty() || among(glass))
        };
        self.person.as_ref().is_some_and(may)
    }

    /// Whether a broken glass waits for a review that they may give.
    pub(super) fn may_review(&self, policy: &Policy, request: &Request) -> bool {
        let actor = self.actor();
        actor.is_some_and(|actor| request.may_be_reviewed_by(policy, bus::UI_SOURCE, &actor))
    }

    /// Who they are, when they are a person who has said so.
    pub(super) fn person_id(&self) -> Option<String> {
        self.person.as_ref().map(|actor| actor.id.clone()).filter(|id| !id.is_empty())
    }

    /// The person as they would decide. Who has not said yet who they are is nobody in particular.
    pub(super) fn actor(&self) -> Option<Actor> {
        let mut actor = self.person.clone()?;
        if actor.id.is_empty() {
            actor.id.push('?');
        }
        Some(actor)
    }

    /// Whether they may decide in the project of a request, where the policy lets them.
    pub(super) fn may_decide(&self, about: &Recorded, rights: &Rights) -> bool {
        let path = &about.request.facts.project_path;
        match &self.person {
            Some(actor) => rights.within(actor, &about.key.gitlab, path).approve,
            None => self.allowed.approve,
        }
    }
}
