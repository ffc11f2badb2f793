//! A connection's bytes in and out, and its one timer.
use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::write::OWN_FIELDS;
use crate::service::Io;

/// Bytes asked of a socket at once.
const READ_SIZE: usize = 64 * 1024;
/// A reply's body from this length on is written from where it is instead of being copied behind its head.
pub(super) const COPY_LIMIT: usize = 16 * 1024;
/// Bytes that a slow client must take within the write timeout: one byte now and then would hold a reply for ever.
const LEAST_TAKEN: usize = 4 * 1024;
/// How long the reply to a pipelined request may wait for the next one's, to leave in one write.
const COALESCE: Duration = Duration::from_millis(1);
/// Bytes of replies that are written without waiting for more of them.
const OUTPUT_LIMIT: usize = 64 * 1024;

/// Room for a body before any of it arrived.
const FIRST_ROOM: usize = 4 * 1024;

thread_local! {
    /// What every connection of the thread reads into first, so that a waiting one owns no buffer.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_SIZE].into());
}

pub(super) struct Wire<T> {
    pub(super) io: T,
    /// Received and not yet taken.
    pub(super) input: BytesMut,
    /// The client ended its stream.
    pub(super) eof: bool,
    output: BytesMut,
    /// Goes out after `output`, uncopied.
    tail: Bytes,
    /// Since when the client has taken nothing of what waits.
    stalled: Option<Instant>,
    /// Bytes that the client has taken since then.
    taken: usize,
    /// What waits must not wait for more to join it.
    urgent: bool,
    /// When what waits in `output` goes out at the latest.
    due: Option<Instant>,
    pub(super) timer: Timer,
    write_timeout: Duration,
}

impl<T: Io> Wire<T> {
    pub(super) fn new(io: T, write_timeout: Duration) -> Self {
        Wire {
            io,
            input: BytesMut::new(),
            eof: false,
            output: BytesMut::new(),
            tail: Bytes::new(),
            stalled: None,
            taken: 0,
            urgent: false,
            due: None,
            timer: Timer::default(),
            write_timeout,
        }
    }

