//! How many dead letters are open: every page says it, and no page asks for it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use proto::v1::{
    ListDeadLettersRequest, ListDeadLettersResponse, approval_service_client::ApprovalServiceClient,
};
use tokio_util::sync::CancellationToken;
use tonic::{Status, transport::Channel};

/// How often recorder is asked.
const ASK_EVERY: Duration = Duration::from_secs(2);

/// The number as it was told last.
#[derive(Debug, Clone, Default)]
pub(crate) struct OpenDeadLetters(Arc<AtomicU64>);

impl OpenDeadLetters {
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Lists dead letters, and takes note of how many are open.
    pub(crate) async fn list(
        &self,
        mut recorder: ApprovalServiceClient<Channel>,
        question: ListDeadLettersRequest,
    ) -> Result<ListDeadLettersResponse, Status> {
        let found = recorder.list_dead_letters(question).await?.into_inner();
        self.0.store(found.open, Ordering::Relaxed);
        Ok(found)
    }

    /// Takes note of how many are open; what recorder does not answer changes nothing.
    pub(crate) async fn look(&self, recorder: &ApprovalServiceClient<Channel>) {
        let one = ListDeadLettersRequest { page_size: 1, ..ListDeadLettersRequest::default() };
        if let Err(status) = self.list(recorder.clone(), one).await {
            tracing::debug!(code = ?status.code(), "recorder did not say how many are open");
        }
    }

    /// Looks again and again until `stop`.
    pub(crate) async fn follow(
        self,
        recorder: ApprovalServiceClient<Channel>,
        stop: CancellationToken,
    ) -> Result<(), Status> {
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.look(&recorder) => {}
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(ASK_EVERY) => {}
            }
        }
        Ok(())
    }
}
