//! Checks the large scopes, which takes minutes, and says how many states each has.

use std::{process::ExitCode, time::Instant};

use model::{Scope, System, check};

fn main() -> ExitCode {
    let mut all = 0;
    for scope in Scope::LARGE {
        let started = Instant::now();
        let checked = check(&System::new(scope));
        all += checked.states;
        let (states, depth, seconds) = (checked.states, checked.depth, started.elapsed().as_secs());
        println!("{:<40} {states:>10} states, depth {depth}, {seconds} s", scope.name);
        if let Some(broken) = checked.broken {
            println!("{broken}");
            return ExitCode::FAILURE;
        }
    }
    println!("Every promise holds in all {all} states.");
    ExitCode::SUCCESS
}
