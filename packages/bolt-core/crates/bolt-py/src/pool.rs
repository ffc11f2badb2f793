//! The threads that `def` handlers run on: jobs handed over in batches, one thread as long as nothing blocks.
//!
//! The loop's thread and the pool's meet in two queues, `jobs` here and `Reports`, each behind a lock that is held for a push or a pop.
use std::collections::VecDeque;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::call::{CallJob, run_call};
use crate::reports::Reports;

/// Work that has waited this long behind a busy thread is given another one. One switch interval as `runbolt` sets it.
pub(crate) const PATIENCE: Duration = Duration::from_micros(500);

/// Something to run on a pool thread.
pub(crate) enum Job {
    /// A `def` handler.
    Call(Box<CallJob>),
    /// A Python callable without arguments that reports its own result; shared so that it can be queued without the GIL.
    Python(Arc<Py<PyAny>>),
}

/// What a sync stream's producer and the loop share.
pub(crate) struct StreamLink {
    /// Bytes produced since the last pause.
    pub(crate) produced: AtomicUsize,
    /// The client left.
    pub(crate) closed: AtomicBool,
    /// Goes on producing; queued again after each pause, on the thread that began.
    pub(crate) resume: Mutex<Option<Arc<Py<PyAny>>>>,
    pub(crate) pinned: usize,
}

struct Thread {
    pinned: VecDeque<Job>,
    /// Since when it runs its current job; `None` while it waits.
    busy_since: Option<Instant>,
    waiting: bool,
    /// Takes pinned jobs only.
    dedicated: bool,
    wake: Arc<Condvar>,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<(Instant, Job)>,
    threads: Vec<Thread>,
    /// Threads that wait, the most recent last: its caches are warm.
    idle: Vec<usize>,
    /// Threads asked for and not yet there.
    starting: usize,
    /// Threads that have work and are not yet told.
    to_wake: Vec<Arc<Condvar>>,
    closed: bool,
}

/// Queues and threads of one process's pool.
pub(crate) struct Pool {
    state: Mutex<State>,
    pub(crate) reports: Reports,
    limit: usize,
    /// In place of threads: told when a job waits, for a caller that runs jobs itself.
    external: Option<(UnixStream, UnixStream)>,
    before: Mutex<Option<Py<PyAny>>>,
    after: Mutex<Option<Py<PyAny>>>,
    has_hooks: AtomicBool,
}

/// Wakes a thread: at once, or from the loop's thread with its next turn, which lets go of the GIL that the other needs.
fn tell(state: &mut State, wake: Arc<Condvar>) {
    if LOOP_HAS_GIL.get() {
        state.to_wake.push(wake);
    } else {
        wake.notify_one();
    }
}

