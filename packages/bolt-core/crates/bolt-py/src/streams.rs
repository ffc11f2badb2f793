//! Streamed replies: asynchronous producers on the loop's thread, synchronous ones on pool threads.
//!
//! A client that reads slowly makes the producer wait: `write` says when to, and a callback says when to go on.
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use bolt_http::exchange::{HIGH_WATER, ReplyWriter};
use bolt_http::reply::ReplyHead;
use pyo3::prelude::*;

use crate::call::{CallJob, report, report_error};
use crate::driver::Driver;
use crate::ffi::current_context;
use crate::outcome::{After, Streamed, chunk_bytes};
use crate::pool::{Pool, StreamLink};
use crate::reports::Done;

/// A streamed reply on its way out, as the loop's thread sees it.
pub(crate) struct OutStream {
    pub(crate) writer: ReplyWriter,
    /// Bytes decided by Python since the last turn, not yet with the writer.
    pub(crate) pending: usize,
    pub(crate) producer: Producer,
}

pub(crate) enum Producer {
    /// A task; the callback is called once when there is room again or the client left.
    Async { callback: Option<Py<PyAny>>, task: Option<Py<PyAny>>, cancel: bool },
    /// A generator on a pool thread.
    Sync(Arc<StreamLink>),
}

/// Stream numbers are never used twice in a process, so a late message cannot reach another's stream.
pub(crate) fn next_stream() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// What an asynchronous producer writes to.
#[pyclass(frozen, name = "AsyncSink", module = "bolt_core._native")]
pub(crate) struct AsyncSink {
    pub(crate) driver: Py<Driver>,
    pub(crate) call: usize,
    pub(crate) stream: u64,
}

#[pymethods]
impl AsyncSink {
    /// Queues a chunk, the head before the first; `False` asks to wait for room.
    fn write(&self, chunk: &Bound<'_, PyAny>) -> PyResult<bool> {
        let bytes = chunk_bytes(chunk)?;
        Ok(self.driver.get().local()?.core.stream_write(self.call, self.stream, bytes))
    }

    /// Whether the client has left, once something was written.
    #[getter]
    fn closed(&self) -> PyResult<bool> {
        let local = self.driver.get().local()?;
        let streams = local.core.streams.borrow();
        Ok(streams.get(&self.stream).is_some_and(|out| out.writer.is_closed()))
    }

    /// Calls back once there is room again or the client has left.
    fn on_room(&self, callback: Py<PyAny>) -> PyResult<()> {
        self.driver.get().local()?.core.stream_on_room(self.stream, callback);
        Ok(())
    }

    /// The reply is complete.
    fn finish(&self) -> PyResult<()> {
        self.driver.get().local()?.core.stream_finish(self.call, self.stream);
        Ok(())
    }

    /// The producer raised: an error reply while the head is unsent, else the reply is cut off.
    fn fail(&self, error: Bound<'_, PyAny>) -> PyResult<()> {
        let this = self.driver.bind(error.py());
        Driver::stream_fail(this, self.call, self.stream, PyErr::from_value(error.clone()))
    }
}

/// What a synchronous producer writes to, from its pool thread.
#[pyclass(frozen, name = "SyncSink", module = "bolt_core._native")]
pub(crate) struct SyncSink {
    pool: Arc<Pool>,
    job: Box<CallJob>,
    stream: u64,
    head: ReplyHead,
    after: After,
    link: Arc<StreamLink>,
    started: AtomicBool,
}

#[pymethods]
impl SyncSink {
    /// Queues a chunk, the head before the first; `False` asks to `park`.
    fn write(&self, chunk: &Bound<'_, PyAny>) -> PyResult<bool> {
        let bytes = chunk_bytes(chunk)?;
        self.start(chunk.py());
        let produced = self.link.produced.fetch_add(bytes.len(), Ordering::Relaxed) + bytes.len();
        self.pool.reports.push(Done::Chunk { stream: self.stream, bytes });
        Ok(produced < HIGH_WATER)
    }

    /// Whether the client has left.
    #[getter]
    fn closed(&self) -> bool {
        self.link.closed.load(Ordering::Relaxed)
    }

    /// Queues `resume` once the client has read; called as the producer's last act on this thread.
    fn park(&self, resume: Py<PyAny>) {
        self.link.produced.store(0, Ordering::Relaxed);
        *self.link.resume.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(Arc::new(resume));
        self.pool.reports.push(Done::Park { stream: self.stream });
    }

