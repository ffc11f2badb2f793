//! Request lines, targets and header fields: RFC 9112 §2, §3 and §5.
#![allow(clippy::unwrap_used, reason = "a test may")]
mod support;

use support::{run, statuses, talk};

/// The head every test adds to: a request line and one Host.
fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: a.example\r\n\r\n")
}

async fn status_of(input: impl AsRef<[u8]>) -> u16 {
    statuses(&talk(input).await)[0]
}

/// RFC 9112 §3.2.1: an origin-form target is a path and a query; both reach the handler raw.
#[test]
fn origin_form() {
    run(async {
        let reply = talk(get("/a%20b/c?x=1&y=%2F?")).await;
        assert!(reply.ends_with("GET /a%20b/c?x=1&y=%2F? []"), "{reply}");
    });
}

/// RFC 9112 §3.2.2: a server accepts the absolute-form, whose host wins over the Host field.
#[test]
fn absolute_form() {
    run(async {
        let seen = std::rc::Rc::new(std::cell::RefCell::new(None));
        let noted = seen.clone();
        let setup = support::Setup::default();
        let handler = move |exchange: bolt_http::exchange::Exchange| {
            *noted.borrow_mut() = exchange.head.host().map(str::to_owned);
            support::echo(exchange);
        };
        let reply = setup.talk(get("HTTP://b.example:81/p?q"), handler).await;
        assert!(reply.ends_with("GET /p?q []"), "{reply}");
        assert_eq!(seen.borrow().as_deref(), Some("b.example:81"));
    });
}

/// RFC 9110 §4.2.3: an absolute-form target with an empty path means `/`.
#[test]
fn absolute_form_without_path() {
    run(async {
        assert!(talk(get("http://b.example")).await.ends_with("GET / []"));
        assert!(talk(get("http://b.example?q")).await.ends_with("GET /?q []"));
    });
}

/// RFC 9112 §3.2.4: `OPTIONS *`, and its absolute-form without a path, ask about the server as a whole.
#[test]
fn asterisk_form() {
    run(async {
        for target in ["*", "http://b.example"] {
            let reply = talk(format!("OPTIONS {target} HTTP/1.1\r\nHost: a.example\r\n\r\n")).await;
            assert!(reply.starts_with("HTTP/1.1 204 No Content\r\nallow: "), "{reply}");
        }
        assert_eq!(status_of(get("*")).await, 400);
    });
}

