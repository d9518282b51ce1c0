//! What is done at gates without a message: because time has passed, or under another policy.

use approval::{Effect, Gate, Policy, Time};
use sea_orm::DbErr;

use super::{Rules, follow};
use crate::store::{Change, GateKey, Ledger};

/// Does what is due because time has passed.
pub(super) async fn tick(
    rules: &Rules,
    ledger: &mut Ledger,
    keys: &[GateKey],
) -> Result<(), DbErr> {
    each(rules, ledger, keys, Gate::tick).await
}

/// Counts all decisions anew.
pub(super) async fn judge_anew(
    rules: &Rules,
    ledger: &mut Ledger,
    keys: &[GateKey],
) -> Result<(), DbErr> {
    each(rules, ledger, keys, Gate::judge_anew).await
}

async fn each(
    rules: &Rules,
    ledger: &mut Ledger,
    keys: &[GateKey],
    what: impl Fn(&mut Gate, Time, &Policy) -> Vec<Effect>,
) -> Result<(), DbErr> {
    ledger.load(keys.iter().cloned()).await?;
    let now = ledger.now();
    for key in keys {
        let gate = ledger.gate(key);
        let policy = rules.policy(gate);
        let effects = what(gate, Time(now), policy);
        let mut change = Change::default();
        follow::effects(&mut change, rules, key, gate, effects, now);
        ledger.add(change);
    }
    Ok(())
}
