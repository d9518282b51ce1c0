//! Messages that could not be applied: somebody sees them and does something about them.

use std::os::unix::fs::PermissionsExt;

use gitlab_sim::{Fault, Lasting, Routes, signature_of};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::{HOOK_SECRET, Stage, Terms, story};
use uuid::Uuid;

const DEAD_LETTER: (&str, &str) = ("ce-type", "dev.countersign.dead-letter.v1");

/// A story with this many dead letters, in which a message dies soon.
fn leaving(dead_letters: u64) -> Terms {
    Terms::default()
        .leaving_dead_letters(dead_letters)
        .with("COUNTERSIGN_BUS__ATTEMPTS_MAX", "2")
        .with("COUNTERSIGN_BUS__STALL_AFTER_MS", "300")
}

/// One attempt at GitLab, and none more while the story looks.
fn slow_to_try_again() -> Terms {
    leaving(1).with("COUNTERSIGN_DECISION__FIRST_WAIT_MS", "6000")
}

fn approval(stage: &Stage, merge_request: &gitlab_sim::MergeRequest) -> Value {
    json!({
        "decision_id": Uuid::new_v4().to_string(), "verdict": "approve",
        "request_id": stage.request_id(merge_request), "sha": merge_request.sha(),
        "actor": { "id": "jane.doe", "name": "Jane Doe", "email": "jane@example.com" },
    })
}

/// Puts a message on the bus that nobody can read; the id of its dead letter.
async fn poison(stage: &Stage) -> String {
    stage.bus().await.publish("countersign.decision.v1.servicenow", "{not JSON").await;
    stage.dead_letters_become(1).await.remove(0)
}

/// Puts a dead letter on the bus, as a consumer loop does; its id.
async fn buries(stage: &Stage, letter: &Value) -> String {
    let mut whole = json!({ "dead_letter_id": Uuid::new_v4(), "stream_sequence": 99 });
    whole.as_object_mut().unwrap().extend(letter.as_object().unwrap().clone());
    stage.bus().await.publish_as("countersign.dead.v1.x.y", &[DEAD_LETTER], &whole).await;
    stage.dead_letters_become(1).await.remove(0)
}

story!(a_poison_message_is_listed_and_shown, leaving(1), |stage| {
    let id = poison(stage).await;
    let operator = stage.operator();
    let row = operator.says(&["dead", "list"]).rows().remove(0);
    assert_eq!((row[0].as_str(), row[2].as_str()), (&id[..8], "CS_DECISION_SERVICENOW"));
    assert_eq!(row[3..], ["invalid", "it is not JSON (line 1, column 2)"]);
    let shown = operator.says(&["dead", "show", &id[..5]]).text;
    assert!(shown.contains("\nsubject     countersign.decision.v1.servicenow\n"), "{shown}");
    assert!(shown.ends_with("\n\n{not JSON"), "{shown}");
    let others = operator.says(&["dead", "list", "--stream", "CS_INTAKE"]);
    assert_eq!(others.text, "No dead letter is open.");
    stage.metric_becomes("countersign_dead_letters_open 1").await;
});

story!(a_poison_message_is_dropped_with_a_reason, leaving(1), |stage| {
    let id = poison(stage).await;
    let operator = stage.operator();
    let drop = ["dead", "drop", &id[..8], "--by", "Olga"];
    assert_eq!(operator.says(&drop).code, Some(64), "a reason is needed");
    let dropped = operator.says(&[&drop[..], &["--reason", "A test of theirs"]].concat());
    assert_eq!((dropped.code, dropped.text), (Some(0), format!("Dropped {}.", &id[..8])));
    assert_eq!(operator.says(&["dead", "list"]).text, "No dead letter is open.");
    let settled = operator.says(&["dead", "show", &id]).text;
    assert!(settled.contains(" UTC by Olga\nwhy         A test of theirs"), "{settled}");
    assert_eq!(stage.audit_kinds().await, ["policy", "buried", "dropped"]);
});

story!(a_message_is_replayed_when_its_cause_is_gone, leaving(1), |stage| {
    stage.loses_table("delivery").await;
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    let id = stage.dead_letters_become(1).await.remove(0);
    let replay = ["dead", "replay", &id, "--by", "Olga", "--reason", "The table is back"];
    let failed = stage.operator().says(&replay);
    assert!(failed.text.starts_with("countersign: it failed again and stays as it is: "));
    stage.has_table_again("delivery").await;
    let replayed = stage.operator().says(&replay);
    let said = format!("Replayed {}: GitLab called (open by Grace Mbeki): commit ", &id[..8]);
    assert!(replayed.text.starts_with(&said), "{}", replayed.text);
    assert_eq!((failed.code, replayed.code), (Some(1), Some(0)));
    stage.approver("Ada").approves(&merge_request).await;
    merge_request.status_becomes(&stage.check, "passed").await;
    let kinds = stage.audit_kinds().await;
    let first = ["policy", "buried", "replay-failed", "received", "opened", "replayed"];
    assert_eq!(kinds[..6], first);
});

