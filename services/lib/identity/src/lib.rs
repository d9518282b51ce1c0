//! Who somebody is, as an OpenID provider says it (OpenID Connect Core 1.0): sign-in with an
//! authorization code and PKCE (RFC 7636), and asking again later whether it still holds.
//!
//! Invariant: nobody is taken for somebody else. What the provider says is checked by a library
//! (signature, issuer, audience, nonce, subject), and no redirect is followed with a secret.

mod claims;
mod client;
mod http;
mod provider;
mod seal;

pub use claims::{ClaimNames, Person};
pub use provider::{Attempt, Config, ConfigError, Failure, Proof, Provider};
pub use seal::{Unreadable, open, seal};
