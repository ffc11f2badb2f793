//! Bodies as their routes want them: whole, as a form, as a stream; without their content codings.
use bytes::{Buf, Bytes, BytesMut};

use super::body::{Decoder, Framing, Step};
use super::connection::{Connection, Halt};
use crate::coding::{BLOCK, ContentDecoder, Made};
use crate::config::Config;
use crate::exchange::{Body, body_stream};
use crate::form::{Content, Encoded, Form, FormReader, FormSpec, Spooler};
use crate::head::RequestHead;
use crate::refusal::Refusal;
use crate::router::{BodyMode, RouteSpec};
use crate::service::Io;

/// Bytes decoded in one turn of the connection; a small body can decode to a thousand times its size.
const TURN: usize = 4 * BLOCK;

/// A body in content codings.
pub(super) struct Coded {
    decoder: ContentDecoder,
    /// Taken off the input, not yet decoded.
    pending: Bytes,
    block: Box<[u8]>,
}

/// What a coded body has next.
pub(super) enum Next<'a> {
    Content(&'a [u8]),
    /// Nothing before more arrives.
    Starved,
    /// There is more, but others should have their turn.
    Paused,
    End,
}

/// How far a body has been taken.
enum Progress {
    Complete,
    /// Nothing more before more arrives.
    Starved,
    /// There is more, but others should have their turn.
    Paused,
}

impl Coded {
    fn new(decoder: ContentDecoder) -> Self {
        Coded { decoder, pending: Bytes::new(), block: vec![0; BLOCK].into() }
    }

    /// Decodes the next piece of what `input` has of the body.
    pub(super) fn next(&mut self, framing: &mut Decoder, input: &mut BytesMut) -> Result<Next<'_>, Refusal> {
        loop {
            let (taken, made) = self.decoder.step(&self.pending, &mut self.block)?;
            self.pending.advance(taken);
            match made {
                Made::Content(made) => return Ok(Next::Content(&self.block[..made])),
                Made::Paused => return Ok(Next::Paused),
                Made::Nothing => {}
            }
            if input.is_empty() && !framing.is_complete() {
                return Ok(Next::Starved);
            }
            match framing.step(input)? {
                Step::Content(length) => self.pending = input.split_to(length).freeze(),
                Step::Framing(length) => input.advance(length),
                Step::End => return self.decoder.finish().map(|()| Next::End),
            }
        }
    }
}