story!(a_double_replay_has_one_effect, leaving(1), |stage| {
    stage.loses_table("delivery").await;
    stage.opens_merge_request("Faster checkout").await;
    let id = stage.dead_letters_become(1).await.remove(0);
    stage.has_table_again("delivery").await;
    let replay = ["dead", "replay", &id, "--by", "Olga"];
    assert_eq!(stage.operator().says(&replay).code, Some(0));
    let again = stage.operator().says(&replay);
    let once = "countersign: It was replayed before, by Olga; nothing was done now.";
    assert_eq!((again.code, again.text.as_str()), (Some(1), once));
    assert_eq!(stage.rows("delivery").await, 1);
    assert_eq!(stage.audit_kinds().await, ["policy", "buried", "received", "opened", "replayed"]);
});

story!(a_decision_from_before_a_new_round_is_refused_when_replayed, leaving(1), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    stage.loses_table("decision").await;
    stage.outside_system().sends(&approval(stage, &merge_request)).await;
    let id = stage.dead_letters_become(1).await.remove(0);
    stage.has_table_again("decision").await;
    merge_request.retarget("release");
    stage.gitlab.calls_settled().await;
    stage.is_quiet().await;
    let replayed = stage.operator().says(&["dead", "replay", &id, "--by", "Olga"]);
    assert!(replayed.text.contains(": Jane Doe (servicenow) tried to approve: "), "{replayed:?}");
    stage.is_quiet().await;
    let receipts = stage.bus().await.read_all("CS_RECEIPT").await;
    assert_eq!(receipts[0].1["accepted"], false, "{receipts:?}");
    stage.state_becomes(&merge_request, "Waiting").await;
    assert_eq!(merge_request.status(&stage.check), "pending");
});

story!(a_decision_is_replayed_only_as_its_stream_holds_it, leaving(1), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    let forged = json!({
        "stream": "CS_DECISION_SERVICENOW", "subject": "countersign.decision.v1.servicenow",
        "data": base64(&approval(stage, &merge_request)),
    });
    let id = buries(stage, &forged).await;
    let refused = stage.operator().says(&["dead", "replay", &id, "--by", "Olga"]);
    let sentence = "countersign: The stream does not hold this decision any more, so nothing \
                    proves who sent it: have them decide again.";
    assert_eq!((refused.code, refused.text.as_str()), (Some(1), sentence));
    assert_eq!(stage.rows("decision").await, 0);
});

story!(a_command_goes_back_onto_the_bus, leaving(1), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.is_quiet().await;
    let (project, iid) = (stage.project.id().to_string(), merge_request.iid().to_string());
    let command = json!({
        "command_id": Uuid::new_v4(), "gitlab": "main", "project_id": project, "iid": iid,
        "check_id": stage.check.id().to_string(),
    });
    let subject = format!("countersign.respond.v1.main.{project}");
    let mut letter = json!({ "stream": "CS_RESPOND", "subject": subject });
    letter["headers"] = json!({ "ce-type": "dev.countersign.look-up.v1" });
    letter["data"] = base64(&command).into();
    let id = buries(stage, &letter).await;
    let replayed = stage.operator().says(&["dead", "replay", &id, "--by", "Olga"]).text;
    assert!(
        replayed.ends_with("It was put back onto the bus for the service that answers GitLab.")
    );
    stage.is_quiet().await;
    assert_eq!(stage.rows("delivery").await, 2, "the call, and the answer to the look-up");
});

story!(a_dropped_answer_does_not_hold_its_request_up, slow_to_try_again(), |stage| {
    let merge_request = stage.opens_merge_request("Faster checkout").await;
    stage.gitlab.fault(Fault::ServerError(500), Lasting::UntilCleared, Routes::Answers);
    stage.approver("Ada").approves(&merge_request).await;
    stage.reads_problem(&merge_request).await;
    let (subject, command) = stage.bus().await.read_all("CS_RESPOND").await.remove(0);
    let letter = json!({ "stream": "CS_RESPOND", "subject": subject, "data": base64(&command) });
    let id = buries(stage, &letter).await;
    let drop = ["dead", "drop", &id, "--by", "Olga", "--reason", "GitLab was rebuilt"];
    assert_eq!(stage.operator().says(&drop).code, Some(0));
    let problem = stage.reads_problem(&merge_request).await;
    assert!(problem.contains("Olga dropped the answer: GitLab was rebuilt."), "{problem}");
    stage.gitlab.clear_faults();
    merge_request.set_status(&stage.check, gitlab_sim::Status::Failed);
    merge_request.retry(&stage.check).unwrap();
    merge_request.status_becomes(&stage.check, "passed").await;
});

