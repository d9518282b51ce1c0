//! What is due because time has passed.

use approval::Time;
use sea_orm::DbErr;

use super::{Rules, follow};
use crate::store::{Change, GateKey, Ledger};

pub(super) async fn apply(
    rules: &Rules,
    ledger: &mut Ledger,
    keys: &[GateKey],
) -> Result<(), DbErr> {
    ledger.load(keys.iter().cloned()).await?;
    let now = ledger.now();
    for key in keys {
        let gate = ledger.gate(key);
        let policy = rules.policy(gate);
        let effects = gate.tick(Time(now), policy);
        let mut change = Change::default();
        follow::effects(&mut change, rules, key, gate, effects, now);
        ledger.add(change);
    }
    Ok(())
}
