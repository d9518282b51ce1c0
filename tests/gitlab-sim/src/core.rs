//! The parts of a running simulator, shared by its server, its tasks and the handles.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{runtime::Handle, sync::watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    dials::Dials, history::History, options::Options, outgoing::Outgoing, times, world::World,
};

/// Locks a mutex; a panic elsewhere must not hide what a test wants to see.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The shared parts.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) url: String,
    pub(crate) options: Options,
    pub(crate) dials: Dials,
    pub(crate) history: History,
    pub(crate) outgoing: Outgoing,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pub(crate) runtime: Handle,
    world: Mutex<World>,
    changes: watch::Sender<u64>,
}

impl Core {
    pub(crate) fn new(url: String, options: Options) -> Result<Arc<Self>, reqwest::Error> {
        Ok(Arc::new(Self {
            world: Mutex::new(World::new(&url)),
            url,
            outgoing: Outgoing::new(&options)?,
            history: History::new(options.history_limit),
            options,
            dials: Dials::default(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            runtime: Handle::current(),
            changes: watch::Sender::new(0),
        }))
    }

    /// Looks at the world.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&locked(&self.world))
    }

    /// Changes the world, sends the calls this causes and wakes everyone who waits.
    pub(crate) fn write<T>(self: &Arc<Self>, change: impl FnOnce(&mut World) -> T) -> T {
        let (result, calls) = {
            let mut world = locked(&self.world);
            let result = change(&mut world);
            (result, std::mem::take(&mut world.outbox))
        };
        for call in calls {
            self.submit(call);
        }
        self.changed();
        result
    }

    /// Wakes everyone who waits for a condition.
    pub(crate) fn changed(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Runs a task that ends when the simulator stops.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stopped = self.stop.clone().cancelled_owned();
        let task = async move {
            tokio::select! {
                () = stopped => {}
                () = task => {}
            }
        };
        self.tasks.spawn_on(task, &self.runtime);
    }

    /// Fails old pending rows again and again, as GitLab's cron does.
    pub(crate) fn start_pending_timeout(self: &Arc<Self>) {
        let core = Arc::downgrade(self);
        let tick = self.options.tick();
        self.spawn(async move {
            loop {
                tokio::time::sleep(tick).await;
                let Some(core) = core.upgrade() else { return };
                core.time_out_pending(Duration::ZERO);
            }
        });
    }

    /// Makes pending rows older by a span and fails those that are too old.
    pub(crate) fn time_out_pending(self: &Arc<Self>, aged_by: Duration) {
        let limit = self.options.pending_timeout;
        let failed = self.write(|world| {
            world.age_pending(aged_by);
            world.time_out_pending(times::now(), limit)
        });
        if failed > 0 {
            tracing::debug!(failed, "pending status checks timed out");
        }
    }
}
