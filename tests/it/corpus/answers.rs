//! GitLab's answers to ours. Rows in which a whole system adds nothing are unit tests of the crate
//! `gitlab`: L01, L02, L04, L05, L08, L11 and L13.

use std::time::Duration;

use gitlab_sim::{Fault, Lasting, Routes};
use tests::Stage;

use super::rows;

rows!(
    what_gitlab_can_answer,
    [
        l07_a_timeout_after_it_was_applied,
        l08_an_answer_that_is_too_large,
        l10_a_head_that_moves_meanwhile,
        l14_401_among_many,
    ]
);

async fn l07_a_timeout_after_it_was_applied(stage: &mut Stage) {
    let before = stage.gitlab.answers().len();
    stage.gitlab.fault(Fault::CutAfter, Lasting::Times(1), Routes::Answers);
    let merge_request = stage.opens_merge_request("Applied and not told").await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    stage.is_quiet().await;
    let told = stage.approver("Reader").opens_newest(&merge_request).await.timeline();
    let found = "answered: GitLab was asked: it has stored passed already.".to_owned();
    assert!(told.contains(&found), "{told:?}");
    assert_eq!(stage.gitlab.answers().len(), before + 1, "it is not posted again");
}

async fn l08_an_answer_that_is_too_large(stage: &mut Stage) {
    stage.gitlab.fault(Fault::Oversized, Lasting::Times(1), Routes::Answers);
    let merge_request = stage.opens_merge_request("Answered at length").await;
    stage.approver("Ada").approves(&merge_request).await;
    stage.answered_in_the_end(&merge_request, "passed").await;
    stage.is_quiet().await;
    stage.state_becomes(&merge_request, "Approved").await;
}

async fn l10_a_head_that_moves_meanwhile(stage: &mut Stage) {
    let merge_request = stage.opens_merge_request("Pushed while we answer").await;
    let (first, before) = (stage.request_id(&merge_request), stage.gitlab.answers().len());
    let delay = Fault::Delay(Duration::from_millis(500));
    stage.gitlab.fault(delay, Lasting::Times(1), Routes::Answers);
    let ada = stage.approver("Ada");
    let pushes = async {
        stage.gitlab.until("an answer to be on its way", |it| it.answers().len() > before).await;
        merge_request.push();
    };
    tokio::join!(ada.approves(&merge_request), pushes);
    stage.state_of_becomes(&first, "Superseded").await;
    stage.is_quiet().await;
    stage.state_becomes(&merge_request, "Waiting").await;
    assert!(merge_request.rows().iter().all(|row| row.status != gitlab_sim::Status::Passed));
}

async fn l14_401_among_many(stage: &mut Stage) {
    let mut all = Vec::new();
    for number in 0..20 {
        all.push(stage.opens_merge_request(&format!("Change {number}")).await);
    }
    stage.gitlab.fault(Fault::Unauthorized, Lasting::Times(15), Routes::Answers);
    for merge_request in &all {
        stage.approver("Ada").approves(merge_request).await;
    }
    for merge_request in &all {
        stage.answered_in_the_end(merge_request, "passed").await;
    }
    assert_eq!(stage.gitlab.faults_left(), 0);
}
