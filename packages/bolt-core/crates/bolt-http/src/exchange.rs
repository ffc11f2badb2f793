//! One request handed upward and the means to answer it once.
//!
//! Everything here but [`RequestHead`], [`Reply`] and [`HeaderBlock`] lives on the thread that runs the connections:
//! the shared state is `Rc` and plain cells, never locks. What has to cross threads (the head, a finished reply) is `Send`.
mod body_stream;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::auth::Findings;
use crate::files::FileReply;
use crate::form::Form;
use crate::head::RequestHead;
use crate::refusal::Refusal;
use crate::reply::{HeaderBlock, Reply, ReplyHead};
use crate::router::RouteMatch;

pub use body_stream::{BodyPart, BodyReader};
pub(crate) use body_stream::{BodySender, body_stream};

/// What the engine calls with every request that passed its stages, and with those that the engine answers itself where the
/// handler words refusals ([`crate::refusals::Refusals::worded_above`]) or their route observes
/// ([`crate::router::RouteSpec::observes`]).
pub trait Handler {
    /// Takes ownership of the exchange; must not block. Called from inside a connection's task.
    fn handle(&self, exchange: Exchange);
}

impl<F: Fn(Exchange)> Handler for F {
    fn handle(&self, exchange: Exchange) {
        self(exchange);
    }
}

/// A parsed request, its body and the one chance to answer it.
pub struct Exchange {
    /// The request line and header fields.
    pub head: Arc<RequestHead>,
    /// Which route matched and its raw parameters.
    pub route: RouteMatch,
    /// The body, as the route asked for it.
    pub body: Body,
    /// Set where the engine has an answer of its own, which the handler's takes the place of; then there is no body, and
    /// `route` is the observing one, or the fallback's where the answer is only to be worded.
    pub own: Option<OwnAnswer>,
    /// What the caller's credential proved, where the route asks for one.
    pub auth: Option<Arc<Findings>>,
    /// The engine cannot tell who calls: the handler has to, and to decide by the route's rules.
    pub undecided: bool,
    /// Answers the request.
    pub responder: Responder,
}

/// A request's body as its route wants it.
pub enum Body {
    /// None was sent, or it has no bytes.
    Empty,
    /// Read whole, within the route's limit.
    Whole(Bytes),
    /// Read as a form, its large files on disk.
    Form(Form),
    /// Read as the handler asks for it.
    Stream(BodyReader),
}

/// What the engine answers by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnAnswer {
    /// It refuses.
    Refusal(Refusal),
    /// A redirect or a list of methods: no content, and one header field.
    Bare {
        /// The status.
        status: u16,
        /// The field's name, in lower case.
        name: &'static str,
        /// The field's value.
        value: String,
    },
}

impl OwnAnswer {
    /// The reply without anybody's help.
    pub(crate) fn into_answer(self) -> Answer {
        match self {
            OwnAnswer::Refusal(refusal) => Answer::Refuse(refusal),
            OwnAnswer::Bare { status, name, value } => {
                let mut headers = HeaderBlock::builder();
                match headers.push(name.as_bytes(), value.as_bytes()) {
                    Ok(()) => {
                        let head = ReplyHead { status, headers: headers.finish() };
                        Answer::Whole(Reply { head, body: Bytes::new() })
                    }
                    Err(_) => Answer::Refuse(Refusal::NotFound),
                }
            }
        }
    }
}

/// What a handler answered.
pub enum Answer {
    /// A complete reply.
    Whole(Reply),
    /// A head, and a body that follows piece by piece.
    Stream(ReplyHead, ReplyBody),
    /// A file, or the parts of it that the request asks for.
    File(FileReply),
    /// A refusal decided above the engine; rendered like the engine's own.
    Refuse(Refusal),
    /// The connection leaves HTTP after this head; reserved for protocol upgrades.
    Upgrade(ReplyHead, Box<dyn FnOnce(Upgraded)>),
}

/// The bytes that followed the upgrade request's head, already read from the socket.
pub struct Upgraded {
    /// The connection's I/O.
    pub io: Box<dyn crate::service::Io>,
    /// Bytes the client sent after the head.
    pub read_ahead: Bytes,
}

/// Where a connection waits for the answer to its one request in flight. One per connection, reused by every request.
#[derive(Default)]
pub(crate) struct Slot {
    answer: RefCell<Option<Answer>>,
    /// Set when the responder was dropped without an answer.
    lost: Cell<bool>,
    connection: RefCell<Option<Waker>>,
    /// Shared with whoever asks later, on any thread, whether the client is still there.
    gone: Arc<AtomicBool>,
    on_gone: RefCell<Option<Box<dyn FnOnce()>>>,
    on_replied: RefCell<Option<Box<dyn FnOnce()>>>,
}

