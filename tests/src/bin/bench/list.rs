//! The list with a million requests against the list with ten thousand.

use std::{
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use tests::{Approver, Kind, Terms, tell};

use crate::report::{Section, Waits, millis, verdict};

const FEW: u64 = 10_000;
const MANY: u64 = 1_000_000;
/// How often each page is opened.
const TIMES: usize = 100;
/// How much slower the list may be.
const GOAL: f64 = 1.3;

/// What is opened: a name, the address, and whether it is a list. What is looked for by a part of its
/// name is found by reading on, which takes longer where there is more.
const PAGES: [(&str, &str, bool); 6] = [
    ("waiting on me", "?show=mine", true),
    ("all waiting", "?show=waiting", true),
    ("all, newest first", "?show=all", true),
    ("one project", "?show=all&project=shop/service-7", true),
    ("search for an iid", "?show=all&q=%211200", false),
    ("search for a title", "?show=waiting&q=change+100", false),
];

/// Measures it on both databases: two systems at once, asked in turns.
pub(crate) fn measure() -> Section {
    let title =
        format!("The list: {MANY} requests stored against {FEW}, each page {TIMES} times in turns");
    let heads = ["", "few p50 ms", "p99", "many p50 ms", "p99", "ratio p50", "goal", ""];
    let mut section = Section::new(title, &heads);
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let (few, many) = (system(kind, FEW), system(kind, MANY));
        let (few, many) = (few.recv().unwrap(), many.recv().unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for (name, query, is_list) in PAGES {
            let (few, many) = runtime.block_on(in_turns(&few, &many, query));
            let ratio = many.p50().as_secs_f64() / few.p50().as_secs_f64();
            section.row([
                format!("{kind:?}, {name}"),
                millis(few.p50()),
                millis(few.p99()),
                millis(many.p50()),
                millis(many.p99()),
                format!("{ratio:.2}"),
                if is_list { format!("<= {GOAL}") } else { String::new() },
                if is_list { verdict(ratio <= GOAL) } else { String::new() },
            ]);
        }
    }
    section
}

/// Starts a system with so many requests; it ends with this process.
fn system(kind: Kind, requests: u64) -> Receiver<Approver> {
    let (tells, told) = channel();
    std::thread::spawn(move || {
        tell(kind, Terms::default(), async |stage| {
            stage.opens_merge_request("Faster checkout").await;
            stage.is_quiet().await;
            stage.is_crowded(requests).await;
            let reader = stage.approver("Ada");
            reader.introduces_themselves().await;
            tells.send(reader).unwrap();
            // Its end would look through a million rows.
            std::future::pending::<()>().await;
        });
    });
    told
}

async fn in_turns(few: &Approver, many: &Approver, query: &str) -> (Waits, Waits) {
    let (mut first, mut second) = (Waits::default(), Waits::default());
    let path = format!("/approval-apps/{query}");
    for warm in 0..TIMES + 5 {
        for (reader, waits) in [(few, &mut first), (many, &mut second)] {
            let took = opens(reader, &path).await;
            if warm >= 5 {
                waits.extend([took]);
            }
        }
    }
    (first, second)
}

async fn opens(reader: &Approver, path: &str) -> Duration {
    let begun = Instant::now();
    let page = reader.gets(path).await;
    let took = begun.elapsed();
    assert!(page.html.contains("<tr id=\"r-"), "{path} shows nothing:\n{}", page.html);
    took
}
