//! Approve, reject, revoke: onto the bus, and back with the receipt.

use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use proto::v1::{Actor, Decision, Evidence, Receipt};
use serde::Deserialize;

use super::{find, html, shown, trouble, unavailable};
use crate::{
    app::App,
    deciding::{self, Unsent, refusal},
    person::{Person, Visit, same_origin},
    view::{Notice, Reader, WhoPage},
};

/// What the form carries: above all the commit that was on the screen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionForm {
    verdict: String,
    sha: String,
    target_branch: String,
    #[serde(default)]
    reason: String,
    token: String,
    /// Links, one in a line, each with its label before it.
    #[serde(default)]
    evidence: String,
    /// Whether they approve although the rule is not met.
    break_glass: Option<String>,
    /// Only from the page that asks for it.
    #[serde(default)]
    name: String,
}

pub(crate) async fn decide(
    State(app): State<App>,
    Path(id): Path<String>,
    mut visit: Visit,
    headers: HeaderMap,
    Form(form): Form<DecisionForm>,
) -> Response {
    if !same_origin(&headers) || !visit.shown_by_us(&id, &form.sha, &form.token) {
        let sentence = "This form did not come from a page we showed you; open the request again \
                        and decide there. Nothing was recorded.";
        return trouble(StatusCode::FORBIDDEN, "Not recorded", sentence.to_owned(), &visit);
    }
    let named = visit.names_itself && !form.name.trim().is_empty();
    if named {
        visit.person = Person::named(&form.name);
    }
    let Some(person) = visit.person.clone() else {
        return ask_who(id, form, &visit);
    };
    let mut response = match send(&app, &id, &form, &person).await {
        Ok((decision_id, receipt)) => answer(&app, &id, &decision_id, receipt, &visit).await,
        Err(error) => {
            tracing::error!(%error, "a decision could not be put onto the bus");
            let sentence = "Your decision could not be recorded now. Go back and try again.";
            let status = StatusCode::SERVICE_UNAVAILABLE;
            trouble(status, "Not recorded", sentence.to_owned(), &visit)
        }
    };
    if named {
        let cookie = visit.set_cookie(true).map(|it| (header::SET_COOKIE, it));
        response.headers_mut().extend(cookie);
    }
    response
}

async fn send(
    app: &App,
    request_id: &str,
    form: &DecisionForm,
    person: &Person,
) -> Result<(String, Option<Receipt>), Unsent> {
    let decision_id = kit::clock::new_id().to_string();
    let decision = Decision {
        decision_id: decision_id.clone(),
        request_id: request_id.to_owned(),
        verdict: form.verdict.clone(),
        sha: form.sha.clone(),
        target_branch: form.target_branch.clone(),
        actor: Some(Actor::from(person.clone())),
        reason: form.reason.trim().to_owned(),
        evidence: evidence(&form.evidence),
        break_glass: form.break_glass.is_some(),
        ..Decision::default()
    };
    let receipt = deciding::decide(&app.bus, bus::UI_SOURCE, &decision).await?;
    Ok((decision_id, receipt))
}

/// The links that somebody wrote, one in a line: a label and an address, or only one of them.
fn evidence(text: &str) -> Vec<Evidence> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let link = |line: &str| {
        let (label, url) = match line.rsplit_once(char::is_whitespace) {
            Some((label, url)) if url.contains("://") => (label.trim(), url),
            None if line.contains("://") => (line, line),
            _ => (line, ""),
        };
        Evidence { label: label.to_owned(), url: url.to_owned() }
    };
    lines.map(link).collect()
}

/// An accepted decision leads to its page, a refused one is told at once.
async fn answer(
    app: &App,
    id: &str,
    decision_id: &str,
    receipt: Option<Receipt>,
    visit: &Visit,
) -> Response {
    let Some(receipt) = receipt else {
        let sentence = "Your decision is on its way and will be recorded; this takes longer than \
                        usual. Look at the request again in a moment.";
        return trouble(StatusCode::ACCEPTED, "On its way", sentence.to_owned(), visit);
    };
    if receipt.accepted {
        let page = format!("/approval-apps/r/{id}?said={decision_id}");
        return Redirect::to(&page).into_response();
    }
    let status = refusal(&receipt.code);
    match find(app, id, visit).await {
        Ok(found) => {
            let text = format!("Not recorded as a decision. {}", receipt.message);
            let notice = Some(Notice { good: false, text });
            shown(app, status, &found, visit, notice).await
        }
        Err(error) => unavailable(visit, &error),
    }
}

fn ask_who(request_id: String, form: DecisionForm, visit: &Visit) -> Response {
    if !visit.names_itself {
        let sentence = "The proxy in front of this page did not say who you are.";
        return trouble(StatusCode::UNAUTHORIZED, "Not recorded", sentence.to_owned(), visit);
    }
    let page = WhoPage {
        reader: Reader::of(visit),
        request_id,
        verdict: form.verdict,
        sha: form.sha,
        target_branch: form.target_branch,
        reason: form.reason,
        evidence: form.evidence,
        break_glass: form.break_glass.is_some(),
        token: form.token,
    };
    html(StatusCode::UNPROCESSABLE_ENTITY, &page, visit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_a_label_an_address_or_both() {
        let all =
            evidence("CHG0031234 https://snow.example/1\n\nhttps://ci.example/2\r\nsee mail ");
        let all: Vec<_> = all.iter().map(|it| (it.label.as_str(), it.url.as_str())).collect();
        let wanted = [
            ("CHG0031234", "https://snow.example/1"),
            ("https://ci.example/2", "https://ci.example/2"),
            ("see mail", ""),
        ];
        assert_eq!(all, wanted);
    }
}
