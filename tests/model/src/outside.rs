//! What GitLab and people do, and what goes wrong between us.

use crate::{
    gitlab::{Commit, Status},
    mutant::Mutant,
    people,
    recorder::last_command,
    system::{Action, System, distinct},
    world::{Call, Disturbance, World, command_id, request_id, take},
};

impl System {
    /// What GitLab, people and misfortune do.
    pub(crate) fn outside(&self, world: &mut World, action: Action) {
        let tick = |world: &mut World| {
            world.now += 1;
            world.gitlab.updated += u8::from(!self.scope.one_second);
        };
        match action {
            Action::Push { lost } => {
                tick(world);
                world.left.pushes -= 1;
                let old = world.gitlab.head;
                world.gitlab.head = old.other();
                called(world, Some(old), false, lost);
            }
            Action::Retarget { lost } => {
                tick(world);
                world.left.retargets -= 1;
                world.gitlab.target = world.gitlab.target.other();
                called(world, None, false, lost);
            }
            Action::Retry { lost } => {
                world.now += 1;
                world.left.retries -= 1;
                world.gitlab.insert(world.gitlab.head, Status::Pending);
                called(world, None, true, lost);
            }
            Action::LoseCall(call) => {
                world.left.lost_calls -= 1;
                take(&mut world.intake, &call);
                world.disturb(Disturbance::LostCall);
            }
            Action::RepeatCall(call) => {
                world.left.repeated_calls -= 1;
                world.intake.push(call);
            }
            Action::InsertOwnRow => {
                world.left.own_rows -= 1;
                if world.gitlab.has_row(Commit::A) {
                    world.disturb(Disturbance::OwnRowLate);
                }
                world.gitlab.insert(Commit::A, Status::Pending);
            }
            Action::TimeOut(commit) => world.gitlab.insert(commit, Status::Failed),
            Action::PostByHand => {
                world.left.rogues -= 1;
                world.gitlab.insert(world.gitlab.head, Status::Passed);
                world.disturb(Disturbance::Rogue);
            }
            Action::Decide(said) => {
                world.now += 1;
                world.left.decisions -= 1;
                world.said.push(said);
            }
            Action::Duplicate(order) => {
                world.left.duplicates -= 1;
                world.orders.push(order);
            }
            Action::Sweep => {
                world.left.sweeps = world.left.sweeps.saturating_sub(1);
                self.sweep(world);
            }
            _ => {}
        }
    }

    /// One look of the sweep: the merge request and the status of its head.
    pub(crate) fn sweep(&self, world: &mut World) {
        if self.is(Mutant::NeverLook) {
            return;
        }
        let look = world.look();
        let status = world.gitlab.status(look.commit);
        let swept = match world.request(look.commit) {
            None => Some((status, command_id(request_id(look.commit), 0))),
            // What is seen while an answer is on its way may be older than the answer.
            Some(request)
                if request.answer.outstanding.is_some() && !self.is(Mutant::StaleSweep) =>
            {
                None
            }
            Some(request) => Some((status, last_command(request))),
        };
        world.intake.push(Call { swept, ..look });
    }

    /// What GitLab and people do.
    pub(crate) fn life(world: &World, actions: &mut Vec<Action>) {
        let (left, gitlab) = (&world.left, &world.gitlab);
        let losses: &[bool] = if left.lost_calls > 0 { &[false, true] } else { &[false] };
        for &lost in losses {
            if left.pushes > 0 {
                actions.push(Action::Push { lost });
            }
            if left.retargets > 0 {
                actions.push(Action::Retarget { lost });
            }
            if left.retries > 0 && gitlab.status(gitlab.head) == Status::Failed {
                actions.push(Action::Retry { lost });
            }
        }
        let first = world.intake.iter().find(|_| world.now == 1 && left.lost_calls > 0);
        actions.extend(first.map(|call| Action::LoseCall(*call)));
        if left.repeated_calls > 0 {
            let calls = distinct(&world.intake).filter(|call| !call.asked && !call.recorded);
            actions.extend(calls.map(Action::RepeatCall));
        }
        if left.own_rows > 0 {
            actions.push(Action::InsertOwnRow);
        }
        let times_out = [Commit::A, Commit::B].into_iter().filter(|it| gitlab.times_out(*it));
        actions.extend(times_out.map(Action::TimeOut));
        if left.rogues > 0 && gitlab.status(gitlab.head) != Status::Passed {
            actions.push(Action::PostByHand);
        }
        if left.decisions > 0 {
            actions.extend(people::decisions(world).into_iter().map(Action::Decide));
        }
    }
}

fn called(world: &mut World, oldrev: Option<Commit>, retry: bool, lost: bool) {
    if lost {
        world.left.lost_calls -= 1;
        world.disturb(Disturbance::LostCall);
    } else {
        world.call(oldrev, retry);
    }
}
