//! What the connections (inside the runtime) and Python's callbacks (outside it) share on the loop's thread. No locks.
//!
//! Python's decisions are queued as [`Op`]s and carried out at the start of the next turn, inside the runtime: outside it each
//! would wake the runtime through the kernel. No cell stays borrowed over a call into Python.
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Waker;

use bolt_http::exchange::{Answer, BodyPart, BodyReader, Exchange, HIGH_WATER, Handler, Responder, reply_stream};
use bolt_http::reply::ReplyHead;
use bytes::Bytes;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use slab::Slab;

use crate::call::CallJob;
use crate::errors::refusal_error;
use crate::outcome::After;
use crate::pool::{Job, Pool, StreamLink};
use crate::reports::{Done, Unfinished};
use crate::streams::{OutStream, Producer};

/// A request that Python has not answered yet.
pub(crate) struct Call {
    pub(crate) responder: Responder,
    /// The handler's task while it runs on the loop.
    pub(crate) task: Option<Py<PyAny>>,
    /// The head of a stream whose first chunk is awaited, and who waits for the reply's end.
    pub(crate) head: Option<(ReplyHead, After)>,
    /// The streamed request body's number.
    pub(crate) body: Option<u64>,
    /// What an asynchronous call came with; a pool thread has it otherwise.
    pub(crate) job: Option<Box<CallJob>>,
    /// The context the handler ran in.
    pub(crate) context: Option<Py<PyAny>>,
}

/// A decision of Python's, carried out inside the runtime.
pub(crate) enum Op {
    Answer(Responder, Answer),
    Chunk(u64, Bytes),
    Finish(u64),
    Abort(u64),
}

/// Something that Python must be told.
pub(crate) enum Event {
    /// The client of this call left.
    Gone(usize),
    /// A stream's client has read, or left.
    Room(u64),
    /// A streamed body has more.
    Body(u64),
    /// A pool thread left an outcome to the loop.
    Unfinished(usize, Box<Unfinished>),
    /// A reply has been sent, or its client has left: call this.
    Replied(Py<PyAny>),
    /// For the log.
    Report(String),
    /// The last connection is closed.
    Drained,
}

/// A streamed request body, and who waits for more of it.
struct InBody {
    reader: BodyReader,
    waiting: Option<Py<PyAny>>,
}

/// Shared state of one driver.
pub(crate) struct Core {
    pub(crate) incoming: RefCell<VecDeque<Exchange>>,
    pub(crate) calls: RefCell<Slab<Call>>,
    pub(crate) streams: RefCell<HashMap<u64, OutStream>>,
    bodies: RefCell<HashMap<u64, InBody>>,
    ops: RefCell<Vec<Op>>,
    events: RefCell<Vec<Event>>,
    turn: RefCell<Option<Waker>>,
    pub(crate) pool: Arc<Pool>,
    /// The pool asked for a thread while no Python could run.
    pub(crate) wants_thread: Cell<bool>,
    /// Called once the last connection is closed.
    pub(crate) drained: RefCell<Option<Py<PyAny>>>,
}

/// The engine's handler: queues the request and ends the turn.
pub(crate) struct Queue(pub(crate) Rc<Core>);

impl Handler for Queue {
    fn handle(&self, exchange: Exchange) {
        self.0.incoming.borrow_mut().push_back(exchange);
        self.0.wake_turn();
    }
}

impl Core {
    pub(crate) fn new(pool: Arc<Pool>) -> Rc<Self> {
        Rc::new(Core {
            incoming: RefCell::default(),
            calls: RefCell::default(),
            streams: RefCell::default(),
            bodies: RefCell::default(),
            ops: RefCell::default(),
            events: RefCell::default(),
            turn: RefCell::default(),
            pool,
            wants_thread: Cell::new(false),
            drained: RefCell::default(),
        })
    }

    /// Whether Python has something to do.
    pub(crate) fn has_work(&self) -> bool {
        !self.incoming.borrow().is_empty() || !self.events.borrow().is_empty() || self.wants_thread.get()
    }

    pub(crate) fn set_turn(&self, waker: &Waker) {
        let mut turn = self.turn.borrow_mut();
        if !turn.as_ref().is_some_and(|stored| stored.will_wake(waker)) {
            *turn = Some(waker.clone());
        }
    }

    fn wake_turn(&self) {
        if let Some(turn) = self.turn.borrow().as_ref() {
            turn.wake_by_ref();
        }
    }

    pub(crate) fn push_event(&self, event: Event) {
        self.events.borrow_mut().push(event);
        self.wake_turn();
    }

    pub(crate) fn take_events(&self) -> Vec<Event> {
        std::mem::take(&mut *self.events.borrow_mut())
    }

    pub(crate) fn push_op(&self, op: Op) {
        self.ops.borrow_mut().push(op);
    }

    /// Answers a call whole, or with a file.
    pub(crate) fn reply(self: &Rc<Self>, call: usize, answer: Answer, after: After) {
        let Some(call) = self.take_call(call) else { return };
        self.forget_body(call.body);
        self.tell_replied(&call.responder, after);
        self.push_op(Op::Answer(call.responder, answer));
    }

