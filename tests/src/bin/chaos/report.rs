//! What is printed, for somebody who sees it for the first time.

mod timeline;

use std::{
    collections::BTreeMap,
    fmt::{self, Formatter},
    io::{IsTerminal, Write},
    time::Duration,
};

use tests::Kind as Database;

use crate::{
    checker::SWEEPS,
    log::{Log, Outcome, in_seconds},
    plan::{Fault, Kind},
    run::{Ended, Terms},
};

/// Most violations of one invariant that are printed.
const VIOLATIONS_MAX: usize = 5;
/// Most remarks of one kind that are printed.
const REMARKS_MAX: usize = 5;

fn database(of: Database) -> &'static str {
    match of {
        Database::Sqlite => "SQLite",
        Database::Postgres => "PostgreSQL",
    }
}

/// The line that says how to do the same again.
fn again(terms: &Terms) -> String {
    let kinds = &terms.kinds;
    let faults = match kinds.len() {
        0 => " --calm".to_owned(),
        all if all == Kind::ALL.len() => String::new(),
        _ => {
            let names = kinds.iter().map(|kind| format!("{kind:?}").to_lowercase());
            format!(" --faults {}", names.collect::<Vec<_>>().join(","))
        }
    };
    let database = database(terms.database).to_lowercase();
    let database = if database == "postgresql" { "postgres" } else { &database };
    let (seed, seconds) = (terms.seed, terms.length.as_secs());
    format!("make chaos ARGS=\"--seed {seed} --seconds {seconds} --database {database}{faults}\"")
}

/// What is about to happen.
pub(crate) struct Beginning<'a>(pub(crate) &'a Terms);

impl fmt::Display for Beginning<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let terms = self.0;
        let recorders = if terms.database == Database::Postgres { 2 } else { 1 };
        let (seed, seconds) = (terms.seed, terms.length.as_secs());
        writeln!(f, "\nChaos on {}: seed {seed}, {seconds} s", database(terms.database))?;
        write!(
            f,
            "  2 ingress, {recorders} recorder, 2 decision, 1 ui, a nats-server that syncs each message, \
             a simulated GitLab;\n  every connection between them goes through a proxy"
        )
    }
}

/// How far a run is, told now and then.
#[derive(Debug)]
pub(crate) struct Progress {
    length: Duration,
    told: Duration,
}

impl Progress {
    pub(crate) fn new(length: Duration) -> Self {
        Self { length, told: Duration::ZERO }
    }

    /// Tells every 2 seconds on a terminal, in place, and every 30 elsewhere.
    pub(crate) fn tell(&mut self, at: Duration, log: &Log) {
        let terminal = std::io::stdout().is_terminal();
        let every = Duration::from_secs(if terminal { 2 } else { 30 });
        if at < self.told + every || at > self.length {
            return;
        }
        self.told = at;
        let (operations, faults) = log.note(|notes| (notes.entries.len(), notes.faults.len()));
        let (at, of) = (at.as_secs(), self.length.as_secs());
        let line = format!("  {at:>4} s of {of}: {operations} operations, {faults} faults");
        let (begin, end) = if terminal { ("\r", "") } else { ("", "\n") };
        // Nobody may be reading any more.
        let _unread = write!(std::io::stdout(), "{begin}{line}{end}");
        let _unread = std::io::stdout().flush();
    }
}

/// What came of a run.
pub(crate) struct Report<'a>(pub(crate) &'a Ended);

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let ended = self.0;
        if std::io::stdout().is_terminal() {
            writeln!(f, "\r{:60}\r", "")?;
        }
        operations(f, ended)?;
        faults(f, ended)?;
        remarks(f, ended)?;
        checks(f, ended)?;
        match (ended.checked.violations(), ended.quiet_after) {
            (0, Some(after)) => {
                writeln!(
                    f,
                    "  Quiet {:.1} s after the last fault. No violation.",
                    after.as_secs_f64()
                )?;
                writeln!(f, "  {}", statistics(ended))
            }
            (violations, _) => {
                let many = if violations == 1 { "" } else { "S" };
                writeln!(f, "\n  {violations} VIOLATION{many}")?;
                timeline::violations(f, ended, VIOLATIONS_MAX)?;
                if let Some(kept) = &ended.kept {
                    writeln!(f, "  The logs of all processes: {}", kept.display())?;
                }
                writeln!(f, "  The same plan again: {}", again(&ended.terms))
            }
        }
    }
}

