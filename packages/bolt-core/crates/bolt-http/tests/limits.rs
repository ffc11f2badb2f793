//! Limits on heads, timeouts, clients that leave, graceful stop.
#![allow(clippy::unwrap_used, reason = "a test may")]
mod support;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use bolt_http::exchange::{Answer, Exchange, Responder};
use bolt_http::router::BodyMode;
use bytes::Bytes;
use support::{PIPE, Setup, echo, echo_stream, plain, read_until, rest, run, statuses, stream, talk, text};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

/// Asserts that what began at `since` took `expected`, to a tenth of a second.
#[track_caller]
fn assert_took(since: Instant, expected: Duration) {
    let took = since.elapsed();
    assert!(took >= expected && took < expected + Duration::from_millis(100), "it took {took:?}, not {expected:?}");
}

/// RFC 9110 §15.5.15: a request line of exactly the limit passes, one byte more is 414, also before its end has come.
#[test]
fn request_line_limit() {
    run(async {
        let setup = Setup::with(|setup| setup.config.max_request_line = 40);
        let line = |length: usize| format!("GET /{} HTTP/1.1", "a".repeat(length - "GET / HTTP/1.1".len()));
        let within = setup.talk(format!("{}\r\nHost: a\r\n\r\n", line(40)), echo).await;
        assert_eq!(statuses(&within), [200]);
        let beyond = setup.talk(format!("{}\r\nHost: a\r\n\r\n", line(41)), echo).await;
        assert_eq!(statuses(&beyond), [414]);
        assert_eq!(
            statuses(&setup.talk("GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", echo).await),
            [414]
        );
    });
}

/// RFC 6585 §5: a header section beyond its limit is 431, in bytes and in fields, complete or not.
#[test]
fn header_limits() {
    run(async {
        let setup = Setup::with(|setup| {
            setup.config.max_header_bytes = 100;
            setup.config.max_header_count = 3;
        });
        let with = |fields: &str| format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        assert_eq!(statuses(&setup.talk(with(&format!("X: {}\r\n", "a".repeat(86))), echo).await), [200]);
        assert_eq!(statuses(&setup.talk(with(&format!("X: {}\r\n", "a".repeat(87))), echo).await), [431]);
        assert_eq!(statuses(&setup.talk(format!("GET / HTTP/1.1\r\nX: {}", "a".repeat(100)), echo).await), [431]);
        assert_eq!(statuses(&setup.talk(with("X: 1\r\nY: 2\r\n"), echo).await), [200]);
        assert_eq!(statuses(&setup.talk(with("X: 1\r\nY: 2\r\nZ: 3\r\n"), echo).await), [431]);
    });
}

