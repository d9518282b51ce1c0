//! `countersign migrate`: brings the database up to date and ends, where recorder may not.

use super::{Problem, print, wait_for};
use crate::Config;

/// Carries out the steps that are missing.
pub fn run(config: &Config) -> Result<(), Problem> {
    let database = config.database()?;
    wait_for(async {
        let done = recorder::migrate(&database).await;
        let done = done.map_err(|error| Problem::Failed(error.to_string()))?;
        match done.as_slice() {
            [] => print("The database is up to date."),
            steps => print(&format!("Carried out:\n  {}", steps.join("\n  "))),
        }
        Ok(())
    })
}
