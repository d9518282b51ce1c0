//! A request as the one who asks sees it: what is missing, and whether it waits on them.

use approval::{Actor, Finding, State, Time};
use proto::v1::{Concern, Request as WireRequest};

use super::{Service, caller::Caller, convert};
use crate::{apply::Rules, store::Recorded};

/// One who looks, at one moment.
pub(super) struct Look<'a> {
    rules: &'a Rules,
    caller: &'a Caller,
    /// The person as they would decide; absent for systems and processes.
    actor: Option<Actor>,
    now: Time,
}

impl<'a> Look<'a> {
    pub(super) fn of(service: &'a Service, caller: &'a Caller) -> Self {
        let now = Time(kit::clock::now_micros());
        Self { rules: &service.rules, caller, actor: caller.actor(), now }
    }

    /// Whether it is the turn of those who are meant.
    pub(super) fn concerns(&self, recorded: &Recorded, concern: Concern) -> bool {
        let (policy, request) = (self.policy_of(recorded), &recorded.request);
        match concern {
            Concern::Unspecified => true,
            Concern::Caller => self.waits_on_caller(recorded),
            Concern::CallerGroups => {
                self.actor.as_ref().is_some_and(|actor| request.waits_on_groups_of(policy, actor))
            }
        }
    }

    /// A request whose decisions were read, for the wire.
    pub(super) fn at(&self, recorded: &Recorded) -> WireRequest {
        match recorded.request.state() {
            State::Superseded | State::Cancelled => convert::request(recorded),
            _ => self.closely_at(recorded).0,
        }
    }

    /// The same with how far its rule is met, judged once for both.
    pub(super) fn closely_at(&self, recorded: &Recorded) -> (WireRequest, Option<Finding>) {
        let (policy, request) = (self.policy_of(recorded), &recorded.request);
        let wire = convert::request(recorded);
        let finding = request.look_at(policy).finding;
        if matches!(request.state(), State::Superseded | State::Cancelled) {
            return (wire, finding);
        }
        let count = finding.as_ref().and_then(Finding::progress).unwrap_or_default();
        let frozen = policy.frozen(&request.facts, self.now).map(|frozen| frozen.sentence());
        let refused = self.actor.as_ref().and_then(|actor| {
            request.refuses(policy, bus::UI_SOURCE, actor, self.now).map(|it| it.message)
        });
        let wire = WireRequest {
            approvals: count.have,
            approvals_needed: count.need,
            approvers_missing: count.missing,
            waits_on_caller: self.waits_on_caller(recorded),
            refused: refused.unwrap_or_default(),
            frozen: frozen.unwrap_or_default(),
            ..wire
        };
        (wire, finding)
    }

    fn waits_on_caller(&self, recorded: &Recorded) -> bool {
        let policy = self.policy_of(recorded);
        let waits = |actor| recorded.request.waits_on(policy, bus::UI_SOURCE, actor, self.now);
        self.actor.as_ref().is_some_and(waits)
            && self.caller.may_decide(recorded, &self.rules.rights)
    }

    fn policy_of(&self, recorded: &Recorded) -> &approval::Policy {
        self.rules.policy_of(&recorded.request.facts.check_name)
    }
}
