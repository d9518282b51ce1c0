//! How soon `countersign up` is ready on an empty folder, and what it needs while nothing happens.

use std::time::{Duration, Instant};

use crate::{
    report::{Section, median, verdict},
    setting::{Setting, resident_mib},
};

const STARTS: usize = 5;
const IDLE: Duration = Duration::from_secs(2);
/// From the start of the process to `Ready`, in seconds.
const READY_GOAL: f64 = 1.0;
/// In use and in RAM, without the nats-server, in MiB.
const MEMORY_GOAL: f64 = 40.0;

/// Measures it.
pub(crate) async fn measure() -> Section {
    let setting = Setting::new().await;
    let (mut ready, mut memory) = (Vec::new(), Vec::new());
    for start in 0..STARTS {
        let begun = Instant::now();
        let program = setting.starts("up", &format!("data-{start}"), &[]);
        ready.push(begun.elapsed().as_secs_f64());
        tokio::time::sleep(IDLE).await;
        memory.push(resident_mib(program.pid()));
        assert!(program.stop().success(), "an unclean stop");
    }
    let title = format!("countersign up: SQLite and nats-server of its own, {STARTS} first starts");
    let mut section = Section::new(title, &["", "median", "worst", "goal", ""]);
    let worst = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    let row = |name: &str, values: Vec<f64>, goal: f64| {
        let worst = format!("{:.2}", worst(&values));
        let middle = median(values);
        let goal = (format!("<= {goal:.0}"), verdict(middle <= goal));
        [name.to_owned(), format!("{middle:.2}"), worst, goal.0, goal.1]
    };
    section.row(row("start to ready, s", ready, READY_GOAL));
    section.row(row("memory when idle, MiB", memory, MEMORY_GOAL));
    section
}
