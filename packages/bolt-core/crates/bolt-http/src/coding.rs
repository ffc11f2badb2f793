//! Content codings of request bodies (RFC 9110 §8.4), decoded piece by piece with bounded memory.
use brotli::enc::StandardAlloc;
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};
use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::raw::{DParameter, Decoder as ZstdDecoder, InBuffer, Operation, OutBuffer};

use crate::head::RequestHead;
use crate::refusal::Refusal;

/// What is decoded, as an `Accept-Encoding` field.
pub const ACCEPTED: &str = "gzip, br, zstd, deflate";

/// Bytes decoded at once.
pub const BLOCK: usize = 64 * 1024;

/// Codings that may be stacked; each costs a window of memory.
const MAX_STACKED: usize = 3;

/// Bytes that are decoded in one step without any content coming out, such as empty members in a row.
const MOST_FRUITLESS: usize = 4 * BLOCK;

/// What calling a decoder costs, in such bytes: beginning a new member dwarfs the few bytes that it may have.
const CALL: usize = 1024;

/// Of a zstd window, as RFC 9659 §3 limits it for HTTP: 8 MiB.
const ZSTD_WINDOW_LOG: u32 = 23;

const CORRUPT: Refusal = Refusal::BadRequest("The request body does not decode by its Content-Encoding");

/// What a step of decoding made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// So many bytes, at least one.
    Content(usize),
    /// Nothing before there is more input.
    Nothing,
    /// Nothing yet, after so much work that others should have their turn.
    Paused,
}

/// One coding's decoder.
trait Coding {
    /// Decodes from `input` into `output`; how many bytes it took and made.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<(usize, usize), Refusal>;

    /// Whether the content may end here.
    fn is_complete(&self) -> bool;
}

/// gzip (RFC 1952) or zlib (RFC 1950), which is what `deflate` names.
struct Deflate {
    inner: Decompress,
    gzip: bool,
    ended: bool,
}

impl Deflate {
    fn new(gzip: bool) -> Self {
        Deflate { inner: Self::decoder(gzip), gzip, ended: false }
    }

    fn decoder(gzip: bool) -> Decompress {
        const WINDOW_BITS: u8 = 15;
        if gzip { Decompress::new_gzip(WINDOW_BITS) } else { Decompress::new(true) }
    }
}

impl Coding for Deflate {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<(usize, usize), Refusal> {
        if self.ended {
            if input.is_empty() {
                return Ok((0, 0));
            }
            if !self.gzip {
                return Err(CORRUPT);
            }
            // A gzip file may have several members (RFC 1952 §2.2).
            *self = Deflate::new(true);
        }
        let before = (self.inner.total_in(), self.inner.total_out());
        let status = self.inner.decompress(input, output, FlushDecompress::None).map_err(|_| CORRUPT)?;
        self.ended = status == Status::StreamEnd;
        Ok(((self.inner.total_in() - before.0) as usize, (self.inner.total_out() - before.1) as usize))
    }

    fn is_complete(&self) -> bool {
        self.ended
    }
}

/// Brotli (RFC 7932).
struct Brotli {
    state: Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>,
    ended: bool,
}

impl Brotli {
    fn new() -> Self {
        let alloc = StandardAlloc::default;
        // Strict: no window beyond the 16 MiB of the RFC.
        Brotli { state: Box::new(BrotliState::new_strict(alloc(), alloc(), alloc())), ended: false }
    }
}

impl Coding for Brotli {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<(usize, usize), Refusal> {
        if self.ended {
            return if input.is_empty() { Ok((0, 0)) } else { Err(CORRUPT) };
        }
        let (mut left, mut taken, mut room, mut made, mut total) = (input.len(), 0, output.len(), 0, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut taken,
            input,
            &mut room,
            &mut made,
            output,
            &mut total,
            &mut self.state,
        );
        match result {
            BrotliResult::ResultFailure => return Err(CORRUPT),
            BrotliResult::ResultSuccess => self.ended = true,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
        }
        Ok((taken, made))
    }

    fn is_complete(&self) -> bool {
        self.ended
    }
}

/// Zstandard (RFC 8878); frames may follow one another.
struct Zstd {
    inner: ZstdDecoder<'static>,
    /// At the end of a frame.
    between: bool,
}

impl Zstd {
    fn new() -> std::io::Result<Self> {
        let mut inner = ZstdDecoder::new()?;
        inner.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG))?;
        Ok(Zstd { inner, between: false })
    }
}

impl Coding for Zstd {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<(usize, usize), Refusal> {
        if self.between && input.is_empty() {
            return Ok((0, 0));
        }
        let (mut source, mut target) = (InBuffer::around(input), OutBuffer::around(output));
        let hint = self.inner.run(&mut source, &mut target).map_err(|_| CORRUPT)?;
        self.between = hint == 0;
        Ok((source.pos(), target.pos()))
    }

