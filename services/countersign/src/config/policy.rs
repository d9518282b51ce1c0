//! The policy as it is written, and as the core takes it.

use std::collections::HashMap;

use jiff::{SignedDuration, Span, SpanRelativeTo};
use kit::config::ConfigError;
use sha2::{Digest, Sha256};

use super::{
    Config, ForeignPassed, Pending, Policy, Profile, freezes, rights,
    rules::{self, Known},
};

type Result<T> = std::result::Result<T, ConfigError>;

impl Config {
    /// What applies to every check.
    pub(crate) fn policy(&self) -> Result<approval::Policy> {
        let judging = judging(&self.policy, &self.known())?;
        let resend_after = self.recorder.resend_after_ms.saturating_mul(1_000);
        let times = approval::Times { resend_after, ..judging.times.clone() };
        let pending = self.pending(self.policy.pending)?;
        Ok(approval::Policy { pending, times, ..judging })
    }

    /// What people may do at all.
    pub(crate) fn rights(&self) -> Result<approval::Rights> {
        rights::rights(&self.policy.right, &self.known())
    }

    fn known(&self) -> Known<'_> {
        Known {
            sources: Some(self.source.keys().map(String::as_str).collect()),
            gitlabs: Some(self.gitlab.keys().map(String::as_str).collect()),
        }
    }

    /// SHA-256 of the policy as it is written, lower-case hex.
    pub(crate) fn policy_hash(&self) -> String {
        hash_of(&self.policy_text())
    }

    /// The policy as it is written, in the form that is hashed.
    pub(crate) fn policy_text(&self) -> String {
        serde_json::to_string(&self.policy).unwrap_or_default()
    }

    /// What is different for checks of a name.
    pub(super) fn policy_of_check(
        &self,
        policy: &approval::Policy,
    ) -> Result<HashMap<String, approval::Policy>> {
        let of =
            |pending| Ok(approval::Policy { pending: self.pending(pending)?, ..policy.clone() });
        let all = self.policy.check.iter();
        all.map(|(name, check)| Ok((name.clone(), of(check.pending)?))).collect()
    }

    fn pending(&self, pending: Pending) -> Result<approval::Pending> {
        let first_counts = self.gitlab.iter().find(|(_, it)| it.profile == Profile::Deckhouse);
        if let (Some((name, _)), true) = (first_counts, pending != Pending::Quiet) {
            return Err(ConfigError(format!(
                "policy.pending must be \"quiet\": gitlab.{name} has the profile deckhouse, which \
                 keeps the first answer it gets"
            )));
        }
        let needed = |name: &str, text: &str| {
            duration(name, text)?.ok_or_else(|| ConfigError(format!("{name} is empty")))
        };
        Ok(match pending {
            Pending::Quiet => approval::Pending::Quiet,
            Pending::FailFirst => approval::Pending::FailFirst,
            Pending::Heartbeat => approval::Pending::Heartbeat {
                every: needed("policy.heartbeat_every", &self.policy.heartbeat_every)?,
                lasts: needed("policy.heartbeat_lasts", &self.policy.heartbeat_lasts)?,
            },
        })
    }
}

/// The hash of a policy's text, lower-case hex.
pub(crate) fn hash_of(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// The policy of a text that was written by [`Config::policy_text`], as far as verdicts depend on it:
/// what it names need not be configured any more.
pub(crate) fn recorded(text: &str) -> Result<approval::Policy> {
    let policy: Policy = serde_json::from_str(text)
        .map_err(|error| ConfigError(format!("this policy cannot be read: {error}")))?;
    judging(&policy, &Known::anything())
}

/// What a policy says about verdicts.
fn judging(policy: &Policy, known: &Known<'_>) -> Result<approval::Policy> {
    let mut remind_after = Vec::new();
    for time in &policy.remind_after {
        remind_after.extend(duration("policy.remind_after", time)?);
    }
    remind_after.sort_unstable();
    Ok(approval::Policy {
        rules: rules::rules(policy, known)?,
        freezes: freezes::freezes(&policy.freeze, known)?,
        break_glass: policy.break_glass.as_ref().map(|it| it.read(known)).transpose()?,
        people: rules::people(&policy.person)?,
        pending: approval::Pending::Quiet,
        foreign_passed: match policy.foreign_passed {
            ForeignPassed::Answer => approval::ForeignPassed::Answer,
            ForeignPassed::Report => approval::ForeignPassed::Report,
        },
        times: approval::Times {
            decide_within: duration("policy.decide_within", &policy.decide_within)?,
            approval_lasts: duration("policy.approval_lasts", &policy.approval_lasts)?,
            remind_after,
            ..approval::Times::default()
        },
    })
}

/// Reads a length of time, in microseconds; `None` when it is empty.
pub(crate) fn duration(key: &str, text: &str) -> Result<Option<i64>> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong =
        || ConfigError(format!("{key} must be a length of time, such as \"30m\" or \"3d\""));
    let span: Span = text.parse().map_err(|_| wrong())?;
    let length: SignedDuration =
        span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    let micros = i64::try_from(length.as_micros()).map_err(|_| wrong())?;
    if micros <= 0 {
        return Err(wrong());
    }
    Ok(Some(micros))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Role, load};

    fn trouble(more: &[(&str, &str)]) -> Option<String> {
        let enough = [
            ("COUNTERSIGN_GITLAB_URL", "https://gitlab.example"),
            ("COUNTERSIGN_GITLAB_TOKEN", "token-of-the-test"),
            ("COUNTERSIGN_HOOK_SECRET", "secret-of-the-test"),
        ];
        let environment: Vec<_> = enough
            .iter()
            .chain(more)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let settings = load(None, &environment).and_then(|config| config.settings(Role::All));
        settings.err().map(|error| error.to_string())
    }

    #[test]
    fn lengths_of_time_are_read_as_people_write_them() {
        let second = 1_000_000;
        for (text, seconds) in [("90s", 90), ("30m", 1800), ("1h 30m", 5400), ("3d", 259_200)] {
            assert_eq!(duration("x", text).ok().flatten(), Some(seconds * second), "{text}");
        }
        assert_eq!(duration("x", "250ms").ok().flatten(), Some(250_000));
        assert_eq!(duration("x", "").ok().flatten(), None);
        for text in ["3", "-1h", "0s", "soon", "1 month"] {
            let error = duration("policy.decide_within", text).err().map(|it| it.to_string());
            let sentence =
                "policy.decide_within must be a length of time, such as \"30m\" or \"3d\"";
            assert_eq!(error.as_deref(), Some(sentence), "{text}");
        }
    }

    #[test]
    fn where_the_first_answer_counts_it_must_be_the_verdict() {
        let deckhouse = ("COUNTERSIGN_GITLAB__MAIN__PROFILE", "deckhouse");
        assert_eq!(trouble(&[deckhouse]), None);
        for pending in ["heartbeat", "fail-first"] {
            let said = trouble(&[deckhouse, ("COUNTERSIGN_POLICY__PENDING", pending)]);
            assert!(said.unwrap_or_default().contains("keeps the first answer it gets"));
        }
    }
}
