//! The schema, one reviewed step a file, the same on SQLite and PostgreSQL.
//!
//! Invariant: a step that has landed is never edited; a later step mends it. Steps only add until
//! no running version reads what they would remove.

use sea_orm_migration::prelude::*;
pub use sea_orm_migration::{MigratorTrait, SchemaManager};

mod m0001_requests;
mod m0002_dead_letters;
mod m0003_timing;
mod m0004_safe_mode;
mod m0005_repetitions;
mod m0006_post_leases;
mod m0007_policies;
mod m0008_people;
mod m0009_api_tokens;
mod m0013_token_projects;
mod m0014_identity_providers;
mod m0015_automatic_approvals;
mod m0016_break_glass;
mod m0017_evidence;
mod m0018_signed_decisions;
mod m0019_project_index;
mod m0020_link_key;
mod m0021_saved_views;
mod m0022_outbox_trace;
mod m0023_policy_in_force;

/// All steps in order.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_requests::Migration),
            Box::new(m0002_dead_letters::Migration),
            Box::new(m0003_timing::Migration),
            Box::new(m0004_safe_mode::Migration),
            Box::new(m0005_repetitions::Migration),
            Box::new(m0006_post_leases::Migration),
            Box::new(m0007_policies::Migration),
            Box::new(m0008_people::Migration),
            Box::new(m0009_api_tokens::Migration),
            Box::new(m0013_token_projects::Migration),
            Box::new(m0014_identity_providers::Migration),
            Box::new(m0015_automatic_approvals::Migration),
            Box::new(m0016_break_glass::Migration),
            Box::new(m0017_evidence::Migration),
            Box::new(m0018_signed_decisions::Migration),
            Box::new(m0019_project_index::Migration),
            Box::new(m0020_link_key::Migration),
            Box::new(m0021_saved_views::Migration),
            Box::new(m0022_outbox_trace::Migration),
            Box::new(m0023_policy_in_force::Migration),
        ]
    }
}
