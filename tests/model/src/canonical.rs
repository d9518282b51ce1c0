//! States that differ only in what nobody can tell apart are one state.

use std::sync::Arc;

use crate::world::{CommandId, Order, Report, World};

/// Puts a state into the one form that stands for all that are alike: messages of a stream can be
/// taken in any order, replicas are interchangeable, and the database returns rows in any order.
pub(crate) fn canonical(world: &mut World) {
    world.intake.sort_unstable();
    world.said.sort_unstable();
    world.orders.sort_unstable();
    world.reports.sort_unstable();
    world.late.sort_unstable();
    forget_the_settled(world);
    for replica in &mut world.replicas {
        replica.memory.sort_unstable();
    }
    world.replicas.sort_unstable();
    let gate = Arc::make_mut(&mut world.gate);
    gate.requests.sort_unstable_by_key(|request| request.id);
    for request in &mut gate.requests {
        // No clock strikes here: what is due when says nothing.
        request.answer.heard_at = approval::Time(0);
        request.timing = approval::Timing::default();
        request.decisions.sort_unstable_by_key(|decision| decision.id);
    }
}

/// What is remembered of a command matters only while somebody may still carry it out or report it.
fn forget_the_settled(world: &mut World) {
    let of_order = |order: &Order| match order {
        Order::Respond { command, .. } => Some(*command),
        Order::ReadBack { .. } | Order::LookUp => None,
    };
    let of_report = |report: &Report| match report {
        Report::Outcome { command, .. } => Some(*command),
        Report::Read { .. } => None,
    };
    let posting = world.replicas.iter().filter_map(|it| it.posting);
    let posting = posting.chain(world.late.iter().copied()).map(|post| post.command);
    let orders = world.outbox.iter().chain(&world.orders).filter_map(of_order);
    let alive: Vec<CommandId> =
        posting.chain(orders).chain(world.reports.iter().filter_map(of_report)).collect();
    world.known.landed.retain(|command| alive.contains(command));
    for replica in &mut world.replicas {
        replica.memory.retain(|attempts| alive.contains(&attempts.command));
    }
}
