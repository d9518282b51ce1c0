//! `countersign healthcheck`: whether the role with this configuration is ready, for container engines.

use super::{Problem, print, wait_for};
use crate::Config;

/// Asks `/readyz` of the admin port on this machine.
pub fn run(config: &Config) -> Result<(), Problem> {
    let address = config.admin_address()?;
    match wait_for(async { Ok(kit::admin::ask(address).await) })? {
        Ok((true, text)) => {
            print(&text);
            Ok(())
        }
        Ok((false, text)) => Err(Problem::Failed(format!("not ready:\n{text}"))),
        Err(error) => {
            Err(Problem::Failed(format!("nothing answers at http://{address}/readyz: {error}")))
        }
    }
}