fn operations(f: &mut Formatter<'_>, ended: &Ended) -> fmt::Result {
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for entry in &ended.observed.notes.entries {
        let place = match entry.outcome {
            Outcome::Done => 0,
            Outcome::Refused => 1,
            Outcome::Unknown => 2,
        };
        counts.entry(entry.name).or_default()[place] += 1;
    }
    let all = ended.observed.notes.entries.len();
    let approvals = ended.observed.approvals;
    writeln!(
        f,
        "\n  {:<34}{:>8}{:>9}{:>9}",
        format!("{all} operations"),
        "done",
        "refused",
        "unknown"
    )?;
    for (name, [done, refused, unknown]) in counts {
        writeln!(f, "    {name:<32}{done:>8}{refused:>9}{unknown:>9}")?;
    }
    writeln!(
        f,
        "    ({approvals} people must approve; unknown: no answer came, it may have happened)"
    )
}

fn faults(f: &mut Formatter<'_>, ended: &Ended) -> fmt::Result {
    let notes = &ended.observed.notes;
    let mut counts: BTreeMap<(u8, String), usize> = BTreeMap::new();
    for struck in &notes.faults {
        *counts.entry((place(struck.fault.kind()), struck.fault.name())).or_default() += 1;
    }
    writeln!(f, "\n  {:<34}{:>8}", format!("{} faults", notes.faults.len()), "times")?;
    for ((_, name), count) in counts {
        writeln!(f, "    {name:<32}{count:>8}")?;
    }
    if notes.faults_skipped > 0 {
        writeln!(f, "    ({} more found their process being started again)", notes.faults_skipped)?;
    }
    Ok(())
}

fn place(kind: Kind) -> u8 {
    let place = Kind::ALL.iter().position(|it| *it == kind);
    place.and_then(|it| u8::try_from(it).ok()).unwrap_or(u8::MAX)
}

fn remarks(f: &mut Formatter<'_>, ended: &Ended) -> fmt::Result {
    let remarks = &ended.checked.remarks;
    writeln!(f, "\n  Seen, and no violation")?;
    let late = match remarks.late_posts {
        0 => String::new(),
        _ => format!(", the latest {:.1} s after", in_seconds(remarks.latest)),
    };
    let count = remarks.late_posts;
    writeln!(f, "    {count} posts of passed were under way when the verdict changed{late}")?;
    let count = remarks.left_behind;
    writeln!(f, "    {count} posts overlapped one that a cut-off process had left behind")?;
    if !SWEEPS {
        let missed = &remarks.needs_sweep;
        writeln!(f, "    {} heads need a look without a call (the sweep)", missed.len())?;
        for sentence in missed.iter().take(REMARKS_MAX) {
            writeln!(f, "      {sentence}")?;
        }
    }
    let incidents = &ended.observed.notes.incidents;
    writeln!(f, "    {} processes ended by themselves or badly", incidents.len())?;
    for incident in incidents.iter().take(REMARKS_MAX) {
        writeln!(f, "      {incident}")?;
    }
    Ok(())
}

fn checks(f: &mut Formatter<'_>, ended: &Ended) -> fmt::Result {
    writeln!(f, "\n  {:<52}{:>18}{:>12}", "Checked", "", "violations")?;
    for check in &ended.checked.checks {
        let (count, what) = check.looked_at;
        let said = format!("{:<6}{}", check.invariant, check.says);
        let violations = check.violations.len();
        writeln!(f, "    {said:<50}{:>20}{violations:>10}", format!("{count} {what}"))?;
    }
    writeln!(f)
}

/// What no violation in so many trials says: with 95 % certainty, less than 3/n.
#[expect(clippy::cast_precision_loss, reason = "for a reader")]
fn statistics(ended: &Ended) -> String {
    let faults = &ended.observed.notes.faults;
    let kills = faults.iter().filter(|it| matches!(it.fault, Fault::Kill { .. })).count();
    let calls = ended.checked.checks.first().map_or(0, |check| check.looked_at.0);
    if kills == 0 {
        return format!("{calls} calls, none lost.");
    }
    let share = 300.0 / kills as f64;
    format!(
        "{kills} kills lost nothing: with 95 % certainty fewer than {share:.1} % of kills do (3/n)."
    )
}
