//! A whole connection: any bytes in any pieces are answered or refused, always the same, and the connection ends.
#![no_main]
use std::cell::Cell;
use std::rc::Rc;

use bolt_http::config::Config;
use bolt_http::exchange::{Answer, Body, BodyPart, Exchange};
use bolt_http::head::Peer;
use bolt_http::http1::serve_connection;
use bolt_http::reply::{HeaderBlock, Reply, ReplyHead};
use bolt_http::router::{BodyMode, RouteSpec, RouteTable};
use bolt_http::server::Stop;
use bolt_http::service::Service;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fuzz_target!(|data: &[u8]| {
    let [mode, step, input @ ..] = data else { return };
    let mode = [BodyMode::None, BodyMode::Whole, BodyMode::Stream, BodyMode::Form][usize::from(mode % 4)];
    let whole = reply_to(mode, input, input.len().max(1));
    // Whether 100 is sent depends on whether the body was there already (RFC 9110 §10.1.1).
    if !input.to_ascii_lowercase().windows(6).any(|word| word == b"expect") {
        assert_eq!(whole, reply_to(mode, input, usize::from(*step).max(1)));
    }
    assert!(whole.is_empty() || whole.starts_with("HTTP/1.1 "));
});

fn reply_to(mode: BodyMode, input: &[u8], step: usize) -> String {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    let panicked = Rc::new(Cell::new(false));
    let reply = tokio::task::LocalSet::new().block_on(&runtime, talk(service(mode, panicked.clone()), input, step));
    assert!(!panicked.get());
    reply
}

async fn talk(service: Rc<Service>, input: &[u8], step: usize) -> String {
    let (mut client, server) = tokio::io::duplex(1 << 20);
    tokio::task::spawn_local(serve_connection(server, Peer::InProcess, service.clone(), Stop::new()));
    for piece in input.chunks(step) {
        // The server may have closed already.
        let _ = client.write_all(piece).await;
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
    }
    let mut output = Vec::new();
    client.read_to_end(&mut output).await.expect("an end of the stream");
    service.drained().await;
    without_dates(&String::from_utf8_lossy(&output))
}

fn without_dates(output: &str) -> String {
    output.split_inclusive("\r\n").filter(|line| !line.starts_with("date: ")).collect()
}

fn service(mode: BodyMode, panicked: Rc<Cell<bool>>) -> Rc<Service> {
    let config = Config { max_body: 1000, max_streamed_body: 1000, max_drain: 2000, ..Config::default() };
    let (method, path, name) = ("GET".to_owned(), "/".to_owned(), "fuzz".to_owned());
    let routes = RouteTable::single(RouteSpec { method, path, name, body: mode, decode_content: true, ..RouteSpec::default() });
    let service = Service::new(config, routes, Default::default(), Rc::new(answer));
    Rc::new(service.with_report(move |_| panicked.set(true)))
}

fn answer(exchange: Exchange) {
    match exchange.body {
        Body::Empty => exchange.responder.send(whole("empty")),
        Body::Whole(body) => exchange.responder.send(whole(body)),
        Body::Form(_) => exchange.responder.send(whole("a form")),
        Body::Stream(reader) => {
            let responder = exchange.responder;
            tokio::task::spawn_local(async move {
                loop {
                    match reader.next_part() {
                        BodyPart::Chunk(_) => {}
                        BodyPart::Pending => tokio::time::sleep(std::time::Duration::from_millis(1)).await,
                        BodyPart::End => return responder.send(whole("read")),
                        BodyPart::Failed(refusal) => return responder.send(Answer::Refuse(refusal)),
                    }
                }
            });
        }
    }
}

fn whole(body: impl Into<Bytes>) -> Answer {
    Answer::Whole(Reply { head: ReplyHead { status: 200, headers: HeaderBlock::default() }, body: body.into() })
}
