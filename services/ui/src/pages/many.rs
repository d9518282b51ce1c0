//! Several requests decided at once: looked at together, and each recorded as a decision of its own.

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use futures::{StreamExt, stream};
use proto::v1::{Actor, Decision};
use uuid::Uuid;

use super::{find, html, trouble};
use crate::{
    app::App,
    deciding,
    person::{Person, Visit, same_origin},
    view::{ManyDonePage, ManyPage, Picked, Reader, RequestView},
};

/// Most requests that are decided at once.
const PICKED_MAX: usize = 50;

/// How many decisions are on their way at once.
const AT_ONCE: usize = 8;

/// What a form holds, in the order of the page.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn read(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn one(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }
}

/// One box of the form: the request, and what was on the screen of it.
fn value(row: &RequestView) -> String {
    let branch = hex::encode(&row.judged_branch);
    format!("{}.{}.{}.{branch}", row.id, row.sha, row.token)
}

/// Shows what would be decided.
pub(crate) async fn look(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    visit: Visit,
) -> Response {
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let ids: Vec<String> = fields.all("pick").map(ToOwned::to_owned).collect();
    let too_many = ids.len() > PICKED_MAX;
    let picked = rows(&app, ids.into_iter().take(PICKED_MAX).collect(), &visit).await;
    let mut checks = picked.iter().map(|it| it.row.check_name.as_str());
    let first = checks.next().unwrap_or_default();
    let problem = match () {
        () if visit.person.is_none() => "Say who you are first: your name stands in the head.",
        () if picked.is_empty() => "Nothing is selected: go back and tick what to decide about.",
        () if too_many => "At most 50 requests can be decided at once; untick some.",
        () if checks.any(|check| check != first) => {
            "These belong to different checks. Filter the list by one check and select again."
        }
        () => "",
    };
    let batch = kit::clock::new_id().to_string();
    let page = ManyPage {
        reader: Reader::of(&visit),
        picked,
        problem: problem.to_owned(),
        token: visit.token("many", &batch),
        batch,
    };
    html(StatusCode::OK, &page, &visit)
}

async fn rows(app: &App, ids: Vec<String>, visit: &Visit) -> Vec<Picked> {
    let now = kit::clock::now_micros();
    let looked_at = stream::iter(ids).map(async |id| find(app, &id, visit).await);
    let found = looked_at.buffered(AT_ONCE).filter_map(async |found| found.ok()?.request);
    let picked = found.map(|request| {
        let row = RequestView::new(&request, visit, now);
        Picked { value: value(&row), row, word: "", sentence: String::new() }
    });
    picked.collect().await
}

/// Records a decision about each.
pub(crate) async fn decide(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Response {
    let fields = Fields::read(&body);
    let (batch, verdict) = (Uuid::parse_str(fields.one("batch")), fields.one("verdict"));
    let ours = same_origin(&headers)
        && visit.shown_by_us("many", fields.one("batch"), fields.one("token"));
    let (Some(person), Ok(batch), true) = (visit.person.clone(), batch, ours) else {
        let sentence = "This form did not come from a page we showed you; select again in the \
                        list. Nothing was recorded.";
        return trouble(StatusCode::FORBIDDEN, "Not recorded", sentence.to_owned(), &visit);
    };
    let picked: Vec<String> = fields.all("pick").take(PICKED_MAX).map(ToOwned::to_owned).collect();
    let say = Say { app: &app, person: &person, visit: &visit, batch, verdict, fields: &fields };
    let said: Vec<_> = stream::iter(picked).map(|it| say.one(it)).buffered(AT_ONCE).collect().await;
    let ids: Vec<_> = said.iter().map(|(id, ..)| id.clone()).collect();
    let mut picked = rows(&app, ids, &visit).await;
    for it in &mut picked {
        let found = said.iter().find(|(id, ..)| *id == it.row.id);
        (it.word, it.sentence) =
            found.map(|(_, word, sentence)| (*word, sentence.clone())).unwrap_or_default();
    }
    let good = said.iter().filter(|(_, word, _)| *word == RECORDED).count();
    let summary = format!("{good} of {} recorded.", said.len());
    html(StatusCode::OK, &ManyDonePage { reader: Reader::of(&visit), summary, picked }, &visit)
}

const RECORDED: &str = "Recorded";

/// What somebody says about each of several.
struct Say<'a> {
    app: &'a App,
    person: &'a Person,
    visit: &'a Visit,
    batch: Uuid,
    verdict: &'a str,
    fields: &'a Fields,
}

impl Say<'_> {
    /// The request, and what became of the decision in a word and a sentence.
    async fn one(&self, value: String) -> (String, &'static str, String) {
        let mut parts = value.split('.');
        let mut next = || parts.next().unwrap_or_default();
        let (id, sha, token, branch) = (next(), next(), next(), next());
        let branch = hex::decode(branch).ok().and_then(|it| String::from_utf8(it).ok());
        let shown = self.visit.shown_by_us(id, sha, token);
        let Some(target_branch) = branch.filter(|_| shown) else {
            let sentence = "This row was not shown to you; select again.".to_owned();
            return (id.to_owned(), "Not recorded", sentence);
        };
        let decision = Decision {
            // Sending the form twice says nothing twice.
            decision_id: Uuid::new_v5(&self.batch, id.as_bytes()).to_string(),
            request_id: id.to_owned(),
            verdict: self.verdict.to_owned(),
            sha: sha.to_owned(),
            target_branch,
            actor: Some(Actor::from(self.person.clone())),
            reason: self.fields.one("reason").trim().to_owned(),
            ..Decision::default()
        };
        let said = deciding::decide(&self.app.bus, bus::UI_SOURCE, &decision).await;
        let (word, sentence) = match said {
            Ok(Some(receipt)) if receipt.accepted => (RECORDED, receipt.message),
            Ok(Some(receipt)) => (refused(&receipt.code), receipt.message),
            Ok(None) => ("On its way", "It will be recorded; look again in a moment.".to_owned()),
            Err(error) => {
                tracing::error!(%error, "a decision could not be put onto the bus");
                ("Not recorded", "It could not be recorded now; try again.".to_owned())
            }
        };
        (id.to_owned(), word, sentence)
    }
}

fn refused(code: &str) -> &'static str {
    match code {
        "stale_sha" => "Changed",
        "closed" => "Closed",
        "not_allowed" => "Not allowed",
        "reason_required" => "Reason missing",
        _ => "Refused",
    }
}
