//! Request bodies and their framing: RFC 9112 §6 and §7, RFC 9110 §8.6 and §10.1.1.
#![allow(clippy::unwrap_used, reason = "a test may")]
mod support;

use std::cell::Cell;
use std::rc::Rc;

use bolt_http::exchange::{Answer, BodyPart, Exchange};
use bolt_http::router::BodyMode;
use support::{Setup, echo, echo_stream, plain, read_until, rest, run, statuses, talk, text};
use tokio::io::AsyncWriteExt;

const NEXT: &str = "GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// A POST with these framing fields and this body, followed by another request.
fn post(fields: &str, body: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n{body}{NEXT}")
}

fn chunked(body: &str) -> String {
    post("Transfer-Encoding: chunked\r\n", body)
}

/// Refused with `status`, and the request smuggled behind it never seen.
async fn assert_refused(input: &str, status: u16) {
    let reply = talk(input).await;
    assert_eq!(statuses(&reply), [status], "{input:?}");
    assert!(reply.contains("connection: close"), "{input:?}");
}

/// Both requests answered, the first with `body`.
async fn assert_read(input: &str, body: &str) {
    let reply = talk(input).await;
    assert_eq!(statuses(&reply), [200, 200], "{input:?}: {reply}");
    assert!(reply.contains(&format!("POST / [{body}]")), "{input:?}: {reply}");
    assert!(reply.ends_with("GET /next []"));
}

/// RFC 9112 §6.3: a Content-Length delimits the body; the next request begins right behind it.
#[test]
fn content_length() {
    run(async {
        assert_read(&post("Content-Length: 5\r\n", "hello"), "hello").await;
        assert_read(&post("Content-Length: 0\r\n", ""), "").await;
        assert_read(&post("content-length: 005\r\n", "hello"), "hello").await;
    });
}

/// RFC 9112 §6.3: without framing fields a request has no body, whatever its method.
#[test]
fn no_framing_means_no_body() {
    run(async { assert_read(&post("", ""), "").await });
}

/// RFC 9110 §8.6: a Content-Length that is no number, or comes twice, is refused and the connection closed.
#[test]
fn malformed_content_length() {
    run(async {
        for value in
            ["", "+5", "-5", "5 5", "5,5", "0x5", "5.0", "five", "18446744073709551616", "99999999999999999999999"]
        {
            assert_refused(&post(&format!("Content-Length: {value}\r\n"), "hello"), 400).await;
        }
        assert_refused(&post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), 400).await;
        assert_refused(&post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400).await;
    });
}

/// RFC 9112 §6.1: both framings at once are an attack.
#[test]
fn both_framings() {
    run(async {
        for fields in [
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        ] {
            assert_refused(&post(fields, "0\r\n\r\n"), 400).await;
        }
    });
}