thread_local! {
    /// Whether this thread runs an event loop of ours and holds the GIL; not while it waits in a turn, from which
    /// threads must be told at once.
    pub(crate) static LOOP_HAS_GIL: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    static CURRENT: std::cell::Cell<usize> = const { std::cell::Cell::new(usize::MAX) };
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    pub(crate) fn new(limit: usize, external: bool) -> std::io::Result<Self> {
        let external = if external {
            let pair = UnixStream::pair()?;
            pair.0.set_nonblocking(true)?;
            pair.1.set_nonblocking(true)?;
            Some(pair)
        } else {
            None
        };
        Ok(Pool {
            state: Mutex::default(),
            reports: Reports::default(),
            limit: limit.max(1),
            external,
            before: Mutex::new(None),
            after: Mutex::new(None),
            has_hooks: AtomicBool::new(false),
        })
    }

    /// Queues jobs; returns whether a new thread should be started.
    pub(crate) fn submit(&self, batch: impl IntoIterator<Item = Job>) -> bool {
        let mut state = locked(&self.state);
        let now = Instant::now();
        state.jobs.extend(batch.into_iter().map(|job| (now, job)));
        if let Some((notify, _)) = &self.external {
            notify_external(notify);
            return false;
        }
        if state.jobs.is_empty() || !all_stuck(&state, now) {
            return false;
        }
        self.one_more(&mut state)
    }

    /// Queues a job for one thread, which takes it before any other work.
    pub(crate) fn submit_to(&self, thread: usize, job: Job) -> bool {
        let mut state = locked(&self.state);
        if self.external.is_some() || thread >= state.threads.len() {
            drop(state);
            return self.submit([job]);
        }
        state.threads[thread].pinned.push_back(job);
        let wake = state.threads[thread].wake.clone();
        tell(&mut state, wake);
        false
    }

    /// Tells threads of the work that the loop queued for them. Called without the GIL, so that they find it free.
    pub(crate) fn tell_threads(&self) {
        for wake in locked(&self.state).to_wake.drain(..) {
            wake.notify_one();
        }
    }

    /// Wakes a waiting thread, or says that a new one should be started.
    fn one_more(&self, state: &mut State) -> bool {
        if let Some(thread) = state.idle.pop() {
            state.threads[thread].waiting = false;
            let wake = state.threads[thread].wake.clone();
            tell(state, wake);
            return false;
        }
        if state.starting == 0 && shared_threads(state) < self.limit {
            state.starting += 1;
            return true;
        }
        false
    }

    /// When the loop should look again at work that waits.
    pub(crate) fn next_look(&self) -> Option<Instant> {
        if self.external.is_some() {
            return None;
        }
        let state = locked(&self.state);
        let can_grow = !state.idle.is_empty() || (state.starting == 0 && shared_threads(&state) < self.limit);
        state.jobs.front().filter(|_| can_grow).map(|(since, _)| *since + PATIENCE)
    }

    /// Gives work that has waited too long another thread; returns whether a new one should be started.
    pub(crate) fn look(&self) -> bool {
        let mut state = locked(&self.state);
        let now = Instant::now();
        let overdue = state.jobs.front().is_some_and(|(since, _)| now.duration_since(*since) >= PATIENCE);
        if !overdue {
            return false;
        }
        if all_stuck(&state, now) {
            return self.one_more(&mut state);
        }
        // A busy pool makes progress: look again one patience later, not at every turn.
        if let Some(front) = state.jobs.front_mut() {
            front.0 = now;
        }
        false
    }

    /// A thread is about to serve; returns its index.
    pub(crate) fn join(&self, dedicated: bool) -> usize {
        let mut state = locked(&self.state);
        if !dedicated {
            state.starting = state.starting.saturating_sub(1);
        }
        let wake = Arc::default();
        state.threads.push(Thread { pinned: VecDeque::new(), busy_since: None, waiting: false, dedicated, wake });
        state.threads.len() - 1
    }

    /// The next job for this thread without waiting.
    fn take(&self, thread: usize) -> Option<Job> {
        let mut state = locked(&self.state);
        let next = next_job(&mut state, thread);
        if let Some(own) = state.threads.get_mut(thread) {
            own.busy_since = next.as_ref().map(|_| Instant::now());
        }
        next
    }

    /// Waits for a job; `None` once the pool is closed.
    fn wait(&self, thread: usize) -> Option<Job> {
        let mut state = locked(&self.state);
        loop {
            if let Some(job) = next_job(&mut state, thread) {
                state.threads[thread].busy_since = Some(Instant::now());
                leave_idle(&mut state, thread);
                return Some(job);
            }
            if state.closed {
                return None;
            }
            let own = &mut state.threads[thread];
            own.busy_since = None;
            let wake = own.wake.clone();
            if !own.waiting {
                own.waiting = true;
                if !own.dedicated {
                    state.idle.push(thread);
                }
            }
            state = wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A thread's life: run what waits until the pool closes. Called on a thread that Python started.
    pub(crate) fn serve(self: &Arc<Self>, py: Python<'_>, thread: usize) {
        loop {
            let job = self.take(thread).or_else(|| {
                py.detach(|| {
                    self.reports.hand_over();
                    self.wait(thread)
                })
            });
            let Some(job) = job else { return };
            self.run(py, job, thread);
        }
    }

    /// Runs everything that waits, on the calling thread.
    pub(crate) fn run_pending(self: &Arc<Self>, py: Python<'_>) {
        if let Some((_, wait)) = &self.external {
            let mut sink = [0u8; 64];
            while std::io::Read::read(&mut &*wait, &mut sink).is_ok_and(|read| read > 0) {}
        }
        while let Some(job) = self.take(usize::MAX) {
            self.run(py, job, usize::MAX);
        }
        self.reports.hand_over();
    }

    /// The index of the pool thread that runs this; of no pool thread, an index that no thread has.
    pub(crate) fn current_thread() -> usize {
        CURRENT.get()
    }

    fn run(self: &Arc<Self>, py: Python<'_>, job: Job, thread: usize) {
        CURRENT.set(thread);
        let hooks = self.has_hooks.load(Ordering::Relaxed);
        if hooks {
            call_hook(py, &self.before);
        }
        match job {
            Job::Call(call) => run_call(py, self, call, thread),
            Job::Python(callable) => {
                if let Err(error) = callable.bind(py).call0() {
                    error.write_unraisable(py, Some(callable.bind(py)));
                }
                // Dropped with the GIL held, unless a parked stream keeps it.
                drop(callable);
            }
        }
        if hooks {
            call_hook(py, &self.after);
        }
    }

    /// When the loop should look at what has gathered, if a thread may have something to report by then.
    pub(crate) fn next_collection(&self) -> Option<Instant> {
        let state = locked(&self.state);
        // A thread that has been told of work but has not begun it is neither busy nor waiting.
        let begins = self.external.is_some() || state.starting > 0;
        let works = begins || state.threads.iter().any(|thread| !thread.waiting && !thread.dedicated);
        drop(state);
        self.reports.gathering_until().filter(|_| works)
    }

    /// No more work: threads end when they have run what waits.
    pub(crate) fn close(&self) {
        let mut state = locked(&self.state);
        state.closed = true;
        state.jobs.clear();
        for thread in &state.threads {
            thread.wake.notify_one();
        }
    }

    pub(crate) fn set_hooks(&self, before: Option<Py<PyAny>>, after: Option<Py<PyAny>>) {
        self.has_hooks.store(before.is_some() || after.is_some(), Ordering::Relaxed);
        *locked(&self.before) = before;
        *locked(&self.after) = after;
    }

    /// (threads, of which waiting, jobs that wait).
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        let state = locked(&self.state);
        (state.threads.len(), state.idle.len(), state.jobs.len())
    }

    /// Readable while jobs wait, where the caller runs them itself.
    pub(crate) fn external_fd(&self) -> Option<std::os::fd::RawFd> {
        self.external.as_ref().map(|(_, wait)| std::os::fd::AsRawFd::as_raw_fd(wait))
    }
}

/// A thread's own jobs come first; one that no index names (an external caller) takes the shared ones.
fn next_job(state: &mut State, thread: usize) -> Option<Job> {
    if let Some(own) = state.threads.get_mut(thread) {
        let pinned = own.pinned.pop_front();
        if pinned.is_some() || own.dedicated {
            return pinned;
        }
    }
    state.jobs.pop_front().map(|(_, job)| job)
}

fn shared_threads(state: &State) -> usize {
    state.threads.iter().filter(|thread| !thread.dedicated).count()
}

fn notify_external(mut notify: &UnixStream) {
    // A full pipe is readable already.
    let _ = std::io::Write::write(&mut notify, b"!");
}

/// Whether every thread that is not waiting has been at its job for longer than our patience.
fn all_stuck(state: &State, now: Instant) -> bool {
    state.starting == 0
        && state
            .threads
            .iter()
            .filter(|thread| !thread.waiting && !thread.dedicated)
            .all(|thread| thread.busy_since.is_some_and(|since| now.duration_since(since) >= PATIENCE))
}

/// A thread that took a job no longer counts as waiting.
fn leave_idle(state: &mut State, thread: usize) {
    if std::mem::take(&mut state.threads[thread].waiting) {
        state.idle.retain(|&idle| idle != thread);
    }
}

fn call_hook(py: Python<'_>, hook: &Mutex<Option<Py<PyAny>>>) {
    let hook = locked(hook).as_ref().map(|hook| hook.clone_ref(py));
    if let Some(hook) = hook
        && let Err(error) = hook.bind(py).call0()
    {
        error.write_unraisable(py, Some(hook.bind(py)));
    }
}
