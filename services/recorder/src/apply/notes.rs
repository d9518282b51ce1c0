//! The note in a merge request is written anew when it would say something else.

use std::collections::HashSet;

use approval::Pattern;
use bus::{Kind, Stream};
use proto::v1::NoteCommand;

use super::{Rules, follow};
use crate::store::{Change, Ledger};

/// Whether the checks of this name keep a note.
pub(crate) fn keeps_note(checks: &[Pattern], check_name: &str) -> bool {
    checks.iter().any(|pattern| pattern.matches(check_name))
}

/// One command for each merge request about which there is something new to say. What it is, decision
/// asks when it writes: of several commands the last is as good as all.
pub(super) fn follow(rules: &Rules, ledger: &mut Ledger) {
    let told = |name: &str| keeps_note(&rules.note_checks, name);
    let altered: HashSet<(String, i64, i64)> = ledger
        .altered()
        .filter(|(_, request)| told(&request.facts.check_name))
        .map(|(key, _)| (key.gitlab.clone(), key.project_id, key.iid))
        .collect();
    let now = ledger.now();
    let mut change = Change::default();
    for (gitlab, project_id, iid) in altered {
        let id = kit::clock::new_id();
        let subject = rules.names.respond(&gitlab, project_id);
        let target = (rules.names.stream(&Stream::Respond), subject);
        let data = NoteCommand { command_id: id.to_string(), gitlab, project_id, iid };
        follow::post(&mut change, target, Kind::Note, id, None, data, now);
    }
    ledger.add(change);
}
