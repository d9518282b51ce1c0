//! The database: does it keep what it commits, and has it the schema of this program.

use recorder::Database;

use super::finding::Area;
use crate::Config;

/// Seconds by which its clock may differ from ours.
const SKEW: i64 = 5;

pub(super) async fn look(config: &Config) -> Area {
    let mut area = Area::new("database");
    let database = match config.database() {
        Ok(database) => database,
        Err(error) => {
            area.wrong(error.to_string(), "");
            return area;
        }
    };
    if let Database::Sqlite(file) = &database
        && !file.exists()
    {
        area.unknown(
            format!("there is no {} yet", file.display()),
            "recorder makes it at its first start; where it runs elsewhere, run doctor there.",
        );
        return area;
    }
    match recorder::inspect(&database).await {
        Ok(facts) => {
            area.ok(format!("{} keeps what it commits", facts.version));
            match facts.missing.first() {
                None => area.ok("it has the schema of this program"),
                Some(first) => area.wrong(
                    format!("it lacks the step {first} of its schema"),
                    "countersign migrate",
                ),
            }
            let skew = (facts.time_micros - kit::clock::now_micros()).abs() / 1_000_000;
            match skew {
                0..=SKEW => area.ok("its clock and ours agree"),
                skew => area.warning(
                    format!("its clock and ours differ by {skew} s"),
                    "let both machines follow the same time servers (NTP).",
                ),
            }
        }
        Err(error) => area.wrong(
            error.to_string(),
            "look at database.url, the network, and the settings of the server.",
        ),
    }
    area
}