    /// Has `after` called once the reply that follows has been sent.
    fn tell_replied(self: &Rc<Self>, responder: &Responder, after: After) {
        let Some(after) = after else { return };
        let core = Rc::downgrade(self);
        responder.on_replied(move || {
            if let Some(core) = core.upgrade() {
                core.push_event(Event::Replied(after));
            }
        });
    }

    /// Carries out what Python decided and what pool threads reported. Called inside the runtime.
    pub(crate) fn flush(self: &Rc<Self>, turn: &Waker) {
        let mut ops = std::mem::take(&mut *self.ops.borrow_mut());
        for op in ops.drain(..) {
            match op {
                Op::Answer(responder, answer) => responder.send(answer),
                Op::Chunk(stream, bytes) => self.write_now(stream, bytes, true),
                Op::Finish(stream) => self.end_now(stream, true),
                Op::Abort(stream) => self.end_now(stream, false),
            }
        }
        // The emptied vector keeps its room for the next batch, unless Python queued more meanwhile.
        if self.ops.borrow().is_empty() {
            *self.ops.borrow_mut() = ops;
        }
        for done in self.pool.reports.take(turn) {
            self.carry_out(done);
        }
    }

    fn carry_out(self: &Rc<Self>, done: Done) {
        match done {
            Done::Reply { call, reply, after } => self.reply_now(call, Answer::Whole(reply), after),
            Done::File { call, file, after } => self.reply_now(call, Answer::File(*file), after),
            Done::Unfinished { call, rest } => self.push_event(Event::Unfinished(call, rest)),
            Done::StreamStart { call, stream, head, after, link } => self.start_sync(call, stream, (head, after), link),
            Done::Chunk { stream, bytes } => self.write_now(stream, bytes, false),
            Done::StreamEnd { stream, complete } => self.end_now(stream, complete),
            Done::Park { stream } => self.await_room(stream),
        }
    }

    fn reply_now(self: &Rc<Self>, call: usize, answer: Answer, after: After) {
        let Some(call) = self.take_call(call) else { return };
        self.tell_replied(&call.responder, after);
        call.responder.send(answer);
    }

    /// Forgets a call whose client has left; says whether it did. Who waits for the reply's end need not wait any longer.
    pub(crate) fn drop_if_gone(&self, call: usize) -> bool {
        if !self.calls.borrow().get(call).is_some_and(|kept| kept.responder.is_gone()) {
            return false;
        }
        if let Some(call) = self.take_call(call) {
            self.forget_body(call.body);
            if let Some((_, Some(after))) = call.head {
                self.push_event(Event::Replied(after));
            }
        }
        true
    }

    /// Drops whatever is unfinished.
    pub(crate) fn clear(&self) {
        self.incoming.take();
        self.calls.take();
        self.streams.take();
        self.bodies.take();
        self.ops.take();
        self.events.take();
    }

    pub(crate) fn take_call(&self, call: usize) -> Option<Call> {
        self.calls.borrow_mut().try_remove(call)
    }

    fn start_sync(self: &Rc<Self>, call: usize, stream: u64, (head, after): (ReplyHead, After), link: Arc<StreamLink>) {
        let Some(call) = self.take_call(call) else { return };
        self.tell_replied(&call.responder, after);
        let (writer, body) = reply_stream();
        if call.responder.is_gone() {
            link.closed.store(true, Ordering::Relaxed);
        }
        call.responder.send(Answer::Stream(head, body));
        let out = OutStream { writer, pending: 0, producer: Producer::Sync(link) };
        self.streams.borrow_mut().insert(stream, out);
        self.watch(stream);
    }

    /// Registers an asynchronous stream whose head goes out with its first chunk.
    pub(crate) fn start_async(
        self: &Rc<Self>,
        call: Call,
        stream: u64,
        (head, after): (ReplyHead, After),
        cancel: bool,
    ) {
        let (writer, body) = reply_stream();
        self.tell_replied(&call.responder, after);
        self.forget_body(call.body);
        let producer = Producer::Async { callback: None, task: call.task, cancel };
        self.streams.borrow_mut().insert(stream, OutStream { writer, pending: 0, producer });
        self.push_op(Op::Answer(call.responder, Answer::Stream(head, body)));
        self.watch(stream);
    }

    /// Be told when the client leaves.
    fn watch(self: &Rc<Self>, stream: u64) {
        let streams = self.streams.borrow();
        let Some(out) = streams.get(&stream) else { return };
        let core = Rc::downgrade(self);
        out.writer.on_closed(move || {
            if let Some(core) = core.upgrade() {
                core.room(stream);
            }
        });
    }

    fn await_room(self: &Rc<Self>, stream: u64) {
        let core = Rc::downgrade(self);
        let notify = move || {
            if let Some(core) = core.upgrade() {
                core.room(stream);
            }
        };
        let now = match self.streams.borrow().get(&stream) {
            Some(out) if out.writer.is_closed() || out.writer.queued() + out.pending < HIGH_WATER => true,
            Some(out) => {
                out.writer.on_room(notify.clone());
                false
            }
            None => false,
        };
        if now {
            notify();
        }
    }

