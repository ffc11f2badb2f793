//! Routes that want credentials: decided before a body is read, and told to the handler.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]
mod support;

use std::sync::Arc;

use bolt_http::auth::{Access, ApiKeys, KeyRecord, Place, Rule, Scheme, SchemeKind, digest};
use bolt_http::exchange::{Answer, Exchange, OwnAnswer};
use support::{Setup, plain, read_until, rest, run, statuses, text};
use tokio::io::AsyncWriteExt;

fn access(undecided: bool, rules: Vec<Rule>) -> Arc<Access> {
    let record = Arc::new(KeyRecord::parse(br#"{"subject":"k1"}"#).unwrap());
    let place = vec![Place::Header { name: "X-API-Key".to_owned(), scheme: None }];
    let keys = ApiKeys { undecided, ..ApiKeys::new(place, [(digest(b"key"), record)].into()) };
    let challenge = "ApiKey realm=\"test\"".to_owned();
    let scheme = Scheme { backend: "key".to_owned(), challenge, kind: SchemeKind::ApiKey(keys) };
    Arc::new(Access { schemes: vec![Arc::new(scheme)], rules })
}

fn setup(undecided: bool, rule: Rule) -> Setup {
    Setup::with(|setup| setup.auth = Some(access(undecided, vec![rule])))
}

/// Says who calls.
fn who(exchange: Exchange) {
    let own = matches!(&exchange.own, Some(OwnAnswer::Refusal(_)));
    let subject = exchange.auth.as_ref().and_then(|findings| findings.subject.clone());
    exchange.responder.send(Answer::Whole(plain(200, format!("{subject:?} {} {own}.", exchange.undecided))));
}

/// The refusal comes before a single byte of the body has been sent, with one challenge and no `100 Continue`.
#[test]
fn refused_before_the_body() {
    run(async {
        let mut client = setup(false, Rule::Authenticated).connect(who);
        let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n";
        client.write_all(head.as_bytes()).await.unwrap();
        let said = text(read_until(&mut client, "not provided\"}").await.as_bytes());
        assert_eq!(statuses(&said), [401], "{said}");
        assert!(said.contains("\r\nwww-authenticate: ApiKey realm=\"test\"\r\n"), "{said}");
        assert!(said.ends_with(r#"{"detail":"Authentication credentials were not provided"}"#), "{said}");
    });
}

/// So does it without an expectation, and nothing is waited for.
#[test]
fn refused_at_once() {
    run(async {
        let mut client = setup(false, Rule::Authenticated).connect(who);
        let head = "POST / HTTP/1.1\r\nHost: a\r\nX-API-Key: wrong\r\nContent-Length: 1000000\r\n\r\n";
        let started = tokio::time::Instant::now();
        client.write_all(head.as_bytes()).await.unwrap();
        let said = read_until(&mut client, "not valid\"}").await;
        assert_eq!((statuses(&said), started.elapsed().as_secs()), (vec![401], 0), "{said}");
    });
}

/// A refusal leaves the connection open: the next request is read, and its handler told who calls.
#[test]
fn the_connection_goes_on() {
    run(async {
        let mut client = setup(false, Rule::Authenticated).connect(who);
        let fields = ["X-API-Key: wrong\r\n", "X-API-Key: key\r\n", "", "X-API-Key: key\r\n"];
        for fields in fields {
            let request = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n{fields}\r\nhi");
            client.write_all(request.as_bytes()).await.unwrap();
        }
        client.shutdown().await.unwrap();
        let said = text(&rest(&mut client).await);
        assert_eq!(statuses(&said), [401, 200, 401, 200], "{said}");
        assert_eq!(said.matches("Some(\"k1\") false false.").count(), 2, "{said}");
    });
}

/// Who is known but may not call gets 403.
#[test]
fn known_and_denied() {
    run(async {
        let rule = Rule::Flag("is_staff".to_owned());
        let said = setup(false, rule).talk("GET / HTTP/1.0\r\nX-API-Key: key\r\n\r\n", who).await;
        assert_eq!(statuses(&said), [403], "{said}");
        assert!(said.contains("You do not have permission") && !said.contains("www-authenticate"), "{said}");
    });
}

/// What the engine cannot tell the handler has to.
#[test]
fn undecided_above() {
    run(async {
        let said = setup(true, Rule::Authenticated).talk("GET / HTTP/1.0\r\nX-API-Key: other\r\n\r\n", who).await;
        assert!(said.ends_with("None true false."), "{said}");
    });
}

/// A handler that observes its route has the refusal, and no findings.
#[test]
fn observed() {
    run(async {
        let mut setup = setup(false, Rule::Authenticated);
        setup.observes = true;
        let said = setup.talk("GET / HTTP/1.0\r\n\r\n", who).await;
        assert!(said.ends_with("None false true."), "{said}");
    });
}
