//! The way to the recorder of a running system.

use std::{fs, path::Path, time::Duration};

use proto::v1::approval_service_client::ApprovalServiceClient;
use tonic::{
    Code, Status,
    transport::{Channel, Endpoint},
};

use super::Problem;
use crate::{Config, load, local::address_file};

/// How long recorder may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);

/// Connects to the recorder that the configuration names: `recorder.url` when it is set, else that
/// of the `countersign up` in the data folder.
pub(super) async fn connect(config: &Config) -> Result<ApprovalServiceClient<Channel>, Problem> {
    Ok(ApprovalServiceClient::new(channel(config).await?))
}

/// The same for any service of recorder's.
pub(super) async fn channel(config: &Config) -> Result<Channel, Problem> {
    let (url, nobody) = whereabouts(config)?;
    let endpoint = Endpoint::from_shared(url)
        .map_err(|_| Problem::Usage("recorder.url is not an address".to_owned()))?;
    let channel = endpoint.connect_timeout(CONNECT_PATIENCE).timeout(PATIENCE).connect().await;
    channel.map_err(|_| Problem::Failed(nobody))
}

/// The address, and what to say when nobody answers there.
fn whereabouts(config: &Config) -> Result<(String, String), Problem> {
    let url = config.recorder_url().to_owned();
    if url != load(None, &[])?.recorder_url() {
        let nobody = format!("no recorder answers at {url} (recorder.url): is it running?");
        return Ok((url, nobody));
    }
    let data = config.data_dir();
    Ok(match announced(data)? {
        Some(address) => {
            let nobody = format!(
                "the countersign of the data folder {} does not answer at {address}: it has ended \
                 without a clean stop, start it again",
                data.display()
            );
            (format!("http://{address}"), nobody)
        }
        None => {
            let nobody = format!(
                "nothing runs in the data folder {} and no recorder answers at {url}: start \
                 `countersign up`, or name the one that runs in COUNTERSIGN_DATA_DIR or \
                 COUNTERSIGN_RECORDER__URL",
                data.display()
            );
            (url, nobody)
        }
    })
}

fn announced(data: &Path) -> Result<Option<String>, Problem> {
    let file = address_file(data);
    match fs::read_to_string(&file) {
        Ok(address) => Ok(Some(address.trim().to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            let sentence = format!(
                "{} cannot be read: run this as the user that countersign runs as",
                file.display()
            );
            Err(Problem::Failed(sentence))
        }
        Err(_) => Ok(None),
    }
}

/// What recorder refused, in its own words.
pub(super) fn refused(status: &Status) -> Problem {
    let sentence = match status.message() {
        "" => format!("recorder did not answer ({})", status.code()),
        sentence => sentence.to_owned(),
    };
    match status.code() {
        Code::InvalidArgument => Problem::Usage(sentence),
        Code::Unimplemented => Problem::Failed(
            "what runs there does not know this command: it is older than this program".to_owned(),
        ),
        _ => Problem::Failed(sentence),
    }
}