impl Slot {
    /// A responder for the next request; the previous one must have been used or dropped.
    pub(crate) fn responder(self: &Rc<Self>) -> Responder {
        self.lost.set(false);
        Responder { slot: Some(self.clone()) }
    }

    /// Ready once the handler answered; a responder dropped unused is an internal error.
    pub(crate) fn poll_answer(&self, cx: &mut Context<'_>) -> Poll<Answer> {
        if let Some(answer) = self.answer.borrow_mut().take() {
            self.on_gone.borrow_mut().take();
            return Poll::Ready(answer);
        }
        if self.lost.replace(false) {
            self.on_gone.borrow_mut().take();
            return Poll::Ready(Answer::Refuse(Refusal::HandlerLost));
        }
        remember(&self.connection, cx);
        Poll::Pending
    }

    /// The client went away: tells whoever is still working on the answer, or waits for the end of the reply.
    pub(crate) fn client_gone(&self) {
        self.gone.store(true, Ordering::Relaxed);
        call_once(&self.on_gone);
        self.replied();
    }

    /// Whether someone waits for the end of the reply, which must then have left the server.
    pub(crate) fn is_awaited(&self) -> bool {
        self.on_replied.borrow().is_some()
    }

    /// The reply has been written, or will never be.
    pub(crate) fn replied(&self) {
        call_once(&self.on_replied);
    }

    fn wake(&self) {
        let waker = self.connection.borrow_mut().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Stores the task's waker unless the stored one already wakes it.
fn remember(place: &RefCell<Option<Waker>>, cx: &Context<'_>) {
    let mut stored = place.borrow_mut();
    if !stored.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
        *stored = Some(cx.waker().clone());
    }
}

/// Answers one request, once. Dropping it unused answers 500.
pub struct Responder {
    slot: Option<Rc<Slot>>,
}

impl Responder {
    /// Answers; wakes the connection.
    pub fn send(mut self, answer: Answer) {
        if let Some(slot) = self.slot.take() {
            if slot.gone.load(Ordering::Relaxed) {
                return;
            }
            *slot.answer.borrow_mut() = Some(answer);
            slot.wake();
        }
    }

    /// Whether the client went away since the request arrived.
    pub fn is_gone(&self) -> bool {
        self.slot.as_ref().is_some_and(|slot| slot.gone.load(Ordering::Relaxed))
    }

    /// Becomes true when the client's connection ends, before the answer is sent or after.
    pub fn gone_flag(&self) -> Arc<AtomicBool> {
        self.slot.as_ref().map_or_else(Arc::default, |slot| slot.gone.clone())
    }

    /// Calls `notify` once when the client goes away before the answer is sent; at once if it already has.
    pub fn on_gone(&self, notify: impl FnOnce() + 'static) {
        let Some(slot) = &self.slot else { return };
        if slot.gone.load(Ordering::Relaxed) {
            notify();
        } else {
            *slot.on_gone.borrow_mut() = Some(Box::new(notify));
        }
    }

    /// Calls `notify` once when the reply has been handed to the operating system, was cut off, or its client went away; at
    /// once if it already has. To be asked for before the answer is sent. Where a refusal took the place of an earlier answer,
    /// both are told.
    pub fn on_replied(&self, notify: impl FnOnce() + 'static) {
        let Some(slot) = &self.slot else { return };
        if slot.gone.load(Ordering::Relaxed) {
            notify();
        } else {
            let earlier = slot.on_replied.take();
            *slot.on_replied.borrow_mut() = Some(match earlier {
                None => Box::new(notify),
                Some(earlier) => Box::new(move || {
                    earlier();
                    notify();
                }),
            });
        }
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            slot.lost.set(true);
            slot.wake();
        }
    }
}

/// Bytes that a producer may queue for a client before it should wait.
pub const HIGH_WATER: usize = 64 * 1024;
/// The queue length at which a waiting producer is told to go on.
pub const LOW_WATER: usize = 16 * 1024;

