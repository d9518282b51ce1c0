//! The audit record as evidence: exported, verified by somebody else, reported on, and erased in part.

use std::path::{Path, PathBuf};

use gitlab_sim::MergeRequest;
use tests::{Said, Stage, story};

/// A file that a story writes to.
fn file(stage: &Stage, name: &str) -> PathBuf {
    stage.data_folder().with_file_name(name)
}

fn exported(stage: &Stage, name: &str) -> PathBuf {
    let file = file(stage, name);
    let said = stage.operator().says(&["audit", "export", file.to_str().unwrap()]);
    assert!(said.text.contains(" records are in "), "{}", said.text);
    file
}

fn verified(stage: &Stage, file: &Path, more: &[&str]) -> Said {
    let words = ["audit", "verify", file.to_str().unwrap()];
    stage.operator().says(&[&words[..], more].concat())
}

/// One merge request that Ada approved and that was merged, and one that Bob rejected.
async fn a_busy_day(stage: &Stage) -> MergeRequest {
    let merged = stage.opens_merge_request("Faster checkout").await;
    stage.approver("Ada").approves(&merged).await;
    merged.status_becomes(&stage.check, "passed").await;
    let other = stage.opens_merge_request("Slower checkout").await;
    stage.approver("Bob").rejects(&other, "Too slow").await;
    merged.merge().unwrap();
    stage.state_becomes(&merged, "Merged").await;
    stage.is_quiet().await;
    merged
}

/// Changes the first line that has this text; which record it was.
fn tampers(file: &Path, from: &str, to: &str) -> usize {
    let text = std::fs::read_to_string(file).unwrap();
    let line = text.lines().position(|line| line.contains(from)).unwrap();
    std::fs::write(file, text.replacen(from, to, 1)).unwrap();
    line
}

story!(an_export_verifies_without_us, |stage| {
    a_busy_day(stage).await;
    let file = exported(stage, "audit.jsonl");
    let said = verified(stage, &file, &[]);
    assert_eq!(said.code, Some(0), "{}", said.text);
    assert!(said.text.starts_with("The record verifies: "), "{}", said.text);
    assert!(said.text.contains("verdicts follow from what they were made of"), "{}", said.text);
    let text = std::fs::read_to_string(&file).unwrap();
    let other = "log+00000001+AXFqnC42KYPbO/JnxFrPTek9Xnn+hyDWzBvsE1OUcPj4";
    let foreign = verified(stage, &file, &["--key", other]);
    assert_eq!(foreign.code, Some(2), "{}", foreign.text);
    assert!(!text.contains("PRIVATE"), "the key that signs stays here");
});

story!(a_changed_byte_names_its_record, |stage| {
    a_busy_day(stage).await;
    for (from, to, said) in [
        (
            "\\\"kind\\\":\\\"decided\\\"",
            "\\\"kind\\\":\\\"decibed\\\"",
            "was changed: it is not what",
        ),
        ("Ada (ui) approved", "Eva (ui) approved", ": what it says of people was changed"),
    ] {
        let file = exported(stage, "audit.jsonl");
        let record = tampers(&file, from, to);
        let told = verified(stage, &file, &[]);
        assert_eq!(told.code, Some(1), "{}", told.text);
        assert!(told.text.contains(&format!("record {record}")), "{record}: {}", told.text);
        assert!(told.text.contains(said), "{}", told.text);
    }
});

story!(a_record_that_is_gone_is_missed, |stage| {
    a_busy_day(stage).await;
    let file = exported(stage, "audit.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    let without = |place: usize| {
        let lines = text.lines().enumerate().filter(|(line, _)| *line != place);
        let lines: Vec<_> = lines.map(|(_, line)| line).collect();
        std::fs::write(&file, lines.join("\n")).unwrap();
        verified(stage, &file, &[]).text
    };
    assert_eq!(without(3), "countersign: after record 2 comes record 4");
    let last = text.lines().filter(|line| line.starts_with("{\"record\"")).count();
    let cut = without(last);
    assert_eq!(cut, format!("countersign: {last} records were signed, and {} are here", last - 1));
});

story!(what_was_signed_before_is_still_there, |stage| {
    a_busy_day(stage).await;
    let known = file(stage, "known.note");
    std::fs::write(&known, format!("{}\n", stage.operator().says(&["audit", "checkpoint"]).text))
        .unwrap();
    stage.opens_merge_request("Another one").await;
    stage.is_quiet().await;
    let file = exported(stage, "audit.jsonl");
    let with_known = ["--known-checkpoint", known.to_str().unwrap()];
    let said = verified(stage, &file, &with_known);
    assert!(said.text.contains("it goes on from the known checkpoint"), "{}", said.text);
    stage.is_stopped();
    stage.forgets_everything().await;
    stage.starts();
    a_busy_day(stage).await;
    let rewritten = verified(stage, &exported(stage, "new.jsonl"), &with_known);
    assert_eq!(rewritten.code, Some(1), "{}", rewritten.text);
    assert!(rewritten.text.ends_with(": the history was rewritten"), "{}", rewritten.text);
});