/// RFC 9112 §3.2.3: CONNECT is not served, and the connection does not become a tunnel.
#[test]
fn connect_is_refused() {
    run(async {
        let reply =
            talk("CONNECT b.example:443 HTTP/1.1\r\nHost: b.example:443\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
                .await;
        assert_eq!(statuses(&reply), [405]);
        assert!(reply.contains("\r\nallow: \r\n") && reply.contains("connection: close"), "{reply}");
    });
}

/// RFC 9112 §3.2 and RFC 3986 §2: a target that is no URI is refused, never repaired.
#[test]
fn malformed_targets() {
    run(async {
        for target in [
            "p",
            "",
            "/a b",
            "/\u{e9}",
            "/a#b",
            "ftp://b.example/",
            "http://",
            "http:///p",
            "http://u@b.example/",
            "//\u{7f}",
        ] {
            assert_eq!(status_of(get(target)).await, 400, "{target:?}");
        }
    });
}

/// RFC 9110 §9.1: methods are case-sensitive tokens, known or not.
#[test]
fn methods() {
    run(async {
        let reply = talk("get / HTTP/1.1\r\nHost: a\r\n\r\nPROPFIND /x HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert_eq!(statuses(&reply), [200, 200]);
        assert!(reply.contains("get / []") && reply.contains("PROPFIND /x []"));
        assert_eq!(status_of("G@T / HTTP/1.1\r\nHost: a\r\n\r\n").await, 400);
    });
}

/// RFC 9110 §15.6.6: another major version is 505; a version that is none is 400.
#[test]
fn versions() {
    run(async {
        for (version, status) in [
            ("HTTP/2.0", 505),
            ("HTTP/0.9", 505),
            ("HTTP/1.2", 505),
            ("HTTP/1", 400),
            ("HTTP/11", 400),
            ("http/1.1", 400),
            ("", 400),
        ] {
            let reply = talk(format!("GET / {version}\r\nHost: a\r\n\r\n")).await;
            assert_eq!(statuses(&reply), [status], "{version:?}");
        }
        // HTTP/0.9 had request lines without a version.
        assert_eq!(status_of("GET /\r\n\r\n").await, 400);
    });
}

/// RFC 9113 §3.4: the preface of HTTP/2 with prior knowledge is answered with 505, not with silence.
#[test]
fn http2_preface() {
    run(async {
        assert_eq!(statuses(&talk("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await), [505]);
    });
}

/// RFC 9112 §2.2: a few empty lines before a request line are skipped, many are not.
#[test]
fn leading_empty_lines() {
    run(async {
        assert_eq!(status_of(format!("\r\n\r\n{}", get("/"))).await, 200);
        assert_eq!(status_of(format!("{}{}", "\r\n".repeat(9), get("/"))).await, 400);
    });
}

/// RFC 9112 §2.2: a bare LF is no line end and a bare CR is nothing at all.
#[test]
fn bare_line_ends() {
    run(async {
        for input in [
            "GET / HTTP/1.1\nHost: a\n\n",
            "GET / HTTP/1.1\r\nHost: a\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: 1\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: 1\rY: 2\r\n\r\n",
            "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\rHost: a\r\n\r\n",
        ] {
            let reply = talk(input).await;
            assert_eq!(statuses(&reply), [400], "{input:?}");
            assert!(reply.contains("connection: close"));
        }
    });
}

/// RFC 9112 §3: exactly one space between the parts of a request line.
#[test]
fn request_line_spaces() {
    run(async {
        for line in ["GET  / HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1", "GET\t/ HTTP/1.1", "GET /  HTTP/1.1"] {
            assert_eq!(status_of(format!("{line}\r\nHost: a\r\n\r\n")).await, 400, "{line:?}");
        }
    });
}

/// RFC 9112 §5.1: no whitespace before a colon, no empty name, nothing but a token as a name.
#[test]
fn field_names() {
    run(async {
        for field in ["X : 1", "X\t: 1", ": 1", "X", "X(: 1", "X\u{e9}: 1", "X\0: 1"] {
            assert_eq!(status_of(format!("GET / HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n")).await, 400, "{field:?}");
        }
    });
}

/// RFC 9112 §5.2: obsolete line folding is refused.
#[test]
fn line_folding() {
    run(async {
        for fold in [" ", "\t"] {
            let input = format!("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n{fold}2\r\n\r\n");
            assert_eq!(status_of(input).await, 400);
        }
        assert_eq!(status_of("GET / HTTP/1.1\r\n Host: a\r\n\r\n").await, 400);
    });
}

/// RFC 9110 §5.5: values lose surrounding whitespace, may hold obs-text, may not hold control characters.
#[test]
fn field_values() {
    run(async {
        let setup = support::Setup::default();
        let handler = |exchange: bolt_http::exchange::Exchange| {
            let value = exchange.head.header("x-v").map(<[u8]>::to_vec).unwrap_or_default();
            exchange.responder.send(bolt_http::exchange::Answer::Whole(support::plain(200, value)));
        };
        let reply = setup.talk(b"GET / HTTP/1.1\r\nHost: a\r\nX-V: \t a\tb \xe9 \t\r\n\r\n", handler).await;
        assert!(reply.ends_with("\r\n\r\na\tb \u{fffd}"), "{reply:?}");
        for bad in ["\0", "\u{1}", "\u{7f}", "\u{b}"] {
            assert_eq!(status_of(format!("GET / HTTP/1.1\r\nHost: a\r\nX: {bad}\r\n\r\n")).await, 400, "{bad:?}");
        }
    });
}

/// RFC 9112 §3.2: an HTTP/1.1 request has exactly one Host field, valid and not empty.
#[test]
fn host_is_required_once() {
    run(async {
        for hosts in [
            "",
            "Host: a\r\nHost: a\r\n",
            "Host: a\r\nhost: b\r\n",
            "Host:\r\n",
            "Host: a b\r\n",
            "Host: a/b\r\n",
            "Host: u@a\r\n",
            "Host: a:b\r\n",
            "Host: a:99999\r\n",
            "Host: [::1\r\n",
            "Host: [zz]\r\n",
            "Host: a,b c\r\n",
            "Host: a%2\r\n",
        ] {
            assert_eq!(status_of(format!("GET / HTTP/1.1\r\n{hosts}\r\n")).await, 400, "{hosts:?}");
        }
        for host in [
            "a",
            "a.example:8000",
            "127.0.0.1",
            "[::1]",
            "[2001:db8::1]:80",
            "a:",
            "a%20b",
            "xn--bcher-kva.example",
            "a_b",
        ] {
            assert_eq!(status_of(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).await, 200, "{host:?}");
        }
    });
}

/// RFC 9112 §3.2: HTTP/1.0 requests may come without Host, but not with two or a malformed one.
#[test]
fn host_in_http10() {
    run(async {
        assert_eq!(status_of("GET / HTTP/1.0\r\n\r\n").await, 200);
        assert_eq!(status_of("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n").await, 400);
        assert_eq!(status_of("GET / HTTP/1.0\r\nHost: a b\r\n\r\n").await, 400);
    });
}

/// What is no HTTP at all, such as a TLS handshake on a plain port, is refused at its first byte.
#[test]
fn not_http() {
    run(async {
        let started = tokio::time::Instant::now();
        assert_eq!(status_of(b"\x16\x03\x01\x02\x00\x01\x00").await, 400);
        assert!(started.elapsed() < std::time::Duration::from_secs(5), "it waited for more");
    });
}

/// A refusal is JSON with a detail, says that the connection closes, and nothing after it is read as a request.
#[test]
fn refusals_have_one_shape() {
    run(async {
        let reply = talk("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert_eq!(
            reply,
            "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: 58\r\nconnection: close\r\n\r\n\
             {\"detail\":\"An HTTP/1.1 request needs a Host header field\"}"
        );
    });
}
