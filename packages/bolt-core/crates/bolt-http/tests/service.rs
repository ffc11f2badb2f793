//! The engine around routes, stages and the log: what happens to requests that no handler sees.
#![allow(clippy::unwrap_used, reason = "a test may")]
mod support;

use std::cell::RefCell;
use std::rc::Rc;

use bolt_http::access_log::Entry;
use bolt_http::config::Config;
use bolt_http::exchange::{Answer, Exchange};
use bolt_http::head::RequestHead;
use bolt_http::pipeline::{HostCheck, Pipeline, Stage};
use bolt_http::refusal::Refusal;
use bolt_http::reply::{HeaderBlock, ReplyHead};
use bolt_http::router::{BodyMode, RouteSpec, RouteTable, Target};
use bolt_http::service::Service;
use bytes::Bytes;
use support::{Setup, rest, run, statuses, stream, text};
use tokio::io::AsyncWriteExt;

fn spec(method: &str, path: &str, body: BodyMode, max_body: Option<usize>) -> RouteSpec {
    let name = format!("{method} {path}");
    RouteSpec { method: method.to_owned(), path: path.to_owned(), body, max_body, name, ..RouteSpec::default() }
}

fn routes(fallback: bool) -> RouteTable {
    let mut builder = RouteTable::builder();
    if fallback {
        builder = builder.fallback(spec("*", "/", BodyMode::Stream, None));
    }
    builder.add(spec("GET", "/users/{name}", BodyMode::None, None)).unwrap();
    builder.add(spec("POST", "/users/{name}", BodyMode::Whole, Some(4))).unwrap();
    builder.add(spec("GET", "/with/", BodyMode::None, None)).unwrap();
    builder.add(spec("POST", "/with/", BodyMode::None, None)).unwrap();
    builder.build().unwrap()
}

/// Says which route it is and its raw parameters.
fn show(exchange: Exchange) {
    let target = match exchange.route.target {
        Target::Route(id) => id.0.to_string(),
        Target::Fallback => "fallback".to_owned(),
        Target::Nowhere => "nowhere".to_owned(),
    };
    let params: Vec<&str> = exchange.route.params.iter().map(|&span| exchange.head.slice(span)).collect();
    exchange.responder.send(Answer::Whole(support::plain(200, format!("{target} {params:?}"))));
}

/// What stages saw.
#[derive(Default)]
struct Seen {
    after: RefCell<Vec<(bool, u16)>>,
    finished: RefCell<Vec<(String, u16, u64)>>,
}

struct Watch(Rc<Seen>);

impl Stage for Watch {
    fn before(&self, head: &RequestHead, _route: &RouteSpec) -> Result<(), Refusal> {
        if head.header("x-refuse").is_some() { Err(Refusal::UnsupportedMediaType) } else { Ok(()) }
    }

    fn after(&self, head: Option<&RequestHead>, reply: &mut ReplyHead, _bare: bool) {
        self.0.after.borrow_mut().push((head.is_some(), reply.status));
        let mut headers = HeaderBlock::builder();
        headers.push(b"x-stage", b"seen").unwrap();
        reply.headers = headers.finish();
    }

    fn finished(&self, entry: &Entry<'_>) {
        let path = entry.head.map_or_else(|| "none".to_owned(), |head| head.path().to_owned());
        self.0.finished.borrow_mut().push((path, entry.status, entry.bytes));
    }
}

struct Bench {
    service: Rc<Service>,
    seen: Rc<Seen>,
}

impl Bench {
    fn new(table: RouteTable, handler: impl Fn(Exchange) + 'static) -> Self {
        let seen = Rc::<Seen>::default();
        let stages = Pipeline::default().with(Watch(seen.clone()));
        Bench { service: Rc::new(Service::new(Config::default(), table, stages, Rc::new(handler))), seen }
    }

    async fn talk(&self, input: &str) -> String {
        let mut client = Setup::default().connect_to(&self.service);
        client.write_all(input.as_bytes()).await.unwrap();
        text(&rest(&mut client).await)
    }
}

fn request(line: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: a\r\n\r\n")
}

/// A matching route gets the request with its parameters, also from an absolute-form target.
#[test]
fn parameters() {
    run(async {
        let bench = Bench::new(routes(false), show);
        assert!(bench.talk(&request("GET /users/a%20b?x")).await.ends_with("0 [\"a%20b\"]"));
        assert!(bench.talk(&request("GET http://host/users/bob")).await.ends_with("0 [\"bob\"]"));
    });
}

/// RFC 9110 §15.5.5 and §15.5.6: an unknown path is 404, an unknown method 405 with `Allow`; the connection goes on.
#[test]
fn unmatched() {
    run(async {
        let bench = Bench::new(routes(false), show);
        let reply = bench.talk(&(request("GET /nowhere") + &request("PUT /users/a") + &request("GET /users/a"))).await;
        assert_eq!(statuses(&reply), [404, 405, 200]);
        assert_eq!(*bench.seen.after.borrow(), [(true, 404), (true, 405), (true, 200)]);
        let plain = Setup::default();
        let service = Rc::new(Service::new(Config::default(), routes(false), Pipeline::default(), Rc::new(show)));
        let mut client = plain.connect_to(&service);
        client.write_all(request("PUT /users/a").as_bytes()).await.unwrap();
        let reply = text(&rest(&mut client).await);
        let allow = reply.split("allow: ").nth(1).unwrap().split("\r\n").next().unwrap();
        assert!(allow.contains("GET") && allow.contains("HEAD") && allow.contains("POST"), "{allow}");
    });
}

