//! Breaking the glass as it is written, and as the core takes it.

use approval::Who;
use kit::config::ConfigError;
use serde::{Deserialize, Serialize};

use super::{
    policy::duration,
    rules::{Known, ScopeText},
};

type Result<T> = std::result::Result<T, ConfigError>;

/// Who may approve although the rule is not met, and who reviews that.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BreakGlass {
    #[serde(flatten)]
    scope: ScopeText,
    #[serde(flatten)]
    from: WhoText,
    #[serde(default)]
    reviewers: WhoText,
    #[serde(default = "three_days")]
    review_within: String,
    #[serde(default)]
    author_may: bool,
    #[serde(default = "yes")]
    passes_freeze: bool,
}

/// People by id, by group and by source.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WhoText {
    #[serde(default)]
    people: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    sources: Vec<String>,
}

fn three_days() -> String {
    "72h".to_owned()
}

fn yes() -> bool {
    true
}

impl WhoText {
    fn read(&self, at: &str, known: &Known<'_>) -> Result<Who> {
        known.check_sources(at, &self.sources)?;
        let Self { people, groups, sources } = self.clone();
        Ok(Who { people, groups, sources })
    }
}

impl BreakGlass {
    pub(super) fn read(&self, known: &Known<'_>) -> Result<approval::BreakGlass> {
        let at = "policy.break_glass";
        let from = self.from.read(at, known)?;
        if from.people.is_empty() && from.groups.is_empty() {
            return Err(ConfigError(format!(
                "{at}: everybody could approve anything; say who may with people or groups"
            )));
        }
        let key = format!("{at}.review_within");
        let review_within = duration(&key, &self.review_within)?;
        Ok(approval::BreakGlass {
            scope: self.scope.read(at, known)?,
            from,
            reviewers: self.reviewers.read(&format!("{at}.reviewers"), known)?,
            review_within: review_within
                .ok_or_else(|| ConfigError(format!("{key} is empty: each needs a review")))?,
            author_may: self.author_may,
            passes_freeze: self.passes_freeze,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::tests::trouble;

    #[test]
    fn a_word_that_is_not_known_does_not_open_it_wider() {
        let right = "[policy.break_glass]\npeople = [\"grace\"]\ntarget_branches = [\"hotfix/*\"]\n\
                     reviewers.groups = [\"cab\"]\n";
        assert_eq!(trouble(right), "");
        for (word, wrong) in [("target_branches", "target_branch"), ("groups", "group")] {
            let said = trouble(&right.replace(word, wrong));
            assert!(said.contains(&format!("unknown field `{wrong}`")), "{said}");
        }
    }
}
