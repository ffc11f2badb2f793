//! Files as replies, over pipes, where they are read, and over sockets, where the kernel sends them.
#![allow(clippy::unwrap_used, reason = "a test may")]
mod support;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bolt_http::exchange::{Answer, Exchange};
use bolt_http::files::{FileReply, Offload, Source};
use bolt_http::reply::{HeaderBlock, ReplyHead};
use bolt_http::server::{Listener, accept_loop};
use bolt_http::service::Service;
use support::{Setup, plain, read_until, rest, run, run_live, statuses, stream, text};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const LAST: &str = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

fn pattern(length: usize) -> Vec<u8> {
    (0..length as u32).map(|number| (number ^ (number >> 8)) as u8).collect()
}

/// A file of so many bytes.
fn file(length: usize) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&pattern(length)).unwrap();
    file
}

fn head(status: u16) -> ReplyHead {
    let mut block = HeaderBlock::builder();
    block.push(b"content-type", b"text/plain").unwrap();
    ReplyHead { status, headers: block.finish() }
}

fn sending(path: impl Into<PathBuf>) -> impl Fn(Exchange) + 'static {
    let source = Source::Path(path.into());
    move |exchange| exchange.responder.send(Answer::File(FileReply { head: head(200), source: source.clone() }))
}

async fn tcp(setup: &Setup, service: &Rc<Service>) -> TcpStream {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::task::spawn_local(accept_loop(Listener::Tcp(listener), service.clone(), setup.stop.clone()));
    TcpStream::connect(address).await.unwrap()
}

/// A client that has read the head of a file's reply, and nothing of the file.
async fn begun(setup: &Setup, service: &Rc<Service>) -> TcpStream {
    let mut client = tcp(setup, service).await;
    client.write_all(GET.as_bytes()).await.unwrap();
    read_until(&mut client, "\r\n\r\n").await;
    client
}

async fn unix(setup: &Setup, service: &Rc<Service>, folder: &Path) -> UnixStream {
    let path = folder.join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    tokio::task::spawn_local(accept_loop(Listener::Unix(listener), service.clone(), setup.stop.clone()));
    UnixStream::connect(path).await.unwrap()
}

/// Sends `input` and reads to the end.
async fn exchange(mut client: impl AsyncRead + AsyncWrite + Unpin, input: &str) -> Vec<u8> {
    client.write_all(input.as_bytes()).await.unwrap();
    let mut output = Vec::new();
    client.read_to_end(&mut output).await.unwrap();
    output
}

/// The contents of replies that declare their lengths.
fn contents(mut output: &[u8]) -> Vec<Vec<u8>> {
    let mut contents = Vec::new();
    while !output.is_empty() {
        let end = output.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
        let fields = String::from_utf8(output[..end].to_vec()).unwrap();
        let length = fields.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
        contents.push(output[end..][..length].to_vec());
        output = &output[end + length..];
    }
    contents
}

/// Files of every size arrive whole over every kind of connection, one behind the other.
#[test]
fn whole_files() {
    run_live(async {
        for length in [0, 1, 16 * 1024 - 1, 16 * 1024, 100_000, 3_000_000] {
            let file = file(length);
            let folder = tempfile::tempdir().unwrap();
            let input = format!("{GET}{LAST}");
            let setup = Setup::default();
            let service = setup.service(sending(file.path()));
            let expected = vec![pattern(length); 2];
            assert!(contents(&exchange(setup.connect_to(&service), &input).await) == expected, "pipe: {length}");
            assert!(contents(&exchange(tcp(&setup, &service).await, &input).await) == expected, "TCP: {length}");
            let client = unix(&setup, &service, folder.path()).await;
            assert!(contents(&exchange(client, &input).await) == expected, "Unix: {length}");
        }
    });
}

/// RFC 9110 §9.3.2: HEAD gets the fields of GET, the length among them, and no content; the connection goes on.
#[test]
fn head_of_a_file() {
    run_live(async {
        let file = file(100_000);
        let setup = Setup::default();
        let service = setup.service(sending(file.path()));
        let input = format!("{}{}", GET.replace("GET", "HEAD"), LAST.replace("GET", "HEAD"));
        let reply = text(&exchange(tcp(&setup, &service).await, &input).await);
        assert_eq!(statuses(&reply), [200, 200]);
        assert_eq!(reply.matches("content-length: 100000\r\n").count(), 2);
        assert!(reply.contains("accept-ranges: bytes\r\n") && reply.ends_with("\r\n\r\n"));
    });
}