    /// Reads once and appends to `input`; 0 at the end of the stream.
    pub(super) fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Wire { io, input, eof, .. } = self;
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            ready!(Pin::new(io).poll_read(cx, &mut buffer))?;
            let read = buffer.filled();
            *eof = read.is_empty();
            if input.is_empty() {
                // Exactly as large as needed: a lone request's buffer becomes its head without a copy.
                *input = BytesMut::from(read);
            } else {
                input.extend_from_slice(read);
            }
            Poll::Ready(Ok(read.len()))
        })
    }

    /// Reads at most `wanted` bytes straight into `target`, for a body whose length is known. Room grows with what arrives:
    /// a length alone, which costs a client nothing, must not cost the server memory.
    pub(super) fn poll_read_into(
        &mut self,
        target: &mut BytesMut,
        wanted: usize,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        target.reserve(wanted.min(target.len().clamp(FIRST_ROOM, READ_SIZE)));
        let mut limited = bytes::BufMut::limit(target, wanted);
        let reading = std::pin::pin!(self.io.read_buf(&mut limited));
        let read = ready!(reading.poll(cx))?;
        self.eof = read == 0;
        Poll::Ready(Ok(read))
    }

    /// Where the next reply is written.
    pub(super) fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }

    /// Makes room for a reply at once: a head with so many bytes of fields, and its body if it is going to be copied.
    pub(super) fn reserve(&mut self, fields: usize, body: usize) {
        let copied = if body < COPY_LIMIT { body } else { 0 };
        self.output.reserve(OWN_FIELDS + fields + copied);
    }

    /// Appends a body; a long one is not copied. Only with no long one waiting already.
    pub(super) fn append(&mut self, body: Bytes) {
        if body.len() < COPY_LIMIT {
            self.output.extend_from_slice(&body);
        } else {
            self.tail = body;
        }
    }

    /// Whether a long body waits; nothing may be appended behind it before it is flushed.
    pub(super) fn has_tail(&self) -> bool {
        !self.tail.is_empty()
    }

    pub(super) fn has_output(&self) -> bool {
        !self.output.is_empty() || self.has_tail()
    }

    /// Whether so much waits that it should go out now.
    pub(super) fn is_full(&self) -> bool {
        self.has_tail() || self.output.len() >= OUTPUT_LIMIT
    }

    /// Writes all that waits; an error also when the client takes nothing for the write timeout.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.due = None;
        self.urgent = false;
        while self.has_output() {
            match self.poll_write(cx) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(written)) => {
                    self.count(written);
                    self.advance(written);
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return self.poll_stalled(cx).map(Err),
            }
        }
        self.stalled = None;
        Pin::new(&mut self.io).poll_flush(cx)
    }

    /// Sends by another way than the buffers here, which must be empty, under the same write timeout.
    pub(super) fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        send: impl FnOnce(&T, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match send(&self.io, cx) {
            Poll::Ready(sent) => {
                self.count(*sent.as_ref().unwrap_or(&0));
                Poll::Ready(sent)
            }
            Poll::Pending => self.poll_stalled(cx).map(Err),
        }
    }

    /// The server had nothing to send for a while: that is not the client's fault.
    pub(super) fn forgive(&mut self) {
        self.stalled = None;
    }

    fn count(&mut self, taken: usize) {
        self.taken += taken;
        if self.taken >= LEAST_TAKEN {
            self.stalled = None;
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let io = Pin::new(&mut self.io);
        match (self.output.is_empty(), self.tail.is_empty()) {
            (false, false) => io.poll_write_vectored(cx, &[IoSlice::new(&self.output), IoSlice::new(&self.tail)]),
            (true, _) => io.poll_write(cx, &self.tail),
            (_, true) => io.poll_write(cx, &self.output),
        }
    }

    fn advance(&mut self, written: usize) {
        let of_output = written.min(self.output.len());
        self.output.advance(of_output);
        self.tail.advance(written - of_output);
        if self.tail.is_empty() {
            // Gives the body's memory back now, not when the connection next writes one.
            self.tail = Bytes::new();
        }
    }

    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        if self.stalled.is_none() {
            self.taken = 0;
        }
        let since = *self.stalled.get_or_insert_with(Instant::now);
        ready!(self.timer.poll(after(since, self.write_timeout), cx));
        Poll::Ready(io::ErrorKind::TimedOut.into())
    }

    /// Writes what waits, unless another reply is likely to join it within a moment.
    pub(super) fn poll_flush_soon(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.has_output() {
            return Poll::Ready(Ok(()));
        }
        if !self.is_full() && !self.urgent && self.stalled.is_none() {
            let due = *self.due.get_or_insert_with(|| Instant::now() + COALESCE);
            ready!(self.timer.poll(due, cx));
        }
        self.poll_flush(cx)
    }

    /// Lets what is in the output leave at the next chance.
    pub(super) fn urge(&mut self) {
        self.urgent = true;
    }

    /// Gives empty buffers back; called when the connection begins to wait.
    pub(super) fn release(&mut self) {
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
        if self.output.is_empty() {
            self.output = BytesMut::new();
        }
    }
}

/// `start + duration`, or decades later where that is beyond what the clock can say.
pub(super) fn after(start: Instant, duration: Duration) -> Instant {
    const DECADES: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    start.checked_add(duration).unwrap_or_else(|| start + DECADES)
}

/// One `Sleep`, made when first needed and moved lazily: a deadline that lies after the armed one costs nothing now.
#[derive(Default)]
pub(super) struct Timer {
    sleep: Option<Pin<Box<Sleep>>>,
    /// The armed sleep has ended; it must be reset before it is polled again.
    ended: bool,
}

impl Timer {
    /// Ready at `deadline` or later. Several deadlines may be polled in one turn of the task, each every turn.
    pub(super) fn poll(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        loop {
            if self.ended || sleep.deadline() > deadline {
                self.ended = false;
                sleep.as_mut().reset(deadline);
            }
            ready!(sleep.as_mut().poll(cx));
            self.ended = true;
            if sleep.deadline() >= deadline {
                return Poll::Ready(());
            }
        }
    }
}
