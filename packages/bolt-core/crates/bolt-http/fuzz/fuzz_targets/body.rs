//! Bodies and their content codings: taken apart without a panic, the same however they arrive, never beyond their limit.
#![no_main]
use bolt_http::coding::{BLOCK, ContentDecoder, Made};
use bolt_http::config::Config;
use bolt_http::head::Peer;
use bolt_http::http1::body::{Decoder, Framing, Step};
use bolt_http::http1::parse::parse_head;
use bolt_http::refusal::Refusal;
use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;
use std::io::Write;

const LIMIT: usize = 500;

/// Decoded by 255, 254 and so on, in place of a framing.
const CODINGS: [&str; 8] = ["gzip", "deflate", "br", "zstd", "gzip, gzip", "br, gzip", "zstd, zstd, br", "gzip, zstd"];

fuzz_target!(|data: &[u8]| {
    let [kind, step, input @ ..] = data else { return };
    let step = usize::from(*step).max(1);
    match CODINGS.get(usize::from(255 - kind)) {
        Some(codings) => coded(codings, input, step),
        None => framed(*kind, input, step),
    }
});

fn framed(length: u8, input: &[u8], step: usize) {
    let framing = if length == 0 { Framing::Chunked } else { Framing::Length(u64::from(length)) };
    let whole = deframe(framing, input, input.len().max(1));
    assert_eq!(whole, deframe(framing, input, step));
    let Ok((content, taken, complete)) = whole else { return };
    assert!(content.len() <= LIMIT && taken <= input.len());
    if let Framing::Length(length) = framing {
        assert_eq!(content, input[..taken]);
        assert_eq!(complete, taken as u64 == length);
    }
    if complete && framing == Framing::Chunked {
        assert!(input[..taken].ends_with(b"\r\n"));
    }
}

fn deframe(framing: Framing, input: &[u8], step: usize) -> Result<(Vec<u8>, usize, bool), Refusal> {
    let config = Config { max_trailer_bytes: 100, max_chunk_line: 40, ..Config::default() };
    let mut decoder = Decoder::new(framing, LIMIT, &config)?;
    let (mut content, mut taken) = (Vec::new(), 0);
    for piece in input.chunks(step) {
        let mut rest = piece;
        while !rest.is_empty() && !decoder.is_complete() {
            let length = match decoder.step(rest)? {
                Step::Content(length) => {
                    content.extend_from_slice(&rest[..length]);
                    length
                }
                Step::Framing(length) => length,
                Step::End => break,
            };
            assert!(length > 0, "a step that takes nothing would never end");
            taken += length;
            rest = &rest[length..];
        }
    }
    Ok((content, taken, decoder.is_complete()))
}

fn coded(codings: &str, input: &[u8], step: usize) {
    // Which rule is found broken first may depend on the pieces; what is accepted, and as what, must not.
    let whole = decode(codings, input, input.len().max(1)).ok();
    assert_eq!(whole, decode(codings, input, step).ok());
    assert!(whole.is_none_or(|content| content.len() <= LIMIT));
    // Hostile bytes seldom get past a checksum, so the same bytes as content of their own, and one of them damaged.
    if codings == "gzip" {
        let mut encoded = gzip(input);
        let decoded = decode(codings, &encoded, step);
        if input.len() <= LIMIT {
            assert_eq!(decoded.as_deref(), Ok(input));
        } else {
            assert_eq!(decoded, Err(Refusal::BodyTooLarge { limit: LIMIT }));
        }
        let place = step % encoded.len();
        encoded[place] ^= 1;
        let _ = decode(codings, &encoded, step);
    }
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).and_then(|()| encoder.finish()).expect("memory is enough")
}

fn decode(codings: &str, input: &[u8], step: usize) -> Result<Vec<u8>, Refusal> {
    let head = format!("PUT / HTTP/1.1\r\nHost: a\r\nContent-Encoding: {codings}\r\n\r\n");
    let head = parse_head(head.into(), 2, Peer::InProcess)?.head;
    let mut decoder = ContentDecoder::of(&head, LIMIT)?.expect("a coding");
    let (mut content, mut block) = (Vec::new(), vec![0; BLOCK]);
    for piece in input.chunks(step) {
        let mut rest = piece;
        loop {
            let (taken, made) = decoder.step(rest, &mut block)?;
            rest = &rest[taken..];
            match made {
                Made::Content(length) => content.extend_from_slice(&block[..length]),
                Made::Paused => assert!(taken > 0 || codings.contains(','), "a pause without work"),
                Made::Nothing => break,
            }
        }
        assert!(rest.is_empty(), "input is left without progress");
    }
    decoder.finish().map(|()| content)
}
