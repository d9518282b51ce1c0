//! `countersign dead`: messages that could not be applied.

use std::collections::BTreeMap;

use clap::{Args, Subcommand, ValueEnum};
use proto::v1::{
    Caller, DropDeadLetterRequest, GetDeadLetterRequest, ListDeadLettersRequest,
    ListDeadLettersResponse, RecordedDeadLetter, ReplayDeadLetterRequest,
    approval_service_client::ApprovalServiceClient,
};

use super::{
    By, Problem,
    connection::{connect, refused},
    print,
    text::{as_json, table, utc, visible},
    wait_for,
};
use crate::Config;

/// Shortest id in a list, in digits.
const ID_DIGITS: usize = 8;
/// Most bytes of a message that are printed for people.
const DATA_BYTES_MAX: usize = 16 * 1024;
/// Most rows asked for at once.
const PAGE: i32 = 200;

/// `countersign dead`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Print JSON, for scripts
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List them, newest first
    List {
        /// What became of them
        #[arg(long, value_enum, default_value_t = State::Open)]
        state: State,
        /// Only those of one stream, such as CS_INTAKE
        #[arg(long, default_value = "")]
        stream: String,
        /// Most rows
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Show one with its headers and its data
    Show {
        /// Its id, or the beginning of it
        id: String,
    },
    /// Apply a message whose cause is gone
    Replay {
        /// Its id, or the beginning of it
        id: String,
        #[command(flatten)]
        by: By,
        /// Why, for the record
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Say that a message need not be applied
    Drop {
        /// Its id, or the beginning of it
        id: String,
        #[command(flatten)]
        by: By,
        /// Why, for the record
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum State {
    Open,
    Replayed,
    Dropped,
    All,
}

impl State {
    fn words(self) -> Vec<String> {
        match self {
            Self::Open => vec!["open".to_owned()],
            Self::Replayed => vec!["replayed".to_owned()],
            Self::Dropped => vec!["dropped".to_owned()],
            Self::All => Vec::new(),
        }
    }
}

/// Carries out a command.
pub fn run(config: &Config, arguments: Arguments) -> Result<(), Problem> {
    let Arguments { json, command } = arguments;
    wait_for(async {
        let mut recorder = connect(config).await?;
        match command {
            Command::List { state, stream, limit } => {
                let found = list(&mut recorder, state, stream, limit).await?;
                print(&if json { as_json(&found) } else { overview(&found, state) });
            }
            Command::Show { id } => {
                let question = GetDeadLetterRequest { dead_letter_id: id, caller: ours() };
                let answer = recorder.get_dead_letter(question).await.map_err(|it| refused(&it))?;
                let letter = answer.into_inner().dead_letter.unwrap_or_default();
                print(&if json { as_json(&letter) } else { page(&letter) });
            }
            Command::Replay { id, by, reason } => {
                let (dead_letter_id, operator, caller) = (id, by.name, ours());
                let order = ReplayDeadLetterRequest { dead_letter_id, operator, reason, caller };
                let answer = recorder.replay_dead_letter(order).await.map_err(|it| refused(&it))?;
                let letter = answer.into_inner().dead_letter.unwrap_or_default();
                print(&if json { as_json(&letter) } else { became(&letter, "Replayed") });
            }
            Command::Drop { id, by, reason } => {
                let (dead_letter_id, operator, caller) = (id, by.name, ours());
                let order = DropDeadLetterRequest { dead_letter_id, operator, reason, caller };
                let answer = recorder.drop_dead_letter(order).await.map_err(|it| refused(&it))?;
                let letter = answer.into_inner().dead_letter.unwrap_or_default();
                print(&if json { as_json(&letter) } else { became(&letter, "Dropped") });
            }
        }
        Ok(())
    })
}

/// Whoever may run this command has recorder's secret.
fn ours() -> Option<Caller> {
    Some(Caller::process("dead"))
}

/// Asks for page after page until there are enough.
async fn list(
    recorder: &mut ApprovalServiceClient<proto::RecorderChannel>,
    state: State,
    stream: String,
    limit: usize,
) -> Result<ListDeadLettersResponse, Problem> {
    let mut all = ListDeadLettersResponse::default();
    loop {
        let question = ListDeadLettersRequest {
            states: state.words(),
            stream: stream.clone(),
            page_size: PAGE,
            page_token: all.next_page_token,
            caller: ours(),
        };
        let answer = recorder.list_dead_letters(question).await.map_err(|it| refused(&it))?;
        let page = answer.into_inner();
        all.dead_letters.extend(page.dead_letters);
        (all.next_page_token, all.open) = (page.next_page_token, page.open);
        if all.dead_letters.len() > limit {
            all.dead_letters.truncate(limit);
            // It would go on behind rows that were cut off here.
            all.next_page_token = String::new();
            return Ok(all);
        }
        if all.next_page_token.is_empty() {
            return Ok(all);
        }
    }
}

fn overview(found: &ListDeadLettersResponse, state: State) -> String {
    let letters = &found.dead_letters;
    if letters.is_empty() {
        return match state {
            State::Open => "No dead letter is open.".to_owned(),
            _ => "There is no such dead letter.".to_owned(),
        };
    }
    let digits = digits_needed(letters);
    let with_state = state != State::Open;
    let mut head = vec!["ID", "SINCE", "STREAM", "REASON", "CAUSE"];
    if with_state {
        head.insert(2, "STATE");
    }
    let mut rows = vec![head.into_iter().map(ToOwned::to_owned).collect::<Vec<_>>()];
    for letter in letters {
        let mut row = vec![
            letter.dead_letter_id.chars().take(digits).collect(),
            utc(letter.buried_at.as_ref()),
            visible(&letter.stream, false),
            visible(&letter.reason, false),
            visible(&letter.cause, false),
        ];
        if with_state {
            row.insert(2, visible(&letter.state, false));
        }
        rows.push(row);
    }
    let text = table(&rows);
    let open = usize::try_from(found.open).unwrap_or(usize::MAX);
    if state == State::Open && open > letters.len() {
        return format!("{text}\n{} of {open} that are open.", letters.len());
    }
    text
}

/// How many digits tell these ids apart.
fn digits_needed(letters: &[RecordedDeadLetter]) -> usize {
    let mut ids: Vec<&str> = letters.iter().map(|it| it.dead_letter_id.as_str()).collect();
    ids.sort_unstable();
    let shared = |one: &str, next: &str| {
        one.bytes().zip(next.bytes()).take_while(|(one, next)| one == next).count()
    };
    let needed = ids.windows(2).map(|pair| shared(pair[0], pair[1]) + 1).max();
    needed.unwrap_or_default().max(ID_DIGITS)
}

fn page(letter: &RecordedDeadLetter) -> String {
    let mut lines = vec![
        ("id", letter.dead_letter_id.clone()),
        ("state", letter.state.clone()),
        ("stream", format!("{} ({})", letter.stream, letter.stream_sequence)),
        ("subject", letter.subject.clone()),
        ("reason", letter.reason.clone()),
        ("cause", letter.cause.clone()),
        ("stored", utc(letter.at.as_ref())),
        ("dead since", utc(letter.buried_at.as_ref())),
        ("size", format!("{} bytes", letter.data_size)),
    ];
    if letter.replays_failed > 0 {
        lines.push(("failed", format!("{} times when replayed", letter.replays_failed)));
    }
    if !letter.replay_said.is_empty() {
        lines.push(("replay", letter.replay_said.clone()));
    }
    if letter.settled_at.is_some() {
        let by = format!("{} by {}", utc(letter.settled_at.as_ref()), letter.settled_by);
        lines.push(("settled", by));
    }
    if !letter.settled_why.is_empty() {
        lines.push(("why", letter.settled_why.clone()));
    }
    if !letter.not_replayable.is_empty() {
        lines.push(("note", letter.not_replayable.clone()));
    }
    let headers: BTreeMap<_, _> = letter.headers.iter().collect();
    let rows: Vec<Vec<String>> = lines
        .into_iter()
        .map(|(name, value)| vec![name.to_owned(), visible(&value, false)])
        .chain(headers.into_iter().map(|(name, value)| {
            vec!["header".to_owned(), visible(&format!("{name}: {value}"), false)]
        }))
        .collect();
    let shown = &letter.data[..letter.data.len().min(DATA_BYTES_MAX)];
    let mut text =
        format!("{}\n\n{}", table(&rows), visible(&String::from_utf8_lossy(shown), true));
    if letter.data_size > u64::try_from(shown.len()).unwrap_or(u64::MAX) {
        text.push_str(&format!("\n(the first {} bytes; --json has all that is kept)", shown.len()));
    }
    text
}

fn became(letter: &RecordedDeadLetter, word: &str) -> String {
    let id: String = letter.dead_letter_id.chars().take(ID_DIGITS).collect();
    match (word, letter.replay_said.as_str()) {
        ("Replayed", said) if !said.is_empty() => {
            format!("{word} {id}: {}", visible(said, false))
        }
        _ => format!("{word} {id}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(id: &str) -> RecordedDeadLetter {
        RecordedDeadLetter { dead_letter_id: id.to_owned(), ..RecordedDeadLetter::default() }
    }

    #[test]
    fn ids_are_as_long_as_they_must_be() {
        assert_eq!(digits_needed(&[letter("0199a1b2-c3d4")]), 8);
        let close = [letter("0199a1b2-c3d4"), letter("0199a1b2-c3e0"), letter("ff")];
        assert_eq!(digits_needed(&close), 12);
    }

    #[test]
    fn a_terminal_is_safe_from_what_is_shown() {
        let mut letter = letter("0199a1b2");
        letter.cause = "\u{1b}]0;x\u{7}".into();
        letter.data = b"{\n\x1b[31m\0}".to_vec();
        letter.headers.insert("ce-id".into(), "\u{1b}c".into());
        assert!(
            !page(&letter).contains(|c: char| c.is_control() && c != '\n'),
            "{}",
            page(&letter)
        );
    }
}