/// RFC 9110 §14: one range, several as a multipart, and none that exists; over a socket and a pipe the same.
#[test]
fn ranges() {
    run_live(async {
        let content = pattern(200_000);
        let file = file(content.len());
        let setup = Setup::default();
        let service = setup.service(sending(file.path()));
        let ask = |range: &str| LAST.replace("\r\n\r\n", &format!("\r\nRange: bytes={range}\r\n\r\n"));
        for socket in [false, true] {
            let talk = async |range: &str| match socket {
                true => exchange(tcp(&setup, &service).await, &ask(range)).await,
                false => exchange(setup.connect_to(&service), &ask(range)).await,
            };
            let one = talk("50000-149999").await;
            assert_eq!(statuses(&String::from_utf8_lossy(&one)), [206]);
            assert!(contents(&one) == [&content[50_000..150_000]]);
            let several = talk("0-9,100000-180000,-3").await;
            let body = &contents(&several)[0];
            for part in [&content[..10], &content[100_000..180_001], &content[199_997..]] {
                let part = [b"/200000\r\n\r\n", part, b"\r\n--"].concat();
                assert!(body.windows(part.len()).any(|bytes| bytes == part));
            }
            assert!(body.ends_with(b"--\r\n"));
            let none = String::from_utf8(talk("200000-").await).unwrap();
            assert_eq!(statuses(&none), [416]);
            assert!(none.contains("content-range: bytes */200000\r\n"));
        }
    });
}

