//! Forms and content codings on a connection: limits, refusals, temporary files, clients that leave.
#![allow(clippy::unwrap_used, reason = "a test may")]
mod support;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use bolt_http::exchange::{Answer, Body, BodyPart, Exchange};
use bolt_http::form::{Content, FileSpec, FormSpec};
use bolt_http::router::BodyMode;
use flate2::Compression;
use flate2::write::GzEncoder;
use support::{Setup, echo, echo_stream, plain, read_until, rest, run, run_live, statuses, text};
use tokio::io::AsyncWriteExt;

const NEXT: &str = "GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// Answers with what the form holds, and whether its files are in memory.
fn describe(exchange: Exchange) {
    let Body::Form(form) = &exchange.body else {
        return exchange.responder.send(Answer::Whole(plain(200, "no form")));
    };
    let mut said = format!("{:?}", form.fields);
    for file in &form.files {
        let (place, content) = match &file.content {
            Content::Memory(content) => ("memory", content.to_vec()),
            Content::Disk(spooled) => ("disk", std::fs::read(&spooled.path).unwrap()),
        };
        assert_eq!(content.len() as u64, file.size);
        assert!(content.iter().enumerate().all(|(place, &byte)| byte == pattern(place)), "damaged content");
        said += &format!(" {}:{}:{place}", file.name, file.size);
    }
    exchange.responder.send(Answer::Whole(plain(200, said)));
}

fn pattern(place: usize) -> u8 {
    (place % 251) as u8
}

fn file(field: &str, size: usize) -> Vec<u8> {
    let head = format!("--XX\r\nContent-Disposition: form-data; name={field}; filename=x\r\n\r\n");
    let content: Vec<u8> = (0..size).map(pattern).collect();
    [head.as_bytes(), &content, b"\r\n"].concat()
}

fn field(name: &str, value: &str) -> Vec<u8> {
    format!("--XX\r\nContent-Disposition: form-data; name={name}\r\n\r\n{value}\r\n").into_bytes()
}

fn head(fields: &str) -> String {
    format!("PUT / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=XX\r\n{fields}\r\n")
}

fn request(parts: &[Vec<u8>]) -> Vec<u8> {
    let body = [&parts.concat(), &b"--XX--\r\n"[..]].concat();
    [head(&format!("Content-Length: {}\r\n", body.len())).as_bytes(), &body].concat()
}

fn setup(folder: &Path, change: impl FnOnce(&mut Setup)) -> Setup {
    Setup::with(|setup| {
        setup.mode = BodyMode::Form;
        setup.form = Some(Arc::new(FormSpec { keep_others: true, ..FormSpec::default() }));
        setup.config.form.memory = 100_000;
        setup.config.form.folder = Some(folder.to_owned());
        change(setup);
    })
}

fn left_in(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

/// What fits into memory stays there, what does not is on disk, and neither outlives the request; the connection goes on.
#[test]
fn memory_and_disk() {
    run_live(async {
        let folder = tempfile::tempdir().unwrap();
        let setup = setup(folder.path(), |_| {});
        let form =
            request(&[field("a", "1"), file("f", 60_000), file("g", 40_001), file("h", 3_000_000), file("i", 5)]);
        let mut client = setup.connect(describe);
        let (mut reader, mut writer) = tokio::io::split(&mut client);
        let input = [&form[..], &form, NEXT.as_bytes()].concat();
        let send = async { writer.write_all(&input).await.unwrap() };
        let receive = async {
            let mut output = Vec::new();
            tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut output).await.unwrap();
            text(&output)
        };
        let ((), reply) = tokio::join!(send, receive);
        assert_eq!(statuses(&reply), [200, 200, 200], "{reply}");
        let expected = r#"[("a", "1")] x:60000:memory x:40001:disk x:3000000:disk x:5:memory"#;
        assert_eq!(reply.matches(expected).count(), 2, "{reply}");
        assert_eq!(left_in(folder.path()), 0);
    });
}

/// A refused form leaves no file behind, nor does a client that leaves in the middle of one.
#[test]
fn nothing_is_left() {
    run_live(async {
        let folder = tempfile::tempdir().unwrap();
        let setup = setup(folder.path(), |setup| setup.config.form.max_fields = 0);
        let refused = [&request(&[file("f", 900_000), field("a", "1")])[..], NEXT.as_bytes()].concat();
        let reply = setup.talk(refused, describe).await;
        assert_eq!(statuses(&reply), [413, 200]);
        assert!(reply.contains("too many fields"));
        let mut client = setup.connect(describe);
        let form = request(&[file("f", 900_000)]);
        client.write_all(&form[..700_000]).await.unwrap();
        drop(client);
        while left_in(folder.path()) > 0 {
            tokio::task::yield_now().await;
        }
    });
}

