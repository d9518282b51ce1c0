//! What every page says, and no page asks for: open dead letters, and safe mode.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use proto::v1::{
    Caller, GetSafeModeRequest, ListDeadLettersRequest, ListDeadLettersResponse,
    approval_service_client::ApprovalServiceClient,
};
use tokio_util::sync::CancellationToken;
use tonic::Status;

/// How often recorder is asked.
const ASK_EVERY: Duration = Duration::from_secs(2);

/// What recorder told last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Alarms {
    dead_letters: Arc<AtomicU64>,
    safe_mode: Arc<RwLock<String>>,
}

impl Alarms {
    /// How many dead letters are open.
    pub(crate) fn dead_letters(&self) -> u64 {
        self.dead_letters.load(Ordering::Relaxed)
    }

    /// Why only `failed` is posted; empty when everything is.
    pub(crate) fn safe_mode(&self) -> String {
        self.safe_mode.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lists dead letters, and takes note of how many are open.
    pub(crate) async fn list(
        &self,
        mut recorder: ApprovalServiceClient<proto::RecorderChannel>,
        question: ListDeadLettersRequest,
    ) -> Result<ListDeadLettersResponse, Status> {
        let found = recorder.list_dead_letters(question).await?.into_inner();
        self.dead_letters.store(found.open, Ordering::Relaxed);
        Ok(found)
    }

    /// Takes note of what stands; what recorder does not answer changes nothing.
    pub(crate) async fn look(&self, recorder: &ApprovalServiceClient<proto::RecorderChannel>) {
        if let Err(status) = self.ask(recorder).await {
            tracing::debug!(code = ?status.code(), "recorder did not say what is wrong");
        }
    }

    async fn ask(
        &self,
        recorder: &ApprovalServiceClient<proto::RecorderChannel>,
    ) -> Result<(), Status> {
        let caller = Some(Caller::process(crate::ROLE));
        let one =
            ListDeadLettersRequest { page_size: 1, caller, ..ListDeadLettersRequest::default() };
        self.list(recorder.clone(), one).await?;
        let answer = recorder.clone().get_safe_mode(GetSafeModeRequest {}).await?.into_inner();
        // That the record is verified after a start is no alarm.
        let reason = answer.since.map(|_| answer.reason).unwrap_or_default();
        *self.safe_mode.write().unwrap_or_else(PoisonError::into_inner) = reason;
        Ok(())
    }

    /// Looks again and again until `stop`.
    pub(crate) async fn follow(
        self,
        recorder: ApprovalServiceClient<proto::RecorderChannel>,
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
