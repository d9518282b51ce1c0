//! What GitLab was told to be recorded is recorded, whether the bus was there or not.

use gitlab_sim::{Delivery, Outcome};
use tests::{Terms, story};

story!(a_call_is_taken_while_the_bus_is_away, Terms::default().apart(), |stage| {
    stage.loses_the_bus();
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let calls = stage.gitlab.deliveries();
    assert!(matches!(calls[..], [Delivery { outcome: Outcome::Answered { status: 202, .. }, .. }]));
    assert_eq!(stage.spooled(), 1);
    stage.has_the_bus_again().await;
    stage.state_becomes(&merge_request, "Waiting").await;
    assert_eq!(stage.spooled(), 0);
});

story!(the_spool_outlives_the_process, Terms::default().apart(), |stage| {
    stage.loses_the_bus();
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_killed();
    stage.has_the_bus_again().await;
    stage.starts();
    stage.state_becomes(&merge_request, "Waiting").await;
    assert_eq!(stage.spooled(), 0);
});

story!(
    a_full_spool_has_gitlab_call_again,
    Terms::default().apart().with("COUNTERSIGN_INGRESS__SPOOL_BYTES_MAX", "10"),
    |stage| {
        stage.loses_the_bus();
        stage.opens_merge_request("Faster checkout").await;
        let calls = stage.gitlab.deliveries();
        assert!(
            calls.iter().all(|it| !matches!(it.outcome, Outcome::Answered { .. })),
            "{calls:?}"
        );
        stage.has_the_bus_again().await;
        let merge_request = stage.opens_merge_request("Slower checkout").await;
        stage.state_becomes(&merge_request, "Waiting").await;
    }
);
