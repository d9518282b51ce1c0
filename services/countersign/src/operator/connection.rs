//! The way to the recorder of a running system.

use std::{fs, path::Path, time::Duration};

use proto::{RecorderChannel, RecorderSecret, v1::approval_service_client::ApprovalServiceClient};
use secrecy::ExposeSecret;
use tonic::{Code, Status, transport::Endpoint};

use super::Problem;
use crate::{Config, load, local::address_file};

/// How long recorder may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);

/// Connects to the recorder that the configuration names: `recorder.url` when it is set, else that
/// of the `countersign up` in the data folder.
pub(super) async fn connect(
    config: &Config,
) -> Result<ApprovalServiceClient<RecorderChannel>, Problem> {
    Ok(ApprovalServiceClient::new(channel(config).await?))
}

/// The same for any service of recorder's.
pub(super) async fn channel(config: &Config) -> Result<RecorderChannel, Problem> {
    let Whereabouts { url, secret, nobody } = whereabouts(config)?;
    let secret = RecorderSecret::new(&secret).ok_or_else(|| {
        let sentence = "recorder.secret must be that of the running recorder: 16 to 200 visible \
                        characters (COUNTERSIGN_RECORDER__SECRET)";
        Problem::Usage(sentence.to_owned())
    })?;
    let endpoint = Endpoint::from_shared(url)
        .map_err(|_| Problem::Usage("recorder.url is not an address".to_owned()))?;
    let channel = endpoint.connect_timeout(CONNECT_PATIENCE).timeout(PATIENCE).connect().await;
    Ok(secret.shown_on(channel.map_err(|_| Problem::Failed(nobody))?, || None))
}

/// Where recorder is.
struct Whereabouts {
    url: String,
    secret: String,
    /// What to say when nobody answers there.
    nobody: String,
}

fn whereabouts(config: &Config) -> Result<Whereabouts, Problem> {
    let url = config.recorder_url().to_owned();
    let secret = config.recorder_secret().expose_secret().to_owned();
    if url != load(None, &[])?.recorder_url() {
        let nobody = format!("no recorder answers at {url} (recorder.url): is it running?");
        return Ok(Whereabouts { url, secret, nobody });
    }
    let data = config.data_dir();
    let announced = announced(data)?;
    if let Some((address, secret)) = announced {
        let nobody = format!(
            "the countersign of the data folder {} does not answer at {address}: it has ended \
             without a clean stop, start it again",
            data.display()
        );
        return Ok(Whereabouts { url: format!("http://{address}"), secret, nobody });
    }
    let nobody = format!(
        "nothing runs in the data folder {} and no recorder answers at {url}: start \
         `countersign up`, or name the one that runs in COUNTERSIGN_DATA_DIR or \
         COUNTERSIGN_RECORDER__URL",
        data.display()
    );
    match secret.is_empty() {
        // Without a secret there is nothing to be asked there.
        true => Err(Problem::Failed(nobody)),
        false => Ok(Whereabouts { url, secret, nobody }),
    }
}

/// The address and the secret of what runs in a data folder.
fn announced(data: &Path) -> Result<Option<(String, String)>, Problem> {
    let file = address_file(data);
    match fs::read_to_string(&file) {
        Ok(text) => {
            let mut lines = text.lines().map(|line| line.trim().to_owned());
            let address = lines.next().unwrap_or_default();
            Ok(Some((address, lines.next().unwrap_or_default())))
        }
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