/// A form refused in the middle of its content coding leaves the connection where the next request begins, however framed.
#[test]
fn refused_in_mid_coding() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let setup = setup(folder.path(), |setup| setup.config.form.max_fields = 0);
        // What would be a request of its own is content: stored, not compressed, so that it stands in the body as it is.
        let smuggled = field("a", "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n").repeat(3000);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
        encoder.write_all(&smuggled).unwrap();
        let body = encoder.finish().unwrap();
        let lengths = head(&format!("Content-Encoding: gzip\r\nContent-Length: {}\r\n", body.len()));
        let chunked = head("Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n");
        let chunks =
            body.chunks(1000).map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
        let input = [
            lengths.as_bytes(),
            &body,
            chunked.as_bytes(),
            &chunks.collect::<Vec<_>>().concat(),
            b"0\r\n\r\n",
            NEXT.as_bytes(),
        ];
        let reply = setup.talk(input.concat(), describe).await;
        assert_eq!(statuses(&reply), [413, 413, 200], "{reply}");
    });
}

/// A file that cannot be written is the server's failure, told to the operator and not to the client.
#[test]
fn a_disk_that_fails() {
    run_live(async {
        let folder = tempfile::tempdir().unwrap();
        let setup = setup(&folder.path().join("missing"), |_| {});
        let reply = setup.talk(request(&[file("f", 900_000)]), describe).await;
        assert_eq!(statuses(&reply), [500]);
        assert!(!reply.contains("missing"));
        assert!(setup.reports.borrow()[0].contains("could not be written"));
    });
}

/// A refusal for a limit comes as soon as it is broken; what little is left of the body is dropped and the connection goes on.
#[test]
fn refusals_keep_the_connection() {
    run(async {
        let spec = FormSpec {
            files: vec![("f".to_owned(), FileSpec { max_size: Some(9), ..FileSpec::default() })],
            keep_others: false,
        };
        let setup = setup(Path::new("/"), |setup| setup.form = Some(Arc::new(spec)));
        let input = [&request(&[file("f", 10)])[..], &request(&[file("f", 9)]), NEXT.as_bytes()].concat();
        assert_eq!(statuses(&setup.talk(input, describe).await), [413, 200, 200]);
    });
}

/// A body that is no form is 415, a malformed one 400, and one beyond the whole limit 413.
#[test]
fn refused_bodies() {
    run(async {
        let setup = setup(Path::new("/"), |setup| setup.config.max_form = 200);
        let sent = |kind: &str, body: &str| {
            format!("POST / HTTP/1.1\r\nHost: a\r\n{kind}Content-Length: {}\r\n\r\n{body}{NEXT}", body.len())
        };
        for (kind, body, expected) in [
            ("Content-Type: application/json\r\n", "{}", &[415, 200][..]),
            ("", "a=1", &[415, 200]),
            ("Content-Type: multipart/form-data; boundary=XX\r\n", "--XX--", &[200, 200]),
            ("Content-Type: multipart/form-data; boundary=XX\r\n", "--XX", &[400]),
            ("Content-Type: multipart/form-data\r\n", "--XX--", &[400]),
            ("Content-Type: multipart/form-data; boundary=XX\r\n", &"x".repeat(201), &[413]),
            ("Content-Type: application/x-www-form-urlencoded\r\n", "a=%FF", &[400]),
            ("Content-Type: application/x-www-form-urlencoded\r\n", "a=1&b=%2B", &[200, 200]),
        ] {
            assert_eq!(statuses(&setup.talk(sent(kind, body), describe).await), expected, "{kind} {body}");
        }
    });
}

