//! What comes from the client: heads, bodies, or its end.
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::time::Instant;

use super::body::{Decoder, Framing, Step};
use super::connection::{Connection, Halt};
use super::parse::{self, Parsed};
use super::receive::{Coded, Next};
use super::scan::{HeadScanner, Scan};
use super::wire::after;
use super::write::CONTINUE;
use crate::config::Config;
use crate::exchange::BodySender;
use crate::head::RequestHead;
use crate::refusal::Refusal;
use crate::service::Io;

/// Bytes that are read ahead of the request in flight, to notice a client that leaves; then reading stops.
const READ_AHEAD: usize = 16 * 1024;

/// How old a connection without any request must be for a stop to end it: who has just connected is about to ask.
const FIRST_REQUEST: Duration = Duration::from_millis(250);

/// Chunks of a streamed body that are shorter are joined: each piece queued costs more than the bytes it carries.
const SMALL_CHUNK: usize = 4 * 1024;

const INCOMPLETE_HEAD: Refusal = Refusal::BadRequest("The request ended before its head was complete");
const ANSWERED: Refusal = Refusal::BadRequest("The request was answered before its body was read");

/// The body of the request in flight.
pub(super) struct Incoming {
    pub(super) framing: Framing,
    /// Made when the limit is known: the route's, or that of draining.
    pub(super) decoder: Option<Decoder>,
    /// Where a streamed body goes.
    pub(super) sender: Option<BodySender>,
    /// The client may be waiting for `100 Continue`.
    pub(super) expects_continue: bool,
    /// Where the next request begins is not known.
    pub(super) unsure: bool,
    /// Takes content codings off; boxed, as hardly any body has them.
    pub(super) coded: Option<Box<Coded>>,
    pace: Pace,
}

impl Default for Incoming {
    fn default() -> Self {
        Incoming::new(Framing::None, false)
    }
}

impl Incoming {
    pub(super) fn new(framing: Framing, expects_continue: bool) -> Self {
        let expects_continue = expects_continue && framing != Framing::None;
        let pace = Pace::default();
        Incoming { framing, decoder: None, sender: None, expects_continue, unsure: false, coded: None, pace }
    }

    pub(super) fn is_complete(&self) -> bool {
        match &self.decoder {
            Some(decoder) => decoder.is_complete(),
            None => self.framing == Framing::None,
        }
    }

    fn fail_stream(&mut self, refusal: Refusal) {
        if let Some(sender) = self.sender.take() {
            sender.end(Err(refusal));
        }
    }
}

/// Measures how fast a body arrives, over the time in which the server waited for it.
#[derive(Default)]
struct Pace {
    since: Option<Instant>,
    waited: Duration,
    received: u64,
}

impl Pace {
    /// When the client will have been too slow; `None` where no minimum is set.
    fn deadline(&mut self, config: &Config) -> Option<Instant> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let seconds = self.received.checked_div(u64::from(config.body_min_rate))?;
        let allowed = config.body_grace.saturating_add(Duration::from_secs(seconds));
        since.checked_add(allowed.saturating_sub(self.waited))
    }

    fn arrived(&mut self, bytes: usize) {
        self.received += bytes as u64;
        if let Some(since) = self.since.take() {
            self.waited += since.elapsed();
        }
    }

    /// The server does not wait now, because the handler does not read.
    fn rest(&mut self) {
        self.arrived(0);
    }
}

