use super::*;

fn place() -> Vec<Place> {
    vec![Place::Header { name: "X-API-Key".to_owned(), scheme: None }, Place::Query("api_key".to_owned())]
}

fn record(text: &str) -> Arc<KeyRecord> {
    Arc::new(KeyRecord::parse(text.as_bytes()).unwrap())
}

fn keyed(keys: ApiKeys) -> Access {
    Access { schemes: vec![scheme("ApiKey", SchemeKind::ApiKey(keys))], rules: vec![Rule::Authenticated] }
}

fn table(entries: &[(&str, &str)]) -> KeyTable {
    entries.iter().map(|(key, text)| (digest(key.as_bytes()), record(text))).collect()
}

fn with_key(key: &str) -> RequestHead {
    head("GET", "/", &format!("X-API-Key: {key}\r\n"))
}

/// One key among ten thousand is found, its neighbour's record is not, and no other key is.
#[test]
fn among_ten_thousand() {
    let entry =
        |number: u32| (digest(format!("key-{number}").as_bytes()), record(&format!(r#"{{"subject":{number}}}"#)));
    let access = keyed(ApiKeys::new(place(), (0..10_000).map(entry).collect()));
    for number in [0, 1, 4711, 9999] {
        let findings = proven(access.decide_at(&with_key(&format!("key-{number}")), NOW));
        assert_eq!(findings.subject, Some(number.to_string()));
        assert_eq!(findings.key, digest(format!("key-{number}").as_bytes()));
        assert_eq!(findings.raw, format!(r#"{{"subject":{number}}}"#));
    }
    for key in ["key-10000", "key-", "KEY-1", "key-1x", "key-01"] {
        assert_eq!(invalid(access.decide_at(&with_key(key), NOW)), "The API key is not valid", "{key}");
    }
}

/// In the query a key is percent-encoded.
#[test]
fn in_the_query() {
    let access = keyed(ApiKeys::new(place(), table(&[("a/b+c", "{}")])));
    proven(access.decide_at(&head("GET", "/?api_key=a%2Fb%2Bc", ""), NOW));
    let twice = head("GET", "/?api_key=a%2Fb%2Bc", "X-API-Key: a/b+c\r\n");
    assert_eq!(invalid(access.decide_at(&twice, NOW)), "More than one credential was sent");
}

/// What no key has does not match; what is longer than any key is refused, though it were in the table.
#[test]
fn no_keys() {
    let long = "k".repeat(MAX_KEY_LENGTH + 1);
    let keys = ApiKeys::new(place(), table(&[(&long, "{}"), (&long[1..], "{}"), ("a\0", "{}"), ("é", "{}")]));
    let access = keyed(ApiKeys { undecided: true, ..keys });
    proven(access.decide_at(&with_key(&long[1..]), NOW));
    for target in [format!("/?api_key={long}"), "/?api_key=a%00".to_owned(), "/?api_key=%C3%A9".to_owned()] {
        assert_eq!(invalid(access.decide_at(&head("GET", &target, ""), NOW)), "The API key is not valid");
    }
}

/// A key ends at its time.
#[test]
fn expiry() {
    let access = keyed(ApiKeys::new(place(), table(&[("a", r#"{"expires_at":1000000.5}"#)])));
    proven(access.decide_at(&with_key("a"), NOW));
    assert_eq!(invalid(access.decide_at(&with_key("a"), NOW + 0.5)), "The API key has expired");
}

/// Where there is a store above, a key that is not known here is its affair; a known one is decided here.
#[test]
fn a_store_above() {
    let access = keyed(ApiKeys { undecided: true, ..ApiKeys::new(place(), table(&[("a", r#"{"expires_at":1}"#)])) });
    assert!(matches!(access.decide_at(&with_key("b"), NOW), Verdict::Undecided));
    assert_eq!(invalid(access.decide_at(&with_key("a"), NOW)), "The API key has expired");
    let findings = record(r#"{"subject":"u"}"#).findings(0, digest(b"b"));
    assert_eq!(proven(access.permit(Some(findings))).subject.as_deref(), Some("u"));
}

/// New keys take the place of all old ones.
#[test]
fn keys_are_replaced() {
    let access = keyed(ApiKeys::new(place(), table(&[("a", "{}")])));
    let SchemeKind::ApiKey(keys) = &access.schemes[0].kind else { panic!("no API keys") };
    keys.set_keys(table(&[("b", "{}")]));
    proven(access.decide_at(&with_key("b"), NOW));
    invalid(access.decide_at(&with_key("a"), NOW));
    assert!(!format!("{access:?}").contains("62"), "a digest is shown");
}

/// A record says what a token's claims would, and what else it says are claims.
#[test]
fn records() {
    let text = r#"{"subject":"u","permissions":["p"],"scopes":"r w","is_staff":true,"expires_at":5,"tenant":7}"#;
    let parsed = record(text);
    assert_eq!((parsed.subject.as_deref(), parsed.expires), (Some("u"), Some(5.0)));
    assert_eq!(
        (&parsed.permissions[..], &parsed.scopes[..]),
        (&["p".to_owned()][..], &["r".to_owned(), "w".to_owned()][..])
    );
    assert!(parsed.is_staff && !parsed.is_superuser);
    assert_eq!(parsed.findings(3, [0; 32]).claims["tenant"], 7);
    assert_eq!(record(r#"{"user_id":7,"subject":null}"#).subject.as_deref(), Some("7"));
    for text in [
        "[]",
        "",
        "{\"a\":1,\"a\":1}",
        r#"{"subject":1.5}"#,
        r#"{"subject":"a\u0000"}"#,
        r#"{"expires_at":"5"}"#,
        r#"{"permissions":"p"}"#,
        r#"{"permissions":[1]}"#,
        r#"{"scopes":{}}"#,
        r#"{"is_staff":1}"#,
    ] {
        assert!(KeyRecord::parse(text.as_bytes()).is_err(), "{text}");
    }
}
