//! What the browser's side needs to know.

use axum::http::HeaderName;

/// How we learn who somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// They type their name: for one machine and for trying it out.
    Name,
    /// A proxy in front of us signs them in and names them in this header.
    Header(HeaderName),
    /// They sign in here, with a password that recorder knows by its hash.
    Local {
        /// Whether browsers on this machine may do so over plain HTTP.
        plain: bool,
    },
}

/// What the browser's side needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// Recorder's gRPC address, such as `http://127.0.0.1:50051`.
    pub recorder_url: String,
    /// What recorder is shown with each question.
    pub recorder_secret: proto::RecorderSecret,
    /// How we learn who somebody is.
    pub sign_in: SignIn,
}
