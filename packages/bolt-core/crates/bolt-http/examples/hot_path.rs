//! What the engine's own steps cost per request: `cargo run --release -p bolt-http --example hot_path`.
use std::hint::black_box;
use std::io;
use std::time::{Duration, Instant};

use bolt_http::access_log::{AccessLog, Entry, Format};
use bolt_http::coerce::{self, QueryPairs};
use bolt_http::head::{Peer, RequestHead};
use bolt_http::http1::parse::parse_head;
use bolt_http::router::{RouteSpec, RouteTable};
use bolt_http::{date, json};
use bytes::{Bytes, BytesMut};

const ROUNDS: u32 = 200_000;

fn main() {
    router();
    access_log();
    scalars();
}

/// Prints the nanoseconds of one call: the best of five runs, since whatever disturbs a run only makes it longer.
fn measure(name: &str, mut call: impl FnMut()) {
    let run = |call: &mut dyn FnMut()| {
        let start = Instant::now();
        (0..ROUNDS).for_each(|_| call());
        start.elapsed()
    };
    let best = (0..5).map(|_| run(&mut call)).min().unwrap_or(Duration::ZERO);
    println!("{name:<40} {:>8.1} ns", best.as_nanos() as f64 / f64::from(ROUNDS));
}

fn table() -> RouteTable {
    let mut builder = RouteTable::builder();
    for index in 0..100 {
        for (method, path) in
            [("GET", ""), ("POST", ""), ("GET", "/{id}"), ("DELETE", "/{id}"), ("GET", "/{id}/parts/{part}")]
        {
            let spec = RouteSpec {
                method: method.to_owned(),
                path: format!("/api/resource{index}{path}"),
                name: "app.view".to_owned(),
                ..RouteSpec::default()
            };
            builder.add(spec).expect("a valid route");
        }
    }
    builder.build().expect("a valid table")
}

fn router() {
    let table = table();
    for (name, method, path) in [
        ("router: static", "GET", "/api/resource42"),
        ("router: one parameter", "GET", "/api/resource42/12345"),
        ("router: two parameters", "GET", "/api/resource42/12345/parts/6789"),
        ("router: percent-encoded", "GET", "/api/resource42/caf%C3%A9"),
        ("router: not found", "GET", "/api/resource42/1/2/3/4"),
    ] {
        measure(name, || drop(black_box(table.find(black_box(method), black_box(path)))));
    }
}

fn head() -> RequestHead {
    let text = "GET /api/resource42/12345?page=2 HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\n\
                Referer: https://example.com/somewhere/else\r\n\
                User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\r\n";
    let peer = Peer::Tcp(([192, 0, 2, 1], 54321).into());
    parse_head(Bytes::from_static(text.as_bytes()), 4, peer).expect("a valid head").head
}

fn access_log() {
    let head = head();
    for (name, format) in [
        ("access log: combined", Format::Combined),
        ("access log: json", Format::Json),
        ("access log: short", Format::Short { colour: true }),
    ] {
        // Room for every line, so that none is dropped cheaply.
        let log = AccessLog::start(format, io::sink(), 1 << 30).expect("a thread");
        let started = Instant::now();
        measure(name, || {
            log.record(black_box(&Entry { peer: head.peer(), head: Some(&head), status: 200, bytes: 345, started }));
        });
    }
}

fn scalars() {
    let mut out = BytesMut::with_capacity(64);
    measure("date: field", || {
        out.clear();
        date::append(black_box(&mut out));
    });
    measure("coerce: int", || drop(black_box(coerce::int(black_box("12345")))));
    measure("coerce: query of two pairs", || {
        QueryPairs::new(black_box("page=2&order=name")).for_each(|pair| drop(black_box(pair)));
    });
    let document = format!("[{}]", vec![r#"{"id":12345,"name":"a \"quoted\" name","tags":["a","b"]}"#; 200].join(","));
    measure(&format!("json: {} bytes", document.len()), || {
        let _ = black_box(json::check(black_box(document.as_bytes())));
    });
}