story!(what_cannot_be_replayed_says_what_to_do_instead, leaving(1), |stage| {
    let call = stage.http().post(format!("{}/approval-apps/status_check", stage.url()));
    let signature = signature_of(HOOK_SECRET, b"[]");
    let call = call.header("content-type", "application/json").body("[]");
    let answer = call.header("X-Gitlab-Signature", signature).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let id = stage.dead_letters_become(1).await.remove(0);
    let refused = stage.operator().says(&["dead", "replay", &id, "--by", "Olga"]);
    let sentence = "It is a call of GitLab's that never became a message, so there is nothing to \
                    apply: press Retry at the status check in GitLab, or wait for the sweep.";
    assert_eq!((refused.code, refused.text), (Some(1), format!("countersign: {sentence}")));
    let page = stage.approver("Olga").gets(&format!("/approval-apps/dead-letters/{id}")).await;
    assert_eq!(page.text_after("<p id=\"note\""), sentence);
    assert!(!page.html.contains(">Replay</button>") && page.html.contains(">Drop</button>"));
});

story!(a_dead_letter_that_cannot_be_read_is_one_more_and_no_two, leaving(1), |stage| {
    stage.bus().await.publish("countersign.dead.v1.x.y", "{\"dead_letter_id\":7}\0").await;
    let id = stage.dead_letters_become(1).await.remove(0);
    stage.is_quiet().await;
    let row = stage.operator().says(&["dead", "list"]).rows().remove(0);
    assert_eq!(row[2..4], ["CS_DEAD", "unreadable"]);
    assert!(row[4].starts_with("it is not a dead letter as our services write it: "), "{row:?}");
    let refused = stage.operator().says(&["dead", "replay", &id, "--by", "Olga"]);
    assert!(refused.text.contains("Nothing here applies messages of CS_DEAD"), "{refused:?}");
    let drop = ["dead", "drop", &id, "--by", "Olga", "--reason", "Not ours"];
    assert_eq!(stage.operator().says(&drop).code, Some(0));
});

story!(a_character_that_one_database_refuses_is_kept_by_both, leaving(2), |stage| {
    let letter = json!({
        "dead_letter_id": Uuid::new_v4(), "stream": "CS\0_INTAKE", "subject": "a\0b",
        "reason": "in\0valid", "cause": "a nul: \0.", "headers": { "x\0": "y\0" },
        "data": base64(&json!("\0")),
    });
    let id = buries(stage, &letter).await;
    buries(stage, &letter).await;
    stage.is_quiet().await;
    assert_eq!(stage.rows("dead_letter").await, 1, "it came twice");
    let shown = stage.operator().says(&["dead", "show", &id]).text;
    assert!(shown.contains("cause       a nul: \u{fffd}.\n"), "{shown}");
    assert!(shown.contains("header      x\u{fffd}: y\u{fffd}\n"), "{shown}");
    let drop = ["dead", "drop", &id, "--by", "Ol\u{1}ga", "--reason", "Seen"];
    assert_eq!(stage.operator().says(&drop).code, Some(0));
});

story!(the_page_lists_and_shows_them, leaving(1), |stage| {
    let data = json!({ "decision_id": "<b>x</b>", "mail": "jane@example.com" });
    let secret = [("authorization", "Bearer x"), ("ce-type", "dev.countersign.decision.v1")];
    let bus = stage.bus().await;
    bus.publish_as("countersign.decision.v1.servicenow", &secret, &data).await;
    let id = stage.dead_letters_become(1).await.remove(0);
    let olga = stage.approver("Olga");
    let list = olga.gets("/approval-apps/dead-letters").await;
    assert_eq!(list.text_after("<span class=\"count\""), "1");
    assert!(list.html.contains(">decision_id must be a UUID</a>"), "{}", list.html);
    let page = olga.gets(&format!("/approval-apps/dead-letters/{id}")).await;
    let data = page.text_after("<pre class=\"data\"");
    assert!(data.contains("<b>x</b>") && data.contains("(hidden)@example.com"), "{data}");
    assert!(page.html.contains("&#60;b&#62;x&#60;/b&#62;"), "as text, not as markup");
    assert!(page.html.contains("hidden: it may hold a secret") && !page.html.contains("Bearer"));
});

story!(the_page_replays_and_drops, leaving(1), |stage| {
    let id = poison(stage).await;
    let olga = stage.approver("Olga");
    let page = olga.gets(&format!("/approval-apps/dead-letters/{id}")).await;
    let refused = olga.settles(&page, "drop", " ").await;
    assert_eq!(refused.notice(), "Dropping a dead letter needs a reason");
    let failed = olga.settles(&page, "replay", "").await;
    assert_eq!(failed.status, StatusCode::CONFLICT);
    assert!(failed.notice().starts_with("It failed again and stays as it is: it is not JSON"));
    let list = olga.opens_list().await;
    assert_eq!(list.text_after("<span class=\"count\""), "1");
    assert_eq!(olga.settles(&page, "drop", "A test of theirs").await.state(), "Dropped");
    assert!(!olga.opens_list().await.html.contains("class=\"count\""));
});

