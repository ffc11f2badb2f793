//! A request's body on its way to a handler that reads it piece by piece.
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use super::{HIGH_WATER, call_once, remember};
use crate::refusal::Refusal;

/// One step of reading a streamed request body.
pub enum BodyPart {
    /// Bytes of the body, in order.
    Chunk(Bytes),
    /// The whole body has been read.
    End,
    /// The body broke a rule or a limit, or the client left.
    Failed(Refusal),
    /// Nothing yet: ask `on_ready` to be told.
    Pending,
}

#[derive(Default)]
struct BodyChannel {
    queue: RefCell<VecDeque<Bytes>>,
    queued: Cell<usize>,
    ended: RefCell<Option<Result<(), Refusal>>>,
    /// The handler has asked for bytes (what sends `100 Continue`).
    wanted: Cell<bool>,
    abandoned: Cell<bool>,
    connection: RefCell<Option<Waker>>,
    on_ready: RefCell<Option<Box<dyn FnOnce()>>>,
}

impl BodyChannel {
    fn wake_connection(&self) {
        let waker = self.connection.borrow_mut().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn ready(&self) {
        call_once(&self.on_ready);
    }
}

/// The handler's end of a streamed request body.
pub struct BodyReader {
    channel: Rc<BodyChannel>,
}

/// The connection's end of a streamed request body.
pub(crate) struct BodySender {
    channel: Rc<BodyChannel>,
}

/// A streamed request body's two ends.
pub(crate) fn body_stream() -> (BodySender, BodyReader) {
    let channel = Rc::<BodyChannel>::default();
    (BodySender { channel: channel.clone() }, BodyReader { channel })
}

impl BodyReader {
    /// The next bytes if they are there. The first call lets the client send (`Expect: 100-continue`).
    pub fn next_part(&self) -> BodyPart {
        self.channel.wanted.set(true);
        let next = self.channel.queue.borrow_mut().pop_front();
        if let Some(chunk) = next {
            self.channel.queued.set(self.channel.queued.get() - chunk.len());
            self.channel.wake_connection();
            return BodyPart::Chunk(chunk);
        }
        match &*self.channel.ended.borrow() {
            Some(Ok(())) => BodyPart::End,
            Some(Err(refusal)) => BodyPart::Failed(refusal.clone()),
            None => {
                self.channel.wake_connection();
                BodyPart::Pending
            }
        }
    }

    /// Calls `notify` once when `next_part` has something else than `Pending` to say; at once if it has now.
    pub fn on_ready(&self, notify: impl FnOnce() + 'static) {
        if self.channel.ended.borrow().is_some() || !self.channel.queue.borrow().is_empty() {
            notify();
        } else {
            *self.channel.on_ready.borrow_mut() = Some(Box::new(notify));
        }
    }
}

impl Drop for BodyReader {
    fn drop(&mut self) {
        self.channel.abandoned.set(true);
        self.channel.wake_connection();
    }
}

impl BodySender {
    /// Hands bytes to the handler.
    pub(crate) fn push(&self, chunk: Bytes) {
        if chunk.is_empty() || self.channel.abandoned.get() {
            return;
        }
        self.channel.queued.set(self.channel.queued.get() + chunk.len());
        self.channel.queue.borrow_mut().push_back(chunk);
        self.channel.ready();
    }

    /// The body ended, well or not.
    pub(crate) fn end(&self, how: Result<(), Refusal>) {
        *self.channel.ended.borrow_mut() = Some(how);
        self.channel.ready();
    }

    /// Whether the handler will never read again.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.channel.abandoned.get()
    }

    /// Ready when the handler wants more than what is queued (or left); else pending with the waker stored.
    pub(crate) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.channel.abandoned.get() || (self.channel.wanted.get() && self.channel.queued.get() < HIGH_WATER) {
            return Poll::Ready(());
        }
        remember(&self.channel.connection, cx);
        Poll::Pending
    }
}

impl Drop for BodySender {
    fn drop(&mut self) {
        // A connection that ends in the middle of a body must not leave its reader waiting.
        if self.channel.ended.borrow().is_none() {
            self.end(Err(Refusal::IncompleteBody));
        }
    }
}