/// More fields than fit the parser's stack space are read all the same.
#[test]
fn many_fields() {
    run(async {
        let fields: String = (0..99).map(|number| format!("X-{number}: {number}\r\n")).collect();
        let handler = |exchange: Exchange| {
            let last = exchange.head.header("x-98").map(<[u8]>::to_vec).unwrap();
            exchange.responder.send(Answer::Whole(plain(200, last)));
        };
        let reply = Setup::default().talk(format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n"), handler).await;
        assert!(reply.ends_with("\r\n\r\n98"), "{reply}");
    });
}

/// RFC 9110 §15.5.9: a head that does not arrive in time is 408; each byte that trickles in buys no time.
#[test]
fn slow_head() {
    run(async {
        let setup = Setup::with(|setup| setup.config.head_timeout = seconds(10));
        let mut client = setup.connect(echo);
        let began = Instant::now();
        client.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        for _ in 0..9 {
            tokio::time::sleep(seconds(1)).await;
            client.write_all(b"X: 1\r\n").await.unwrap();
        }
        assert_eq!(statuses(&read_until(&mut client, "}").await), [408]);
        assert_took(began, seconds(10));
    });
}

/// RFC 9112 §9.5: a connection without a request is closed in silence after the keep-alive time, new or used.
#[test]
fn idle_connection() {
    run(async {
        let setup = Setup::with(|setup| setup.config.keep_alive_timeout = seconds(30));
        let began = Instant::now();
        assert_eq!(setup.talk("", echo).await, "");
        assert_took(began, seconds(10));
        let mut client = setup.connect(echo);
        let mut last = Instant::now();
        for pause in [20, 20, 0] {
            client.write_all(GET.as_bytes()).await.unwrap();
            read_until(&mut client, "]").await;
            last = Instant::now();
            tokio::time::sleep(seconds(pause)).await;
        }
        assert_eq!(rest(&mut client).await, b"");
        assert_took(last, seconds(30));
    });
}

/// Times beyond what a clock can say mean never.
#[test]
fn endless_timeouts() {
    run(async {
        let setup = Setup::with(|setup| {
            let config = &mut setup.config;
            config.head_timeout = Duration::MAX;
            config.keep_alive_timeout = Duration::MAX;
            config.body_grace = Duration::MAX;
            config.write_timeout = Duration::MAX;
            config.drain_timeout = Duration::MAX;
        });
        let mut client = setup.connect(echo);
        for part in ["POST / HTTP/1.1\r\n", "Host: a\r\nContent-Length: 5\r\n\r\n", "hel", "lo"] {
            tokio::time::sleep(seconds(1_000_000)).await;
            client.write_all(part.as_bytes()).await.unwrap();
        }
        assert!(read_until(&mut client, "]").await.ends_with("POST / [hello]"));
        assert!(setup.reports.borrow().is_empty());
    });
}

/// RFC 9110 §15.5.9: a body slower than the minimum rate is 408 once the grace is used up; a fast enough one is not.
#[test]
fn slow_body() {
    run(async {
        let setup = Setup::with(|setup| {
            setup.config.body_grace = seconds(5);
            setup.config.body_min_rate = 100;
        });
        let head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n";
        for (piece, status) in [(200, 200), (50, 408)] {
            let mut client = setup.connect(echo);
            client.write_all(head).await.unwrap();
            let began = Instant::now();
            let (mut reader, mut writer) = tokio::io::split(client);
            let sending = tokio::task::spawn_local(async move {
                for _ in 0..2000 / piece {
                    tokio::time::sleep(seconds(1)).await;
                    if writer.write_all(&vec![b'x'; piece]).await.is_err() {
                        return;
                    }
                }
            });
            assert_eq!(statuses(&read_until(&mut reader, "\r\n\r\n").await), [status]);
            assert!(status == 200 || began.elapsed() < seconds(12), "{:?}", began.elapsed());
            sending.abort();
        }
    });
}

/// A client that stops in the middle of a body is given the grace, then 408.
#[test]
fn stopped_body() {
    run(async {
        let setup = Setup::with(|setup| setup.config.body_grace = seconds(5));
        for body in [
            "Content-Length: 5\r\n\r\nhel",
            "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
            "Transfer-Encoding: chunked\r\n\r\n5",
        ] {
            let mut client = setup.connect(echo);
            let began = Instant::now();
            client.write_all(format!("POST / HTTP/1.1\r\nHost: a\r\n{body}").as_bytes()).await.unwrap();
            assert_eq!(statuses(&read_until(&mut client, "}").await), [408]);
            assert_took(began, seconds(5));
        }
    });
}

/// The handler of a streamed body is told of the timeout; time in which it did not read does not count.
#[test]
fn stopped_streamed_body() {
    run(async {
        let setup = Setup::with(|setup| {
            setup.config.body_grace = seconds(5);
            setup.mode = BodyMode::Stream;
        });
        let mut client = setup.connect(|exchange: Exchange| {
            tokio::task::spawn_local(async move {
                tokio::time::sleep(seconds(60)).await;
                echo_stream(exchange);
            });
        });
        let began = Instant::now();
        client.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel").await.unwrap();
        assert_eq!(statuses(&read_until(&mut client, "}").await), [408]);
        assert_took(began, seconds(65));
    });
}

/// A client that takes next to nothing of its reply is cut off after the write timeout; one that goes on reading is not.
#[test]
fn stalled_reader() {
    run(async {
        let setup = Setup::with(|setup| setup.config.write_timeout = seconds(20));
        for (bytes_each_time, cut_after) in [(5000, 45 + 20), (100, 20)] {
            let service = setup.service(|exchange: Exchange| {
                exchange.responder.send(Answer::Whole(plain(200, vec![b'x'; 4 * PIPE])));
            });
            let mut client = setup.connect_to(&service);
            let began = Instant::now();
            client.write_all(GET.as_bytes()).await.unwrap();
            for _ in 0..3 {
                tokio::time::sleep(seconds(15)).await;
                let _ = client.read_exact(&mut vec![0; bytes_each_time]).await;
                if began.elapsed() >= seconds(cut_after) {
                    break;
                }
            }
            service.drained().await;
            assert!(began.elapsed() <= seconds(cut_after + 11), "cut after {:?}", began.elapsed());
            assert!(began.elapsed() >= seconds(cut_after), "cut after {:?}", began.elapsed());
        }
    });
}

/// A reply stream whose client takes nothing is cut off too, and its producer told.
#[test]
fn stalled_stream_reader() {
    run(async {
        let held = Rc::new(RefCell::new(None));
        let keep = held.clone();
        let mut client = Setup::default().connect(move |exchange: Exchange| {
            let (writer, answer) = stream(200);
            while writer.write(Bytes::from_static(&[b'x'; 8192])) {}
            exchange.responder.send(answer);
            *keep.borrow_mut() = Some(writer);
        });
        client.write_all(GET.as_bytes()).await.unwrap();
        tokio::time::sleep(seconds(1)).await;
        let writer = held.borrow_mut().take().unwrap();
        while writer.write(Bytes::from_static(&[b'x'; 8192])) {}
        tokio::time::sleep(seconds(31)).await;
        assert!(writer.is_closed());
    });
}

/// A client that leaves while the handler works: the handler is told, and its late answer goes nowhere.
#[test]
fn client_leaves_before_the_answer() {
    run(async {
        let (told, held) = (Rc::new(Cell::new(false)), Rc::new(RefCell::new(None::<Responder>)));
        let (tell, keep) = (told.clone(), held.clone());
        let setup = Setup::default();
        let service = setup.service(move |exchange: Exchange| {
            let tell = tell.clone();
            exchange.responder.on_gone(move || tell.set(true));
            *keep.borrow_mut() = Some(exchange.responder);
        });
        let mut client = setup.connect_to(&service);
        client.write_all(GET.as_bytes()).await.unwrap();
        tokio::time::sleep(seconds(1)).await;
        assert!(!told.get());
        assert_eq!(service.requests_in_flight(), 1);
        drop(client);
        service.drained().await;
        assert!(told.get());
        assert_eq!(service.requests_in_flight(), 0);
        let responder = held.borrow_mut().take().unwrap();
        assert!(responder.is_gone());
        responder.send(Answer::Whole(plain(200, "late")));
    });
}

/// The end of the client's stream after a whole request means gone, unless the setting says that clients half-close.
#[test]
fn half_close() {
    run(async {
        for (allowed, answers) in [(false, 0), (true, 2)] {
            let setup = Setup::with(|setup| setup.config.allow_half_close = allowed);
            let mut client = setup.connect(|exchange: Exchange| {
                tokio::task::spawn_local(async move {
                    tokio::time::sleep(seconds(1)).await;
                    echo(exchange);
                });
            });
            client.write_all(GET.repeat(2).as_bytes()).await.unwrap();
            client.shutdown().await.unwrap();
            let reply = text(&rest(&mut client).await);
            assert_eq!(statuses(&reply).len(), answers, "{reply}");
        }
    });
}

/// RFC 9112 §8: a head that ends in the middle is no request.
#[test]
fn half_a_head() {
    run(async {
        for (input, expected) in
            [("GET / HTT", vec![400]), ("GET / HTTP/1.1\r\nHost: a\r\n", vec![400]), ("", vec![]), ("\r\n", vec![])]
        {
            let mut client = Setup::default().connect(echo);
            client.write_all(input.as_bytes()).await.unwrap();
            client.shutdown().await.unwrap();
            assert_eq!(statuses(&text(&rest(&mut client).await)), expected);
        }
    });
}

/// A producer is told when its client leaves in the middle of the stream, though it has nothing to write.
#[test]
fn client_leaves_during_a_stream() {
    run(async {
        let closed = Rc::new(Cell::new(false));
        let (tell, held) = (closed.clone(), Rc::new(RefCell::new(None)));
        let keep = held.clone();
        let mut client = Setup::default().connect(move |exchange: Exchange| {
            let (writer, answer) = stream(200);
            let tell = tell.clone();
            writer.on_closed(move || tell.set(true));
            exchange.responder.send(answer);
            *keep.borrow_mut() = Some(writer);
        });
        client.write_all(GET.as_bytes()).await.unwrap();
        read_until(&mut client, "\r\n\r\n").await;
        tokio::time::sleep(seconds(1)).await;
        assert!(!closed.get());
        drop(client);
        tokio::time::sleep(seconds(1)).await;
        assert!(closed.get() && held.borrow().as_ref().unwrap().is_closed());
    });
}

/// RFC 9112 §9.6: after a refusal the server reads on for a while, so that the refusal is not lost to a reset.
#[test]
fn refusal_is_followed_by_a_bounded_drain() {
    run(async {
        let setup = Setup::with(|setup| {
            setup.config.max_drain = 10_000;
            setup.config.drain_timeout = seconds(2);
        });
        let service = setup.service(echo);
        let mut client = setup.connect_to(&service);
        client.write_all(b"\x16bad").await.unwrap();
        let began = Instant::now();
        client.write_all(&[b'x'; 5000]).await.unwrap();
        assert_eq!(statuses(&text(&rest(&mut client).await)), [400]);
        assert_eq!(service.open_connections(), 1);
        service.drained().await;
        assert_took(began, seconds(2));
        let mut flooding = setup.connect_to(&service);
        flooding.write_all(b"\x16bad").await.unwrap();
        let began = Instant::now();
        while flooding.write_all(&[b'x'; 1000]).await.is_ok() {}
        assert!(began.elapsed() < seconds(1), "a flood was read for {:?}", began.elapsed());
    });
}

/// Stopping closes idle connections at once and answers what runs with `Connection: close`.
#[test]
fn graceful_stop() {
    run(async {
        let held = Rc::new(RefCell::new(None::<Exchange>));
        let keep = held.clone();
        let setup = Setup::default();
        let service = setup.service(move |exchange: Exchange| match exchange.head.path() {
            "/slow" => *keep.borrow_mut() = Some(exchange),
            _ => echo(exchange),
        });
        let mut idle = setup.connect_to(&service);
        let mut used = setup.connect_to(&service);
        let mut busy = setup.connect_to(&service);
        used.write_all(GET.as_bytes()).await.unwrap();
        read_until(&mut used, "]").await;
        busy.write_all(format!("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n{GET}").as_bytes()).await.unwrap();
        tokio::time::sleep(seconds(1)).await;
        let began = Instant::now();
        setup.stop.trigger();
        assert_eq!(rest(&mut idle).await, b"");
        assert_eq!(rest(&mut used).await, b"");
        assert_took(began, Duration::ZERO);
        assert_eq!(service.open_connections(), 1);
        echo(held.borrow_mut().take().unwrap());
        let reply = text(&rest(&mut busy).await);
        assert_eq!(statuses(&reply), [200]);
        assert!(reply.contains("connection: close"));
        drop(busy);
        service.drained().await;
    });
}

/// A panic in one connection's task is reported and ends that connection only.
#[test]
fn panic_ends_one_connection() {
    run(async {
        let setup = Setup::default();
        let service = setup.service(|exchange: Exchange| match exchange.head.path() {
            "/panic" => panic!("on purpose"),
            _ => echo(exchange),
        });
        let mut other = setup.connect_to(&service);
        let mut client = setup.connect_to(&service);
        client.write_all(b"GET /panic HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        assert_eq!(rest(&mut client).await, b"");
        assert_eq!(setup.reports.borrow().len(), 1);
        other.write_all(GET.as_bytes()).await.unwrap();
        assert!(read_until(&mut other, "]").await.contains("200 OK"));
        assert_eq!((service.open_connections(), service.requests_in_flight()), (1, 0));
    });
}

/// A dropped connection task tells the handler, and the reader of a body, that the client is gone.
#[test]
fn dropped_task() {
    let told = Rc::new(Cell::new(false));
    let tell = told.clone();
    run(async move {
        let setup = Setup::with(|setup| setup.mode = BodyMode::Stream);
        let held = Rc::new(RefCell::new(None));
        let keep = held.clone();
        let service = setup.service(move |exchange: Exchange| {
            let tell = tell.clone();
            exchange.responder.on_gone(move || tell.set(true));
            *keep.borrow_mut() = Some(exchange);
        });
        let (mut client, server) = tokio::io::duplex(PIPE);
        let peer = bolt_http::head::Peer::InProcess;
        let task =
            tokio::task::spawn_local(bolt_http::http1::serve_connection(server, peer, service, setup.stop.clone()));
        client.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n").await.unwrap();
        tokio::time::sleep(seconds(1)).await;
        task.abort();
        tokio::time::sleep(seconds(1)).await;
        assert!(told.get());
        let exchange: Exchange = held.borrow_mut().take().unwrap();
        let bolt_http::exchange::Body::Stream(reader) = exchange.body else { panic!("no stream") };
        assert!(matches!(reader.next_part(), bolt_http::exchange::BodyPart::Failed(_)));
    });
}

/// Requests read ahead of a slow handler are bounded.
#[test]
fn pipelined_flood_is_held() {
    run(async {
        let held = Rc::new(RefCell::new(Vec::new()));
        let keep = held.clone();
        let mut client = Setup::default().connect(move |exchange: Exchange| keep.borrow_mut().push(exchange));
        let mut sent = 0;
        while tokio::time::timeout(seconds(1), client.write_all(GET.as_bytes())).await.is_ok() {
            sent += GET.len();
        }
        assert!(sent < 300_000, "{sent} bytes were taken");
        assert_eq!(held.borrow().len(), 1);
    });
}

/// A client that sends a whole request and another half keeps its first answer.
#[test]
fn answer_before_a_bad_request() {
    run(async {
        let reply = talk(format!("{GET}\x16\x03\x01")).await;
        assert_eq!(statuses(&reply), [200, 400]);
    });
}