    /// The reply is complete.
    fn finish(&self, py: Python<'_>) {
        self.start(py);
        self.pool.reports.push(Done::StreamEnd { stream: self.stream, complete: true });
    }

    /// The producer raised: an error reply while the head is unsent, else the reply is cut off.
    fn fail(&self, py: Python<'_>, error: Bound<'_, PyAny>) {
        let error = PyErr::from_value(error);
        if self.started.swap(true, Ordering::Relaxed) {
            self.job.input.hooks.log_stream_failure(py, &error);
            return self.pool.reports.push(Done::StreamEnd { stream: self.stream, complete: false });
        }
        let job = self.job.clone_ref(py);
        let outcome = crate::call::fail(py, &job.plan, &job.input, (error, job.request(py)));
        // A copy: the producer's own is entered on this thread, while the loop may go on with the outcome at once.
        match current_context(py) {
            Ok(context) => report(py, &self.pool, job, (outcome, context), self.link.pinned),
            Err(error) => report_error(py, &self.pool, &job, error),
        }
    }
}

impl SyncSink {
    fn start(&self, py: Python<'_>) {
        if !self.started.swap(true, Ordering::Relaxed) {
            let (head, link) = (self.head.clone(), self.link.clone());
            let after = self.after.as_ref().map(|after| after.clone_ref(py));
            self.pool.reports.push(Done::StreamStart { call: self.job.call, stream: self.stream, head, after, link });
        }
    }
}

/// Begins a synchronous stream on the pool thread that made it.
pub(crate) fn start_sync_stream(
    py: Python<'_>,
    pool: &Arc<Pool>,
    job: Box<CallJob>,
    (stream, context): (Streamed, Bound<'_, PyAny>),
    thread: usize,
) {
    let link = Arc::new(StreamLink {
        produced: AtomicUsize::new(0),
        closed: AtomicBool::new(false),
        resume: Mutex::new(None),
        pinned: thread,
    });
    if job.input.head.method() == "HEAD" {
        return answer_head(py, pool, (job.call, link), stream);
    }
    let Streamed { head, chunks, after } = stream;
    let kept = job.clone_ref(py);
    let started = AtomicBool::new(false);
    let sink = SyncSink { pool: pool.clone(), job, stream: next_stream(), head, after, link, started };
    let begun =
        kept.input.hooks.streaming.bind(py).getattr("run_sync").and_then(|run| run.call1((sink, chunks, context)));
    if let Err(error) = begun {
        report_error(py, pool, &kept, error);
    }
}

/// A HEAD request gets the head that GET would; the stream is closed unread.
fn answer_head(
    py: Python<'_>,
    pool: &Arc<Pool>,
    (call, link): (usize, Arc<StreamLink>),
    Streamed { head, chunks, after }: Streamed,
) {
    close_unread(py, chunks.bind(py));
    let stream = next_stream();
    pool.reports.push(Done::StreamStart { call, stream, head, after, link });
    pool.reports.push(Done::StreamEnd { stream, complete: true });
}

/// Closes a synchronous iterable that will not be read.
pub(crate) fn close_unread(py: Python<'_>, chunks: &Bound<'_, PyAny>) {
    if let Ok(close) = chunks.getattr(pyo3::intern!(py, "close"))
        && let Err(error) = close.call0()
    {
        error.write_unraisable(py, Some(chunks));
    }
}

/// A synchronous stream that an `async def` handler returned: a job that begins it on a pool thread.
#[pyclass(frozen, module = "bolt_core._native")]
pub(crate) struct SyncStart(Mutex<Option<Begin>>);

struct Begin {
    pool: Arc<Pool>,
    job: Box<CallJob>,
    stream: Streamed,
    context: Py<PyAny>,
}

impl SyncStart {
    pub(crate) fn new(pool: Arc<Pool>, job: Box<CallJob>, stream: Streamed, context: Bound<'_, PyAny>) -> Self {
        SyncStart(Mutex::new(Some(Begin { pool, job, stream, context: context.unbind() })))
    }
}

#[pymethods]
impl SyncStart {
    fn __call__(&self, py: Python<'_>) {
        let begin = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(Begin { pool, job, stream, context }) = begin {
            let thread = Pool::current_thread();
            start_sync_stream(py, &pool, job, (stream, context.into_bound(py)), thread);
        }
    }
}