impl<T: Io + 'static> Connection<T> {
    /// The next request's head; `None` when the connection ends between requests.
    pub(super) async fn next_head(&mut self) -> Result<Option<Arc<RequestHead>>, Halt> {
        let mut scanner = HeadScanner::default();
        let mut since = None;
        loop {
            if let Scan::Complete { skip, length, fields } = scanner.scan(&self.wire.input, &self.service.config)? {
                self.wire.input.advance(skip);
                let head = self.take_input(length);
                return Ok(Some(self.begin_request(parse::parse_head(head, fields, self.peer.clone())?)));
            }
            if self.wire.eof {
                let clean = self.wire.input.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
                return if clean { Ok(None) } else { Err(INCOMPLETE_HEAD.into()) };
            }
            if !self.fill_head(&mut since).await? {
                return Ok(None);
            }
        }
    }

    fn begin_request(&mut self, parsed: Parsed) -> Arc<RequestHead> {
        self.open = parsed.keep_alive;
        self.body = Incoming::new(parsed.framing, parsed.expects_continue);
        let mut head = parsed.head;
        self.service.proxies.settle(&mut head);
        if let Some(ids) = self.service.request_ids {
            ids.settle(&mut head);
        }
        Arc::new(head)
    }

    /// Reads more of a head; `false` when the connection should end instead. `since`: when the head began to arrive.
    async fn fill_head(&mut self, since: &mut Option<Instant>) -> Result<bool, Halt> {
        if self.await_head(since).await? {
            return Ok(true);
        }
        if !self.stop.is_triggered() {
            return Ok(false);
        }
        // The stop can come before the reactor has told of a request that arrived already: closing would meet it with a
        // reset, and its client could not know whether it was handled.
        tokio::task::yield_now().await;
        let now = Instant::now();
        let until = if self.served == 0 { after(*since.get_or_insert(now), FIRST_REQUEST) } else { now };
        std::future::poll_fn(|cx| match self.wire.poll_fill(cx) {
            Poll::Ready(read) => Poll::Ready(read.map(|_| true).map_err(Halt::from)),
            Poll::Pending => self.wire.timer.poll(until, cx).map(|()| Ok(false)),
        })
        .await
    }

    async fn await_head(&mut self, since: &mut Option<Instant>) -> Result<bool, Halt> {
        let mut deadline = None;
        std::future::poll_fn(|cx| {
            if let Poll::Ready(Err(_)) = self.wire.poll_flush(cx) {
                return Poll::Ready(Err(Halt::Gone));
            }
            if let Poll::Ready(read) = self.wire.poll_fill(cx) {
                return Poll::Ready(read.map(|_| true).map_err(Halt::from));
            }
            let idle = self.wire.input.is_empty();
            if idle && self.stop.poll_stopped(cx).is_ready() {
                return Poll::Ready(Ok(false));
            }
            self.wire.release();
            let until = *deadline.get_or_insert_with(|| {
                let config = &self.service.config;
                if idle && self.served > 0 {
                    after(Instant::now(), config.keep_alive_timeout)
                } else {
                    after(*since.get_or_insert_with(Instant::now), config.head_timeout)
                }
            });
            self.wire.timer.poll(until, cx).map(|()| if idle { Ok(false) } else { Err(Refusal::RequestTimeout.into()) })
        })
        .await
    }

    /// Takes `length` bytes off the input, copying as little as keeps no foreign bytes alive.
    pub(super) fn take_input(&mut self, length: usize) -> Bytes {
        let input = &mut self.wire.input;
        if length == input.len() {
            return std::mem::take(input).freeze();
        }
        let taken = Bytes::copy_from_slice(&input[..length]);
        input.advance(length);
        taken
    }

    /// Reads and drops the rest of the body, of at most `limit` bytes.
    pub(super) async fn discard(&mut self, limit: usize) -> Result<(), Halt> {
        let mut dropped = 0;
        while !self.is_body_taken(&mut |content| {
            dropped += content.len();
            Ok(())
        })? {
            if dropped > limit {
                return Err(Refusal::BodyTooLarge { limit }.into());
            }
            self.fill_body().await?;
        }
        Ok(())
    }

    pub(super) fn remaining(&self) -> Option<usize> {
        self.body.decoder.as_ref().and_then(Decoder::remaining).and_then(|left| usize::try_from(left).ok())
    }

    /// Takes what the input has of the body; whether that was the rest of it.
    pub(super) fn is_body_taken(
        &mut self,
        take: &mut dyn FnMut(&[u8]) -> Result<(), Refusal>,
    ) -> Result<bool, Refusal> {
        let Some(decoder) = &mut self.body.decoder else { return Ok(true) };
        let input = &mut self.wire.input;
        while !decoder.is_complete() {
            if input.is_empty() {
                return Ok(false);
            }
            match decoder.step(input)? {
                Step::Content(length) => {
                    let taken = take(&input[..length]);
                    // First, so that framing and input agree whatever becomes of the rest.
                    input.advance(length);
                    taken?;
                }
                Step::Framing(length) => input.advance(length),
                Step::End => break,
            }
        }
        Ok(true)
    }

    pub(super) fn send_continue(&mut self) {
        // A client that has begun to send waits for nothing (RFC 9110 §10.1.1).
        if std::mem::take(&mut self.body.expects_continue) && self.wire.input.is_empty() {
            self.wire.output().extend_from_slice(CONTINUE);
            self.wire.urge();
        }
    }

    /// Waits until more of the body is in the input.
    pub(super) async fn fill_body(&mut self) -> Result<(), Halt> {
        std::future::poll_fn(|cx| {
            if let Poll::Ready(Err(_)) = self.wire.poll_flush(cx) {
                return Poll::Ready(Err(Halt::Gone));
            }
            let read = self.wire.poll_fill(cx);
            self.body_arrived(read, cx)
        })
        .await
    }

    /// Waits until more of the body is in `body`, of which `left` bytes are missing.
    pub(super) async fn fill_into(&mut self, body: &mut BytesMut, left: usize) -> Result<(), Halt> {
        std::future::poll_fn(|cx| {
            if let Poll::Ready(Err(_)) = self.wire.poll_flush(cx) {
                return Poll::Ready(Err(Halt::Gone));
            }
            let before = body.len();
            let read = self.wire.poll_read_into(body, left, cx);
            if let (Poll::Ready(Ok(_)), Some(decoder)) = (&read, &mut self.body.decoder) {
                // The decoder only counts here: a body of known length has no framing of its own.
                if body.len() > before {
                    let _ = decoder.step(&body[before..])?;
                }
            }
            self.body_arrived(read, cx)
        })
        .await
    }

    fn body_arrived(&mut self, read: Poll<std::io::Result<usize>>, cx: &mut Context<'_>) -> Poll<Result<(), Halt>> {
        match read {
            Poll::Ready(Ok(0)) => Poll::Ready(Err(Refusal::IncompleteBody.into())),
            Poll::Ready(Ok(length)) => {
                self.body.pace.arrived(length);
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(_)) => Poll::Ready(Err(Halt::Gone)),
            Poll::Pending => self.poll_pace(cx).map(|()| Err(Refusal::RequestTimeout.into())),
        }
    }

    fn poll_pace(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.body.pace.deadline(&self.service.config) {
            Some(deadline) => self.wire.timer.poll(deadline, cx),
            None => Poll::Pending,
        }
    }

    /// While the handler works: feeds it the body, reads ahead, and is ready once the client has left.
    pub(super) fn poll_client(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let wants = self.feed(cx);
            if self.wire.eof {
                return self.client_ended();
            }
            if self.wire.input.len() >= READ_AHEAD {
                self.body.pace.rest();
                return Poll::Pending;
            }
            match self.wire.poll_fill(cx) {
                Poll::Ready(Ok(length)) => self.body.pace.arrived(length),
                Poll::Ready(Err(_)) => return self.client_left(),
                Poll::Pending if wants => {
                    if self.poll_pace(cx).is_ready() {
                        self.break_stream(Refusal::RequestTimeout);
                    }
                    return Poll::Pending;
                }
                Poll::Pending => {
                    self.body.pace.rest();
                    return Poll::Pending;
                }
            }
        }
    }

    /// Moves what arrived of a streamed body to its reader; whether that reader waits for more.
    fn feed(&mut self, cx: &mut Context<'_>) -> bool {
        let Incoming { sender: place, decoder: Some(decoder), coded, .. } = &mut self.body else { return false };
        let Some(sender) = place else { return false };
        if sender.is_abandoned() {
            *place = None;
            return false;
        }
        if coded.is_some() {
            return self.feed_decoded(cx);
        }
        let mut small = BytesMut::new();
        while sender.poll_room(cx).is_ready() {
            let input = &mut self.wire.input;
            if input.is_empty() && !decoder.is_complete() {
                sender.push(small.freeze());
                self.send_continue();
                return true;
            }
            match decoder.step(input) {
                Ok(Step::Content(length)) if length < SMALL_CHUNK => {
                    small.extend_from_slice(&input[..length]);
                    input.advance(length);
                }
                Ok(Step::Content(length)) => {
                    sender.push(small.split().freeze());
                    sender.push(input.split_to(length).freeze());
                }
                Ok(Step::Framing(length)) => input.advance(length),
                Ok(Step::End) => {
                    sender.push(small.freeze());
                    sender.end(Ok(()));
                    *place = None;
                    return false;
                }
                Err(refusal) => {
                    sender.push(small.freeze());
                    self.break_stream(refusal);
                    return false;
                }
            }
        }
        sender.push(small.freeze());
        false
    }

    /// The same for a body with content codings.
    fn feed_decoded(&mut self, cx: &mut Context<'_>) -> bool {
        let Incoming { sender: place, decoder: Some(framing), coded: Some(coded), .. } = &mut self.body else {
            return false;
        };
        let Some(sender) = place else { return false };
        while sender.poll_room(cx).is_ready() {
            match coded.next(framing, &mut self.wire.input) {
                Ok(Next::Content(content)) => sender.push(Bytes::copy_from_slice(content)),
                Ok(Next::Starved) => {
                    self.send_continue();
                    return true;
                }
                Ok(Next::Paused) => {
                    cx.waker().wake_by_ref();
                    return false;
                }
                Ok(Next::End) => {
                    sender.end(Ok(()));
                    *place = None;
                    return false;
                }
                Err(refusal) => {
                    self.break_stream(refusal);
                    return false;
                }
            }
        }
        false
    }

    /// The rest of a streamed body cannot be read: its reader is told, and the connection ends after the reply.
    fn break_stream(&mut self, refusal: Refusal) {
        self.body.unsure = true;
        self.open = false;
        self.body.fail_stream(refusal);
    }

    /// The client ended its stream: it left, unless it is known to half-close and sent its whole request.
    fn client_ended(&mut self) -> Poll<()> {
        // What is complete is not gone because its reader is slow; some of it may still be in its content coding.
        let waits_for_reader = self.body.is_complete() || !self.wire.input.is_empty();
        if !self.service.config.allow_half_close {
            return self.client_left();
        }
        if !waits_for_reader {
            self.body.fail_stream(Refusal::IncompleteBody);
        }
        Poll::Pending
    }

    fn client_left(&mut self) -> Poll<()> {
        self.body.fail_stream(Refusal::IncompleteBody);
        Poll::Ready(())
    }

    /// Before the reply: whether the connection can go on after it, with what is left of the body dropped.
    pub(super) fn can_finish_body(&mut self) -> bool {
        if self.body.is_complete() {
            return true;
        }
        if std::mem::take(&mut self.body.expects_continue) && self.wire.input.is_empty() {
            // The client was not told to go on, so whether its body comes is unknown, and no 100 may follow the reply.
            self.body.unsure = true;
            self.body.fail_stream(ANSWERED);
            return false;
        }
        let limit = self.service.config.max_drain;
        if self.body.decoder.is_none() {
            self.body.decoder = Decoder::new(self.body.framing, limit, &self.service.config).ok();
        }
        let streaming = self.body.sender.as_ref().is_some_and(|sender| !sender.is_abandoned());
        self.body.decoder.is_some() && (streaming || self.remaining().is_none_or(|left| left <= limit))
    }

    /// After the reply: the rest of a body nobody read must not be taken for the next request.
    pub(super) async fn finish_body(&mut self) -> Result<(), Halt> {
        self.body.fail_stream(ANSWERED);
        if !self.open || self.body.is_complete() {
            return Ok(());
        }
        let limit = self.service.config.max_drain;
        match tokio::time::timeout(self.service.config.drain_timeout, self.discard(limit)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(Halt::Gone | Halt::Cut)) => Err(Halt::Gone),
            Ok(Err(Halt::Refuse(_) | Halt::Show(_))) | Err(_) => {
                self.body.unsure = true;
                self.open = false;
                Ok(())
            }
        }
    }
}
