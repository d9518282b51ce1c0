//! What somebody may do here at all, before the policy is asked.

use crate::{Actor, Pattern};

/// What somebody can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Sees requests and their decisions.
    Viewer,
    /// Sees them, and decides where the policy lets them.
    Approver,
    /// Sees everything, and looks after dead letters.
    Operator,
    /// Sees everything, and takes the audit record out.
    Auditor,
}

/// Which projects are meant. What is empty excludes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Projects {
    /// Names of GitLab instances.
    pub gitlabs: Vec<String>,
    /// Paths of projects.
    pub paths: Vec<Pattern>,
}

/// A right, who has it, and in which projects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// What they are.
    pub right: Right,
    /// Actor ids; with `groups` both empty, everybody.
    pub people: Vec<String>,
    /// Groups, as whoever signs people in says them.
    pub groups: Vec<String>,
    /// Where.
    pub projects: Projects,
}

/// Who may do what. While nothing is granted to anybody, everybody may do everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rights(pub Vec<Grant>);

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allowed {
    /// See requests.
    pub view: bool,
    /// Decide about them.
    pub approve: bool,
    /// Look after dead letters.
    pub operate: bool,
    /// Take the audit record out.
    pub audit: bool,
}

impl Projects {
    /// Whether a project is among them.
    #[must_use]
    pub fn include(&self, gitlab: &str, path: &str) -> bool {
        (self.gitlabs.is_empty() || self.gitlabs.iter().any(|it| it == gitlab))
            && Pattern::match_any(&self.paths, path)
    }

    /// Whether a project is seen by whom these are shown to; `None` shows all.
    #[must_use]
    pub fn show(seen: Option<&[Self]>, gitlab: &str, path: &str) -> bool {
        seen.is_none_or(|all| all.iter().any(|it| it.include(gitlab, path)))
    }
}

impl Grant {
    fn is_for(&self, actor: &Actor) -> bool {
        actor.is_among(&self.people, &self.groups)
    }
}

impl Allowed {
    /// Everything.
    pub const ALL: Self = Self { view: true, approve: true, operate: true, audit: true };

    fn with(self, right: Right) -> Self {
        match right {
            Right::Viewer => Self { view: true, ..self },
            Right::Approver => Self { view: true, approve: true, ..self },
            Right::Operator => Self { view: true, operate: true, ..self },
            Right::Auditor => Self { view: true, audit: true, ..self },
        }
    }
}

impl Rights {
    /// What somebody may do in a project.
    #[must_use]
    pub fn within(&self, actor: &Actor, gitlab: &str, path: &str) -> Allowed {
        self.sum(actor, |grant| grant.projects.include(gitlab, path))
    }

    /// What somebody may do in some project at least.
    #[must_use]
    pub fn anywhere(&self, actor: &Actor) -> Allowed {
        self.sum(actor, |_| true)
    }

    /// The projects that somebody sees; `None` for all.
    #[must_use]
    pub fn seen_by(&self, actor: &Actor) -> Option<Vec<Projects>> {
        let theirs = || self.0.iter().filter(|grant| grant.is_for(actor));
        let all = self.0.is_empty() || theirs().any(|it| it.projects == Projects::default());
        (!all).then(|| theirs().map(|grant| grant.projects.clone()).collect())
    }

    fn sum(&self, actor: &Actor, counts: impl Fn(&Grant) -> bool) -> Allowed {
        if self.0.is_empty() {
            return Allowed::ALL;
        }
        let theirs = self.0.iter().filter(|grant| grant.is_for(actor) && counts(grant));
        theirs.fold(Allowed::default(), |sum, grant| sum.with(grant.right))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use super::*;

    fn actor(id: &str, groups: &[&str]) -> Actor {
        let groups = groups.iter().map(|it| (*it).to_owned()).collect();
        Actor { id: id.to_owned(), name: String::new(), groups }
    }

    fn grant(right: Right, group: &str, paths: &[&str]) -> Grant {
        let groups = vec![group.to_owned()];
        let paths = paths.iter().map(|it| Pattern::parse(it).unwrap()).collect();
        Grant { right, people: Vec::new(), groups, projects: Projects { paths, gitlabs: vec![] } }
    }

    fn rights() -> Rights {
        Rights(vec![
            grant(Right::Approver, "cab", &["shop/**"]),
            grant(Right::Viewer, "cab", &["bank/*"]),
            grant(Right::Operator, "platform", &[]),
            grant(Right::Auditor, "audit", &[]),
        ])
    }

    #[test]
    fn a_right_counts_where_it_was_given() {
        let (rights, ada) = (rights(), actor("ada", &["cab"]));
        let allowed = |path| {
            let Allowed { view, approve, .. } = rights.within(&ada, "main", path);
            (view, approve)
        };
        assert_eq!(allowed("shop/web/api"), (true, true));
        assert_eq!(allowed("bank/ledger"), (true, false));
        assert_eq!(allowed("bank/ledger/core"), (false, false));
        assert_eq!(allowed("hr/pay"), (false, false));
        assert_eq!(rights.seen_by(&ada).unwrap().len(), 2);
    }

    #[test]
    fn who_has_no_right_sees_nothing() {
        let eve = actor("eve", &["shop"]);
        assert_eq!(rights().anywhere(&eve), Allowed::default());
        assert_eq!(rights().seen_by(&eve), Some(Vec::new()));
    }

    #[test]
    fn operators_and_auditors_see_everything_and_decide_nothing() {
        for group in ["platform", "audit"] {
            let who = actor("x", &[group]);
            let allowed = rights().within(&who, "main", "hr/pay");
            assert!(allowed.view && !allowed.approve);
            assert_eq!((allowed.operate, allowed.audit), (group == "platform", group == "audit"));
            assert_eq!(rights().seen_by(&who), None);
        }
    }

    #[test]
    fn while_nothing_is_granted_everybody_may_do_everything() {
        let none = Rights::default();
        assert_eq!(none.within(&actor("", &[]), "main", "x"), Allowed::ALL);
        assert_eq!(none.seen_by(&actor("", &[])), None);
    }

    #[test]
    fn instances_are_kept_apart() {
        let mut rights = rights();
        rights.0[0].projects.gitlabs = vec!["main".to_owned()];
        let ada = actor("ada", &["cab"]);
        assert!(rights.within(&ada, "main", "shop/web").approve);
        assert!(!rights.within(&ada, "other", "shop/web").view);
    }
}
