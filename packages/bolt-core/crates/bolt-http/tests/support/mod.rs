//! Raw bytes in, raw bytes out: a server on an in-memory pipe, under a paused clock that jumps when nothing else can happen.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "every test file uses its own part of this")]
pub mod counting;

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bolt_http::auth::Access;
use bolt_http::config::Config;
use bolt_http::exchange::{Answer, Body, BodyPart, Exchange, Handler, ReplyWriter, reply_stream};
use bolt_http::form::FormSpec;
use bolt_http::head::Peer;
use bolt_http::http1::serve_connection;
use bolt_http::pipeline::Pipeline;
use bolt_http::reply::{HeaderBlock, Reply, ReplyHead};
use bolt_http::router::{BodyMode, RouteSpec, RouteTable};
use bolt_http::server::Stop;
use bolt_http::service::Service;
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// Room in the pipe between client and server; small enough that backpressure is real.
pub const PIPE: usize = 64 * 1024;

/// Runs a test on one thread with the clock stopped; time passes only while every task waits.
pub fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test);
}

/// The same with the real clock, for tests over real sockets.
pub fn run_live(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let limited = async { tokio::time::timeout(Duration::from_secs(20), test).await.expect("the test hangs") };
    tokio::task::LocalSet::new().block_on(&runtime, limited);
}

/// A service that sends every request to one handler.
pub struct Setup {
    pub config: Config,
    pub mode: BodyMode,
    pub max_body: Option<usize>,
    pub form: Option<Arc<FormSpec>>,
    pub decode_content: bool,
    pub observes: bool,
    pub auth: Option<Arc<Access>>,
    pub stop: Stop,
    pub reports: Rc<RefCell<Vec<String>>>,
}

impl Default for Setup {
    fn default() -> Self {
        Setup {
            config: Config::default(),
            mode: BodyMode::Whole,
            max_body: None,
            form: None,
            decode_content: true,
            observes: false,
            auth: None,
            stop: Stop::new(),
            reports: Rc::default(),
        }
    }
}

impl Setup {
    pub fn with(change: impl FnOnce(&mut Setup)) -> Self {
        let mut setup = Setup::default();
        change(&mut setup);
        setup
    }

    pub fn service(&self, handler: impl Handler + 'static) -> Rc<Service> {
        let reports = self.reports.clone();
        let service = Service::new(self.config.clone(), self.routes(), Pipeline::default(), Rc::new(handler));
        Rc::new(service.with_report(move |message| reports.borrow_mut().push(message.to_owned())))
    }

    fn routes(&self) -> RouteTable {
        RouteTable::single(RouteSpec {
            method: "*".to_owned(),
            path: "/".to_owned(),
            body: self.mode,
            max_body: self.max_body,
            name: "test".to_owned(),
            form: self.form.clone(),
            decode_content: self.decode_content,
            bare: false,
            observes: self.observes,
            auth: self.auth.clone(),
        })
    }

    /// The client's end of a connection served by `handler`.
    pub fn connect(&self, handler: impl Handler + 'static) -> DuplexStream {
        self.connect_to(&self.service(handler))
    }

    pub fn connect_to(&self, service: &Rc<Service>) -> DuplexStream {
        let (client, server) = tokio::io::duplex(PIPE);
        tokio::task::spawn_local(serve_connection(server, Peer::InProcess, service.clone(), self.stop.clone()));
        client
    }

    /// Sends `input`, keeps the stream open and returns all that comes until the server closes.
    pub async fn talk(&self, input: impl AsRef<[u8]>, handler: impl Handler + 'static) -> String {
        let mut client = self.connect(handler);
        client.write_all(input.as_ref()).await.unwrap();
        text(&rest(&mut client).await)
    }
}

/// What the echoing handler says to `input` with the default settings.
pub async fn talk(input: impl AsRef<[u8]>) -> String {
    Setup::default().talk(input, echo).await
}

/// Everything until the server closes.
pub async fn rest(client: &mut DuplexStream) -> Vec<u8> {
    let mut output = Vec::new();
    client.read_to_end(&mut output).await.unwrap();
    output
}

/// Reads until `end` has come.
pub async fn read_until(client: &mut (impl AsyncReadExt + Unpin), end: &str) -> String {
    let mut output = Vec::new();
    while !output.ends_with(end.as_bytes()) {
        let mut byte = [0];
        assert_eq!(client.read(&mut byte).await.unwrap(), 1, "the stream ended after {:?}", text(&output));
        output.push(byte[0]);
    }
    text(&output)
}

/// Readable, and without the `date` line, the only thing that differs from run to run.
pub fn text(output: &[u8]) -> String {
    let mut output = String::from_utf8_lossy(output).into_owned();
    while let Some(start) = output.find("date: ") {
        let end = output[start..].find("\r\n").map_or(output.len(), |end| start + end + 2);
        output.replace_range(start..end, "");
    }
    output
}

/// The status codes of all replies in `output`.
pub fn statuses(output: &str) -> Vec<u16> {
    let starts = output.match_indices("HTTP/1.1 ").map(|(at, found)| at + found.len());
    starts.filter_map(|at| output[at..at + 3].parse().ok()).collect()
}

/// Answers with what it was asked: `METHOD path?query [body]`.
pub fn echo(exchange: Exchange) {
    let body = match &exchange.body {
        Body::Empty => Bytes::new(),
        Body::Whole(body) => body.clone(),
        Body::Form(_) => Bytes::from_static(b"a form"),
        Body::Stream(_) => Bytes::from_static(b"a stream"),
    };
    let head = &exchange.head;
    let mut said = format!("{} {}", head.method(), head.path());
    if let Some(query) = head.query() {
        said = format!("{said}?{query}");
    }
    said = format!("{said} [{}]", String::from_utf8_lossy(&body));
    exchange.responder.send(Answer::Whole(plain(200, said)));
}

pub fn plain(status: u16, body: impl Into<Bytes>) -> Reply {
    Reply { head: ReplyHead { status, headers: HeaderBlock::default() }, body: body.into() }
}

/// A streamed answer and the means to feed it.
pub fn stream(status: u16) -> (ReplyWriter, Answer) {
    let (writer, body) = reply_stream();
    (writer, Answer::Stream(ReplyHead { status, headers: HeaderBlock::default() }, body))
}

/// Reads a streamed body to its end, then answers with it in brackets, or with how it failed.
pub fn echo_stream(exchange: Exchange) {
    tokio::task::spawn_local(async move {
        let mut whole = Vec::new();
        let Body::Stream(reader) = exchange.body else {
            exchange.responder.send(Answer::Whole(plain(200, "no body")));
            return;
        };
        let failure = loop {
            match reader.next_part() {
                BodyPart::Chunk(chunk) => whole.extend_from_slice(&chunk),
                BodyPart::End => break None,
                BodyPart::Failed(refusal) => break Some(refusal),
                BodyPart::Pending => ready(&reader).await,
            }
        };
        exchange.responder.send(match failure {
            None => Answer::Whole(plain(200, format!("[{}]", String::from_utf8_lossy(&whole)))),
            Some(refusal) => Answer::Refuse(refusal),
        });
    });
}

/// Waits until the reader has something to say.
pub async fn ready(reader: &bolt_http::exchange::BodyReader) {
    let notify = Rc::new(tokio::sync::Notify::new());
    let notified = notify.clone();
    reader.on_ready(move || notified.notify_one());
    notify.notified().await;
}
