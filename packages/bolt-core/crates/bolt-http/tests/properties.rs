//! What must hold for any input, and however it is cut into reads.
#![allow(clippy::unwrap_used, reason = "a test may")]
mod support;

use bolt_http::config::Config;
use bolt_http::exchange::{Answer, Exchange};
use bolt_http::head::Peer;
use bolt_http::http1::body::{Decoder, Framing, Step};
use bolt_http::http1::parse::parse_head;
use bolt_http::http1::scan::{HeadScanner, Scan};
use bolt_http::http1::serve_connection;
use bolt_http::refusal::Refusal;
use bolt_http::router::BodyMode;
use bolt_http::server::Stop;
use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use support::{Setup, echo, echo_stream, rest, run, text};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Pieces from which requests, right and wrong, are put together.
fn piece() -> impl Strategy<Value = String> {
    let fixed = [
        "GET / HTTP/1.1\r\n",
        "POST /p?q=%2F HTTP/1.1\r\n",
        "HEAD * HTTP/1.1\r\n",
        "GET / HTTP/1.0\r\n",
        "OPTIONS * HTTP/1.1\r\n",
        "GET http://b/ HTTP/1.1\r\n",
        "Host: a\r\n",
        "Host:\r\n",
        "Content-Length: 5\r\n",
        "Content-Length: x\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Connection: close\r\n",
        "Connection: keep-alive\r\n",
        "A line that goes on for a while\n",
        "\0\n",
        "X: 1\r\n",
        "X : 1\r\n",
        " X\r\n",
        "\r\n",
        "\n",
        "\r",
        "hello",
        "5\r\nhello\r\n",
        "0\r\n\r\n",
        "0\r\nX: 1\r\n\r\n",
        "5;a=b\r\n",
        "\0",
    ];
    prop_oneof![
        8 => prop::sample::select(fixed.map(str::to_owned).to_vec()),
        4 => Just("GET /next HTTP/1.1\r\nHost: a\r\n\r\n".to_owned()),
        4 => "[a-z]{0,9}".prop_map(|body| format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len())),
        4 => vec("[a-z]{1,9}", 0..4).prop_map(|chunks| {
            let body: String = chunks.iter().map(|chunk| format!("{:x}\r\n{chunk}\r\n", chunk.len())).collect();
            format!("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}0\r\n\r\n")
        }),
        1 => "\\PC{0,5}",
    ]
}

/// `input` cut at places that `cuts` picks.
fn cut<'a>(input: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(input.len() + 1)).collect();
    places.extend([0, input.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| &input[pair[0]..pair[1]]).collect()
}

