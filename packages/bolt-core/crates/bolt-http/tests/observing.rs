//! Routes that are shown what the engine answers by itself.
mod support;

use std::cell::RefCell;
use std::rc::Rc;

use bolt_http::exchange::{Answer, Exchange, OwnAnswer};
use bolt_http::router::{BodyMode, RouteSpec, RouteTable};
use bolt_http::service::Service;
use support::{Setup, plain, read_until, run};
use tokio::io::AsyncWriteExt;

fn spec(path: &str, observes: bool) -> RouteSpec {
    RouteSpec {
        method: "POST".to_owned(),
        path: path.to_owned(),
        name: "test".to_owned(),
        max_body: Some(1),
        body: BodyMode::Whole,
        observes,
        ..Default::default()
    }
}

/// A service with one route that observes and one that does not, and what its handler was shown.
fn observing() -> (Rc<Service>, Rc<RefCell<Vec<String>>>) {
    let mut routes = RouteTable::builder();
    for spec in [spec("/a/", true), spec("/b/", false)] {
        routes.add(spec).expect("a valid route");
    }
    let seen = Rc::new(RefCell::new(Vec::new()));
    let noted = seen.clone();
    let handler = move |exchange: Exchange| {
        let (status, shown) = match exchange.own.expect("no request is let through") {
            OwnAnswer::Refusal(refusal) => (refusal.status(), refusal.status().to_string()),
            OwnAnswer::Bare { status, name, value } => (status, format!("{status} {name}: {value}")),
        };
        noted.borrow_mut().push(shown);
        exchange.responder.send(Answer::Whole(plain(status, "seen")));
    };
    let routes = routes.build().expect("a valid table");
    let service = Service::new(Default::default(), routes, Default::default(), Rc::new(handler));
    (Rc::new(service.observing_unrouted(true)), seen)
}

async fn answered(service: &Rc<Service>, line: &str, rest: &str, answer: &str) {
    let mut client = Setup::default().connect_to(service);
    client.write_all(format!("{line} HTTP/1.1\r\nHost: a\r\n{rest}").as_bytes()).await.expect("a connection");
    read_until(&mut client, answer).await;
}

/// Refusals, lists of methods and redirects on a route's path, and what no route matches; a route that does not ask is spared.
#[test]
fn own_answers_are_shown() {
    run(async {
        let (service, seen) = observing();
        answered(&service, "GET /a/", "\r\n", "seen").await;
        answered(&service, "OPTIONS /a/", "\r\n", "204").await;
        answered(&service, "GET /a?x", "\r\n", "seen").await;
        answered(&service, "POST /a/", "Content-Length: 2\r\n\r\n12", "seen").await;
        answered(&service, "GET /c", "\r\n", "seen").await;
        answered(&service, "GET /b/", "\r\n", "Method Not Allowed").await;
        let expected = ["405", "204 allow: OPTIONS, POST", "301 location: /a/?x", "413", "404"];
        assert_eq!(*seen.borrow(), expected);
    });
}
