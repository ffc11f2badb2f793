//! The two ends of streams, and header fields checked when built: RFC 9110 §5.
#![allow(clippy::unwrap_used, reason = "a test may")]
mod support;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::Ordering;

use bolt_http::exchange::{
    Answer, Body, BodyPart, BodyReader, Exchange, HIGH_WATER, OwnAnswer, Responder, reply_stream,
};
use bolt_http::reply::{HeaderBlock, InvalidHeader};
use bolt_http::router::BodyMode;
use bytes::Bytes;
use support::{Setup, plain, read_until, run, stream};
use tokio::io::AsyncWriteExt;

/// A flag and a callback that sets it.
fn flag() -> (Rc<Cell<bool>>, impl FnOnce() + 'static) {
    let flag = Rc::new(Cell::new(false));
    let set = flag.clone();
    (flag, move || set.set(true))
}

/// A field whose name or value would break the head it is written into is refused (RFC 9110 §5.1, §5.5).
#[test]
fn response_splitting() {
    let mut block = HeaderBlock::builder();
    for name in ["", "a b", "a:", "a\r\nb", "é", "a\0"] {
        assert_eq!(block.push(name.as_bytes(), b"1"), Err(InvalidHeader::Name), "{name:?}");
    }
    for value in ["a\r\nb: c", "b\r\n", "\nb", "a\nb", "a\rb", "a\0b", "\u{7f}", "\u{1}"] {
        assert_eq!(block.push(b"a", value.as_bytes()), Err(InvalidHeader::Value), "{value:?}");
    }
    assert_eq!(block.finish().as_bytes(), b"");
}

/// Framing and persistence are the engine's: a handler can ask to close and declare a length, nothing else.
#[test]
fn reserved_fields() {
    let mut block = HeaderBlock::builder();
    for name in ["Transfer-Encoding", "connection", "KEEP-ALIVE"] {
        assert_eq!(block.push(name.as_bytes(), b"x"), Err(InvalidHeader::Reserved), "{name}");
    }
    for value in ["", "-1", "+1", "1 1", "0x1", "99999999999999999999"] {
        assert_eq!(block.push(b"Content-Length", value.as_bytes()), Err(InvalidHeader::Value), "{value:?}");
    }
    block.push(b"Connection", b" Close ").unwrap();
    block.push(b"content-length", b"12").unwrap();
    block.push(b"Date", b"now").unwrap();
    let block = block.finish();
    assert!(block.close() && block.has_date());
    assert_eq!((block.content_length(), block.as_bytes()), (Some(12), &b"Date: now\r\n"[..]));
}

/// Values keep obs-text and inner whitespace and lose what surrounds them.
#[test]
fn values_are_trimmed() {
    let mut block = HeaderBlock::builder();
    block.push(b"a", b" \tb\tc \xe9 ").unwrap();
    assert_eq!(block.finish().as_bytes(), b"a: b\tc \xe9\r\n");
}

/// A producer is told to wait at the high-water mark, and at once when nobody reads any more.
#[test]
fn producer() {
    let (writer, body) = reply_stream();
    assert!(writer.write(Bytes::from(vec![0; HIGH_WATER - 1])));
    assert!(!writer.write(Bytes::from_static(b"x")));
    let (told, tell) = flag();
    writer.on_room(tell);
    assert!(!told.get());
    drop(body);
    assert!(told.get() && writer.is_closed());
    assert!(writer.write(Bytes::from_static(b"dropped")));
    let (at_once, tell) = flag();
    writer.on_closed(tell);
    assert!(at_once.get());
}

/// Callbacks for a client that left run once, at once where it has left already, never where it stayed.
#[test]
fn client_gone() {
    run(async {
        let held = Rc::new(RefCell::new(None::<Responder>));
        let keep = held.clone();
        let mut client =
            Setup::default().connect(move |exchange: Exchange| *keep.borrow_mut() = Some(exchange.responder));
        client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        tokio::task::yield_now().await;
        let responder = held.borrow_mut().take().unwrap();
        let (stayed, tell) = flag();
        responder.on_gone(tell);
        responder.send(Answer::Whole(plain(200, "!")));
        read_until(&mut client, "!").await;
        client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        tokio::task::yield_now().await;
        let responder = held.borrow_mut().take().unwrap();
        let (left, tell) = flag();
        responder.on_gone(tell);
        let flag_of_connection = responder.gone_flag();
        assert!(!flag_of_connection.load(Ordering::Relaxed));
        drop(client);
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let (late, tell) = flag();
        responder.on_gone(tell);
        assert!(!stayed.get() && left.get() && late.get() && responder.is_gone());
        assert!(flag_of_connection.load(Ordering::Relaxed));
    });
}

