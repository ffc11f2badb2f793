//! Files on their way to the client (what of them: `files::content`).
//!
//! The loop's thread must not wait for a disk. Where the kernel says that what comes next is in its page cache, `sendfile` runs
//! on this thread: it then only hands pages over, as a write from memory would. Where not, a thread of the runtime's blocking
//! pool reads the next step first, which brings it into the cache. Doing every `sendfile` on that pool instead cost two thread
//! changes for each time the socket fills.
use std::fs::File;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use super::connection::{Connection, Halt};
use super::wire::COPY_LIMIT;
use super::write::{self, Length};
use crate::files::{Content, Decided, Failure, FileReply, Opened, Piece, Source, decide, sendfile};
use crate::head::RequestHead;
use crate::service::Io;

/// Bytes sent by one call, and looked for in the page cache before it.
const STEP: u64 = 1024 * 1024;
/// Bytes of a file that a connection sends before others have their turn.
const FAIR_SHARE: u64 = 1024 * 1024;
/// Bytes read at once where there is no `sendfile`.
const BLOCK: u64 = 64 * 1024;

impl<T: Io + 'static> Connection<T> {
    /// Answers with a file; what cannot be opened is refused and reported.
    pub(super) async fn write_file(&mut self, head: &Arc<RequestHead>, file: FileReply) -> Result<(), Halt> {
        let service = self.service.clone();
        if let Some(reply) = service.offload.as_ref().and_then(|offload| offload.reply(&file)) {
            return self.write_whole(Some(head), reply).await;
        }
        let FileReply { head: reply, source } = file;
        let opened = match self.open_file(&source).await? {
            Ok(opened) => opened,
            Err(failure) => {
                service.report(&format!("a file was not sent: {source}: {}", failure.reason()));
                return self.refuse_reply(head, failure.refusal()).await;
            }
        };
        match decide(head, reply, &opened) {
            Err(refusal) => self.refuse_reply(head, refusal).await,
            Ok(Decided::Reply(reply)) => self.write_whole(Some(head), reply).await,
            Ok(Decided::Content(content)) => self.write_content(head, content, &opened.file).await,
        }
    }

    async fn open_file(&mut self, source: &Source) -> Result<Result<Opened, Failure>, Halt> {
        match Opened::open(source, false) {
            Err(Failure::WouldBlock) => {
                let source = source.clone();
                self.off_loop(move || Opened::open(&source, true)).await
            }
            opened => Ok(opened),
        }
    }

    async fn write_content(&mut self, head: &RequestHead, content: Content, file: &Arc<File>) -> Result<(), Halt> {
        let Content { head: mut reply, length, pieces } = content;
        self.prepare(Some(head), &mut reply);
        let length = write::length_of_status(reply.status, None).unwrap_or(Length::Known(length));
        self.put_head(Some(head), &reply, length);
        if write::is_bodiless(reply.status) || head.is_head() {
            return Ok(());
        }
        for piece in pieces {
            match piece {
                Piece::Text(text) => {
                    self.sent.bytes += text.len() as u64;
                    self.wire.append(text);
                }
                Piece::Span(span) => self.write_span(file, span).await?,
            }
        }
        Ok(())
    }

    /// Sends a part of a file. One that has become shorter cuts the connection: what is missing must not go unnoticed.
    async fn write_span(&mut self, file: &Arc<File>, span: Range<u64>) -> Result<(), Halt> {
        let Range { start: mut at, end } = span;
        // Little is copied behind its head, and leaves with it in one write.
        let mut copies = self.transport.send_file.is_none() || end - at < COPY_LIMIT as u64;
        let (mut warm, mut share) = (at, 0);
        while at < end {
            let moved = if copies {
                self.copy_block(file, at, end).await?
            } else {
                if at >= warm {
                    warm = end.min(at + STEP);
                    self.warm_up(file, at..warm).await?;
                }
                match self.send_step(file, at..warm).await? {
                    Some(moved) => moved,
                    None => {
                        copies = true;
                        continue;
                    }
                }
            };
            if moved == 0 {
                self.service.report("a file became shorter while it was sent; the connection was cut");
                return Err(Halt::Cut);
            }
            at += moved;
            share += moved;
            self.sent.bytes += moved;
            if share >= FAIR_SHARE && at < end {
                share = 0;
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    async fn warm_up(&mut self, file: &Arc<File>, span: Range<u64>) -> Result<(), Halt> {
        let length = (span.end - span.start) as usize;
        if sendfile::is_cached(file, span.start, length) {
            return Ok(());
        }
        let file = file.clone();
        self.off_loop(move || sendfile::warm(&file, span.start, length)).await?.map_err(|_| Halt::Cut)
    }

    /// Hands bytes of the file to the socket; `None` where the file's kind allows no `sendfile`.
    async fn send_step(&mut self, file: &File, span: Range<u64>) -> Result<Option<u64>, Halt> {
        let Some(send) = self.transport.send_file else { return Ok(None) };
        let length = (span.end - span.start) as usize;
        std::future::poll_fn(|cx| {
            if let Poll::Ready(sent) = self.poll_step(cx, |io, cx| send(io, cx, file, span.start, length)) {
                return Poll::Ready(match sent {
                    Ok(sent) => Ok(Some(sent as u64)),
                    Err(error) if is_unsupported(&error) => Ok(None),
                    Err(_) => Err(Halt::Gone),
                });
            }
            self.poll_client(cx).map(|()| Err(Halt::Gone))
        })
        .await
    }

    fn poll_step(
        &mut self,
        cx: &mut Context<'_>,
        send: impl FnOnce(&T, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        // With nothing to flush, flushing would forget since when the client has taken nothing. The head leaves by itself: held
        // back with MSG_MORE to share a packet with the content, it made a file of 1 MB cost the kernel a third more.
        if self.wire.has_output() {
            ready!(self.wire.poll_flush(cx))?;
        }
        self.wire.poll_send(cx, send)
    }

    /// Reads a block into the output, which is sent when it is full.
    async fn copy_block(&mut self, file: &Arc<File>, at: u64, end: u64) -> Result<u64, Halt> {
        let length = (end - at).min(BLOCK) as usize;
        let block = match sendfile::block_cached(file, at, length) {
            Some(block) => block,
            None => self.read_block(file, at, length).await?,
        };
        let read = block.len() as u64;
        self.wire.append(block);
        if self.wire.is_full() {
            std::future::poll_fn(|cx| match self.wire.poll_flush(cx) {
                Poll::Ready(flushed) => Poll::Ready(flushed.map_err(Halt::from)),
                Poll::Pending => self.poll_client(cx).map(|()| Err(Halt::Gone)),
            })
            .await?;
        }
        Ok(read)
    }

    async fn read_block(&mut self, file: &Arc<File>, at: u64, length: usize) -> Result<Bytes, Halt> {
        let file = file.clone();
        self.off_loop(move || sendfile::block(&file, at, length)).await?.map_err(|_| Halt::Cut)
    }

    /// Runs what may block on another thread; meanwhile sends what waits and notices when the client leaves.
    async fn off_loop<R: Send + 'static>(&mut self, work: impl FnOnce() -> R + Send + 'static) -> Result<R, Halt> {
        let mut job = tokio::task::spawn_blocking(work);
        let done = std::future::poll_fn(|cx| {
            if let Poll::Ready(done) = Pin::new(&mut job).poll(cx) {
                // It panicked, or the runtime ends.
                return Poll::Ready(done.map_err(|_| Halt::Cut));
            }
            if self.poll_client(cx).is_ready() || matches!(self.wire.poll_flush_soon(cx), Poll::Ready(Err(_))) {
                return Poll::Ready(Err(Halt::Gone));
            }
            Poll::Pending
        })
        .await;
        self.wire.forgive();
        done
    }
}

fn is_unsupported(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported)
}