/// What a server with these settings says to these reads.
fn reply_to(mode: BodyMode, parts: &[&[u8]]) -> (String, Vec<String>) {
    let result = std::cell::RefCell::default();
    run(async {
        let setup = Setup::with(|setup| setup.mode = mode);
        let mut client = match mode {
            BodyMode::Stream => setup.connect(echo_stream),
            _ => setup.connect(echo),
        };
        for part in parts {
            // It may have closed already.
            let _ = client.write_all(part).await;
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
        }
        *result.borrow_mut() = (text(&rest(&mut client).await), setup.reports.borrow().clone());
    });
    result.into_inner()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// The replies depend on the bytes alone, not on how they are cut into reads.
    #[test]
    fn splits_change_nothing(
        pieces in vec(piece(), 0..9),
        cuts in vec(any::<prop::sample::Index>(), 0..6),
        mode in prop::sample::select(vec![BodyMode::None, BodyMode::Whole, BodyMode::Stream]),
    ) {
        let input = pieces.concat().into_bytes();
        let whole = reply_to(mode, &[&input]);
        prop_assert_eq!(&whole.1, &Vec::<String>::new());
        prop_assert_eq!(&whole, &reply_to(mode, &cut(&input, &cuts)));
        let bytes: Vec<&[u8]> = input.chunks(1).collect();
        prop_assert_eq!(&whole, &reply_to(mode, &bytes));
    }

    /// Arbitrary bytes never panic, and what is answered is HTTP.
    #[test]
    fn arbitrary_bytes_are_answered_or_closed(input in vec(any::<u8>(), 0..300)) {
        let (reply, reports) = reply_to(BodyMode::Whole, &[&input]);
        prop_assert!(reply.is_empty() || reply.starts_with("HTTP/1.1 "), "{}", reply);
        prop_assert!(reports.is_empty());
    }

    /// A body comes out of the chunked coding as it went in, and what follows it is left alone.
    #[test]
    fn chunked_round_trip(
        chunks in vec((vec(any::<u8>(), 1..40), "(;[a-z]{1,5}(=[a-z\"]{1,5})?)?"), 0..8),
        trailers in vec("[A-Za-z-]{1,9}: ?[ -~]{0,9}\r\n", 0..3),
        after in vec(any::<u8>(), 0..10),
        cuts in vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let mut coded = Vec::new();
        for (chunk, extension) in &chunks {
            coded.extend_from_slice(format!("{:X}{extension}\r\n", chunk.len()).as_bytes());
            coded.extend_from_slice(chunk);
            coded.extend_from_slice(b"\r\n");
        }
        coded.extend_from_slice(format!("0\r\n{}\r\n", trailers.concat()).as_bytes());
        let length = coded.len();
        coded.extend_from_slice(&after);
        let (body, taken) = decode(Framing::Chunked, &cut(&coded, &cuts)).unwrap();
        prop_assert_eq!(body, chunks.into_iter().flat_map(|(chunk, _)| chunk).collect::<Vec<_>>());
        prop_assert_eq!(taken, length);
    }

    /// The decoder says the same of any bytes, whole or in pieces.
    #[test]
    fn decoder_does_not_see_splits(
        input in prop_oneof![vec(any::<u8>(), 0..60), "([0-9a-f]{1,2}[; a-z]{0,3}\r?\n?[a-z]{0,12}\r\n){0,4}0?\r\n\r\n".prop_map(String::into_bytes)],
        cuts in vec(any::<prop::sample::Index>(), 0..8),
    ) {
        for framing in [Framing::Chunked, Framing::Length(20)] {
            prop_assert_eq!(decode(framing, &[&input]), decode(framing, &cut(&input, &cuts)));
        }
    }

    /// The fields of a head come out as they went in.
    #[test]
    fn head_round_trip(
        method in "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}",
        path in "/[!-\"$->@-~]{0,30}",
        query in prop::option::of("[!-\"$-~]{0,30}"),
        fields in vec(("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}", "([!-~]([ -~\t]{0,20}[!-~])?)?"), 0..20),
    ) {
        prop_assume!(method != "CONNECT");
        let special = ["host", "expect", "connection", "content-length", "transfer-encoding"];
        prop_assume!(fields.iter().all(|(name, _)| !special.contains(&name.to_ascii_lowercase().as_str())));
        let target = query.as_ref().map_or(path.clone(), |query| format!("{path}?{query}"));
        let lines: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let raw = format!("{method} {target} HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
        let parsed = parse_head(Bytes::from(raw), fields.len() + 1, Peer::InProcess).unwrap();
        prop_assert_eq!(parsed.head.method(), method);
        prop_assert_eq!(parsed.head.path(), path);
        prop_assert_eq!(parsed.head.query(), query.as_deref());
        let read: Vec<_> = parsed.head.headers().skip(1).map(|(name, value)| (name.to_owned(), String::from_utf8_lossy(value).into_owned())).collect();
        prop_assert_eq!(read, fields);
    }

    /// The end of a head is found at the same place, or refused for the same reason, however it arrives.
    #[test]
    fn scanner_does_not_see_splits(pieces in vec(piece(), 0..9), limit in 1usize..80, steps in vec(1usize..20, 1..20)) {
        let input = pieces.concat().into_bytes();
        let config = Config { max_request_line: limit, max_header_bytes: limit, max_header_count: limit / 10, ..Config::default() };
        let whole = HeadScanner::default().scan(&input, &config);
        let mut scanner = HeadScanner::default();
        let mut end = 0;
        let mut pieced = Ok(Scan::Partial);
        for step in steps.iter().cycle() {
            pieced = scanner.scan(&input[..end], &config);
            if pieced != Ok(Scan::Partial) || end == input.len() {
                break;
            }
            end = (end + step).min(input.len());
        }
        prop_assert_eq!(whole, pieced);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// Streamed and whole replies of any lengths come out as they went in, through a pipe of any width.
    #[test]
    fn reply_round_trip(
        chunks in vec(prop_oneof![1usize..50, 16_000usize..17_000, 60_000usize..140_000], 0..6),
        width in prop_oneof![1usize..100, 1000usize..100_000],
    ) {
        let body: Vec<u8> = (0..chunks.iter().sum::<usize>()).map(|number| (number % 251) as u8).collect();
        let width = width.max(body.len() / 2000);
        let (sent, whole) = (std::rc::Rc::new(body.clone()), body.clone());
        let output = std::cell::RefCell::new(Vec::new());
        run(async {
            let service = Setup::default().service(move |exchange: Exchange| {
                if exchange.head.path() == "/whole" {
                    exchange.responder.send(Answer::Whole(support::plain(200, whole.clone())));
                    return;
                }
                let (writer, answer) = support::stream(200);
                let mut start = 0;
                for length in &chunks {
                    writer.write(Bytes::copy_from_slice(&sent[start..start + length]));
                    start += length;
                }
                writer.finish();
                exchange.responder.send(answer);
            });
            let (mut client, server) = tokio::io::duplex(width);
            tokio::task::spawn_local(serve_connection(server, Peer::InProcess, service, Stop::new()));
            let (mut reader, mut writer) = tokio::io::split(&mut client);
            let asking = async {
                writer.write_all(b"GET /stream HTTP/1.1\r\nHost: a\r\n\r\nGET /whole HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
            };
            let mut received = Vec::new();
            let reading = reader.read_to_end(&mut received);
            tokio::join!(asking, async { reading.await.unwrap() });
            *output.borrow_mut() = received;
        });
        let output = output.into_inner();
        let start = memchr::memmem::find(&output, b"\r\n\r\n").unwrap() + 4;
        let config = Config { max_streamed_body: 1 << 20, ..Config::default() };
        let mut decoder = Decoder::new(Framing::Chunked, 1 << 20, &config).unwrap();
        let (mut content, mut at) = (Vec::new(), start);
        while !decoder.is_complete() {
            at += match decoder.step(&output[at..]).unwrap() {
                Step::Content(length) => {
                    content.extend_from_slice(&output[at..at + length]);
                    length
                }
                Step::Framing(length) => length,
                Step::End => 0,
            };
        }
        prop_assert!(content == body);
        prop_assert!(output[at..].starts_with(b"HTTP/1.1 200 OK\r\n"));
        prop_assert!(output.ends_with(&body));
    }
}

/// The content, and how many bytes belonged to the body; unfinished bodies count as refused.
fn decode(framing: Framing, parts: &[&[u8]]) -> Result<(Vec<u8>, usize), Refusal> {
    let mut decoder = Decoder::new(framing, 1000, &Config::default())?;
    let (mut body, mut taken) = (Vec::new(), 0);
    for part in parts {
        let mut rest = *part;
        while !rest.is_empty() && !decoder.is_complete() {
            let length = match decoder.step(rest)? {
                Step::Content(length) => {
                    body.extend_from_slice(&rest[..length]);
                    length
                }
                Step::Framing(length) => length,
                Step::End => break,
            };
            taken += length;
            rest = &rest[length..];
        }
    }
    if decoder.is_complete() { Ok((body, taken)) } else { Err(Refusal::BadRequest("unfinished")) }
}
