//! Replies, persistence and pipelining: RFC 9112 §4, §6.3, §7.1 and §9; RFC 9110 §9.3.2, §15.
#![allow(clippy::unwrap_used, reason = "a test may")]
mod support;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use bolt_http::exchange::{Answer, Exchange, HIGH_WATER, Responder};
use bolt_http::head::Peer;
use bolt_http::refusal::Refusal;
use bolt_http::reply::{HeaderBlock, Reply, ReplyHead};
use bytes::Bytes;
use support::{Setup, echo, plain, read_until, rest, run, statuses, stream, talk, text};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const HEAD: &str = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n";

fn answering(answer: impl Fn() -> Answer + 'static) -> impl Fn(Exchange) + 'static {
    move |exchange| exchange.responder.send(answer())
}

fn fields(status: u16, fields: &[(&str, &str)], body: &'static str) -> Reply {
    let mut block = HeaderBlock::builder();
    for (name, value) in fields {
        block.push(name.as_bytes(), value.as_bytes()).unwrap();
    }
    Reply { head: ReplyHead { status, headers: block.finish() }, body: Bytes::from_static(body.as_bytes()) }
}

/// RFC 9112 §4 and RFC 9110 §6.6.1: a status line, the handler's fields, a length, a date.
#[test]
fn whole_reply() {
    run(async {
        let mut client =
            Setup::default().connect(answering(|| Answer::Whole(fields(201, &[("X-A", "1"), ("x-a", "2")], "made"))));
        client.write_all(GET.as_bytes()).await.unwrap();
        let raw = String::from_utf8(rest(&mut client).await).unwrap();
        let date = raw.split("date: ").nth(1).unwrap().split("\r\n").next().unwrap();
        assert!(httpdate::parse_http_date(date).is_ok(), "{date}");
        assert_eq!(text(raw.as_bytes()), "HTTP/1.1 201 Created\r\nX-A: 1\r\nx-a: 2\r\ncontent-length: 4\r\n\r\nmade");
    });
}

/// RFC 9112 §4: a status that has no registered phrase has an empty one.
#[test]
fn unknown_status() {
    run(async {
        let reply = Setup::default().talk(GET, answering(|| Answer::Whole(plain(299, "x")))).await;
        assert!(reply.starts_with("HTTP/1.1 299 \r\n"), "{reply}");
    });
}

/// RFC 9110 §15.2: an interim status cannot be a handler's answer, nor can one outside of HTTP's classes.
#[test]
fn impossible_status() {
    run(async {
        for status in [0, 100, 199, 600, 1000] {
            let setup = Setup::default();
            let reply = setup.talk(GET.repeat(2), answering(move || Answer::Whole(plain(status, "x")))).await;
            assert_eq!(statuses(&reply), [500, 500], "{status}");
            assert_eq!(setup.reports.borrow().len(), 2);
        }
    });
}

/// A handler's own Date replaces the engine's.
#[test]
fn own_date() {
    run(async {
        let date = "Thu, 01 Jan 1970 00:00:00 GMT";
        let mut client = Setup::default().connect(answering(move || Answer::Whole(fields(200, &[("date", date)], ""))));
        client.write_all(GET.as_bytes()).await.unwrap();
        assert_eq!(String::from_utf8(rest(&mut client).await).unwrap().matches("date: ").count(), 1);
    });
}

/// RFC 9110 §9.3.2: HEAD gets the fields of GET, with its length, and no content.
#[test]
fn head_has_no_body() {
    run(async {
        let reply = Setup::default().talk(format!("{HEAD}{GET}"), echo).await;
        assert!(reply.starts_with("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nHTTP/1.1 200 OK\r\n"), "{reply}");
        let declared = answering(|| Answer::Whole(fields(200, &[("content-length", "12345")], "")));
        assert!(Setup::default().talk(HEAD, declared).await.contains("content-length: 12345\r\n"));
        let wrong = answering(|| Answer::Whole(fields(200, &[("content-length", "12345")], "four")));
        assert!(Setup::default().talk(HEAD, wrong).await.contains("content-length: 4\r\n"));
    });
}

/// RFC 9110 §8.6, §15.3.5, §15.4.5: 204 and 304 have no content; a 204 has no length either.
#[test]
fn bodiless_statuses() {
    run(async {
        for status in [204, 304] {
            let reply = Setup::default()
                .talk(format!("{GET}{GET}"), answering(move || Answer::Whole(plain(status, "x"))))
                .await;
            assert_eq!(statuses(&reply), [status, status]);
            assert!(!reply.contains("content-length") && !reply.contains('x'), "{reply}");
        }
    });
}

/// RFC 9110 §15.3.6: 205 has no content, and says so by its length.
#[test]
fn reset_content() {
    run(async {
        let reset = "HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\n\r\n";
        let whole = answering(|| Answer::Whole(fields(205, &[("content-length", "1")], "x")));
        assert_eq!(Setup::default().talk(format!("{GET}{GET}"), whole).await, reset.repeat(2));
        let streamed = answering(|| {
            let (writer, answer) = stream(205);
            writer.write(Bytes::from_static(b"x"));
            writer.finish();
            answer
        });
        assert_eq!(Setup::default().talk(format!("{GET}{GET}"), streamed).await, reset.repeat(2));
    });
}

/// RFC 9112 §6.3: the length sent is that of the body, whatever the handler declared.
#[test]
fn declared_length_of_a_whole_reply() {
    run(async {
        let reply = Setup::default()
            .talk(GET, answering(|| Answer::Whole(fields(200, &[("content-length", "99")], "four"))))
            .await;
        assert!(reply.ends_with("content-length: 4\r\n\r\nfour"), "{reply}");
    });
}

/// A reply too long to be copied arrives whole, also to a client that reads slowly, and the next one behind it.
#[test]
fn long_reply() {
    run(async {
        let body: Bytes = (0..1_000_000u32).map(|number| number as u8).collect::<Vec<_>>().into();
        let sent = body.clone();
        let mut client = Setup::default().connect(answering(move || Answer::Whole(plain(200, sent.clone()))));
        client.write_all(format!("{GET}{GET}").as_bytes()).await.unwrap();
        for _ in 0..2 {
            assert!(read_until(&mut client, "\r\n\r\n").await.contains("content-length: 1000000"));
            let mut received = vec![0; body.len()];
            client.read_exact(&mut received).await.unwrap();
            assert!(received == body);
        }
    });
}

/// RFC 9112 §9.3: HTTP/1.1 stays open by default, HTTP/1.0 closes by default; `Connection` changes either.
#[test]
fn persistence() {
    run(async {
        for (version, connection, answers) in [
            ("1.1", "", 2),
            ("1.1", "Connection: close\r\n", 1),
            ("1.1", "Connection: x, CLOSE\r\n", 1),
            ("1.1", "Connection: keep-alive, close\r\n", 1),
            ("1.1", "Connection: keep-alive\r\nConnection: close\r\n", 1),
            ("1.0", "", 1),
            ("1.0", "Connection: keep-alive\r\n", 2),
            ("1.0", "Connection: Keep-Alive, close\r\n", 1),
        ] {
            let request = format!("GET / HTTP/{version}\r\nHost: a\r\n{connection}\r\n");
            let reply = talk(request.repeat(2)).await;
            assert_eq!(statuses(&reply).len(), answers, "{version} {connection:?}");
            assert_eq!(reply.contains("connection: close"), answers == 1);
            assert_eq!(reply.contains("connection: keep-alive"), version == "1.0" && answers == 2);
        }
    });
}

/// RFC 9112 §9.6: a handler may ask to close; nothing after that request is read as one.
#[test]
fn handler_closes() {
    run(async {
        let reply = Setup::default()
            .talk(format!("{GET}{GET}"), answering(|| Answer::Whole(fields(200, &[("Connection", "close")], "x"))))
            .await;
        assert_eq!(statuses(&reply), [200]);
        assert!(reply.contains("connection: close"));
    });
}

/// RFC 9112 §9.3.2: pipelined requests are answered in their order.
#[test]
fn pipelining() {
    run(async {
        let requests: String = (0..50).map(|number| format!("GET /{number} HTTP/1.1\r\nHost: a\r\n\r\n")).collect();
        let reply = talk(requests).await;
        let bodies: Vec<_> =
            reply.match_indices("GET /").map(|(at, _)| reply[at + 5..].split(' ').next().unwrap()).collect();
        assert_eq!(bodies, (0..50).map(|number| number.to_string()).collect::<Vec<_>>());
    });
}

/// Replies to a batch of pipelined requests leave in one write.
#[test]
fn pipelined_replies_are_flushed_together() {
    run(async {
        let service = Setup::default().service(echo);
        let (mut client, server) = tokio::io::duplex(1 << 16);
        let writes = Rc::new(RefCell::new(0));
        let io = support::counting::Counting { inner: server, writes: writes.clone() };
        let stop = bolt_http::server::Stop::new();
        tokio::task::spawn_local(bolt_http::http1::serve_connection(io, Peer::InProcess, service, stop));
        client.write_all(GET.repeat(10).as_bytes()).await.unwrap();
        assert_eq!(statuses(&text(&rest(&mut client).await)).len(), 10);
        assert_eq!(*writes.borrow(), 1);
    });
}

/// The reply to a pipelined request does not wait for the one behind it.
#[test]
fn slow_handler_does_not_hold_back_earlier_replies() {
    run(async {
        let held: Rc<RefCell<VecDeque<Responder>>> = Rc::default();
        let keep = held.clone();
        let mut client = Setup::default().connect(move |exchange: Exchange| match exchange.head.path() {
            "/slow" => keep.borrow_mut().push_back(exchange.responder),
            _ => echo(exchange),
        });
        client.write_all(format!("{GET}GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()).await.unwrap();
        assert!(read_until(&mut client, "]").await.ends_with("GET / []"));
        held.borrow_mut().pop_front().unwrap().send(Answer::Whole(plain(200, "late!")));
        assert!(read_until(&mut client, "!").await.ends_with("late!"));
    });
}

/// A responder dropped without an answer is a 500, and the connection goes on.
#[test]
fn lost_handler() {
    run(async {
        let reply = Setup::default().talk(format!("{GET}{GET}"), |exchange: Exchange| drop(exchange)).await;
        assert_eq!(statuses(&reply), [500, 500]);
        assert!(reply.contains("{\"detail\":\"Internal Server Error\"}"));
    });
}

/// A handler's refusal is rendered like the engine's own.
#[test]
fn handler_refuses() {
    run(async {
        let refusal = || Answer::Refuse(Refusal::ServiceUnavailable { retry_after: Some(7) });
        let reply = Setup::default().talk(GET, answering(refusal)).await;
        assert!(reply.starts_with("HTTP/1.1 503 Service Unavailable\r\n") && reply.contains("\r\nretry-after: 7\r\n"));
    });
}

/// RFC 9112 §7.1: a streamed reply to HTTP/1.1 is chunked and ends with the last chunk; the connection stays open.
#[test]
fn streamed_reply() {
    run(async {
        let handler = answering(|| {
            let (writer, answer) = stream(200);
            for chunk in ["hello", "", "0123456789abcdef"] {
                writer.write(Bytes::from_static(chunk.as_bytes()));
            }
            writer.finish();
            answer
        });
        let reply = Setup::default().talk(format!("{GET}{GET}"), handler).await;
        let once =
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n";
        assert_eq!(reply, once.repeat(2));
    });
}

/// A chunk leaves when it is written, not when the next one comes.
#[test]
fn streamed_chunks_are_not_held_back() {
    run(async {
        let held = Rc::new(RefCell::new(None));
        let keep = held.clone();
        let mut client = Setup::default().connect(move |exchange: Exchange| {
            let (writer, answer) = stream(200);
            exchange.responder.send(answer);
            *keep.borrow_mut() = Some(writer);
        });
        client.write_all(GET.as_bytes()).await.unwrap();
        read_until(&mut client, "\r\n\r\n").await;
        let writer = held.borrow_mut().take().unwrap();
        for _ in 0..3 {
            writer.write(Bytes::from_static(b"tick"));
            assert_eq!(read_until(&mut client, "tick\r\n").await, "4\r\ntick\r\n");
        }
        writer.finish();
        assert_eq!(read_until(&mut client, "0\r\n\r\n").await, "0\r\n\r\n");
    });
}

/// RFC 9112 §6.3: to HTTP/1.0, the end of the connection is the end of a streamed reply.
#[test]
fn streamed_reply_to_http10() {
    run(async {
        let handler = answering(|| {
            let (writer, answer) = stream(200);
            writer.write(Bytes::from_static(b"hello"));
            writer.finish();
            answer
        });
        let reply = Setup::default().talk("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", handler).await;
        assert_eq!(reply, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello");
    });
}

/// RFC 9112 §6.2: a stream whose length is declared is sent with it, not chunked.
#[test]
fn streamed_reply_with_length() {
    run(async {
        let declared = |chunk: &'static [u8]| {
            answering(move || {
                let (writer, answer) = stream(200);
                let Answer::Stream(_, body) = answer else { unreachable!() };
                writer.write(Bytes::from_static(chunk));
                writer.finish();
                Answer::Stream(fields(200, &[("content-length", "5")], "").head, body)
            })
        };
        let reply = Setup::default().talk(GET, declared(b"hello")).await;
        assert_eq!(reply, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
        // More or less than declared never shifts where the next reply begins.
        let setup = Setup::default();
        let more = setup.talk(format!("{GET}{GET}"), declared(b"hello world")).await;
        assert_eq!(more, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
        let less = setup.talk(format!("{GET}{GET}"), declared(b"hell")).await;
        assert_eq!(less, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell");
        let told = "a stream was longer or shorter than its Content-Length; the connection was closed";
        assert_eq!(*setup.reports.borrow(), [told, told]);
    });
}

/// A streamed reply that fails is cut off: what came is sent, but no last chunk and no further reply.
#[test]
fn failed_stream() {
    run(async {
        let handler = answering(|| {
            let (writer, answer) = stream(200);
            writer.write(Bytes::from_static(b"hello"));
            answer
        });
        let reply = Setup::default().talk(format!("{GET}{GET}"), handler).await;
        assert_eq!(reply, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n");
    });
}

/// A stream that fails before it made anything is a 500.
#[test]
fn stream_that_fails_at_once() {
    run(async {
        let reply = Setup::default().talk(GET, answering(|| stream(200).1)).await;
        assert_eq!(statuses(&reply), [500]);
    });
}

/// RFC 9110 §9.3.2: a stream is not sent to HEAD, nor with 204; its producer is told that nobody reads.
#[test]
fn bodiless_streams() {
    run(async {
        for (request, status) in [(HEAD, 200), (GET, 204)] {
            let writers = Rc::new(RefCell::new(Vec::new()));
            let keep = writers.clone();
            let handler = move |exchange: Exchange| {
                let (writer, answer) = stream(status);
                writer.write(Bytes::from_static(b"hello"));
                keep.borrow_mut().push(writer);
                exchange.responder.send(answer);
            };
            let reply = Setup::default().talk(request.repeat(2), handler).await;
            assert_eq!(statuses(&reply), [status, status]);
            assert!(!reply.contains("hello") && !reply.contains("chunked"), "{reply}");
            assert!(writers.borrow().iter().all(|writer| writer.is_closed()));
        }
    });
}

/// Backpressure: a producer is told to wait while the client does not read, and to go on when it does.
#[test]
fn slow_reader_holds_the_producer() {
    run(async {
        let held = Rc::new(RefCell::new(None));
        let keep = held.clone();
        let mut client = Setup::default().connect(move |exchange: Exchange| {
            let (writer, answer) = stream(200);
            exchange.responder.send(answer);
            *keep.borrow_mut() = Some(writer);
        });
        client.write_all(GET.as_bytes()).await.unwrap();
        read_until(&mut client, "\r\n\r\n").await;
        let writer = held.borrow_mut().take().unwrap();
        let chunk = Bytes::from(vec![b'x'; 10_000]);
        let mut written = 0;
        loop {
            written += chunk.len();
            if !writer.write(chunk.clone()) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        assert!(written < 4 * (HIGH_WATER + support::PIPE), "{written} bytes were taken from the producer");
        let room = Rc::new(tokio::sync::Notify::new());
        let told = room.clone();
        writer.on_room(move || told.notify_one());
        let reader = tokio::task::spawn_local(async move { rest(&mut client).await.len() });
        room.notified().await;
        writer.finish();
        assert!(reader.await.unwrap() > written);
    });
}

/// A chunk too long to be copied is framed like any other.
#[test]
fn long_chunks() {
    run(async {
        let handler = answering(|| {
            let (writer, answer) = stream(200);
            writer.write(Bytes::from(vec![b'x'; 100_000]));
            writer.write(Bytes::from_static(b"end"));
            writer.finish();
            answer
        });
        let reply = Setup::default().talk(GET, handler).await;
        let body = reply.split_once("\r\n\r\n").unwrap().1;
        assert_eq!(body, format!("186a0\r\n{}\r\n3\r\nend\r\n0\r\n\r\n", "x".repeat(100_000)));
    });
}

/// An upgrade hands over the connection with whatever the client sent ahead.
#[test]
fn upgrade() {
    run(async {
        let mut client = Setup::default().connect(|exchange: Exchange| {
            let head = fields(101, &[("Upgrade", "echo")], "").head;
            exchange.responder.send(Answer::Upgrade(
                head,
                Box::new(|mut upgraded| {
                    tokio::task::spawn_local(async move {
                        upgraded.io.write_all(&upgraded.read_ahead).await.unwrap();
                        upgraded.io.shutdown().await.unwrap();
                    });
                }),
            ));
        });
        client
            .write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nahead")
            .await
            .unwrap();
        let reply = text(&rest(&mut client).await);
        assert_eq!(reply, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nconnection: upgrade\r\n\r\nahead");
    });
}
