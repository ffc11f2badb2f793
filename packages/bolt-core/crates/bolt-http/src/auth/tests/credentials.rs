use super::*;

/// Everything that a verdict can be about: the token's text, or why there is none.
fn found(places: &[Place], head: &RequestHead) -> Result<Option<String>, &'static str> {
    let presented = credential::find(places, head)?;
    Ok(presented.map(|presented| String::from_utf8_lossy(&presented.text).into_owned()))
}

fn field(name: &str, scheme: Option<&str>) -> Place {
    Place::Header { name: name.to_owned(), scheme: scheme.map(str::to_owned) }
}

fn in_field(fields: &str) -> Result<Option<String>, &'static str> {
    found(&[bearer()], &head("GET", "/", fields))
}

/// RFC 9110 §11.1: a scheme's case makes no difference; what begins with another word is for somebody else.
#[test]
fn a_scheme_in_front() {
    for fields in ["Authorization: Bearer abc\r\n", "authorization: BEARER   abc\r\n", "AUTHORIZATION:bearer abc \r\n"]
    {
        assert_eq!(in_field(fields), Ok(Some("abc".to_owned())), "{fields}");
    }
    for fields in [
        "",
        "Authorization: Basic abc\r\n",
        "Authorization: Bearerabc\r\n",
        "Authorization: Bear\r\n",
        "X: Bearer a\r\n",
    ] {
        assert_eq!(in_field(fields), Ok(None), "{fields}");
    }
}

/// A scheme with nothing behind it, or more than one word, is an attempt that failed.
#[test]
fn empty_and_spaced() {
    for fields in ["Authorization: Bearer\r\n", "Authorization: Bearer  \r\n"] {
        assert_eq!(in_field(fields), Err("The credential is empty"), "{fields}");
    }
    for fields in ["Authorization: Bearer a b\r\n", "Authorization: Bearer a\tb\r\n", "Authorization: Bearer\ta\r\n"] {
        assert_eq!(in_field(fields), Err("The credential contains whitespace"), "{fields}");
    }
    let place = [field("X-Key", None)];
    assert_eq!(found(&place, &head("GET", "/", "X-Key:\r\n")), Err("The credential is empty"));
    assert_eq!(found(&place, &head("GET", "/?x", "X-Key: a b\r\n")), Err("The credential contains whitespace"));
}

/// Two fields of which one is meant here are two answers to one question.
#[test]
fn doubled_fields() {
    let several = Err("More than one credential was sent");
    for fields in [
        "Authorization: Bearer a\r\nAuthorization: Bearer a\r\n",
        "Authorization: Basic a\r\nAuthorization: Bearer a\r\n",
        "Authorization: Bearer a\r\nAuthorization: x\r\n",
    ] {
        assert_eq!(in_field(fields), several, "{fields}");
    }
    assert_eq!(in_field("Authorization: Basic a\r\nAuthorization: Basic b\r\n"), Ok(None));
    let place = [field("X-Key", None)];
    assert_eq!(found(&place, &head("GET", "/", "X-Key: a\r\nx-key: b\r\n")), several);
}

/// A cookie by its exact name, in any of the fields; two of one name are one too many.
#[test]
fn cookies() {
    let place = [Place::Cookie("session".to_owned())];
    let found = |fields: &str| found(&place, &head("GET", "/", fields));
    assert_eq!(found("Cookie: a=b; session=abc; Session=x\r\n"), Ok(Some("abc".to_owned())));
    assert_eq!(found("Cookie: a=b\r\nCookie: session=abc\r\n"), Ok(Some("abc".to_owned())));
    assert_eq!(found("Cookie: a=session\r\n"), Ok(None));
    assert_eq!(found("Cookie: session=\r\n"), Err("The credential is empty"));
    assert_eq!(found("Cookie: session=a; session=a\r\n"), Err("More than one credential was sent"));
    assert_eq!(found("Cookie: session=a\r\nCookie: session=b\r\n"), Err("More than one credential was sent"));
}

/// A parameter of the query, decoded once.
#[test]
fn queries() {
    let place = [Place::Query("key".to_owned())];
    let found = |target: &str| found(&place, &head("GET", target, ""));
    assert_eq!(found("/?a=b&key=a%2Bb%2525"), Ok(Some("a+b%25".to_owned())));
    assert_eq!(found("/?k%65y=abc"), Ok(Some("abc".to_owned())));
    assert_eq!(found("/key=abc"), Ok(None));
    assert_eq!(found("/?Key=abc&keys=d"), Ok(None));
    assert_eq!(found("/?key"), Err("The credential is empty"));
    assert_eq!(found("/?key=a+b"), Err("The credential contains whitespace"));
    assert_eq!(found("/?key=a&key=a"), Err("More than one credential was sent"));
}

/// Two places that both hold something cannot both be meant.
#[test]
fn two_places() {
    let places = [bearer(), Place::Cookie("session".to_owned()), Place::Query("key".to_owned())];
    let found = |target: &str, fields: &str| found(&places, &head("GET", target, fields));
    assert_eq!(found("/?key=a", ""), Ok(Some("a".to_owned())));
    assert_eq!(found("/", "Cookie: session=a\r\nAuthorization: Basic x\r\n"), Ok(Some("a".to_owned())));
    let several = Err("More than one credential was sent");
    assert_eq!(found("/", "Cookie: session=a\r\nAuthorization: Bearer a\r\n"), several);
    assert_eq!(found("/?key=a", "Cookie: session=a\r\n"), several);
}

/// A refusal tells nothing of what was sent.
#[test]
fn nothing_is_echoed() {
    let access = access(plain_jwt());
    for token in ["SENSITIVE.SENSITIVE.SENSITIVE", "SENSITIVE a", &good("").replace('.', ".SENSITIVE")] {
        let verdict = access.decide_at(&bearing(token), NOW);
        let Verdict::Refused(refusal) = verdict else { panic!("{verdict:?}") };
        assert!(!format!("{refusal:?}").contains("SENSITIVE"));
    }
}