#[derive(Default)]
struct ReplyChannel {
    queue: RefCell<VecDeque<Bytes>>,
    queued: Cell<usize>,
    /// `Some(true)`: complete; `Some(false)`: failed, the connection must not make it look complete.
    ended: Cell<Option<bool>>,
    closed: Cell<bool>,
    connection: RefCell<Option<Waker>>,
    on_room: RefCell<Option<Box<dyn FnOnce()>>>,
    on_closed: RefCell<Option<Box<dyn FnOnce()>>>,
}

impl ReplyChannel {
    fn wake(&self) {
        let waker = self.connection.borrow_mut().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The connection's end of a streamed reply.
pub struct ReplyBody {
    channel: Rc<ReplyChannel>,
}

/// The producer's end of a streamed reply. Dropping it without `finish` marks the reply as failed.
pub struct ReplyWriter {
    channel: Rc<ReplyChannel>,
}

/// A streamed reply's two ends.
pub fn reply_stream() -> (ReplyWriter, ReplyBody) {
    let channel = Rc::<ReplyChannel>::default();
    (ReplyWriter { channel: channel.clone() }, ReplyBody { channel })
}

impl ReplyWriter {
    /// Queues a chunk; `true` while there is room for more. A chunk for a client that left is dropped.
    pub fn write(&self, chunk: Bytes) -> bool {
        if self.channel.closed.get() {
            return true;
        }
        if !chunk.is_empty() {
            self.channel.queued.set(self.channel.queued.get() + chunk.len());
            self.channel.queue.borrow_mut().push_back(chunk);
            self.channel.wake();
        }
        self.channel.queued.get() < HIGH_WATER
    }

    /// Bytes queued that the connection has not taken yet.
    pub fn queued(&self) -> usize {
        self.channel.queued.get()
    }

    /// The reply is complete.
    pub fn finish(self) {
        self.channel.ended.set(Some(true));
    }

    /// Whether nobody reads any more: the client left or its connection failed.
    pub fn is_closed(&self) -> bool {
        self.channel.closed.get()
    }

    /// Calls `notify` once there is room again, or nobody reads any more; at once if that is so now.
    pub fn on_room(&self, notify: impl FnOnce() + 'static) {
        if self.channel.closed.get() || self.channel.queued.get() < HIGH_WATER {
            notify();
        } else {
            *self.channel.on_room.borrow_mut() = Some(Box::new(notify));
        }
    }

    /// Calls `notify` once when nobody reads any more; at once if that is so now.
    pub fn on_closed(&self, notify: impl FnOnce() + 'static) {
        if self.channel.closed.get() {
            notify();
        } else {
            *self.channel.on_closed.borrow_mut() = Some(Box::new(notify));
        }
    }
}

impl Drop for ReplyWriter {
    fn drop(&mut self) {
        if self.channel.ended.get().is_none() {
            self.channel.ended.set(Some(false));
        }
        self.channel.wake();
    }
}

/// The next thing a streamed reply has for the connection.
pub enum ReplyPart {
    /// Bytes to send.
    Chunk(Bytes),
    /// Complete.
    End,
    /// The producer failed: cut the connection.
    Failed,
}

impl ReplyBody {
    /// The next part, or pending with the connection's waker stored.
    pub(crate) fn poll_part(&self, cx: &mut Context<'_>) -> Poll<ReplyPart> {
        let next = self.channel.queue.borrow_mut().pop_front();
        if let Some(chunk) = next {
            self.taken(chunk.len());
            return Poll::Ready(ReplyPart::Chunk(chunk));
        }
        match self.channel.ended.get() {
            Some(true) => Poll::Ready(ReplyPart::End),
            Some(false) => Poll::Ready(ReplyPart::Failed),
            None => {
                remember(&self.channel.connection, cx);
                Poll::Pending
            }
        }
    }

    /// Whether the producer failed with nothing left to send, so that an orderly error can still be told.
    pub(crate) fn has_failed(&self) -> bool {
        self.channel.ended.get() == Some(false) && self.channel.queue.borrow().is_empty()
    }

    fn taken(&self, length: usize) {
        let left = self.channel.queued.get() - length;
        self.channel.queued.set(left);
        if left <= LOW_WATER {
            self.room();
        }
    }

    fn room(&self) {
        call_once(&self.channel.on_room);
    }
}

/// Takes the callback out before it runs, since it may set another.
fn call_once(place: &RefCell<Option<Box<dyn FnOnce()>>>) {
    let notify = place.borrow_mut().take();
    if let Some(notify) = notify {
        notify();
    }
}

impl Drop for ReplyBody {
    fn drop(&mut self) {
        self.channel.closed.set(true);
        self.room();
        call_once(&self.channel.on_closed);
    }
}