/// RFC 9112 §6.1: chunked must be the one and last coding; one that the server does not know is 501.
#[test]
fn transfer_codings() {
    run(async {
        assert_read(&post("Transfer-Encoding: Chunked\r\n", "0\r\n\r\n"), "").await;
        for value in ["chunked, chunked", "chunked,", ""] {
            assert_refused(&post(&format!("Transfer-Encoding: {value}\r\n"), "0\r\n\r\n"), 400).await;
        }
        assert_refused(&post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400).await;
        assert_refused(&post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"), 400).await;
        for value in
            ["gzip, chunked", "identity", "xchunked", "chunked;q=1", "\"chunked\"", "chunked gzip", "chunked, gzip"]
        {
            assert_refused(&post(&format!("Transfer-Encoding: {value}\r\n"), "0\r\n\r\n"), 501).await;
        }
    });
}

/// RFC 9112 §6.1: HTTP/1.0 knows no transfer codings, so such a request's framing is faulty.
#[test]
fn transfer_encoding_in_http10() {
    run(async {
        let input = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n";
        assert_refused(input, 400).await;
    });
}

/// RFC 9112 §7.1: chunks are joined; sizes are hexadecimal in either case, with leading zeros.
#[test]
fn chunks() {
    run(async {
        assert_read(&chunked("5\r\nhello\r\n0\r\n\r\n"), "hello").await;
        assert_read(&chunked("2\r\nhe\r\n003\r\nllo\r\n000\r\n\r\n"), "hello").await;
        assert_read(&chunked("A\r\n0123456789\r\n0\r\n\r\n"), "0123456789").await;
        assert_read(&chunked("a\r\n\r\n0\r\n\r\n0\r\n\r\n0\r\n\r\n"), "\r\n0\r\n\r\n0\r\n").await;
    });
}

/// RFC 9112 §7.1.1: chunk extensions are ignored, also with whitespace before the semicolon.
#[test]
fn chunk_extensions() {
    run(async {
        assert_read(&chunked("5;a=b;c=\"d e\"\r\nhello\r\n0;x\r\n\r\n"), "hello").await;
        assert_read(&chunked("5 ;a\r\nhello\r\n0\t;x\r\n\r\n"), "hello").await;
    });
}

/// RFC 9112 §7.1: anything else in a chunk's framing is refused.
#[test]
fn malformed_chunks() {
    run(async {
        for body in [
            "\r\n",
            "g\r\n",
            "5\nhello\r\n0\r\n\r\n",
            "5\r\nhello0\r\n\r\n",
            "5\r\nhello\n0\r\n\r\n",
            "5\rhello\r\n0\r\n\r\n",
            "5\r\nhelloX\r\n0\r\n\r\n",
            "0x5\r\nhello\r\n0\r\n\r\n",
            "+5\r\nhello\r\n0\r\n\r\n",
            "-1\r\n",
            " 5\r\nhello\r\n0\r\n\r\n",
            "5 \r\nhello\r\n0\r\n\r\n",
            "5;a\nb\r\nhello\r\n0\r\n\r\n",
            "5;a\rb\r\nhello\r\n0\r\n\r\n",
            ";a\r\n",
            "5;\0\r\nhello\r\n0\r\n\r\n",
        ] {
            assert_refused(&chunked(body), 400).await;
        }
    });
}

/// A chunk size beyond the limit, or beyond 64 bits, is refused before its content comes.
#[test]
fn chunk_size_overflow() {
    run(async {
        for size in ["fffffffffffffffff", "10000000000000005", "ffffffffffffffff", "7fffffff"] {
            assert_refused(&chunked(&format!("{size}\r\n")), 413).await;
        }
        assert_refused(&chunked(&format!("{}5\r\nhello\r\n0\r\n\r\n", "0".repeat(300))), 400).await;
    });
}

/// A chunk-size line and all extensions together are bounded.
#[test]
fn chunk_extension_limits() {
    run(async {
        assert_refused(&chunked(&format!("5;{}\r\nhello\r\n0\r\n\r\n", "a".repeat(300))), 400).await;
        let many = format!("1;{}\r\nx\r\n", "a".repeat(200)).repeat(60);
        assert_refused(&chunked(&format!("{many}0\r\n\r\n")), 431).await;
    });
}

/// RFC 9112 §7.1.2: trailer fields are read and dropped; they never become header fields.
#[test]
fn trailers() {
    run(async {
        assert_read(&chunked("5\r\nhello\r\n0\r\nX: 1\r\nContent-Length: 7\r\n\r\n"), "hello").await;
        for trailer in ["X : 1\r\n", " X: 1\r\n", "X\r\n", "X: 1\n", "X: \0\r\n", ": 1\r\n"] {
            assert_refused(&chunked(&format!("0\r\n{trailer}\r\n")), 400).await;
        }
        assert_refused(&chunked(&format!("0\r\nX: {}\r\n\r\n", "a".repeat(9000))), 431).await;
    });
}

/// RFC 9110 §15.5.14: a declared length beyond the limit is refused before a byte of it is read.
#[test]
fn body_limit() {
    run(async {
        let setup = Setup::with(|setup| setup.max_body = Some(10));
        let within = setup.talk(post("Content-Length: 10\r\n", "0123456789"), echo).await;
        assert_eq!(statuses(&within), [200, 200]);
        let declared = setup.talk("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", echo).await;
        assert_eq!(statuses(&declared), [413]);
        let counted = setup.talk(chunked("6\r\n012345\r\n5\r\n"), echo).await;
        assert_eq!(statuses(&counted), [413]);
        assert!(declared.contains("connection: close") && counted.contains("connection: close"));
    });
}

/// The limit of the settings counts where the route has none.
#[test]
fn default_body_limit() {
    run(async {
        let setup = Setup::with(|setup| setup.config.max_body = 4);
        assert_eq!(statuses(&setup.talk(post("Content-Length: 5\r\n", "hello"), echo).await), [413]);
        let streaming = Setup::with(|setup| {
            setup.config.max_streamed_body = 4;
            setup.mode = BodyMode::Stream;
        });
        assert_eq!(statuses(&streaming.talk(post("Content-Length: 5\r\n", "hello"), echo_stream).await), [413]);
    });
}

/// A body longer than one read arrives whole, however it is cut.
#[test]
fn long_bodies() {
    run(async {
        let body: String = (0..300_000).map(|number| char::from(b'a' + (number % 26) as u8)).collect();
        let handler = |exchange: Exchange| {
            let bolt_http::exchange::Body::Whole(body) = exchange.body else { panic!("no whole body") };
            exchange.responder.send(Answer::Whole(plain(200, body)));
        };
        for input in [post("Content-Length: 300000\r\n", &body), chunked(&format!("493e0\r\n{body}\r\n0\r\n\r\n"))] {
            let mut client = Setup::default().connect(move |exchange: Exchange| match exchange.head.method() {
                "POST" => handler(exchange),
                _ => echo(exchange),
            });
            client.write_all(input.as_bytes()).await.unwrap();
            let reply = text(&rest(&mut client).await);
            assert!(reply.contains(&body));
            assert!(reply.ends_with("GET /next []"));
        }
    });
}

/// A route that wants no body gets none, and the body sent all the same is not taken for a request.
#[test]
fn unwanted_body_is_dropped() {
    run(async {
        let setup = Setup::with(|setup| setup.mode = BodyMode::None);
        for input in [post("Content-Length: 5\r\n", "hello"), chunked("5\r\nhello\r\n0\r\n\r\n")] {
            let reply = setup.talk(input, echo).await;
            assert_eq!(statuses(&reply), [200, 200]);
            assert!(reply.contains("POST / []"), "{reply}");
        }
        assert_eq!(statuses(&setup.talk(chunked("zz\r\n"), echo).await), [400]);
    });
}

/// RFC 9112 §8: a request that ends before its body is complete is never handled.
#[test]
fn incomplete_body() {
    run(async {
        for input in [
            "Content-Length: 9\r\n\r\nhello",
            "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
            "Transfer-Encoding: chunked\r\n\r\n0\r\n",
        ] {
            let handled = Rc::new(Cell::new(false));
            let seen = handled.clone();
            let mut client = Setup::default().connect(move |exchange: Exchange| {
                seen.set(true);
                echo(exchange);
            });
            client.write_all(format!("POST / HTTP/1.1\r\nHost: a\r\n{input}").as_bytes()).await.unwrap();
            client.shutdown().await.unwrap();
            assert_eq!(statuses(&text(&rest(&mut client).await)), [400]);
            assert!(!handled.get());
        }
    });
}

/// RFC 9110 §10.1.1: the server asks for the body with 100 when it is going to read it.
#[test]
fn expect_continue() {
    run(async {
        let mut client = Setup::default().connect(echo);
        client
            .write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n\r\n")
            .await
            .unwrap();
        assert_eq!(read_until(&mut client, "\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
        client.write_all(b"hello").await.unwrap();
        assert!(read_until(&mut client, "]").await.ends_with("POST / [hello]"));
    });
}

/// RFC 9110 §10.1.1: no 100 to a client that has begun to send, to HTTP/1.0, or where there is no body.
#[test]
fn needless_continue() {
    run(async {
        let fields = "Content-Length: 5\r\nExpect: 100-continue\r\n";
        assert_eq!(statuses(&talk(post(fields, "hello")).await), [200, 200]);
        assert_eq!(statuses(&talk(post("Expect: 100-continue\r\n", "")).await), [200, 200]);
        let mut client = Setup::default().connect(echo);
        client.write_all(format!("POST / HTTP/1.0\r\n{fields}\r\n").as_bytes()).await.unwrap();
        tokio::task::yield_now().await;
        client.write_all(b"hello").await.unwrap();
        assert_eq!(statuses(&text(&rest(&mut client).await)), [200]);
    });
}

/// RFC 9110 §10.1.1: a refusal comes instead of 100, and then the connection closes, since the body may or may not follow.
#[test]
fn refused_expectation_of_a_large_body() {
    run(async {
        let setup = Setup::with(|setup| setup.max_body = Some(4));
        let reply =
            setup.talk("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", echo).await;
        assert_eq!(statuses(&reply), [413]);
        let setup = Setup::with(|setup| setup.mode = BodyMode::None);
        let reply =
            setup.talk("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", echo).await;
        assert_eq!(statuses(&reply), [200]);
        assert!(reply.contains("connection: close"));
    });
}

/// RFC 9110 §10.1.1: an expectation the server does not know is 417.
#[test]
fn unknown_expectation() {
    run(async {
        for value in ["200-ok", "100-continue, x", ""] {
            assert_refused(&post(&format!("Expect: {value}\r\n"), ""), 417).await;
        }
    });
}

/// A streamed body reaches the handler piece by piece; the next request follows behind it.
#[test]
fn streamed_body() {
    run(async {
        let setup = Setup::with(|setup| setup.mode = BodyMode::Stream);
        for input in [post("Content-Length: 5\r\n", "hello"), chunked("2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")] {
            let reply = setup.talk(input, echo_stream).await;
            assert_eq!(statuses(&reply), [200, 200], "{reply}");
            assert!(reply.contains("[hello]") && reply.ends_with("no body"), "{reply}");
        }
    });
}

/// Tiny chunks are joined, so that a body of them costs the server little more than its bytes.
#[test]
fn tiny_chunks_are_joined() {
    run(async {
        let setup = Setup::with(|setup| setup.mode = BodyMode::Stream);
        let pieces = Rc::new(Cell::new(0));
        let count = pieces.clone();
        let mut client = setup.connect(move |exchange: Exchange| {
            let count = count.clone();
            tokio::task::spawn_local(async move {
                let bolt_http::exchange::Body::Stream(reader) = exchange.body else { panic!("no stream") };
                let mut whole = Vec::new();
                loop {
                    match reader.next_part() {
                        BodyPart::Chunk(chunk) => {
                            count.set(count.get() + 1);
                            whole.extend_from_slice(&chunk);
                        }
                        BodyPart::Pending => support::ready(&reader).await,
                        BodyPart::End => break,
                        BodyPart::Failed(refusal) => panic!("{refusal:?}"),
                    }
                }
                exchange.responder.send(Answer::Whole(plain(200, whole)));
            });
        });
        let body: String = (0..5000).map(|number| format!("1\r\n{}\r\n", number % 10)).collect();
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
        client.write_all(format!("{head}{body}0\r\n\r\n").as_bytes()).await.unwrap();
        let reply = text(&rest(&mut client).await);
        assert!(reply.ends_with(&(0..5000).map(|number| (number % 10).to_string()).collect::<String>()));
        assert!(pieces.get() < 50, "{} pieces", pieces.get());
    });
}

/// A handler that reads a streamed body is told when its framing breaks, and the connection closes.
#[test]
fn broken_streamed_body() {
    run(async {
        let setup = Setup::with(|setup| setup.mode = BodyMode::Stream);
        for (body, status) in [("5\r\nhelloX", 400), ("ffffffffff\r\n", 413)] {
            let reply = setup.talk(chunked(body), echo_stream).await;
            assert_eq!(statuses(&reply), [status]);
            assert!(reply.contains("connection: close"));
        }
    });
}

/// RFC 9110 §10.1.1: for a streamed body, 100 goes out when the handler first asks for bytes.
#[test]
fn streamed_expect_continue() {
    run(async {
        let setup = Setup::with(|setup| setup.mode = BodyMode::Stream);
        let head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
        let mut client = setup.connect(echo_stream);
        client.write_all(head).await.unwrap();
        assert_eq!(read_until(&mut client, "\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
        client.write_all(b"hello").await.unwrap();
        assert!(read_until(&mut client, "]").await.ends_with("[hello]"));
        let unread = setup.talk(head, echo).await;
        assert_eq!(statuses(&unread), [200]);
        assert!(unread.contains("connection: close"));
    });
}

/// Backpressure: what a handler does not read is not read from the client either, beyond a bound.
#[test]
fn unread_stream_holds_the_client() {
    run(async {
        let setup = Setup::with(|setup| setup.mode = BodyMode::Stream);
        let held = Rc::new(std::cell::RefCell::new(None));
        let keep = held.clone();
        let mut client = setup.connect(move |exchange: Exchange| *keep.borrow_mut() = Some(exchange));
        client.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n").await.unwrap();
        let mut sent = 0;
        let chunk = [b'x'; 1000];
        while tokio::time::timeout(std::time::Duration::from_secs(1), client.write_all(&chunk)).await.is_ok() {
            sent += chunk.len();
        }
        assert!(sent < 300_000, "{sent} bytes were taken");
        assert!(held.borrow().is_some());
    });
}

/// RFC 9112 §9.3: a body that the handler left unread is dropped before the next request is read.
#[test]
fn abandoned_body_is_drained() {
    run(async {
        let setup = Setup::with(|setup| setup.mode = BodyMode::Stream);
        let handler = |exchange: Exchange| exchange.responder.send(Answer::Whole(plain(200, "early")));
        for input in [post("Content-Length: 5\r\n", "hello"), chunked("5\r\nhello\r\n0\r\n\r\n")] {
            assert_eq!(statuses(&setup.talk(input, handler).await), [200, 200]);
        }
        let long =
            setup.talk(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n{NEXT}"), handler).await;
        assert_eq!(statuses(&long), [200]);
        assert!(long.contains("connection: close"));
    });
}
