//! Dead letters: list, show, and what an operator does about them.

use std::collections::{BTreeMap, HashMap};

use proto::v1::{
    DropDeadLetterRequest, DropDeadLetterResponse, GetDeadLetterRequest, GetDeadLetterResponse,
    ListDeadLettersRequest, ListDeadLettersResponse, RecordedDeadLetter, ReplayDeadLetterRequest,
    ReplayDeadLetterResponse,
};
use tonic::Status;
use uuid::Uuid;

use super::{Service, convert, filter_text, internal, page_size};
use crate::{
    apply::{NotDone, Operator, not_replayable},
    store::{Page, Summary, dead_letter},
};

/// Fewest digits by which a dead letter can be named.
const DIGITS_MIN: usize = 4;
/// Longest name of an operator, and longest reason, in characters.
const NAME_CHARS_MAX: usize = 255;
const WHY_CHARS_MAX: usize = 4_000;
/// What stands in place of a value that can hold a secret.
const HIDDEN: &str = "(hidden)";

pub(super) async fn list(
    service: &Service,
    message: ListDeadLettersRequest,
) -> Result<ListDeadLettersResponse, Status> {
    service.operator(message.caller.clone()).await?;
    let known = |state: &String| matches!(state.as_str(), "open" | "replayed" | "dropped");
    if message.states.len() > 3 || !message.states.iter().all(known) {
        return Err(Status::invalid_argument("a state must be open, replayed or dropped"));
    }
    let after = convert::page_token(&message.page_token)
        .ok_or_else(|| Status::invalid_argument("page_token is not one of ours"))?;
    filter_text(&message.stream)?;
    let size = page_size(message.page_size)?;
    let store = &service.store;
    let page = Page { after, size: size + 1 };
    let found = store.dead_letters(&message.states, &message.stream, page).await;
    let mut rows = found.map_err(internal)?;
    let wanted = usize::try_from(size).unwrap_or(usize::MAX);
    let more = rows.len() > wanted;
    rows.truncate(wanted);
    let last = rows.last().filter(|_| more);
    let token = last.map(|row| format!("{}.{}", row.buried_at, row.id));
    Ok(ListDeadLettersResponse {
        next_page_token: token.unwrap_or_default(),
        dead_letters: rows.into_iter().map(summary).collect(),
        open: store.open_dead_letters().await.map_err(internal)?,
    })
}

pub(super) async fn get(
    service: &Service,
    message: GetDeadLetterRequest,
) -> Result<GetDeadLetterResponse, Status> {
    service.operator(message.caller.clone()).await?;
    let id = find(service, &message.dead_letter_id).await?;
    let found = service.store.dead_letter(id).await.map_err(internal)?;
    let row = found.ok_or_else(|| status(NotDone::Unknown))?;
    Ok(GetDeadLetterResponse { dead_letter: Some(whole(service, row)) })
}

pub(super) async fn replay(
    service: &Service,
    message: ReplayDeadLetterRequest,
) -> Result<ReplayDeadLetterResponse, Status> {
    service.operator(message.caller.clone()).await?;
    let operator = operator(&message.operator, &message.reason)?;
    let id = find(service, &message.dead_letter_id).await?;
    let row = service.applier.replay(id, &operator).await.map_err(status)?;
    Ok(ReplayDeadLetterResponse { dead_letter: Some(whole(service, row)) })
}

pub(super) async fn drop_letter(
    service: &Service,
    message: DropDeadLetterRequest,
) -> Result<DropDeadLetterResponse, Status> {
    service.operator(message.caller.clone()).await?;
    let operator = operator(&message.operator, &message.reason)?;
    if operator.why.is_empty() {
        return Err(Status::invalid_argument("dropping a dead letter needs a reason"));
    }
    let id = find(service, &message.dead_letter_id).await?;
    let row = service.applier.drop_letter(id, &operator).await.map_err(status)?;
    Ok(DropDeadLetterResponse { dead_letter: Some(whole(service, row)) })
}

fn operator(name: &str, why: &str) -> Result<Operator, Status> {
    let kept = |text: &str, chars_max: usize| -> String {
        text.trim().chars().filter(|c| *c != '\0').take(chars_max).collect()
    };
    let operator = Operator { name: kept(name, NAME_CHARS_MAX), why: kept(why, WHY_CHARS_MAX) };
    if operator.name.is_empty() {
        return Err(Status::invalid_argument("operator must name who does it"));
    }
    Ok(operator)
}