story!(the_record_is_compared_with_its_checkpoints, |stage| {
    a_busy_day(stage).await;
    // A stop signs what there is.
    stage.is_stopped();
    stage.somebody_cuts_the_audit_record_off(2).await;
    stage.starts();
    stage.logs("safe mode: only failed is posted until an operator says go on").await;
    let said = stage.operator().says(&["safe-mode"]).text;
    assert!(said.contains("The audit record is not the one of its checkpoint over "), "{said}");
    let go_on = ["safe-mode", "end", "--by", "Olga", "--reason", "The backup was older"];
    assert_eq!(stage.operator().says(&go_on).code, Some(0));
});

story!(a_report_says_what_was_merged_and_who_let_it_in, |stage| {
    let merged = a_busy_day(stage).await;
    let unapproved = stage.opens_merge_request("Past the gate").await;
    stage.state_becomes(&unapproved, "Waiting").await;
    unapproved.force_merge();
    stage.state_becomes(&unapproved, "Merged").await;
    let report = stage.operator().says(&["audit", "report"]).text;
    assert!(report.starts_with("2 merges since 20"), "{report}");
    assert!(report.contains(", 1 with an exception."), "{report}");
    let csv = stage.operator().says(&["audit", "report", "--csv"]).text;
    let row = |iid: u64| csv.lines().find(|line| line.contains(&format!("!{iid},"))).unwrap();
    assert!(row(merged.iid()).contains(",approved,Ada (ui),,,"), "{csv}");
    assert!(row(unapproved.iid()).ends_with("merged without an approval"), "{csv}");
});

story!(somebody_is_erased_and_the_record_still_verifies, |stage| {
    let merged = a_busy_day(stage).await;
    let known = stage.operator().says(&["audit", "checkpoint"]).text;
    let words =
        ["audit", "erase", "--actor", "ada", "--by", "Olga", "--reason", "They asked for it"];
    let said = stage.operator().says(&words).text;
    assert!(said.starts_with("Erased ada of ui: 1 decisions and "), "{said}");
    let file = exported(stage, "audit.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(
        !text.contains("Ada")
            && text.contains("Bob")
            && text.contains(&known.lines().nth(2).unwrap()[..8])
    );
    let verified = verified(stage, &file, &[]);
    assert_eq!(verified.code, Some(0), "{}", verified.text);
    assert!(verified.text.contains("cannot be made again: their people were erased"));
    let page = stage.approver("Eve").opens(&stage.request_id(&merged)).await;
    assert!(!page.html.contains("Ada") && page.html.contains("(erased)"), "{}", page.html);
    assert!(stage.operator().says(&words).text.contains("there is nothing on record of ada"));
});

story!(auditors_take_the_record_out_and_others_find_nothing, |stage| {
    stage.is_configured_by("[[policy.right]]\nright = \"auditor\"\npeople = [\"iris\"]");
    let (iris, ada) = (stage.approver("Iris"), stage.approver("Ada"));
    iris.introduces_themselves().await;
    ada.introduces_themselves().await;
    assert!(iris.opens_list().await.html.contains("href=\"/approval-apps/audit\""));
    for path in ["/approval-apps/audit", "/approval-apps/audit/export"] {
        assert_eq!(ada.gets(path).await.status, reqwest::StatusCode::NOT_FOUND);
    }
    let taken = iris.gets("/approval-apps/audit/export").await.html;
    let file = file(stage, "taken.jsonl");
    std::fs::write(&file, taken).unwrap();
    assert_eq!(verified(stage, &file, &[]).code, Some(0));
});

/// A policy with one of everything; nobody has to decide long.
const EVERYTHING: &str = r#"
[policy]
decide_within = "400ms"
[[policy.rule]]
name = "Production"
labels = ["risky"]
requires.all_of = [{ people = ["ada"] }, { approvals = 1, groups = ["cab"], sources = ["servicenow"] }]
reject_when = "draft"
approve_when = "'docs' in labels"
reason = "against"
[[policy.rule]]
name = "Others"
requires.approvals = 1
approval_lasts = "300ms"
[policy.break_glass]
people = ["grace"]
reviewers = { groups = ["cab"] }
[[policy.person]]
name = "Jane Doe"
gitlab_user_ids = [7]
identities = ["ui:jane.doe", "servicenow:jdoe"]
[[policy.freeze]]
name = "Weekend"
time_zone = "Europe/Berlin"
from = "2020-12-20T18:00"
until = "2021-01-04T08:00"
[policy.check."QA"]
pending = "fail-first"
"#;

story!(verdicts_of_every_kind_are_made_again, |stage| {
    stage.is_configured_by(EVERYTHING);
    let approved = stage.opens_merge_request("Approved, and then too old").await;
    stage.approver("Ada").approves(&approved).await;
    let risky = stage.opens_merge_request("Nobody decides in time").await;
    risky.set_labels(&["risky"]);
    for merge_request in [&approved, &risky] {
        stage.state_becomes(merge_request, "Expired").await;
    }
    stage.is_configured_by("[policy]\napprovals = 2");
    stage.is_quiet().await;
    let said = verified(stage, &exported(stage, "audit.jsonl"), &[]);
    assert_eq!(said.code, Some(0), "{}", said.text);
    let kinds = stage.audit_kinds().await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "policy").count(), 3, "{kinds:?}");
});
