//! Decision: two replicas that carry out orders, as `services/decision` does.

use crate::{
    gitlab::{Branch, Commit, Status},
    mutant::Mutant,
    oracle,
    recorder::is_wanted,
    system::{Fate, System},
    world::{
        Attempts, CommandId, Disturbance, Fault, Order, Post, Replica, Report, Result, World, add,
        take,
    },
};

impl Replica {
    /// Counts an attempt; its number, and whether an earlier one may have reached GitLab.
    fn begin(&mut self, command: CommandId) -> (u8, bool) {
        let attempts = self.attempts(command);
        attempts.made += 1;
        (attempts.made, attempts.may_have_been_applied)
    }

    fn attempts(&mut self, command: CommandId) -> &mut Attempts {
        let place = self.memory.iter().position(|it| it.command == command);
        let place = place.unwrap_or_else(|| {
            self.memory.push(Attempts { command, made: 0, may_have_been_applied: false });
            self.memory.len() - 1
        });
        &mut self.memory[place]
    }

    fn forget(&mut self, command: CommandId) {
        self.memory.retain(|it| it.command != command);
    }
}

impl System {
    /// A replica takes an order from the bus. A post begins with asking recorder for leave.
    pub(crate) fn take(&self, world: &mut World, replica: usize, order: Order) {
        take(&mut world.orders, &order);
        match order {
            Order::LookUp => world.intake.push(world.look()),
            // The status of a commit that is not the head cannot be asked for.
            Order::ReadBack { commit, command } if commit == world.gitlab.head => {
                let status = world.gitlab.status(commit);
                world.reports.push(Report::Read { commit, command, status });
            }
            Order::ReadBack { .. } => {}
            Order::Respond { commit, command, status, deliveries } => {
                if self.is_lent(world, replica, commit)
                    && is_wanted(world, &self.policy, commit, command)
                {
                    world.orders.push(order);
                    return;
                }
                let deliveries = deliveries + 1;
                if is_wanted(world, &self.policy, commit, command)
                    || self.is(Mutant::PostWithoutLeave)
                {
                    let lawful = status != Status::Passed || self.is_satisfied(world, commit);
                    let post =
                        Post { commit, command, status, deliveries, lawful, overtaken: false };
                    world.replicas[replica].posting = Some(post);
                    return;
                }
                let (_, applied) = world.replicas[replica].begin(command);
                world.replicas[replica].forget(command);
                world.reports.push(Report::Outcome {
                    commit,
                    command,
                    status,
                    result: Result::Obsolete,
                    may_have_been_applied: (applied || deliveries > 1)
                        && !self.is(Mutant::SilenceIsNotStored),
                    recorded: false,
                });
            }
        }
    }

    /// Whether the other replica has the right to post for a commit. Here its lease ends with its
    /// attempt, a little earlier than recorder ends it, and never before.
    fn is_lent(&self, world: &World, replica: usize, commit: Commit) -> bool {
        let other = world.replicas[1 - replica].posting;
        other.is_some_and(|post| post.commit == commit) && !self.is(Mutant::TwoLeases)
    }

    /// Whether decisions satisfy the policy for a commit and the target branch recorder knows of.
    pub(crate) fn is_satisfied(&self, world: &World, commit: Commit) -> bool {
        let main = |request: &approval::Request| request.facts.target_branch == Branch::Main.name();
        let main = world.request(commit).is_some_and(main);
        let target = if main { Branch::Main } else { Branch::Production };
        oracle::satisfied(world, commit, target, self.approvals)
    }

    /// A post ends, one way or the other.
    pub(crate) fn end(&self, world: &mut World, replica: usize, fate: Fate) {
        let Some(post) = world.replicas[replica].posting.take() else {
            return;
        };
        if fate == Fate::Crashed {
            world.late.push(post);
            world.replicas[replica].memory.clear();
            if !self.is(Mutant::AckBeforePost) {
                deliver_again(world, post);
            }
            return;
        }
        let (made, applied_before) = world.replicas[replica].begin(post.command);
        let result = match fate {
            Fate::Answered | Fate::AnswerLost | Fate::ReportLost => self.land(world, post),
            Fate::NeverArrived | Fate::NotSent | Fate::Crashed => Result::Retrying,
        };
        let unknown = matches!(fate, Fate::AnswerLost | Fate::NeverArrived);
        if fate == Fate::ReportLost {
            if result == Result::Delivered && !self.is(Mutant::ForgetUnreported) {
                world.replicas[replica].attempts(post.command).may_have_been_applied = true;
            }
            deliver_again(world, post);
            return;
        }
        let (result, unknown) = match unknown {
            true if self.is(Mutant::SilenceIsStored) => (Result::Delivered, false),
            true => (Result::Retrying, !self.is(Mutant::SilenceIsNotStored)),
            false => (result, false),
        };
        if unknown {
            world.replicas[replica].attempts(post.command).may_have_been_applied = true;
        }
        // Who carried out every earlier delivery itself knows what became of it.
        let others = match self.is(Mutant::ForgetOthers) {
            true => post.deliveries > 1 && made == 1,
            false => post.deliveries > made,
        };
        let others = others && !self.is(Mutant::SilenceIsNotStored);
        world.reports.push(Report::Outcome {
            commit: post.commit,
            command: post.command,
            status: post.status,
            result,
            may_have_been_applied: unknown || applied_before || others,
            recorded: false,
        });
        if result == Result::Retrying {
            deliver_again(world, post);
        } else {
            world.replicas[replica].forget(post.command);
            // The acknowledgement of whoever was overtaken counts, too.
            if post.overtaken {
                let order = order(post);
                take(&mut world.orders, &order);
            }
        }
    }

    /// A post reaches GitLab.
    pub(crate) fn land(&self, world: &mut World, mut post: Post) -> Result {
        if post.commit != world.gitlab.head {
            let head = world.gitlab.head;
            if !self.is(Mutant::AimAgain) {
                return Result::NotHead(head);
            }
            post.commit = head;
            post.lawful = post.status != Status::Passed || self.is_satisfied(world, head);
        }
        world.gitlab.insert(post.commit, post.status);
        add(&mut world.known.landed, post.command);
        if !post.lawful {
            world.fault(Fault::UnlawfulPassed);
        }
        Result::Delivered
    }

    /// A post of a process that died reaches GitLab after all.
    pub(crate) fn land_late(&self, world: &mut World, post: Post) {
        take(&mut world.late, &post);
        let outstanding = world.request(post.commit).and_then(|it| it.answer.outstanding);
        if outstanding.is_none_or(|command| command.id != post.command.0)
            && post.commit == world.gitlab.head
        {
            world.disturb(Disturbance::LatePost);
        }
        self.land(world, post);
    }

    /// A replica stands still, and its command is delivered to somebody else.
    pub(crate) fn stall(world: &mut World, replica: usize) {
        if let Some(post) = &mut world.replicas[replica].posting {
            let again = *post;
            post.overtaken = true;
            deliver_again(world, again);
        }
    }
}

fn order(post: Post) -> Order {
    let Post { commit, command, status, deliveries, .. } = post;
    Order::Respond { commit, command, status, deliveries }
}

/// What was overtaken is with somebody else already.
fn deliver_again(world: &mut World, post: Post) {
    if !post.overtaken {
        world.orders.push(order(post));
    }
}
