//! What pool threads report to the loop's thread, and when the loop is woken for it.
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::time::Instant;

use bolt_http::files::FileReply;
use bolt_http::reply::{Reply, ReplyHead};
use bytes::Bytes;
use pyo3::prelude::*;

use crate::call::CallJob;
use crate::outcome::{After, Outcome};
use crate::pool::{PATIENCE, StreamLink, locked};

/// What pool threads report to the loop's thread.
pub(crate) enum Done {
    /// A handler answered.
    Reply {
        call: usize,
        reply: Reply,
        after: After,
    },
    /// A handler answered with a file.
    File {
        call: usize,
        file: Box<FileReply>,
        after: After,
    },
    /// A handler's result must be finished on the loop: an asynchronous stream, or an outcome to await.
    Unfinished {
        call: usize,
        rest: Box<Unfinished>,
    },
    /// The first chunk of a sync stream is there: send the head.
    StreamStart {
        call: usize,
        stream: u64,
        head: ReplyHead,
        after: After,
        link: Arc<StreamLink>,
    },
    Chunk {
        stream: u64,
        bytes: Bytes,
    },
    /// The producer waits until the client has read.
    Park {
        stream: u64,
    },
    /// Complete (`true`) or failed.
    StreamEnd {
        stream: u64,
        complete: bool,
    },
}

/// What a pool thread leaves to the loop, with what is needed to go on.
pub(crate) struct Unfinished {
    pub(crate) outcome: Outcome,
    pub(crate) context: Py<PyAny>,
    pub(crate) job: Box<CallJob>,
}

/// Replies that may gather before the loop is woken for them.
const GATHERED: usize = 16;

#[derive(Default)]
struct Queue {
    items: Vec<Done>,
    /// The loop is inside a turn and sleeps unless woken.
    polling: bool,
    turn: Option<Waker>,
    /// The loop has been woken for what is reported.
    woken: bool,
    /// Until then replies gather: the loop looks again at this time without being woken. `None` where it will not, so that
    /// the next reply must wake it.
    gathers_until: Option<Instant>,
    /// The loop found nothing when it looked last.
    found_nothing: bool,
}

/// The queue from pool threads to the loop's thread.
#[derive(Default)]
pub(crate) struct Reports(Mutex<Queue>);

impl Reports {
    /// Reports to the loop.
    ///
    /// Replies are gathered while the thread has more work, so that the two threads do not change places for each; what is left
    /// behind when the next job blocks is found by the loop's own look, see `Pool::next_collection`.
    pub(crate) fn push(&self, done: Done) {
        let whole = matches!(done, Done::Reply { .. });
        let mut queue = locked(&self.0);
        queue.items.push(done);
        let gathers = queue.gathers_until.is_some_and(|until| Instant::now() < until);
        if !(whole && queue.items.len() < GATHERED && gathers) {
            wake_turn(&mut queue);
        }
    }

    /// Wakes the loop for gathered replies: a thread has nothing more to do.
    pub(crate) fn hand_over(&self) {
        let mut queue = locked(&self.0);
        if !queue.items.is_empty() {
            wake_turn(&mut queue);
        }
    }

    /// The loop enters or leaves a turn.
    pub(crate) fn polling(&self, on: bool) {
        locked(&self.0).polling = on;
    }

    /// Everything reported since the last call; `turn` is woken by the next report that may not gather.
    pub(crate) fn take(&self, turn: &Waker) -> Vec<Done> {
        let mut queue = locked(&self.0);
        if !queue.turn.as_ref().is_some_and(|stored| stored.will_wake(turn)) {
            queue.turn = Some(turn.clone());
        }
        queue.gathers_until = Some(Instant::now() + PATIENCE);
        queue.found_nothing = queue.items.is_empty();
        queue.woken = false;
        std::mem::take(&mut queue.items)
    }

    pub(crate) fn gathering_until(&self) -> Option<Instant> {
        locked(&self.0).gathers_until
    }

    /// The loop looked at the time that `gathering_until` named. Where nothing was there it does not look again by itself: a
    /// job that runs for a second would cost two thousand turns.
    pub(crate) fn looked(&self) {
        let mut queue = locked(&self.0);
        if queue.found_nothing && queue.items.is_empty() {
            queue.gathers_until = None;
        }
    }
}

/// Once for a batch, and not at all while the loop is awake.
fn wake_turn(queue: &mut Queue) {
    if queue.polling && !queue.woken {
        queue.woken = true;
        if let Some(turn) = &queue.turn {
            turn.wake_by_ref();
        }
    }
}
