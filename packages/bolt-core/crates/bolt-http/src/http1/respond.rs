//! What goes to the client: whole replies, refusals, streams.
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use super::connection::{Connection, Halt};
use super::write::{self, LAST_CHUNK, Length, Persistence};
use crate::exchange::{ReplyBody, ReplyPart};
use crate::head::{RequestHead, Version};
use crate::refusal::Refusal;
use crate::reply::{Reply, ReplyHead};
use crate::service::Io;

/// A streamed reply on its way.
struct Outgoing {
    body: ReplyBody,
    length: Length,
    /// Bytes of a declared length still to come.
    left: Option<u64>,
    /// A chunk's content goes out on its own; its CRLF follows.
    owes_line_end: bool,
    end: Option<End>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Complete,
    /// The producer failed: what it made is sent, and never looks complete.
    Failed,
    /// It made more or less than the length it declared; the connection is of no use after that.
    Misdeclared,
}

impl Outgoing {
    /// What becomes of the connection once everything is written; `None` while there is more.
    fn outcome(&self) -> Option<Result<(), Halt>> {
        match self.end? {
            End::Complete => Some(Ok(())),
            // Where the connection's end is the reply's end, only a reset tells the difference.
            End::Failed | End::Misdeclared if self.length == Length::Absent => Some(Err(Halt::Cut)),
            End::Failed | End::Misdeclared => Some(Err(Halt::Gone)),
        }
    }

    /// What to send of a chunk, given the length declared.
    fn admit(&mut self, mut chunk: Bytes) -> Bytes {
        if let Some(left) = &mut self.left {
            let fits = (*left).min(chunk.len() as u64);
            *left -= fits;
            if fits < chunk.len() as u64 {
                chunk.truncate(fits as usize);
                self.end = Some(End::Misdeclared);
            }
        }
        chunk
    }
}

