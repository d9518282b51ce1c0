//! The harness of the stories: actors around the real binary, a real nats-server, a real database
//! and a simulated GitLab that speaks real HTTP.
//!
//! Invariant: nothing here reaches into the product. It is started as a process and spoken to as
//! its users do; only the checks at the end of a story read its database.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failing test should panic")]
#![expect(clippy::disallowed_methods, reason = "tools are found by the environment")]

mod api_client;
mod approver;
mod browser;
mod bus;
mod call;
mod canaries;
mod collector;
mod database;
mod disk_trace;
mod events;
mod identity_provider;
mod operator;
mod process;
mod replicas;
mod stage;
mod terms;
pub mod tree;
mod truth;
mod users;

pub use api_client::{Answer, ApiClient};
pub use approver::{Approver, Page};
pub use browser::Browser;
pub use bus::{Inspector, OutsideSystem};
pub use call::{Call, Socket};
pub use collector::{Collector, Traced};
pub use database::{Kind, StoryDatabase};
pub use disk_trace::DiskTrace;
pub use events::{Event, Events};
pub use identity_provider::IdentityProvider;
pub use operator::{Operator, Said};
pub use process::{Program, binary, tool};
pub use replicas::{Done, Replicas, Work};
pub use stage::{HOOK_SECRET, LOG_KEY, Stage, dies, http, is_alive, tell, until};
pub use terms::Terms;

/// Tells a story on both databases: `story!(name, |stage| { ... });`
#[macro_export]
macro_rules! story {
    ($name:ident, |$stage:ident| $body:block) => {
        $crate::story!($name, $crate::Terms::default(), |$stage| $body);
    };
    ($name:ident, $terms:expr, |$stage:ident| $body:block) => {
        mod $name {
            #[allow(unused_imports, reason = "not every story needs what stands around it")]
            use super::*;

            async fn story($stage: &mut $crate::Stage) {
                $body
            }

            #[test]
            fn on_sqlite() {
                $crate::tell($crate::Kind::Sqlite, $terms, async |stage| story(stage).await);
            }

            #[test]
            fn on_postgres() {
                $crate::tell($crate::Kind::Postgres, $terms, async |stage| story(stage).await);
            }
        }
    };
}
