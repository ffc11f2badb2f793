use bytes::Bytes;

use super::*;
use crate::http1::parse::parse_head;
use crate::router::{Found, RouteSpec, RouteTable, SlashPolicy, Target};

fn head(target: &str, fields: &str, peer: &str) -> RequestHead {
    let text = format!("GET {target} HTTP/1.1\r\nHost: a.example\r\n{fields}\r\n");
    let count = text.matches("\r\n").count() - 2;
    let peer = match peer {
        "unix" => Peer::Unix,
        "here" => Peer::InProcess,
        address => Peer::Tcp(SocketAddr::new(address.parse().expect("an address"), 1)),
    };
    parse_head(Bytes::from(text), count, peer).expect("a valid head").head
}

fn proxies(trusted: &[&str]) -> Proxies {
    Proxies::new(trusted).expect("valid proxies")
}

/// The client that is told of a request with this `X-Forwarded-For`.
fn client(trusted: &[&str], peer: &str, fields: &str) -> Option<String> {
    let mut head = head("/", fields, peer);
    proxies(trusted).settle(&mut head);
    head.forwarded_client().map(|ip| ip.to_string())
}

fn forwarded_for(value: &str) -> String {
    format!("X-Forwarded-For: {value}\r\n")
}

/// From the right, past trusted addresses only; several fields are one list (RFC 9110 §5.3).
#[test]
fn walks_from_the_right() {
    let trusted = ["10.0.0.0/8", "192.0.2.1", "2001:db8::/32"];
    for (value, expected) in [
        ("203.0.113.9", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9, 10.1.2.3, 192.0.2.1", "203.0.113.9"),
        ("10.9.9.9, 10.1.2.3", "10.9.9.9"),
        ("203.0.113.9:4711, 10.0.0.1:80", "203.0.113.9"),
        ("[2001:db9::1]:443, [2001:db8::2], 2001:db8::3", "2001:db9::1"),
        ("::ffff:203.0.113.9, ::ffff:10.0.0.1", "203.0.113.9"),
        ("203.0.113.9 ,, 10.0.0.1,", "203.0.113.9"),
        ("6.6.6.6, garbage, 10.0.0.1", "10.0.0.1"),
        ("6.6.6.6\r\nX-Forwarded-For: 203.0.113.9, 10.0.0.1", "203.0.113.9"),
    ] {
        assert_eq!(client(&trusted, "10.0.0.2", &forwarded_for(value)).as_deref(), Some(expected), "{value}");
    }
    for value in ["", "unknown", "6.6.6.6, _hidden", "6.6.6.6, 1.2.3"] {
        assert_eq!(client(&trusted, "10.0.0.2", &forwarded_for(value)), None, "{value}");
    }
    assert_eq!(client(&trusted, "10.0.0.2", ""), None);
}

/// Only a trusted peer is believed: by address, IPv4 in IPv6 included, by a Unix socket where that is listed, and in process.
#[test]
fn only_trusted_peers() {
    let sent = forwarded_for("203.0.113.9");
    let told = |trusted: &[&str], peer| client(trusted, peer, &sent).is_some();
    assert!(told(&["10.0.0.0/8"], "10.255.0.1"));
    assert!(told(&["10.0.0.0/8"], "::ffff:10.0.0.1"));
    assert!(told(&["unix"], "unix"));
    assert!(told(&["10.0.0.0/8"], "here"));
    for (trusted, peer) in [(&["10.0.0.0/8"][..], "11.0.0.1"), (&["10.0.0.0/8"], "unix"), (&["unix"], "10.0.0.1")] {
        assert!(!told(trusted, peer), "{trusted:?} {peer}");
    }
    for peer in ["127.0.0.1", "unix", "here"] {
        assert!(!told(&[], peer), "without a list nobody: {peer}");
    }
}

fn with_all(trusted: &[&str]) -> Proxies {
    proxies(trusted).with_https(Some(("X-Scheme".to_owned(), "https".to_owned()))).with_forwarded_host(true)
}

const CLAIMS: &str = "X-Scheme: https, http\r\nx-forwarded-host: b.example\r\nX-FORWARDED-PORT: 1\r\nForwarded: for=1\r\n\
                      X-Real-IP: 1.2.3.4\r\nX-Forwarded: kept\r\n";

/// What an untrusted peer has no right to say is not there any more; without a list everyone is believed, as in Django.
#[test]
fn claims_of_the_untrusted() {
    let names = |head: &RequestHead| head.headers().map(|(name, _)| name.to_lowercase()).collect::<Vec<_>>();
    let mut untrusted = head("/", CLAIMS, "192.0.2.9");
    with_all(&["10.0.0.1"]).settle(&mut untrusted);
    assert_eq!(names(&untrusted), ["host", "x-forwarded"]);
    assert_eq!((untrusted.is_secure(), untrusted.site()), (false, Some("a.example")));
    for (trusted, peer) in [(&["10.0.0.1"][..], "10.0.0.1"), (&[], "192.0.2.9")] {
        let mut believed = head("/", CLAIMS, peer);
        with_all(trusted).settle(&mut believed);
        assert_eq!(names(&believed).len(), 7, "{trusted:?}");
        assert_eq!((believed.is_secure(), believed.site()), (true, Some("b.example")), "{trusted:?}");
    }
}

/// The first value of the list decides, exactly.
#[test]
fn https_by_its_value() {
    for (fields, secure) in [
        ("X-Scheme: https\r\n", true),
        ("X-Scheme:  https , http\r\n", true),
        ("X-Scheme: http, https\r\n", false),
        ("X-Scheme: HTTPS\r\n", false),
        ("X-Scheme: http\r\nX-Scheme: https\r\n", false),
        ("", false),
    ] {
        let mut head = head("/", fields, "here");
        with_all(&[]).settle(&mut head);
        assert_eq!(head.is_secure(), secure, "{fields:?}");
    }
}

/// Several hosts, or what is none, are nobody's host; the field of the request itself stays what it was.
#[test]
fn hosts_that_are_none() {
    for fields in [
        "X-Forwarded-Host: a.example, b.example\r\n",
        "X-Forwarded-Host: a.example\r\nX-Forwarded-Host: a.example\r\n",
        "X-Forwarded-Host: a/b\r\n",
        "X-Forwarded-Host: \r\n",
    ] {
        let mut head = head("/", fields, "here");
        with_all(&[]).settle(&mut head);
        assert_eq!((head.site(), head.host()), (None, Some("a.example")), "{fields:?}");
    }
}

/// A path begins with the script name whether the proxy took it off or not; only whole segments count.
#[test]
fn script_names() {
    let proxies = Proxies::default().with_script_name("/shop/");
    for (target, path, info) in [
        ("/shop/items?q", "/shop/items", "/items"),
        ("/items?q", "/shop/items", "/items"),
        ("/shop", "/shop", "/"),
        ("/shop/", "/shop/", "/"),
        ("/shopping", "/shop/shopping", "/shopping"),
        ("/", "/shop/", "/"),
    ] {
        let mut head = head(target, "", "here");
        proxies.settle(&mut head);
        assert_eq!((head.path(), head.path_info(), head.script_name()), (path, info, "/shop"), "{target}");
        assert_eq!(head.query(), target.contains('?').then_some("q"));
    }
}

/// Routes stand below the script name; parameters, and redirects to a path with a slash, know of it.
#[test]
fn routes_below_a_script_name() {
    let mut routes = RouteTable::builder().slash(SlashPolicy::Append);
    for path in ["/items/{id}", "/all/"] {
        routes
            .add(RouteSpec { method: "GET".to_owned(), path: path.to_owned(), ..RouteSpec::default() })
            .expect("a route");
    }
    let routes = routes.build().expect("routes");
    for target in ["/shop/items/7", "/items/7"] {
        let mut head = head(target, "", "here");
        Proxies::default().with_script_name("/shop").settle(&mut head);
        let Found::Match(found, _) = routes.find_for(&head) else { panic!("{target} is not found") };
        assert!(matches!(found.target, Target::Route(_)));
        assert_eq!(head.slice(found.params[0]), "7");
    }
    let mut head = head("/all", "", "here");
    Proxies::default().with_script_name("/shop").settle(&mut head);
    assert_eq!(routes.find_for(&head), Found::Redirect { path: "/shop/all/".to_owned(), observer: None });
}

/// What is no address and no network is an error that says how to write it.
#[test]
fn proxies_are_networks() {
    for text in ["proxy.example", "10.0.0.0/33", "10.0.0", "", "*", "UNIX"] {
        let error = Proxies::new(&[text]).expect_err(text);
        assert!(error.to_string().contains("write an address"), "{error}");
    }
}