/// The end of a reply is told once all of it has left, be it whole or streamed, and not before.
#[test]
fn end_of_a_reply_is_told() {
    run(async {
        let (told, tell) = flag();
        let tell = RefCell::new(Some(tell));
        let body = vec![b'x'; support::PIPE * 4];
        let mut client = Setup::default().connect(move |exchange: Exchange| {
            if let Some(tell) = tell.borrow_mut().take() {
                exchange.responder.on_replied(tell);
            }
            exchange.responder.send(Answer::Whole(plain(200, body.clone())));
        });
        client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        read_until(&mut client, "\r\n\r\nx").await;
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        assert!(!told.get(), "most of the reply waits for its client");
        let mut left = vec![0; support::PIPE * 4 - 1];
        tokio::io::AsyncReadExt::read_exact(&mut client, &mut left).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        assert!(told.get());

        let held = Rc::new(RefCell::new(None));
        let (told, tell) = flag();
        let (keep, tell) = (held.clone(), RefCell::new(Some(tell)));
        let mut client = Setup::default().connect(move |exchange: Exchange| {
            let (writer, answer) = stream(200);
            exchange.responder.on_replied(tell.borrow_mut().take().unwrap());
            exchange.responder.send(answer);
            *keep.borrow_mut() = Some(writer);
        });
        client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        read_until(&mut client, "\r\n\r\n").await;
        assert!(!told.get());
        held.borrow_mut().take().unwrap().finish();
        read_until(&mut client, "0\r\n\r\n").await;
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        assert!(told.get());
    });
}

/// A client that leaves ends the wait for the reply's end: before the answer, in the middle of a stream, or long ago.
#[test]
fn end_of_a_reply_that_nobody_takes() {
    run(async {
        for streamed in [false, true] {
            let held = Rc::new(RefCell::new((None, None)));
            let (told, tell) = flag();
            let (keep, tell) = (held.clone(), RefCell::new(Some(tell)));
            let mut client = Setup::default().connect(move |exchange: Exchange| {
                exchange.responder.on_replied(tell.borrow_mut().take().unwrap());
                let mut keep = keep.borrow_mut();
                if streamed {
                    let (writer, answer) = stream(200);
                    exchange.responder.send(answer);
                    keep.0 = Some(writer);
                } else {
                    keep.1 = Some(exchange.responder);
                }
            });
            client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            assert!(!told.get());
            drop(client);
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            assert!(told.get(), "streamed: {streamed}");
            if let Some(responder) = &held.borrow().1 {
                let (late, tell) = flag();
                responder.on_replied(tell);
                assert!(late.get());
            }
        }
    });
}

/// Where a refusal takes the place of an answer, who waits for the reply's end is told, and so is the one who words it.
#[test]
fn end_of_a_refusal_tells_both() {
    use bolt_http::files::{FileReply, Source};
    use bolt_http::refusals::Refusals;
    use bolt_http::reply::ReplyHead;
    run(async {
        let ((first, tell_first), (second, tell_second)) = (flag(), flag());
        let tells = RefCell::new(vec![Box::new(tell_second) as Box<dyn FnOnce()>, Box::new(tell_first)]);
        let service = bolt_http::service::Service::new(
            bolt_http::config::Config::default(),
            bolt_http::router::RouteTable::single(bolt_http::router::RouteSpec {
                method: "GET".to_owned(),
                path: "/".to_owned(),
                name: "test".to_owned(),
                ..Default::default()
            }),
            Default::default(),
            Rc::new(move |exchange: Exchange| {
                exchange.responder.on_replied(tells.borrow_mut().pop().unwrap());
                let head = ReplyHead { status: 200, headers: HeaderBlock::default() };
                let missing = Source::Path("/there/is/no/such/file".into());
                exchange.responder.send(match exchange.own {
                    Some(OwnAnswer::Refusal(refusal)) => Answer::Whole(plain(refusal.status(), "worded")),
                    _ => Answer::File(FileReply { head, source: missing }),
                });
            }),
        );
        let service = service.with_refusals(Refusals::default().worded_above(Vec::new()));
        let mut client = Setup::default().connect_to(&Rc::new(service));
        client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        assert!(read_until(&mut client, "worded").await.starts_with("HTTP/1.1 404 "));
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        assert!(first.get() && second.get());
    });
}

/// A reader of a body that was answered without it is told that no more will come.
#[test]
fn body_outlives_its_request() {
    run(async {
        let setup = Setup::with(|setup| setup.mode = BodyMode::Stream);
        let held = Rc::new(RefCell::new(None::<BodyReader>));
        let keep = held.clone();
        let mut client = setup.connect(move |exchange: Exchange| {
            let Body::Stream(reader) = exchange.body else { panic!("no stream") };
            assert!(matches!(reader.next_part(), BodyPart::Pending));
            *keep.borrow_mut() = Some(reader);
            exchange.responder.send(Answer::Whole(plain(200, "!")));
        });
        client.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n").await.unwrap();
        read_until(&mut client, "!").await;
        let reader = held.borrow_mut().take().unwrap();
        assert!(matches!(reader.next_part(), BodyPart::Failed(_)));
        let (told, tell) = flag();
        reader.on_ready(tell);
        assert!(told.get());
    });
}

/// A producer may still be writing when its client's next request waits; the order stays.
#[test]
fn next_request_waits_for_the_stream() {
    run(async {
        let held = Rc::new(RefCell::new(Vec::new()));
        let keep = held.clone();
        let mut client = Setup::default().connect(move |exchange: Exchange| match exchange.head.path() {
            "/stream" => {
                let (writer, answer) = stream(200);
                exchange.responder.send(answer);
                keep.borrow_mut().push(writer);
            }
            _ => support::echo(exchange),
        });
        client
            .write_all(b"GET /stream HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n")
            .await
            .unwrap();
        read_until(&mut client, "\r\n\r\n").await;
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let writer = held.borrow_mut().pop().unwrap();
        writer.write(Bytes::from_static(b"last"));
        writer.finish();
        assert!(read_until(&mut client, "]").await.starts_with("4\r\nlast\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"));
    });
}
