//! Bodies: taken apart without a panic, the same however they arrive, and never beyond their limit.
#![no_main]
use bolt_http::config::Config;
use bolt_http::http1::body::{Decoder, Framing, Step};
use bolt_http::refusal::Refusal;
use libfuzzer_sys::fuzz_target;

const LIMIT: usize = 500;

fuzz_target!(|data: &[u8]| {
    let [length, step, input @ ..] = data else { return };
    let framing = if *length == 0 { Framing::Chunked } else { Framing::Length(u64::from(*length)) };
    let whole = decode(framing, input, input.len().max(1));
    assert_eq!(whole, decode(framing, input, usize::from(*step).max(1)));
    let Ok((content, taken, complete)) = whole else { return };
    assert!(content.len() <= LIMIT && taken <= input.len());
    if let Framing::Length(length) = framing {
        assert_eq!(content, input[..taken]);
        assert_eq!(complete, taken as u64 == length);
    }
    if complete && framing == Framing::Chunked {
        assert!(input[..taken].ends_with(b"\r\n"));
    }
});

fn decode(framing: Framing, input: &[u8], step: usize) -> Result<(Vec<u8>, usize, bool), Refusal> {
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