/// What cannot be opened is refused and reported, and the connection goes on.
#[test]
fn missing() {
    run_live(async {
        let setup = Setup::default();
        let reply = setup.talk(format!("{GET}{LAST}"), sending("/nowhere/a\nb")).await;
        assert_eq!(statuses(&reply), [404, 404]);
        let reports = setup.reports.borrow();
        assert_eq!(reports.len(), 2);
        assert!(reports[0].contains(r#""/nowhere/a\nb": there is no such file"#), "{reports:?}");
        assert!(!reply.contains("nowhere"));
    });
}

/// An open file is sent from its beginning, wherever its own position is.
#[test]
fn open_file() {
    run_live(async {
        let mut opened = tempfile::tempfile().unwrap();
        opened.write_all(&pattern(50_000)).unwrap();
        let source = Source::Open(Arc::new(opened));
        let setup = Setup::default();
        let answer = move |exchange: Exchange| {
            exchange.responder.send(Answer::File(FileReply { head: head(200), source: source.clone() }))
        };
        let service = setup.service(answer);
        let input = format!("{GET}{LAST}");
        assert!(contents(&exchange(tcp(&setup, &service).await, &input).await) == [pattern(50_000), pattern(50_000)]);
    });
}

const LARGE: u64 = 64 << 20;

/// A file without content of its own, too large for any buffer between server and client.
fn sparse() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(LARGE).unwrap();
    file
}

/// How many bytes of content come, and whether the connection ended well.
async fn drain(client: &mut (impl AsyncRead + Unpin)) -> (u64, bool) {
    let (mut buffer, mut length) = (vec![0; 256 * 1024], 0);
    loop {
        match client.read(&mut buffer).await {
            Ok(0) => return (length, true),
            Ok(read) => length += read as u64,
            Err(_) => return (length, false),
        }
    }
}

/// A file that becomes shorter while it is sent cuts the connection: what arrived must not look like all of it.
#[test]
fn truncated() {
    run_live(async {
        for socket in [true, false] {
            let file = sparse();
            let setup = Setup::default();
            let service = setup.service(sending(file.path()));
            let (received, reports) = (
                async |mut client: Box<dyn Both>| {
                    client.write_all(GET.as_bytes()).await.unwrap();
                    let head = read_until(&mut client, "\r\n\r\n").await;
                    assert!(head.contains(&format!("content-length: {LARGE}\r\n")));
                    file.as_file().set_len(1 << 20).unwrap();
                    drain(&mut client).await.0
                },
                setup.reports.clone(),
            );
            let client: Box<dyn Both> =
                if socket { Box::new(tcp(&setup, &service).await) } else { Box::new(setup.connect_to(&service)) };
            assert!(received(client).await < LARGE);
            assert!(reports.borrow()[0].contains("shorter"));
        }
    });
}

trait Both: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Both for T {}

/// A file that grows meanwhile is sent as long as was declared, and the connection goes on.
#[test]
fn grown() {
    run_live(async {
        let file = sparse();
        let setup = Setup::default();
        let service = setup.service(sending(file.path()));
        let mut client = begun(&setup, &service).await;
        file.as_file().set_len(LARGE + 1000).unwrap();
        let mut left = LARGE as usize;
        let mut buffer = vec![1; 1 << 20];
        while left > 0 {
            let most = left.min(buffer.len());
            left -= client.read(&mut buffer[..most]).await.unwrap();
        }
        client.write_all(LAST.replace("GET", "HEAD").as_bytes()).await.unwrap();
        let reply = read_until(&mut client, "\r\n\r\n").await;
        assert!(reply.starts_with("HTTP/1.1 200 OK\r\n") && reply.contains("content-length: 67109864\r\n"), "{reply}");
    });
}

/// While one client takes a large file as fast as it comes, another is answered.
#[test]
fn fairness() {
    run_live(async {
        let file = sparse();
        let setup = Setup::default();
        let path = file.path().to_owned();
        let service = setup.service(move |exchange: Exchange| {
            let source = Source::Path(path.clone());
            exchange.responder.send(match exchange.head.header("range") {
                Some(_) => Answer::Whole(plain(200, "]")),
                None => Answer::File(FileReply { head: head(200), source }),
            });
        });
        let mut greedy = tcp(&setup, &service).await;
        greedy.write_all(LAST.as_bytes()).await.unwrap();
        let taking = tokio::task::spawn_local(async move { drain(&mut greedy).await });
        let mut modest = tcp(&setup, &service).await;
        let mut answered = 0;
        while !taking.is_finished() {
            modest.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nRange: x\r\n\r\n").await.unwrap();
            read_until(&mut modest, "]").await;
            answered += 1;
        }
        assert!(taking.await.unwrap().0 > LARGE);
        assert!(answered >= 8, "{answered} answers during {LARGE} bytes");
    });
}

/// A client that takes nothing for the write timeout is cut off, whether the file is read or the kernel sends it.
#[test]
fn stalled_client() {
    run(async {
        let file = sparse();
        let setup = Setup::default();
        let mut client = setup.connect(sending(file.path()));
        client.write_all(GET.as_bytes()).await.unwrap();
        tokio::time::sleep(setup.config.write_timeout + Duration::from_secs(1)).await;
        assert!((rest(&mut client).await.len() as u64) < LARGE);
    });
    run_live(async {
        let file = sparse();
        let setup = Setup::with(|setup| setup.config.write_timeout = Duration::from_millis(100));
        let service = setup.service(sending(file.path()));
        let mut client = begun(&setup, &service).await;
        service.drained().await;
        assert!(drain(&mut client).await.0 < LARGE);
    });
}

/// A client that leaves in the middle ends the sending at once.
#[test]
fn client_leaves() {
    run_live(async {
        let file = sparse();
        let setup = Setup::default();
        let service = setup.service(sending(file.path()));
        let client = begun(&setup, &service).await;
        assert_eq!(service.open_connections(), 1);
        drop(client);
        service.drained().await;
    });
}

/// Files below a folder that the proxy serves are named to it, and not opened; others are sent.
#[test]
fn left_to_the_proxy() {
    run_live(async {
        let here = file(5);
        for (source, named) in [("/srv/media/a b", true), (here.path().to_str().unwrap(), false)] {
            let setup = Setup::default();
            let service = setup.service(sending(source));
            let service = Rc::into_inner(service).unwrap();
            let offload = Offload::x_accel_redirect([("/srv/media".into(), "/media/".to_owned())]);
            let service = Rc::new(service.with_offload(Some(offload)));
            let reply = text(&exchange(setup.connect_to(&service), LAST).await);
            assert_eq!(statuses(&reply), [200]);
            assert_eq!(reply.contains("x-accel-redirect: /media/a%20b\r\n"), named, "{reply}");
            assert_eq!(reply.contains("content-length: 0\r\n"), named, "{reply}");
        }
    });
}

fn tagged(status: u16) -> ReplyHead {
    let mut block = HeaderBlock::builder();
    for (name, value) in [("etag", "\"1\""), ("content-type", "text/plain"), ("vary", "cookie")] {
        block.push(name.as_bytes(), value.as_bytes()).unwrap();
    }
    ReplyHead { status, headers: block.finish() }
}

/// A dynamic reply that carries a validator is 304 or 412 where the request says so; its stream is not read.
#[test]
fn dynamic_replies() {
    run(async {
        let answers = |streamed: bool, fields: &'static str| async move {
            let closed = Rc::new(std::cell::Cell::new(false));
            let close = closed.clone();
            let handler = move |exchange: Exchange| {
                if !streamed {
                    let reply = bolt_http::reply::Reply { head: tagged(200), body: "content".into() };
                    return exchange.responder.send(Answer::Whole(reply));
                }
                let close = close.clone();
                let (writer, Answer::Stream(_, body)) = stream(200) else { unreachable!() };
                writer.on_closed(move || close.set(true));
                writer.write("content".into());
                writer.finish();
                exchange.responder.send(Answer::Stream(tagged(200), body));
            };
            let input = LAST.replace("\r\n\r\n", &format!("\r\n{fields}\r\n\r\n"));
            (Setup::default().talk(format!("{}{input}", GET), handler).await, closed.get())
        };
        for streamed in [false, true] {
            let (reply, _) = answers(streamed, "If-None-Match: \"2\", W/\"1\"").await;
            assert_eq!(statuses(&reply), [200, 304]);
            assert!(
                reply.ends_with("304 Not Modified\r\netag: \"1\"\r\nvary: cookie\r\nconnection: close\r\n\r\n"),
                "{reply}"
            );
            let (reply, _) = answers(streamed, "If-Match: \"2\"").await;
            assert_eq!(statuses(&reply), [200, 412]);
            assert!(reply.ends_with("{\"detail\":\"Precondition Failed\"}"));
            let (reply, _) = answers(streamed, "If-None-Match: \"2\"\r\nRange: bytes=0-1\r\nIf-Range: \"1\"").await;
            assert_eq!(statuses(&reply), [200, 200]);
        }
        assert!(answers(true, "If-None-Match: *").await.1, "the producer is told that nobody reads");
    });
}