impl<T: Io + 'static> Connection<T> {
    pub(super) async fn refuse(&mut self, head: Option<&RequestHead>, refusal: &Refusal) -> Result<(), Halt> {
        self.open &= !refusal.closes();
        self.body.unsure |= refusal.closes();
        self.write_whole(head, self.service.refusals.reply(refusal)).await
    }

    /// Puts a complete reply into the output; waits only for one so long that it is not copied.
    pub(super) async fn write_whole(&mut self, head: Option<&RequestHead>, reply: Reply) -> Result<(), Halt> {
        let Reply { head: mut reply_head, body } = reply;
        self.prepare(head, &mut reply_head);
        let is_head = head.is_some_and(RequestHead::is_head);
        // Of content that is not here: what GET would send, or has sent.
        let told = (is_head && body.is_empty()) || reply_head.status == 304;
        let declared = reply_head.headers.content_length().filter(|_| told);
        let length = write::length_of_status(reply_head.status, declared)
            .unwrap_or(Length::Known(declared.unwrap_or(body.len() as u64)));
        self.wire.reserve(reply_head.headers.as_bytes().len(), body.len());
        self.put_head(head, &reply_head, length);
        if !is_head && !write::is_bodiless(reply_head.status) {
            self.sent.bytes = body.len() as u64;
            self.wire.append(body);
        }
        if self.wire.is_full() { self.flush().await } else { Ok(()) }
    }

    /// Lets the stages see a reply's head; what it then says of the connection holds.
    pub(super) fn prepare(&mut self, head: Option<&RequestHead>, reply: &mut ReplyHead) {
        self.service.stages.after(head, reply, self.bare);
        self.open &= !reply.headers.close();
    }

    /// Puts a reply's head into the output.
    pub(super) fn put_head(&mut self, head: Option<&RequestHead>, reply: &ReplyHead, length: Length) {
        let persistence = self.persistence(head);
        write::head(self.wire.output(), reply, length, persistence);
        self.sent.status = reply.status;
    }

    fn persistence(&self, head: Option<&RequestHead>) -> Persistence {
        match head.map(RequestHead::version) {
            _ if !self.open => Persistence::Close,
            Some(Version::Http10) => Persistence::KeepAlive,
            _ => Persistence::Implied,
        }
    }

    pub(super) async fn write_upgrade(&mut self, head: &RequestHead, mut reply: ReplyHead) -> Result<(), Halt> {
        self.service.stages.after(Some(head), &mut reply, self.bare);
        write::head(self.wire.output(), &reply, Length::Absent, Persistence::Upgrade);
        self.sent.status = reply.status;
        self.flush().await
    }

    pub(super) async fn flush(&mut self) -> Result<(), Halt> {
        std::future::poll_fn(|cx| self.wire.poll_flush(cx)).await.map_err(Halt::from)
    }

    /// Writes a streamed reply to its end, feeding the handler a body it still reads and noticing when the client leaves.
    pub(super) async fn write_stream(
        &mut self,
        head: &RequestHead,
        mut reply: ReplyHead,
        body: ReplyBody,
    ) -> Result<(), Halt> {
        if body.has_failed() {
            return self.refuse(Some(head), &Refusal::HandlerLost).await;
        }
        self.prepare(Some(head), &mut reply);
        let declared = reply.headers.content_length();
        let bodiless = head.is_head() || write::is_bodiless(reply.status);
        let by_content = match (declared, head.version()) {
            (Some(length), _) => Length::Known(length),
            _ if bodiless => Length::Absent,
            (_, Version::Http11) => Length::Chunked,
            // An HTTP/1.0 client knows no chunks: the end of the connection is the end of the reply.
            (_, Version::Http10) => Length::Absent,
        };
        let length = write::length_of_status(reply.status, declared).unwrap_or(by_content);
        self.open &= bodiless || length != Length::Absent;
        self.put_head(Some(head), &reply, length);
        if bodiless {
            return Ok(());
        }
        let mut outgoing = Outgoing { body, length, left: declared, owes_line_end: false, end: None };
        std::future::poll_fn(|cx| self.poll_outgoing(&mut outgoing, cx)).await
    }

    fn poll_outgoing(&mut self, outgoing: &mut Outgoing, cx: &mut Context<'_>) -> Poll<Result<(), Halt>> {
        loop {
            let starved = self.gather(outgoing, cx).is_pending();
            match self.wire.poll_flush(cx) {
                Poll::Ready(Err(_)) => return Poll::Ready(Err(Halt::Gone)),
                Poll::Ready(Ok(())) if outgoing.owes_line_end => continue,
                Poll::Ready(Ok(())) => {
                    if let Some(outcome) = outgoing.outcome() {
                        return Poll::Ready(outcome);
                    }
                    if !starved {
                        continue;
                    }
                }
                Poll::Pending => {}
            }
            return self.poll_client(cx).map(|()| Err(Halt::Gone));
        }
    }

    /// Moves the producer's parts into the output until that is full; pending when the producer has none.
    fn gather(&mut self, outgoing: &mut Outgoing, cx: &mut Context<'_>) -> Poll<()> {
        if outgoing.owes_line_end && !self.wire.has_tail() {
            outgoing.owes_line_end = false;
            self.wire.output().extend_from_slice(b"\r\n");
        }
        while outgoing.end.is_none() && !self.wire.is_full() {
            match ready!(outgoing.body.poll_part(cx)) {
                ReplyPart::Failed => outgoing.end = Some(End::Failed),
                ReplyPart::End if outgoing.left.is_some_and(|left| left > 0) => outgoing.end = Some(End::Misdeclared),
                ReplyPart::End => {
                    outgoing.end = Some(End::Complete);
                    if outgoing.length == Length::Chunked {
                        self.wire.output().extend_from_slice(LAST_CHUNK);
                    }
                }
                ReplyPart::Chunk(chunk) => {
                    let chunk = outgoing.admit(chunk);
                    self.put_chunk(outgoing, chunk);
                }
            }
        }
        if outgoing.end == Some(End::Misdeclared) && outgoing.left.take().is_some() {
            self.service.report("a stream was longer or shorter than its Content-Length; the connection was closed");
        }
        Poll::Ready(())
    }

    fn put_chunk(&mut self, outgoing: &mut Outgoing, chunk: Bytes) {
        self.sent.bytes += chunk.len() as u64;
        if outgoing.length != Length::Chunked {
            self.wire.append(chunk);
            return;
        }
        write::chunk_size(self.wire.output(), chunk.len());
        self.wire.append(chunk);
        if self.wire.has_tail() {
            outgoing.owes_line_end = true;
        } else {
            self.wire.output().extend_from_slice(b"\r\n");
        }
    }
}
