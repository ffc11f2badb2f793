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

/// Of a zstd window, as RFC 9659 §3 limits it for HTTP: 8 MiB.
const ZSTD_WINDOW_LOG: u32 = 23;

const CORRUPT: Refusal = Refusal::BadRequest("The request body does not decode by its Content-Encoding");

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
                if !name.is_empty() && !name.eq_ignore_ascii_case(b"identity") {
                    let (coding, between) = (coding(name)?, Vec::new());
                    layers.push(Layer { coding, between, range: 0..0, made: 0 });
                }
            }
        }
        if layers.len() > MAX_STACKED {
            return Err(Refusal::UnsupportedContentCoding);
        }
        layers.reverse();
        Ok(if layers.is_empty() { None } else { Some(ContentDecoder { layers, limit, decoded: 0 }) })
    }

    /// Decodes some of `input` into `output`; how many bytes it took and made. Nothing made: it needs more input.
    pub fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<(usize, usize), Refusal> {
        let mut taken = 0;
        let made = pull(&mut self.layers, (input, &mut taken), output, self.limit)?;
        self.decoded += made;
        if self.decoded > self.limit {
            return Err(Refusal::BodyTooLarge { limit: self.limit });
        }
        Ok((taken, made))
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

/// What the last of `layers` makes next, from what the others make of `input`.
fn pull(
    layers: &mut [Layer],
    (input, taken): (&[u8], &mut usize),
    output: &mut [u8],
    limit: usize,
) -> Result<usize, Refusal> {
    let Some((layer, outer)) = layers.split_last_mut() else { return Ok(0) };
    loop {
        let (used, made) = if outer.is_empty() {
            let step = layer.coding.step(&input[*taken..], output)?;
            *taken += step.0;
            step
        } else {
            let step = layer.coding.step(&layer.between[layer.range.clone()], output)?;
            layer.range.start += step.0;
            step
        };
        layer.made += made;
        // What swells between two codings costs as much time as the body itself. Content that does not shrink grows by less
        // than this allows.
        if layer.made > limit.saturating_add(BLOCK + limit / 64) {
            return Err(Refusal::BodyTooLarge { limit });
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
        let more = pull(outer, (input, &mut *taken), &mut layer.between, limit)?;
        layer.range = 0..more;
        if more == 0 {
            return Ok(0);
        }
    }
}

#[cfg(test)]
#[path = "coding_tests.rs"]
mod tests;
