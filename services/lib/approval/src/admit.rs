//! Which decisions fit the request as it is now.

use crate::{Attempt, Refusal, RefusalCode, Request, Standing, Verdict};

/// Whether a review fits the request, whatever has become of it.
pub(crate) fn admit_review(request: &Request, attempt: &Attempt) -> Result<(), Refusal> {
    let refuse = |code, message: String| Err(Refusal::new(code, message));
    if attempt.actor.id.trim().is_empty() {
        return refuse(RefusalCode::Invalid, "The decision names no actor.".to_owned());
    }
    if attempt.sha != request.sha {
        let message = format!(
            "The decision is about commit {}, the request about {}.",
            attempt.sha.short(),
            request.sha.short()
        );
        return refuse(RefusalCode::StaleSha, message);
    }
    Ok(())
}

/// Whether any other decision fits the request as it is now.
pub(crate) fn admit(request: &Request, attempt: &Attempt) -> Result<(), Refusal> {
    let refuse = |code, message: String| Err(Refusal::new(code, message));
    admit_review(request, attempt)?;
    match &request.standing {
        Standing::Current => {}
        Standing::Superseded { by: Some(by) } => {
            let message = format!("A newer commit {} arrived; look again.", by.short());
            return refuse(RefusalCode::StaleSha, message);
        }
        Standing::Superseded { by: None } => {
            let message = "A newer commit arrived; look again.".to_owned();
            return refuse(RefusalCode::StaleSha, message);
        }
        Standing::Cancelled { ending } => {
            let message = format!("The merge request is {} already.", ending.as_str());
            return refuse(RefusalCode::Closed, message);
        }
    }
    let now = &request.facts.target_branch;
    let judged = attempt.target_branch.as_ref();
    if judged.is_some_and(|branch| branch != now) {
        let message = format!("The target branch is now {now}; look again.");
        return refuse(RefusalCode::StaleSha, message);
    }
    if request.verdict == Verdict::Expired && request.timing.passed <= Some(attempt.at) {
        let message = request.explanation.clone();
        return refuse(RefusalCode::Closed, message);
    }
    if attempt.at < request.round_began_at {
        let message = "The request changed after this decision was made; look again.".to_owned();
        return refuse(RefusalCode::StaleSha, message);
    }
    Ok(())
}
