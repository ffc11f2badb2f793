use super::*;

fn cookie_access() -> Access {
    access(with(|jwt| {
        jwt.places = vec![bearer(), Place::Cookie("session".to_owned())];
        jwt.csrf_header = Some("X-CSRF-Token".to_owned());
    }))
}

fn post(token: &str, fields: &str) -> RequestHead {
    head("POST", "/", &format!("Cookie: session={token}\r\n{fields}"))
}

/// A cookie comes with every request that a browser makes; the header only with one by a page that may read the claim.
#[test]
fn the_header_repeats_the_claim() {
    let (access, token) = (cookie_access(), good(r#","csrf":"abc""#));
    proven(access.decide_at(&post(&token, "X-CSRF-Token: abc\r\n"), NOW));
    // Verified and in the cache, it is compared all the same.
    for (fields, said) in [
        ("", "CSRF check failed: the header is missing or was sent more than once"),
        (
            "X-CSRF-Token: abc\r\nX-CSRF-Token: abc\r\n",
            "CSRF check failed: the header is missing or was sent more than once",
        ),
        ("X-CSRF-Token: abd\r\n", "CSRF check failed: the header does not match the token"),
        ("X-CSRF-Token: ab\r\n", "CSRF check failed: the header does not match the token"),
        ("X-CSRF-Token:\r\n", "CSRF check failed: the header does not match the token"),
    ] {
        assert_eq!(denied(access.decide_at(&post(&token, fields), NOW)), said, "{fields}");
    }
}

/// A token without the claim has nothing that a header could repeat.
#[test]
fn the_claim_is_text() {
    for more in ["", r#","csrf":"""#, r#","csrf":null"#, r#","csrf":1"#] {
        let verdict = cookie_access().decide_at(&post(&good(more), "X-CSRF-Token: \r\n"), NOW);
        assert_eq!(denied(verdict), "CSRF check failed: the token has no claim to compare with", "{more}");
    }
}

/// RFC 9110 §9.2.1: safe methods change nothing; the names are case-sensitive.
#[test]
fn safe_methods() {
    let token = good("");
    let ask =
        |method: &str| cookie_access().decide_at(&head(method, "/", &format!("Cookie: session={token}\r\n")), NOW);
    for method in ["GET", "HEAD", "OPTIONS", "TRACE"] {
        proven(ask(method));
    }
    for method in ["POST", "PUT", "PATCH", "DELETE", "get", "QUERY"] {
        assert!(denied(ask(method)).starts_with("CSRF"), "{method}");
    }
}

/// No browser adds the other field by itself; and where no header is named, somebody else looks after it.
#[test]
fn not_for_other_places() {
    let token = good("");
    proven(cookie_access().decide_at(&head("POST", "/", &format!("Authorization: Bearer {token}\r\n")), NOW));
    let without = access(with(|jwt| jwt.places = vec![Place::Cookie("session".to_owned())]));
    proven(without.decide_at(&post(&token, ""), NOW));
}

/// A token that is invalid is that in the first place.
#[test]
fn an_invalid_token_comes_first() {
    assert_eq!(invalid(cookie_access().decide_at(&post(&token(r#"{"exp":1}"#), ""), NOW)), "The token has expired");
}