/// The body of a request that no route takes is dropped, not taken for the next request.
#[test]
fn body_of_an_unmatched_request() {
    run(async {
        let bench = Bench::new(routes(false), show);
        let input =
            "POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello".to_owned() + &request("GET /users/a");
        assert_eq!(statuses(&bench.talk(&input).await), [404, 200]);
        let long = "POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n".to_owned()
            + &request("GET /users/a");
        assert_eq!(statuses(&bench.talk(&long).await), [404]);
    });
}

/// What matches no route goes to the fallback, which reads its body as a stream.
#[test]
fn fallback() {
    run(async {
        let bench = Bench::new(routes(true), show);
        assert!(bench.talk(&request("GET /nowhere")).await.ends_with("fallback []"));
    });
}

/// A missing slash is appended by a redirect: 301 for GET and HEAD, 308 where a body would be lost; the query stays.
#[test]
fn slash_redirect() {
    run(async {
        let service = Rc::new(Service::new(Config::default(), routes(false), Pipeline::default(), Rc::new(show)));
        for (line, status, location) in
            [("GET /with?a=b%20c", 301, "/with/?a=b%20c"), ("HEAD /with", 301, "/with/"), ("POST /with", 308, "/with/")]
        {
            let mut client = Setup::default().connect_to(&service);
            client.write_all(request(line).as_bytes()).await.unwrap();
            let reply = text(&rest(&mut client).await);
            assert_eq!(statuses(&reply), [status], "{line}");
            assert!(reply.contains(&format!("location: {location}\r\n")), "{reply}");
        }
    });
}

/// RFC 9110 §9.3.7: OPTIONS is answered with `Allow` where no route handles it.
#[test]
fn automatic_options() {
    run(async {
        let service = Rc::new(Service::new(Config::default(), routes(false), Pipeline::default(), Rc::new(show)));
        let mut client = Setup::default().connect_to(&service);
        client.write_all(request("OPTIONS /users/a").as_bytes()).await.unwrap();
        let reply = text(&rest(&mut client).await);
        assert!(reply.starts_with("HTTP/1.1 204 No Content\r\nallow: ") && reply.contains("POST"), "{reply}");
    });
}

/// A route's own body limit counts, above or below the settings'.
#[test]
fn route_limit() {
    run(async {
        let bench = Bench::new(routes(false), show);
        let post = |length: usize| {
            format!("POST /users/a HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{}", "x".repeat(length))
        };
        assert_eq!(statuses(&bench.talk(&(post(4) + &post(5))).await), [200, 413]);
    });
}

/// Every reply passes the outgoing stages: handlers', refusals' before the handler, and those of heads that cannot be parsed.
#[test]
fn stages_see_every_reply() {
    run(async {
        let bench = Bench::new(routes(false), show);
        let refused = "GET /users/a HTTP/1.1\r\nHost: a\r\nX-Refuse: 1\r\n\r\n";
        let reply = bench.talk(&(request("GET /users/a") + refused + "GET / HTTP/1.1\r\n\r\n")).await;
        assert_eq!(statuses(&reply), [200, 415, 400]);
        assert_eq!(reply.matches("x-stage: seen").count(), 3);
        assert_eq!(*bench.seen.after.borrow(), [(true, 200), (true, 415), (false, 400)]);
        let finished: Vec<_> =
            bench.seen.finished.borrow().iter().map(|(path, status, _)| (path.clone(), *status)).collect();
        assert_eq!(finished, [("/users/a".to_owned(), 200), ("/users/a".to_owned(), 415), ("none".to_owned(), 400)]);
    });
}

/// The log gets the content's size without framing, none for HEAD, and 499 where the client left before a reply.
#[test]
fn entries() {
    run(async {
        let held = RefCell::new(Vec::new());
        let bench = Bench::new(routes(true), move |exchange: Exchange| match exchange.head.path() {
            "/stream" => {
                let (writer, answer) = stream(200);
                writer.write(Bytes::from_static(b"hello"));
                writer.write(Bytes::from(vec![b'x'; 50_000]));
                writer.finish();
                exchange.responder.send(answer);
            }
            "/wait" => held.borrow_mut().push(exchange),
            _ => show(exchange),
        });
        bench.talk(&(request("GET /users/a") + &request("HEAD /users/a") + &request("GET /stream"))).await;
        let mut client = Setup::default().connect_to(&bench.service);
        client.write_all(request("GET /wait").as_bytes()).await.unwrap();
        tokio::task::yield_now().await;
        drop(client);
        bench.service.drained().await;
        let entries: Vec<_> = bench.seen.finished.borrow().iter().map(|(_, status, bytes)| (*status, *bytes)).collect();
        assert_eq!(entries, [(200, 7), (200, 0), (200, 50_005), (499, 0)]);
    });
}

/// A host that the server does not answer for is refused before the handler; the connection goes on.
#[test]
fn host_check() {
    run(async {
        let stages = Pipeline::default().with(HostCheck::new(&["a"]).unwrap());
        let service = Rc::new(Service::new(Config::default(), routes(false), stages, Rc::new(show)));
        let mut client = Setup::default().connect_to(&service);
        let other = "GET /users/a HTTP/1.1\r\nHost: evil\r\n\r\n";
        let absolute = "GET http://evil/users/a HTTP/1.1\r\nHost: a\r\n\r\n";
        client.write_all(format!("{other}{absolute}{}", request("GET /users/a")).as_bytes()).await.unwrap();
        assert_eq!(statuses(&text(&rest(&mut client).await)), [400, 400, 200]);
    });
}