    fn is_complete(&self) -> bool {
        self.between
    }
}

/// A coding and what the one around it has made for it.
struct Layer {
    coding: Box<dyn Coding>,
    /// Decoded by the layer before, not yet by this one; unused in the first.
    between: Vec<u8>,
    range: std::ops::Range<usize>,
    /// Bytes made so far.
    made: usize,
}

/// Decodes a body of one or more codings.
pub struct ContentDecoder {
    /// In the order in which they are taken off.
    layers: Vec<Layer>,
    limit: usize,
    decoded: usize,
}

impl ContentDecoder {
    /// For the codings that a request's `Content-Encoding` names, last applied last; `None` where that changes nothing. The
    /// decoded body may have `limit` bytes. Errors: a coding that is not decoded here, or too many of them.
    pub fn of(head: &RequestHead, limit: usize) -> Result<Option<Self>, Refusal> {
        let mut layers = Vec::new();
        for value in head.header_all("content-encoding") {
            for name in value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
                if name.is_empty() || name.eq_ignore_ascii_case(b"identity") {
                    continue;
                }
                // Before its decoder is made: a field has room for a thousand names.
                if layers.len() == MAX_STACKED {
                    return Err(Refusal::UnsupportedContentCoding);
                }
                let (coding, between) = (coding(name)?, Vec::new());
                layers.push(Layer { coding, between, range: 0..0, made: 0 });
            }
        }
        layers.reverse();
        Ok(if layers.is_empty() { None } else { Some(ContentDecoder { layers, limit, decoded: 0 }) })
    }

    /// Decodes some of `input` into `output`; how many bytes it took, and what it made.
    pub fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<(usize, Made), Refusal> {
        let mut work = Work { input, taken: 0, spent: 0, limit: self.limit };
        let made = pull(&mut self.layers, &mut work, output)?;
        self.decoded += made;
        if self.decoded > self.limit {
            return Err(Refusal::BodyTooLarge { limit: self.limit });
        }
        Ok(match made {
            0 if work.is_over() => (work.taken, Made::Paused),
            // A decoder that takes nothing of what there is will not take it later, and none of it may be lost.
            0 if work.taken < input.len() => return Err(CORRUPT),
            0 => (work.taken, Made::Nothing),
            made => (work.taken, Made::Content(made)),
        })
    }

    /// Nothing more comes. Errors: a coding is in the middle of something.
    pub fn finish(&self) -> Result<(), Refusal> {
        if self.layers.iter().all(|layer| layer.coding.is_complete()) { Ok(()) } else { Err(CORRUPT) }
    }
}

fn coding(name: &[u8]) -> Result<Box<dyn Coding>, Refusal> {
    let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
    if is("gzip") || is("x-gzip") {
        Ok(Box::new(Deflate::new(true)))
    } else if is("deflate") {
        Ok(Box::new(Deflate::new(false)))
    } else if is("br") {
        Ok(Box::new(Brotli::new()))
    } else if is("zstd") {
        Zstd::new().map(|zstd| Box::new(zstd) as Box<dyn Coding>).map_err(|_| Refusal::HandlerLost)
    } else {
        Err(Refusal::UnsupportedContentCoding)
    }
}

/// One step through all layers.
struct Work<'a> {
    input: &'a [u8],
    taken: usize,
    /// Bytes taken by all layers, and their calls.
    spent: usize,
    limit: usize,
}

impl Work<'_> {
    fn is_over(&self) -> bool {
        self.spent >= MOST_FRUITLESS
    }
}

/// What the last of `layers` makes next, from what the others make of the input.
fn pull(layers: &mut [Layer], work: &mut Work<'_>, output: &mut [u8]) -> Result<usize, Refusal> {
    let Some((layer, outer)) = layers.split_last_mut() else { return Ok(0) };
    while !work.is_over() {
        let (used, made) = if outer.is_empty() {
            let step = layer.coding.step(&work.input[work.taken..], output)?;
            work.taken += step.0;
            step
        } else {
            let step = layer.coding.step(&layer.between[layer.range.clone()], output)?;
            layer.range.start += step.0;
            step
        };
        work.spent += used + CALL;
        layer.made += made;
        // What swells between two codings costs as much time as the body itself. Content that does not shrink grows by less
        // than this allows.
        if layer.made > work.limit.saturating_add(BLOCK + work.limit / 64) {
            return Err(Refusal::BodyTooLarge { limit: work.limit });
        }
        if made > 0 {
            return Ok(made);
        }
        if used > 0 {
            continue;
        }
        if outer.is_empty() || !layer.range.is_empty() {
            return Ok(0);
        }
        layer.between.resize(BLOCK / 2, 0);
        let more = pull(outer, work, &mut layer.between)?;
        layer.range = 0..more;
        if more == 0 {
            return Ok(0);
        }
    }
    Ok(0)
}

#[cfg(test)]
#[path = "coding_tests.rs"]
mod tests;