story!(a_form_from_elsewhere_settles_nothing, leaving(1), |stage| {
    let id = poison(stage).await;
    let olga = stage.approver("Olga");
    let page = olga.gets(&format!("/approval-apps/dead-letters/{id}")).await;
    let other = stage.approver("Mallory").settles(&page, "drop", "x").await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
    assert!(other.html.contains("This form did not come from a page we showed you"));
    assert_eq!(stage.dead_letters_become(1).await, [id]);
});

story!(a_wrong_id_is_told, leaving(1), |stage| {
    poison(stage).await;
    let digits = "the id of a dead letter is made of 0 to 9 and a to f; give at least its first 4 \
                  digits";
    let unknown = "there is no dead letter 0000000";
    for (id, code, sentence) in [("0000000", 1, unknown), ("../x", 64, digits), ("12", 64, digits)]
    {
        let said = stage.operator().says(&["dead", "show", id]);
        assert_eq!((said.code, said.text), (Some(code), format!("countersign: {sentence}")));
        let page = stage.approver("Olga").gets(&format!("/approval-apps/dead-letters/{id}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
    }
});

story!(an_ambiguous_id_is_told, leaving(2), |stage| {
    for id in ["abcd0000-0000-4000-8000-000000000001", "abcd0000-0000-4000-8000-000000000002"] {
        let letter = json!({ "dead_letter_id": id, "stream": "CS_INTAKE" });
        stage.bus().await.publish_as("countersign.dead.v1.x.y", &[DEAD_LETTER], &letter).await;
    }
    stage.dead_letters_become(2).await;
    let said = stage.operator().says(&["dead", "show", "abcd"]);
    let sentence = "countersign: several dead letters begin with abcd: give more of the id";
    assert_eq!((said.code, said.text.as_str()), (Some(1), sentence));
    let listed = stage.operator().says(&["dead", "list"]).rows().remove(0).remove(0);
    assert_eq!(stage.operator().says(&["dead", "show", &listed]).code, Some(0));
});

story!(a_killed_process_is_told_from_one_that_never_was, |stage| {
    let file = stage.data_folder().join("recorder.address");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let operator = stage.operator();
    stage.is_killed();
    let killed = operator.says(&["dead", "list"]);
    assert_eq!(killed.code, Some(1));
    assert!(
        killed.text.ends_with("it has ended without a clean stop, start it again"),
        "{killed:?}"
    );
    stage.starts();
    assert_eq!(operator.says(&["dead", "list"]).text, "No dead letter is open.");
    assert_eq!(stage.is_stopped(), Some(0));
    assert!(!file.exists());
    let nobody = operator.says(&["dead", "list"]);
    assert!(nobody.text.starts_with("countersign: nothing runs in the data folder "), "{nobody:?}");
});

story!(a_wrong_call_of_the_command_is_told_from_a_failed_one, |stage| {
    let operator = stage.operator();
    let named = operator
        .clone()
        .with("COUNTERSIGN_RECORDER__URL", "http://127.0.0.1:9")
        .with("COUNTERSIGN_RECORDER__SECRET", "the-secret-of-recorder");
    let said = named.says(&["dead", "list"]);
    let sentence = "countersign: no recorder answers at http://127.0.0.1:9 (recorder.url): is it \
                    running?";
    assert_eq!((said.code, said.text.as_str()), (Some(1), sentence));
    assert_eq!(operator.says(&["dead", "lisst"]).code, Some(64));
    assert_eq!(operator.says(&["dead", "replay", "abcd"]).code, Some(64), "by whom?");
    assert_eq!(operator.says(&["dead", "--help"]).code, Some(0));
    assert_eq!(operator.with("COUNTERSIGN_SERVER__X", "1").says(&["dead", "list"]).code, Some(64));
});

story!(
    a_role_that_runs_by_itself_is_asked,
    Terms::default().apart().leaving_dead_letters(1),
    |stage| {
        let id = poison(stage).await;
        let drop = ["dead", "drop", &id, "--by", "Olga", "--reason", "Seen"];
        assert_eq!(stage.operator().says(&drop).code, Some(0));
    }
);

fn base64(data: &Value) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in data.to_string().as_bytes().chunks(3) {
        let byte = |at| u32::from(*three.get(at).unwrap_or(&0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let digit = |place: usize| match place <= three.len() {
            true => char::from(DIGITS[(bits >> (18 - 6 * place)) as usize & 63]),
            false => '=',
        };
        text.extend((0..4).map(digit));
    }
    text
}
