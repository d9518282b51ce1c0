//! What is shown to somebody who is not signed in.

use askama::Template;

use super::Reader;
use crate::Somebody;

/// Asks who somebody is.
#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
pub(crate) struct SignInPage {
    pub(crate) reader: Reader,
    /// Why it did not work; empty before it was tried.
    pub(crate) error: String,
    pub(crate) next: String,
    pub(crate) token: String,
    pub(crate) way: WayIn,
}

/// How somebody says who they are.
#[derive(Debug, Clone)]
pub(crate) enum WayIn {
    /// With a login name and a password.
    Password {
        /// Whether there is nobody yet who could.
        nobody: bool,
        login: String,
    },
    /// At a provider.
    Provider {
        host: String,
        /// Where a browser leaves for it.
        go: String,
        /// Whether they just signed out here.
        out: bool,
        /// Where they sign out of the provider, too; empty when it does not say.
        sign_out: String,
    },
    /// By picking one of these.
    Picker(Vec<Somebody>),
}
