use std::io::Write;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use proptest::prelude::*;

use super::*;

fn encode(name: &str, content: &[u8]) -> Vec<u8> {
    match name {
        "gzip" => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(content).and_then(|()| encoder.finish()).expect("gzip")
        }
        "deflate" => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(content).and_then(|()| encoder.finish()).expect("zlib")
        }
        "br" => {
            let mut encoded = Vec::new();
            {
                let mut encoder = brotli::CompressorWriter::new(&mut encoded, 4096, 5, 20);
                encoder.write_all(content).expect("brotli");
            }
            encoded
        }
        "zstd" => zstd::encode_all(content, 3).expect("zstd"),
        other => panic!("{other}"),
    }
}

fn decoder(names: &[&str], limit: usize) -> ContentDecoder {
    let layers = names.iter().rev().map(|name| {
        let coding = coding(name.as_bytes()).expect("a known coding");
        Layer { coding, between: Vec::new(), range: 0..0, made: 0 }
    });
    ContentDecoder { layers: layers.collect(), limit, decoded: 0 }
}

fn decode(names: &[&str], encoded: &[u8], cut: usize, limit: usize) -> Result<Vec<u8>, Refusal> {
    let (mut decoder, mut block, mut decoded) = (decoder(names, limit), vec![0; BLOCK], Vec::new());
    for piece in encoded.chunks(cut) {
        let mut piece = piece;
        loop {
            let (taken, made) = decoder.step(piece, &mut block)?;
            piece = &piece[taken..];
            match made {
                Made::Content(made) => decoded.extend_from_slice(&block[..made]),
                Made::Paused => {}
                Made::Nothing => break,
            }
        }
        assert!(piece.is_empty(), "input is left without progress");
    }
    decoder.finish().map(|()| decoded)
}

const ALL: [&str; 4] = ["gzip", "br", "zstd", "deflate"];

/// A body beyond its limit is refused long before it is decoded; one of exactly the limit is not.
#[test]
fn bombs() {
    let zeros = vec![0; 10_000_000];
    for name in ALL {
        let bomb = encode(name, &zeros);
        assert_eq!(decode(&[name], &bomb, 1000, 100_000), Err(Refusal::BodyTooLarge { limit: 100_000 }), "{name}");
        assert_eq!(decode(&[name], &bomb, 1000, zeros.len()).map(|body| body.len()), Ok(zeros.len()), "{name}");
    }
    let stacked = encode("gzip", &encode("gzip", &zeros));
    assert_eq!(decode(&["gzip", "gzip"], &stacked, 1000, 100_000), Err(Refusal::BodyTooLarge { limit: 100_000 }));
    // What swells between the codings counts, though nothing comes out at the end: an endless row of empty gzip members.
    let empties = encode("gzip", &encode("gzip", b"").repeat(100_000));
    assert_eq!(decode(&["gzip", "gzip"], &empties, 1000, 1000), Err(Refusal::BodyTooLarge { limit: 1000 }));
}

/// Members that hold nothing cost time, however few bytes they are: their decoding pauses for others, and loses nothing.
#[test]
fn fruitless_work_pauses() {
    let empties = [encode("gzip", b"").repeat(20_000), encode("gzip", b"the end")].concat();
    for (names, encoded) in [(&["gzip"][..], empties.clone()), (&["gzip", "gzip"], encode("gzip", &empties))] {
        let mut decoder = decoder(names, 1_000_000);
        let (mut block, mut rest, mut pauses) = (vec![0; BLOCK], &encoded[..], 0);
        loop {
            let (taken, made) = decoder.step(rest, &mut block).expect("valid content");
            rest = &rest[taken..];
            match made {
                Made::Paused => pauses += 1,
                Made::Content(made) => assert_eq!(&block[..made], b"the end"),
                Made::Nothing => break,
            }
        }
        assert!(rest.is_empty() && pauses >= 20_000 * CALL / MOST_FRUITLESS, "{pauses} pauses");
        assert_eq!(decoder.finish(), Ok(()));
    }
}

/// A field full of names is refused before a decoder is made for each.
#[test]
fn many_codings() {
    let decoder_for = |names: &str| {
        let head = format!("PUT / HTTP/1.1\r\nHost: a\r\nContent-Encoding: {names}\r\n\r\n");
        let parsed = crate::http1::parse::parse_head(head.into(), 2, crate::head::Peer::InProcess).expect("a head");
        ContentDecoder::of(&parsed.head, 100).map(|decoder| decoder.map_or(0, |decoder| decoder.layers.len()))
    };
    assert_eq!(decoder_for("gzip, br,identity,, zstd"), Ok(3));
    assert_eq!(decoder_for("identity"), Ok(0));
    assert_eq!(decoder_for("gzip, gzip, gzip, nonsense"), Err(Refusal::UnsupportedContentCoding));
    assert_eq!(decoder_for(&"gzip,".repeat(4)), Err(Refusal::UnsupportedContentCoding));
}

/// Content that breaks off, goes on after its end or is damaged is refused.
#[test]
fn corrupt_content() {
    let content = b"some content, some content, some content".repeat(10);
    for name in ALL {
        let encoded = encode(name, &content);
        for end in 0..encoded.len() {
            assert_eq!(decode(&[name], &encoded[..end], 7, 10_000), Err(CORRUPT), "{name} cut at {end}");
        }
        assert_eq!(decode(&[name], &[&encoded[..], b"junk"].concat(), 7, 10_000), Err(CORRUPT), "{name}");
        assert_eq!(decode(&[name], b"certainly not compressed", 7, 10_000), Err(CORRUPT), "{name}");
    }
    // The checksum counts.
    let mut damaged = encode("gzip", &content);
    let place = damaged.len() - 5;
    damaged[place] ^= 1;
    assert_eq!(decode(&["gzip"], &damaged, 100, 10_000), Err(CORRUPT));
}

/// gzip members and zstd frames may follow one another.
#[test]
fn several_members() {
    for name in ["gzip", "zstd"] {
        let two = [encode(name, b"one "), encode(name, b"two")].concat();
        for cut in [1, 5, 1000] {
            assert_eq!(decode(&[name], &two, cut, 100).as_deref(), Ok(&b"one two"[..]), "{name}");
        }
    }
}

/// A window beyond what HTTP allows costs memory that no client is granted.
#[test]
fn large_windows() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("zstd");
    encoder.window_log(27).expect("a window");
    encoder.write_all(&vec![7; 20_000_000]).expect("zstd");
    let encoded = encoder.finish().expect("zstd");
    assert_eq!(decode(&["zstd"], &encoded, 1000, 100_000_000), Err(CORRUPT));
}

proptest! {
    /// Codings, alone and stacked, give back what they took, however it arrives.
    #[test]
    fn round_trips(
        content in prop::collection::vec(any::<u8>(), 0..3000),
        repeat in 1..60usize,
        names in prop::collection::vec(prop::sample::select(&ALL[..]), 1..4),
        cut in 1..5000usize,
    ) {
        let content = content.repeat(repeat);
        let encoded = names.iter().fold(content.clone(), |content, name| encode(name, &content));
        prop_assert_eq!(decode(&names, &encoded, cut, content.len()), Ok(content));
    }
}