impl<T: Io + 'static> Connection<T> {
    /// The body as the route wants it.
    pub(super) async fn receive(&mut self, head: &RequestHead, spec: &RouteSpec) -> Result<Body, Halt> {
        if self.body.framing == Framing::None {
            return Ok(Body::Empty);
        }
        let config = &self.service.config;
        let limit = limit_of(head, spec, config);
        self.body.decoder = Some(Decoder::new(self.body.framing, limit, config)?);
        if spec.decode_content && spec.body != BodyMode::None {
            self.body.coded = ContentDecoder::of(head, limit)?.map(|decoder| Box::new(Coded::new(decoder)));
        }
        match spec.body {
            BodyMode::Stream => {
                let (sender, reader) = body_stream();
                self.body.sender = Some(sender);
                Ok(Body::Stream(reader))
            }
            BodyMode::Whole => {
                let body = match self.body.coded {
                    Some(_) => Box::pin(self.decode_whole()).await?,
                    None => self.read_whole().await?,
                };
                Ok(if body.is_empty() { Body::Empty } else { Body::Whole(body) })
            }
            // Boxed, so that a waiting connection does not keep room for it.
            BodyMode::Form => Box::pin(self.read_form(head, spec)).await.map(Body::Form),
            // The final reply comes without the body having been asked for, so it is left where it is.
            BodyMode::None if self.body.expects_continue && self.wire.input.is_empty() => Ok(Body::Empty),
            BodyMode::None => self.discard(usize::MAX).await.map(|()| Body::Empty),
        }
    }

    async fn read_whole(&mut self) -> Result<Bytes, Halt> {
        self.send_continue();
        let known = self.remaining();
        if let Some(length) = known.filter(|&length| length <= self.wire.input.len()) {
            self.body.decoder = None;
            self.body.framing = Framing::None;
            return Ok(self.take_input(length));
        }
        let mut body = BytesMut::new();
        while !self.is_body_taken(&mut |content| {
            body.extend_from_slice(content);
            Ok(())
        })? {
            match self.remaining().filter(|_| self.wire.input.is_empty()) {
                Some(left) => self.fill_into(&mut body, left).await?,
                None => self.fill_body().await?,
            }
        }
        Ok(body.freeze())
    }

    async fn decode_whole(&mut self) -> Result<Bytes, Halt> {
        self.send_continue();
        let mut body = BytesMut::new();
        loop {
            let progress = self.take_content(&mut |content| {
                body.extend_from_slice(content);
                Ok(())
            })?;
            if self.is_over(progress).await? {
                return Ok(body.freeze());
            }
        }
    }

    /// Reads a form; what does not fit into memory is written by other threads, and reading waits for them.
    async fn read_form(&mut self, head: &RequestHead, spec: &RouteSpec) -> Result<Form, Halt> {
        let service = self.service.clone();
        let limits = &service.config.form;
        let nothing_declared = FormSpec::default();
        let declared = spec.form.as_deref().unwrap_or(&nothing_declared);
        let content_type = head.header("content-type").unwrap_or_default();
        let mut reader = FormReader::new(content_type, limits, declared)?;
        let mut spooler = Spooler::new(limits.folder.clone());
        let failed = |error: std::io::Error| {
            service.report(&format!("an uploaded file could not be written to disk: {error}"));
            Halt::from(Refusal::HandlerLost)
        };
        self.send_continue();
        loop {
            let progress = self.take_content(&mut |content| reader.feed(content))?;
            let writes = reader.take_writes();
            if !writes.is_empty() {
                spooler = spooler.put(writes).await.map_err(failed)?;
            }
            if self.is_over(progress).await? {
                break;
            }
        }
        let mut form = reader.finish()?;
        for (file, spooled) in spooler.finish().await.map_err(failed)? {
            if let Some(file) = form.files.get_mut(file) {
                file.content = Content::Disk(spooled);
            }
        }
        Ok(form)
    }

    /// Waits for more of a body that is not complete.
    async fn is_over(&mut self, progress: Progress) -> Result<bool, Halt> {
        match progress {
            Progress::Complete => return Ok(true),
            Progress::Starved => self.fill_body().await?,
            Progress::Paused => tokio::task::yield_now().await,
        }
        Ok(false)
    }

    /// Takes what the input has of the body, decoded.
    fn take_content(&mut self, take: &mut dyn FnMut(&[u8]) -> Result<(), Refusal>) -> Result<Progress, Refusal> {
        let (Some(coded), Some(framing)) = (&mut self.body.coded, &mut self.body.decoder) else {
            return Ok(if self.is_body_taken(take)? { Progress::Complete } else { Progress::Starved });
        };
        let mut decoded = 0;
        while decoded < TURN {
            match coded.next(framing, &mut self.wire.input)? {
                Next::Content(content) => {
                    decoded += content.len();
                    take(content)?;
                }
                Next::Starved => return Ok(Progress::Starved),
                Next::Paused => break,
                Next::End => return Ok(Progress::Complete),
            }
        }
        Ok(Progress::Paused)
    }
}

/// Bytes that the body may have, decoded or not.
fn limit_of(head: &RequestHead, spec: &RouteSpec, config: &Config) -> usize {
    let limit = spec.max_body.unwrap_or(match spec.body {
        BodyMode::Stream => config.max_streamed_body,
        BodyMode::Form => config.max_form,
        BodyMode::Whole | BodyMode::None => config.max_body,
    });
    let content_type = head.header("content-type").unwrap_or_default();
    if spec.body == BodyMode::Form && Encoded::of(content_type) == Some(Encoded::Url) {
        return limit.min(config.form.max_data);
    }
    limit
}
