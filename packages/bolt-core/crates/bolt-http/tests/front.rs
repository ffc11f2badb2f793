//! What holds for every reply of a site, whoever makes it: hosts, default headers, the way to https.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]
mod support;

use std::rc::Rc;

use bolt_http::config::Config;
use bolt_http::exchange::{Answer, Exchange};
use bolt_http::pipeline::{DefaultHeaders, HostCheck, HttpsRedirect, Pipeline};
use bolt_http::proxies::Proxies;
use bolt_http::router::{RouteSpec, RouteTable, Target};
use bolt_http::service::Service;
use support::{Setup, plain, rest, run, statuses, text};
use tokio::io::AsyncWriteExt;

fn spec(path: &str, bare: bool) -> RouteSpec {
    RouteSpec { method: "GET".to_owned(), path: path.to_owned(), name: "test".to_owned(), bare, ..RouteSpec::default() }
}

fn service(stages: Pipeline, fallback: bool) -> Service {
    let mut routes = RouteTable::builder();
    routes.add(spec("/", false)).unwrap();
    routes.add(spec("/bare", true)).unwrap();
    if fallback {
        routes = routes.fallback(spec("/", false));
    }
    let handler = |exchange: Exchange| {
        let said = format!("{:?} {:?}", exchange.route.target, exchange.head.forwarded_client());
        // A handler that is lost leaves the reply to the engine.
        if exchange.head.query() != Some("lost") {
            exchange.responder.send(Answer::Whole(plain(200, said)));
        }
    };
    Service::new(Config::default(), routes.build().unwrap(), stages, Rc::new(handler))
}

async fn talk(service: Service, input: &str) -> String {
    let mut client = Setup::default().connect_to(&Rc::new(service));
    client.write_all(input.as_bytes()).await.unwrap();
    client.shutdown().await.unwrap();
    text(&rest(&mut client).await)
}

/// Requests for these targets, one after the other, from one host.
fn requests(lines: &[&str], host: &str) -> String {
    lines.iter().map(|line| format!("{line} HTTP/1.1\r\nHost: {host}\r\n\r\n")).collect()
}

const EVERYTHING: [&str; 6] = ["GET /", "GET /gone", "POST /", "OPTIONS /", "OPTIONS *", "GET /bare"];

/// Another host gets 400 whatever it asks for: what exists, what does not, and what the engine answers by itself.
#[test]
fn hosts_are_checked_first() {
    run(async {
        let stages = || Pipeline::default().with(HostCheck::new(&["a"]).unwrap());
        let output = talk(service(stages(), false), &requests(&EVERYTHING, "a")).await;
        assert_eq!(statuses(&output), [200, 404, 405, 204, 204, 200], "{output}");
        let output = talk(service(stages(), false), &requests(&EVERYTHING, "evil")).await;
        assert_eq!(statuses(&output), [400; 6], "{output}");
        assert!(!output.to_lowercase().contains("allow:"), "{output}");
    });
}

/// The host is the forwarded one where that counts.
#[test]
fn the_forwarded_host_is_checked() {
    run(async {
        let stages = || Pipeline::default().with(HostCheck::new(&["a"]).unwrap());
        let believing = || service(stages(), false).with_proxies(Proxies::default().with_forwarded_host(true));
        let asked = "GET / HTTP/1.1\r\nHost: inner\r\nX-Forwarded-Host: a\r\n\r\n";
        assert_eq!(statuses(&talk(believing(), asked).await), [200]);
        let asked = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: evil\r\n\r\n";
        assert_eq!(statuses(&talk(believing(), asked).await), [400]);
        assert_eq!(statuses(&talk(service(stages(), false), asked).await), [200]);
    });
}

fn nosniff() -> Pipeline {
    Pipeline::default().with(DefaultHeaders::new(&[("X-Content-Type-Options", "nosniff")], &[]).unwrap())
}

/// Every reply of a route's and of the engine's own has the defaults once, also where no head could be read.
#[test]
fn every_reply_has_the_defaults() {
    run(async {
        let input = requests(&["GET /", "GET /gone", "POST /", "OPTIONS /", "GET /?lost"], "a") + "nonsense\r\n\r\n";
        let output = talk(service(nosniff(), false), &input).await;
        assert_eq!(statuses(&output), [200, 404, 405, 204, 500, 400], "{output}");
        assert_eq!(output.matches("X-Content-Type-Options: nosniff").count(), 6, "{output}");
    });
}

/// A route that opted out and the fallback's own replies get none; a refusal in the fallback's place is the engine's.
#[test]
fn bare_replies_have_none() {
    run(async {
        let output = talk(service(nosniff(), true), &requests(&["GET /bare", "GET /gone", "GET /"], "a")).await;
        assert_eq!(statuses(&output), [200; 3], "{output}");
        assert!(output.contains(&format!("{:?}", Target::Fallback)), "{output}");
        assert_eq!(output.matches("nosniff").count(), 1, "{output}");
        let output = talk(service(nosniff(), true), &requests(&["GET /gone?lost"], "a")).await;
        assert_eq!((statuses(&output), output.matches("nosniff").count()), (vec![500], 1), "{output}");
    });
}

/// What came in the clear is redirected, whatever would have answered it, but not what the fallback decides about.
#[test]
fn the_way_to_https() {
    run(async {
        let stages = || Pipeline::default().with(HttpsRedirect::new(None, &[""; 0]).unwrap());
        let output = talk(service(stages(), false), &requests(&["GET /", "GET /gone", "POST /"], "a")).await;
        assert_eq!(statuses(&output), [301, 301, 308], "{output}");
        assert!(output.contains("location: https://a/gone\r\n"), "{output}");
        assert_eq!(statuses(&talk(service(stages(), true), &requests(&["GET /gone"], "a")).await), [200]);
        let secure = Proxies::default().with_https(Some(("x-scheme".to_owned(), "https".to_owned())));
        let asked = "GET / HTTP/1.1\r\nHost: a\r\nX-Scheme: https\r\n\r\n";
        assert_eq!(statuses(&talk(service(stages(), false).with_proxies(secure), asked).await), [200]);
    });
}