/// The one dead letter whose id begins like this.
async fn find(service: &Service, text: &str) -> Result<Uuid, Status> {
    let range = ids_beginning_with(text).ok_or_else(|| {
        let sentence = format!(
            "the id of a dead letter is made of 0 to 9 and a to f; give at least its first \
             {DIGITS_MIN} digits"
        );
        Status::invalid_argument(sentence)
    })?;
    let found = service.store.dead_letter_ids(range).await.map_err(internal)?;
    match found[..] {
        [id] => Ok(id),
        [] => Err(Status::not_found(format!("there is no dead letter {text}"))),
        _ => {
            let sentence = format!("several dead letters begin with {text}: give more of the id");
            Err(Status::failed_precondition(sentence))
        }
    }
}

/// The first and the last id that begin with these digits.
fn ids_beginning_with(text: &str) -> Option<(Uuid, Uuid)> {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !hex || !(DIGITS_MIN..=32).contains(&digits.len()) {
        return None;
    }
    let end = |fill: char| {
        let whole: String = digits.chars().chain(std::iter::repeat(fill)).take(32).collect();
        Uuid::parse_str(&whole).ok()
    };
    Some((end('0')?, end('f')?))
}

fn status(error: NotDone) -> Status {
    let sentence = error.to_string();
    match error {
        NotDone::Unknown => Status::not_found(sentence),
        NotDone::Settled(_) | NotDone::NotReplayable(_) => Status::failed_precondition(sentence),
        NotDone::FailedAgain(_) => Status::aborted(sentence),
        NotDone::Bus(_) => Status::unavailable(sentence),
        NotDone::Database(error) => internal(error),
    }
}

fn summary(row: Summary) -> RecordedDeadLetter {
    RecordedDeadLetter {
        dead_letter_id: row.id.to_string(),
        stream: row.stream,
        subject: row.subject,
        stream_sequence: convert::sequence(row.sequence),
        reason: row.reason,
        cause: row.cause,
        at: Some(proto::timestamp(row.at)),
        buried_at: Some(proto::timestamp(row.buried_at)),
        state: row.state,
        replays_failed: u32::try_from(row.replays_failed).unwrap_or_default(),
        replay_said: row.replay_said.unwrap_or_default(),
        settled_at: row.settled_at.map(proto::timestamp),
        settled_by: row.settled_by.unwrap_or_default(),
        settled_why: row.settled_why.unwrap_or_default(),
        data_size: u64::try_from(row.data_size).unwrap_or_default(),
        ..RecordedDeadLetter::default()
    }
}

fn whole(service: &Service, row: dead_letter::Model) -> RecordedDeadLetter {
    let not_replayable = not_replayable(service.applier.bus.names(), &row);
    let headers: BTreeMap<String, String> = serde_json::from_str(&row.headers).unwrap_or_default();
    let headers: HashMap<String, String> = headers
        .into_iter()
        .map(|(name, value)| {
            let shown = if may_be_secret(&name, &value) { HIDDEN.to_owned() } else { value };
            (name, shown)
        })
        .collect();
    let data = row.data.clone();
    RecordedDeadLetter {
        headers,
        data,
        not_replayable: not_replayable.unwrap_or_default(),
        ..summary(row.into())
    }
}

/// Whether a header looks as if it held a credential or an e-mail address.
fn may_be_secret(name: &str, value: &str) -> bool {
    const NAMES: [&str; 10] = [
        "auth",
        "token",
        "secret",
        "password",
        "cookie",
        "signature",
        "credential",
        "jwt",
        "key",
        "request-info",
    ];
    let name = name.to_lowercase();
    NAMES.iter().any(|part| name.contains(part)) || value.contains('@') || value.starts_with("eyJ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_can_be_shortened() {
        let range = |text: &str| {
            ids_beginning_with(text).map(|(first, last)| (first.to_string(), last.to_string()))
        };
        let whole = "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
        assert_eq!(range(whole), Some((whole.to_owned(), whole.to_owned())));
        let (first, last) = range("0199A").unwrap_or_default();
        assert_eq!(first, "0199a000-0000-0000-0000-000000000000");
        assert_eq!(last, "0199afff-ffff-ffff-ffff-ffffffffffff");
        for wrong in ["", "019", "xyz1", &"0".repeat(33), "01 99"] {
            assert_eq!(range(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_may_be_secret_is_not_shown() {
        for (name, value) in [
            ("Authorization", "Bearer x"),
            ("x-gitlab-token", "x"),
            ("nats-request-info", "{}"),
            ("ce-source", "jane@example.com"),
            ("x", "eyJhbGciOi"),
        ] {
            assert!(may_be_secret(name, value), "{name}");
        }
        assert!(!may_be_secret("ce-type", "dev.countersign.decision.v1"));
        assert!(!may_be_secret("nats-msg-id", "0199"));
    }
}
