//! Questions to recorder over gRPC, as somebody could ask them who has its secret, or has not.

use proto::{
    RecorderSecret,
    v1::{
        Actor, Caller, GetRequestRequest, ListRequestsRequest, Target, WatchRequestsRequest,
        approval_service_client::ApprovalServiceClient,
    },
};
use tests::Stage;
use tonic::{Code, Request};

use super::rows;

type Client = ApprovalServiceClient<proto::RecorderChannel>;

rows!(
    what_a_question_can_hold,
    [
        r02_another_secret,
        r04_a_message_over_the_limit,
        r07_a_foreign_page_token,
        r08_an_id_of_another_tenant,
        r09_nobody_asks,
        r10_a_short_deadline,
        r11_a_reader_that_goes_away,
        r13_odd_filters,
        r14_large_metadata,
    ]
);

/// Somebody who shows this secret; without one that of the running system.
fn client(stage: &Stage, secret: Option<&str>) -> Client {
    let file = std::fs::read_to_string(stage.data_folder().join("recorder.address")).unwrap();
    let mut lines = file.lines();
    let (address, right) = (lines.next().unwrap(), lines.next().unwrap());
    let channel = proto::recorder_at(format!("http://{address}")).unwrap().connect_lazy();
    let secret = RecorderSecret::new(secret.unwrap_or(right)).unwrap();
    ApprovalServiceClient::new(secret.shown_on(channel, || None))
}

fn ours() -> Option<Caller> {
    Some(Caller::process("a story"))
}

fn list() -> ListRequestsRequest {
    ListRequestsRequest { caller: ours(), ..ListRequestsRequest::default() }
}

/// Without certificates of its own each role shows one secret: another one is no answer.
async fn r02_another_secret(stage: &mut Stage) {
    let refused = client(stage, Some("a-secret-that-was-guessed")).list_requests(list()).await;
    assert_eq!(refused.unwrap_err().code(), Code::Unauthenticated);
}

/// A question longer than 1 MiB is refused before it is read.
async fn r04_a_message_over_the_limit(stage: &mut Stage) {
    let page_token = "x".repeat(1024 * 1024 + 1);
    let refused =
        client(stage, None).list_requests(ListRequestsRequest { page_token, ..list() }).await;
    assert_eq!(refused.unwrap_err().code(), Code::OutOfRange);
}

async fn r07_a_foreign_page_token(stage: &mut Stage) {
    for page_token in ["1", "1.2", "x.6f4e2b7c-90d1-4c6a-8a35-c7de51f09b24", "'; DROP TABLE audit"]
    {
        let page_token = page_token.to_owned();
        let question = ListRequestsRequest { page_token, ..list() };
        let refused = client(stage, None).list_requests(question).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
}

/// What somebody may not see is not there for them; here nobody has a right yet, so an unknown one.
async fn r08_an_id_of_another_tenant(stage: &mut Stage) {
    let request_id = uuid::Uuid::new_v4().to_string();
    let caller = Some(Caller::person(Actor { id: "eve".to_owned(), ..Actor::default() }));
    let refused = client(stage, None).get_request(GetRequestRequest { request_id, caller }).await;
    assert_eq!(refused.unwrap_err().code(), Code::NotFound);
}

/// Whoever forgets on whose behalf it asks gets nothing.
async fn r09_nobody_asks(stage: &mut Stage) {
    let refused = client(stage, None).list_requests(ListRequestsRequest::default()).await;
    assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
}

/// Whoever does not wait is told so, and the next one is answered.
async fn r10_a_short_deadline(stage: &mut Stage) {
    let mut question = Request::new(list());
    question.set_timeout(std::time::Duration::from_nanos(1));
    let late = client(stage, None).list_requests(question).await.unwrap_err();
    assert!(matches!(late.code(), Code::DeadlineExceeded | Code::Cancelled), "{late:?}");
    client(stage, None).list_requests(list()).await.unwrap();
}

/// A hundred watches that nobody reads cost nobody else an answer.
async fn r11_a_reader_that_goes_away(stage: &mut Stage) {
    let mut client = client(stage, None);
    let mut watches = Vec::new();
    for _ in 0..100 {
        let question = WatchRequestsRequest { caller: ours(), ..WatchRequestsRequest::default() };
        watches.push(client.watch_requests(question).await.unwrap());
    }
    client.list_requests(list()).await.unwrap();
    drop(watches);
    client.list_requests(list()).await.unwrap();
}

/// Filters are data: nothing is found, and everything is still there.
async fn r13_odd_filters(stage: &mut Stage) {
    for odd in ["'; DROP TABLE audit; --", "%", "\0", &"x".repeat(10_000)] {
        let gitlab = odd.to_owned();
        let merge_request = Some(Target { gitlab, project_id: 1, ..Target::default() });
        let question = ListRequestsRequest { merge_request, ..list() };
        match client(stage, None).list_requests(question).await {
            Ok(found) => assert!(found.into_inner().requests.is_empty()),
            Err(refused) => assert_eq!(refused.code(), Code::InvalidArgument, "{odd}"),
        }
    }
    client(stage, None).list_requests(list()).await.unwrap();
}

async fn r14_large_metadata(stage: &mut Stage) {
    let mut question = Request::new(list());
    question.metadata_mut().insert("x-large", "x".repeat(64 * 1024).parse().unwrap());
    client(stage, None).list_requests(question).await.unwrap_err();
    client(stage, None).list_requests(list()).await.unwrap();
}
