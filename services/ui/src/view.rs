//! What the pages show, in the words they show it. Templates escape every value.

mod chart;
mod dead_letters;
mod insight;
mod list;
mod many;
mod operations;
mod page;
mod record;
mod request;
mod sign_in;
mod text;
mod time;
mod tree;
mod why;

use askama::Template;

pub(crate) use dead_letters::{DeadLetterPage, DeadLetterView, DeadLettersPage};
pub(crate) use insight::{InsightPage, charts};
pub(crate) use list::{ListPage, Row};
pub(crate) use many::{ManyDonePage, ManyPage, Picked};
pub(crate) use operations::OperationsPage;
pub(crate) use page::{ConfirmPage, RequestPage};
pub(crate) use record::{CallView, DecisionView, StepView};
pub(crate) use request::RequestView;
pub(crate) use sign_in::{SignInPage, WayIn};
pub(crate) use text::{safe_url, visible, visible_lines};
pub(crate) use time::TimeView;
pub(crate) use why::{WhyPage, WhyView};

use crate::{assets::Assets, person::Visit};

/// What became of what the reader just did.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub(crate) good: bool,
    pub(crate) text: String,
}

/// Who the page is shown to.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(crate) name: String,
    pub(crate) names_itself: bool,
    pub(crate) signs_out: bool,
    pub(crate) token: String,
    /// Whether they see any request.
    pub(crate) looks: bool,
    /// Whether they look after it.
    pub(crate) operates: bool,
    /// Whether they may take the audit record out.
    pub(crate) audits: bool,
    /// How many are open.
    pub(crate) dead_letters: u64,
    /// Why only `failed` is posted; empty when everything is.
    pub(crate) safe_mode: String,
    pub(crate) assets: &'static Assets,
}

impl Reader {
    pub(crate) fn of(visit: &Visit) -> Self {
        Self {
            name: visit.person.as_ref().map(|person| person.name.clone()).unwrap_or_default(),
            names_itself: visit.names_itself,
            signs_out: visit.signs_out,
            token: visit.token("me", ""),
            looks: visit.looks,
            operates: visit.operates,
            audits: visit.audits,
            dead_letters: visit.dead_letters,
            safe_mode: visit.safe_mode.clone(),
            assets: Assets::all(),
        }
    }
}

/// Asks for a name and then sends the decision on.
#[derive(Debug, Template)]
#[template(path = "who.html")]
pub(crate) struct WhoPage {
    pub(crate) reader: Reader,
    pub(crate) request_id: String,
    pub(crate) verdict: String,
    pub(crate) sha: String,
    pub(crate) target_branch: String,
    pub(crate) reason: String,
    pub(crate) evidence: String,
    pub(crate) break_glass: bool,
    pub(crate) token: String,
}

/// How an auditor takes the record out.
#[derive(Debug, Template)]
#[template(path = "audit.html")]
pub(crate) struct AuditPage {
    pub(crate) reader: Reader,
}

/// Something did not work, in one sentence.
#[derive(Debug, Template)]
#[template(path = "trouble.html")]
pub(crate) struct TroublePage {
    pub(crate) reader: Reader,
    pub(crate) title: &'static str,
    pub(crate) sentence: String,
}
