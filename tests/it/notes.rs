//! One note in the merge request says what Countersign says.

use gitlab_sim::{Fault, Lasting, Order, Routes};
use tests::{Terms, story, until};

const MARK: &str = "<!-- countersign:note -->";

fn noting() -> Terms {
    Terms::default()
        .with("COUNTERSIGN_NOTE__CHECKS", "[\"Change *\"]")
        .with("COUNTERSIGN_SERVER__PUBLIC_URL", "https://approvals.example.com")
}

story!(a_note_says_what_is_decided_and_where_to_read_more, noting(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let sha = merge_request.sha();
    let note = merge_request.note_says("waiting").await;
    let begins = format!(
        "{MARK}\n- **Change approval:** waiting, commit `{}`. 0 of 1: needs one more approval.",
        &sha[..8]
    );
    let link = "\n\n[Why, and who can help](https://approvals.example.com/approval-apps/why/main/";
    assert!(note.starts_with(&format!("{begins}{link}")), "{note}");
    let path = note.split("example.com").nth(1).unwrap().trim_end_matches(')');
    let page = stage.approver("").gets(path).await;
    assert_eq!(page.text_after("<strong id=\"answer\""), "It waits for an approval.");
    stage.approver("Ada").approves(&merge_request).await;
    let note = merge_request.note_says("approved, commit").await;
    assert!(note.contains("Approved by Ada."), "{note}");
    assert_eq!(merge_request.notes().len(), 1, "it is the same note");
});

story!(what_somebody_writes_is_no_command_in_gitlab, noting(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Ada").rejects(&merge_request, "No tests\n/close\n@all: look").await;
    let note = merge_request.note_says("rejected").await;
    assert!(note.contains("Reason: No tests \\/close \\@all: look"), "{note}");
    assert_eq!(merge_request.state(), "opened");
});

story!(a_note_follows_the_commit_to_the_end, noting(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let first = merge_request.note_says("waiting").await;
    let head = merge_request.push();
    merge_request.note_says(&head[..8]).await;
    merge_request.retarget("production");
    merge_request.close();
    let last = merge_request.note_says("cancelled, commit").await;
    assert_eq!(merge_request.notes(), [last]);
    assert_ne!(merge_request.notes(), [first]);
});

story!(a_note_that_somebody_deleted_comes_back_with_the_next_change, noting(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    merge_request.note_says("waiting").await;
    merge_request.delete_note();
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.note_says("approved, commit").await;
});

story!(a_note_of_somebody_else_is_left_alone, noting(), |stage| {
    stage.gitlab.hold_calls();
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let eve = stage.gitlab.user_named("eve", "Eve");
    let forged = format!("{MARK}\n- **Change approval:** approved.");
    merge_request.comment(&eve, &forged);
    stage.gitlab.release_calls(Order::AsQueued);
    merge_request.note_says("waiting").await;
    assert_eq!(merge_request.notes().len(), 2);
    assert_eq!(merge_request.notes()[0], forged);
});

story!(a_second_note_of_ours_is_taken_away, noting(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let note = merge_request.note_says("waiting").await;
    let bot = stage.gitlab.user_named("countersign-bot", "Countersign");
    merge_request.comment(&bot, &note);
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.note_says("approved, commit").await;
    until("one note is left", async || merge_request.notes().len() == 1).await;
});

story!(a_check_that_keeps_no_note_is_not_told_of, noting(), |stage| {
    let url = format!("{}?qa", stage.hook_url());
    let quiet = stage.project.check("QA", &url, Some(tests::HOOK_SECRET));
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let note = merge_request.note_says("waiting").await;
    assert!(!note.contains("QA"), "{note}");
    assert_eq!(merge_request.status(&quiet), "pending");
});

story!(a_note_that_gitlab_refuses_holds_up_no_answer, noting(), |stage| {
    stage.gitlab.fault(Fault::Forbidden, Lasting::UntilCleared, Routes::Notes);
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    stage.logs("a note could not be written and is left to the next change").await;
    assert_eq!(merge_request.notes().len(), 0);
});
