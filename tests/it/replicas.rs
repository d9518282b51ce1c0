//! Two of every role at once, on three nats-servers and PostgreSQL.

use std::collections::HashSet;

use tests::{Replicas, until};

/// Restarted one after the other, and without the leader of a stream, nothing is lost and nobody is sent
/// away.
#[test]
fn nothing_is_lost_while_everything_is_restarted_and_a_leader_dies() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut replicas = Replicas::start().await;
        let work = replicas.works();
        tokio::task::block_in_place(|| replicas.restart_in_turns());
        replicas.loses_the_leader_of("CS_INTAKE").await;
        replicas.loses_the_leader_of("CS_RESPOND").await;
        let done = work.ends().await;
        assert!(done.merge_requests.len() > 50, "{} were opened", done.merge_requests.len());
        replicas.answers_all(&done.merge_requests).await;
        let calls = replicas.gitlab.deliveries();
        let taken: HashSet<u64> =
            calls.iter().filter(|it| it.status() == Some(202)).map(|it| it.call_id).collect();
        let lost: Vec<_> = calls.iter().filter(|it| !taken.contains(&it.call_id)).collect();
        assert!(lost.is_empty(), "{lost:?}");
        let sent_away = done.looks.iter().filter(|it| !(200..400).contains(*it)).count();
        assert_eq!(sent_away, 0, "{:?}", done.looks);
        assert!(!replicas.gitlab.answers_overlapped(), "two answers were on their way at once");
        let bus = replicas.bus().await;
        until("no dead letters", async || bus.messages("CS_DEAD").await == 0).await;
    });
}