    /// A stream's client has read or left: the producer goes on.
    fn room(&self, stream: u64) {
        let streams = self.streams.borrow();
        let Some(out) = streams.get(&stream) else { return };
        let Producer::Sync(link) = &out.producer else {
            drop(streams);
            return self.push_event(Event::Room(stream));
        };
        if out.writer.is_closed() {
            link.closed.store(true, Ordering::Relaxed);
        }
        let resume = link.resume.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(resume) = resume {
            let wanted = self.pool.submit_to(link.pinned, Job::Python(resume));
            self.wants_thread.set(self.wants_thread.get() || wanted);
        }
    }

    fn write_now(&self, stream: u64, bytes: Bytes, was_pending: bool) {
        let mut streams = self.streams.borrow_mut();
        if let Some(out) = streams.get_mut(&stream) {
            if was_pending {
                out.pending -= bytes.len();
            }
            out.writer.write(bytes);
        }
    }

    fn end_now(&self, stream: u64, complete: bool) {
        let out = self.streams.borrow_mut().remove(&stream);
        if let Some(out) = out
            && complete
        {
            out.writer.finish();
        }
    }

    /// An asynchronous producer's chunk; the first takes the head along. `true` while there is room.
    pub(crate) fn stream_write(self: &Rc<Self>, call: usize, stream: u64, bytes: Bytes) -> bool {
        self.ensure_started(call, stream);
        let mut streams = self.streams.borrow_mut();
        let Some(out) = streams.get_mut(&stream) else { return true };
        if bytes.is_empty() {
            return true;
        }
        out.pending += bytes.len();
        let room = out.pending + out.writer.queued() < HIGH_WATER;
        drop(streams);
        self.push_op(Op::Chunk(stream, bytes));
        room
    }

    fn ensure_started(self: &Rc<Self>, call: usize, stream: u64) {
        if self.streams.borrow().contains_key(&stream) {
            return;
        }
        let head = self.calls.borrow_mut().get_mut(call).and_then(|call| call.head.take());
        if let Some(head) = head
            && let Some(call) = self.take_call(call)
        {
            let cancel = call.job.as_ref().is_none_or(|job| job.plan.cancel);
            self.start_async(call, stream, head, cancel);
        }
    }

    pub(crate) fn stream_on_room(self: &Rc<Self>, stream: u64, wake: Py<PyAny>) {
        let replaced = match self.streams.borrow_mut().get_mut(&stream) {
            Some(OutStream { producer: Producer::Async { callback, .. }, .. }) => callback.replace(wake),
            _ => None,
        };
        // Not while the streams are borrowed: freeing an object may run its finaliser.
        drop(replaced);
        self.await_room(stream);
    }

    pub(crate) fn stream_finish(self: &Rc<Self>, call: usize, stream: u64) {
        self.ensure_started(call, stream);
        self.push_op(Op::Finish(stream));
    }

    /// A streamed request body for the handler; returns its number.
    pub(crate) fn keep_body(&self, reader: BodyReader) -> u64 {
        let id = crate::streams::next_stream();
        self.bodies.borrow_mut().insert(id, InBody { reader, waiting: None });
        id
    }

    pub(crate) fn forget_body(&self, body: Option<u64>) {
        if let Some(id) = body {
            let dropped = self.bodies.borrow_mut().remove(&id);
            drop(dropped);
        }
    }

    pub(crate) fn read_chunk<'py>(&self, py: Python<'py>, id: u64) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let bodies = self.bodies.borrow();
        let Some(body) = bodies.get(&id) else {
            return Err(PyRuntimeError::new_err(
                "the reply has been sent, and what was left of the body is gone with it",
            ));
        };
        match body.reader.next_part() {
            BodyPart::Chunk(bytes) => Ok(Some(PyBytes::new(py, &bytes))),
            BodyPart::End => Ok(Some(PyBytes::new(py, &[]))),
            BodyPart::Pending => Ok(None),
            BodyPart::Failed(refusal) => {
                drop(bodies);
                Err(refusal_error(py, &refusal))
            }
        }
    }

    pub(crate) fn on_chunk(self: &Rc<Self>, id: u64, callback: Py<PyAny>) {
        let mut bodies = self.bodies.borrow_mut();
        let Some(body) = bodies.get_mut(&id) else { return };
        let replaced = body.waiting.replace(callback);
        let core = Rc::downgrade(self);
        body.reader.on_ready(move || {
            if let Some(core) = core.upgrade() {
                core.push_event(Event::Body(id));
            }
        });
        drop(bodies);
        drop(replaced);
    }

    pub(crate) fn take_body_callback(&self, id: u64) -> Option<Py<PyAny>> {
        self.bodies.borrow_mut().get_mut(&id).and_then(|body| body.waiting.take())
    }
}
