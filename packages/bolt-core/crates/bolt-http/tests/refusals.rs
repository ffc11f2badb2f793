//! Refusals worded above the engine: asked of the handler where there is a request, prepared where there is none.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]
mod support;

use std::rc::Rc;

use bolt_http::exchange::{Answer, Exchange, OwnAnswer};
use bolt_http::pipeline::Pipeline;
use bolt_http::refusal::{Format, Refusal};
use bolt_http::refusals::Refusals;
use bolt_http::router::{BodyMode, RouteSpec, RouteTable};
use bolt_http::service::Service;
use support::{Setup, plain, rest, run, statuses, text};
use tokio::io::AsyncWriteExt;

fn routes() -> RouteTable {
    let mut routes = RouteTable::builder();
    let spec = RouteSpec {
        method: "POST".to_owned(),
        path: "/here".to_owned(),
        body: BodyMode::Whole,
        max_body: Some(4),
        name: "test".to_owned(),
        ..RouteSpec::default()
    };
    routes.add(spec).unwrap();
    routes.build().unwrap()
}

/// Says who asked, and for what.
fn word(exchange: Exchange) {
    let refusal = match &exchange.own {
        Some(OwnAnswer::Refusal(refusal)) => Some(refusal),
        _ => None,
    };
    let said = match refusal {
        Some(refusal) => format!("{} {}: {}", exchange.head.method(), exchange.head.path(), refusal.detail()),
        None => "a handler's".to_owned(),
    };
    let status = refusal.map_or(200, Refusal::status);
    exchange.responder.send(Answer::Whole(plain(status, said)));
}

async fn talk(refusals: Refusals, handler: impl Fn(Exchange) + 'static, input: &str) -> String {
    let service = Service::new(bolt_http::config::Config::default(), routes(), Pipeline::default(), Rc::new(handler));
    let mut client = Setup::default().connect_to(&Rc::new(service.with_refusals(refusals)));
    client.write_all(input.as_bytes()).await.unwrap();
    client.shutdown().await.unwrap();
    text(&rest(&mut client).await)
}

fn worded() -> Refusals {
    Refusals::default().worded_above(vec![(Refusal::UriTooLong, plain(414, "prepared"))])
}

const KEEP: &str = "Host: a\r\nContent-Length: 2\r\n\r\nhi";

/// A refusal of a parsed request is worded by the handler, and the connection goes on as it would without.
#[test]
fn the_handler_words_what_has_a_request() {
    run(async {
        let input = format!(
            "GET /gone HTTP/1.1\r\nHost: a\r\n\r\nGET /here HTTP/1.1\r\nHost: a\r\n\r\nPOST /here HTTP/1.1\r\n{KEEP}"
        );
        let output = talk(worded(), word, &input).await;
        assert_eq!(statuses(&output), [404, 405, 200], "{output}");
        assert!(output.contains("GET /gone: Not Found"), "{output}");
        assert!(output.contains("GET /here: Method Not Allowed"), "{output}");
    });
}

/// After a body that is too large nothing more is read as a request, whoever words the refusal.
#[test]
fn a_refusal_that_closes_still_does() {
    run(async {
        let input = "POST /here HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
        let output = talk(worded(), word, &format!("{input}POST /here HTTP/1.1\r\n{KEEP}")).await;
        assert_eq!(statuses(&output), [413], "{output}");
        assert!(output.contains("connection: close\r\n"), "{output}");
        assert!(output.ends_with("POST /here: The request body is too large"), "{output}");
    });
}

/// What cannot be parsed gets its prepared reply, or the engine's own where there is none.
#[test]
fn what_has_no_request_is_prepared() {
    run(async {
        let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(9000));
        assert!(talk(worded(), word, &long).await.ends_with("prepared"));
        assert!(talk(worded(), word, "GET / HTTP/1.1\r\n\r\n").await.ends_with(r#"needs a Host header field"}"#));
    });
}

/// Where the one who words refusals drops the request, the client is told the refusal in the engine's words.
#[test]
fn a_lost_wording_is_replaced() {
    run(async {
        let refusals = Refusals::new(Format::Problem).worded_above(Vec::new());
        let output = talk(refusals, drop, "GET /gone HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert_eq!(statuses(&output), [404], "{output}");
        assert!(output.ends_with(r#""title":"Not Found","status":404,"detail":"Not Found"}"#), "{output}");
    });
}

/// Where nobody above words them, the handler never sees a refused request.
#[test]
fn the_handler_is_not_asked_by_default() {
    run(async {
        let refuse = |_: Exchange| panic!("asked");
        let output = talk(Refusals::new(Format::Problem), refuse, "GET /gone HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(output.contains("content-type: application/problem+json\r\n"), "{output}");
    });
}