/// RFC 9110 §10.1.1: a client that waits for 100 gets it before a form is read, and none where the form is refused unread.
#[test]
fn expect_continue() {
    run(async {
        let setup = setup(Path::new("/"), |_| {});
        let mut client = setup.connect(describe);
        let body = [field("a", "1"), b"--XX--".to_vec()].concat();
        let fields = format!("Expect: 100-continue\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        client.write_all(head(&fields).as_bytes()).await.unwrap();
        assert_eq!(read_until(&mut client, "\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
        client.write_all(&body).await.unwrap();
        assert!(text(&rest(&mut client).await).contains(r#"[("a", "1")]"#));
        let mut client = setup.connect(describe);
        let refused =
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
        client.write_all(refused.as_bytes()).await.unwrap();
        assert_eq!(statuses(&text(&rest(&mut client).await)), [415]);
    });
}

/// A form that comes too slowly is 408, as any body.
#[test]
fn slow_clients() {
    run(async {
        let setup = setup(Path::new("/"), |_| {});
        let mut client = setup.connect(describe);
        client.write_all(head("Content-Length: 500\r\n").as_bytes()).await.unwrap();
        client.write_all(&field("a", "1")).await.unwrap();
        assert_eq!(statuses(&text(&rest(&mut client).await)), [408]);
    });
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn coded(coding: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nContent-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body, NEXT.as_bytes()].concat()
}

/// Whole, form and streamed bodies come decoded, within their limit; the connection goes on behind them.
#[test]
fn content_codings() {
    run(async {
        let whole = Setup::default();
        let sent = coded("identity, GZIP", "a/b", &gzip(b"hello"));
        assert!(whole.talk(&sent, echo).await.contains("POST / [hello]"));
        let twice = coded("gzip, x-gzip", "a/b", &gzip(&gzip(b"hello")));
        assert!(whole.talk(&twice, echo).await.contains("POST / [hello]"));
        let urlencoded = coded("gzip", "application/x-www-form-urlencoded", &gzip(b"a=1"));
        let form = setup(Path::new("/"), |_| {});
        assert!(form.talk(&urlencoded, describe).await.contains(r#"[("a", "1")]"#));
        let stream = Setup::with(|setup| setup.mode = BodyMode::Stream);
        let reply = stream.talk(coded("gzip", "a/b", &gzip(&b"hello".repeat(50_000))), echo_stream).await;
        assert_eq!(statuses(&reply), [200, 200]);
        assert!(reply.contains(&format!("[{}]", "hello".repeat(50_000))));
    });
}

/// Too large a body once decoded is 413, a corrupt one 400, an unknown coding 415 with those that work (RFC 9110 §15.5.16).
#[test]
fn refused_codings() {
    run(async {
        for mode in [BodyMode::Whole, BodyMode::Stream] {
            let setup = Setup::with(|setup| {
                setup.mode = mode;
                setup.config.max_body = 100_000;
                setup.config.max_streamed_body = 100_000;
            });
            let handler = if mode == BodyMode::Whole { echo } else { echo_stream };
            let bomb = coded("gzip", "a/b", &gzip(&vec![0; 10_000_000]));
            assert_eq!(statuses(&setup.talk(&bomb, handler).await), [413]);
            let corrupt = coded("gzip", "a/b", b"hello");
            assert_eq!(statuses(&setup.talk(&corrupt, handler).await), [400]);
            let cut = gzip(b"hello");
            assert_eq!(statuses(&setup.talk(coded("gzip", "a/b", &cut[..cut.len() - 1]), handler).await), [400]);
            for unknown in ["compress", "gzip, bogus", "gzip, gzip, gzip, gzip"] {
                let reply = setup.talk(coded(unknown, "a/b", b"hello"), handler).await;
                assert_eq!(statuses(&reply), [415, 200]);
                assert!(reply.contains("accept-encoding: gzip, br, zstd, deflate\r\n"), "{reply}");
            }
        }
    });
}

/// What is no route of the framework's gets the bytes as sent.
#[test]
fn undecoded_routes() {
    run(async {
        let setup = Setup::with(|setup| setup.decode_content = false);
        assert!(setup.talk(coded("bogus", "a/b", b"as sent"), echo).await.contains("POST / [as sent]"));
    });
}

/// A body that came whole is not lost to its reader when the client half-closes before it is read, encoded or not.
#[test]
fn half_close_before_the_body_is_read() {
    run(async {
        let content = vec![b'x'; bolt_http::exchange::HIGH_WATER];
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&content).unwrap();
        for (coding, body) in [("identity", content.clone()), ("gzip", encoder.finish().unwrap())] {
            let setup = Setup::with(|setup| {
                setup.config.allow_half_close = true;
                setup.mode = BodyMode::Stream;
            });
            let mut client = setup.connect(|exchange: Exchange| {
                tokio::task::spawn_local(async move {
                    let Body::Stream(reader) = &exchange.body else { panic!("no stream") };
                    assert!(matches!(reader.next_part(), BodyPart::Pending), "nothing is fed before it is asked for");
                    support::ready(reader).await;
                    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                    echo_stream(exchange);
                });
            });
            let length = body.len();
            let head =
                format!("PUT / HTTP/1.1\r\nHost: a\r\nContent-Encoding: {coding}\r\nContent-Length: {length}\r\n\r\n");
            client.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
            client.shutdown().await.unwrap();
            let reply = text(&rest(&mut client).await);
            assert_eq!(statuses(&reply), [200], "{coding}");
            assert!(reply.ends_with(&format!("[{}]", "x".repeat(content.len()))), "{coding}");
        }
    });
}
