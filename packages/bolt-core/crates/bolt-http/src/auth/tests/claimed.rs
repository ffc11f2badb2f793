use serde_json::json;

use super::*;

fn said(access: &Access, claims: &str) -> &'static str {
    invalid(access.decide_at(&bearing(&token(claims)), NOW))
}

fn ok(access: &Access, claims: &str) -> Arc<Findings> {
    proven(access.decide_at(&bearing(&token(claims)), NOW))
}

/// RFC 7519 §4.1.4: a token counts before its expiry, not at it; fractions and the leeway count.
#[test]
fn expiry() {
    let strict = access(plain_jwt());
    ok(&strict, r#"{"exp":1000000.5}"#);
    assert_eq!(said(&strict, r#"{"exp":1000000}"#), "The token has expired");
    assert_eq!(said(&strict, r#"{"exp":999999.99}"#), "The token has expired");
    assert_eq!(said(&strict, r#"{"exp":-1e300}"#), "The token has expired");
    ok(&strict, r#"{"exp":1e300}"#);
    let lenient = ruled(|rules| rules.leeway = 10.0);
    ok(&lenient, r#"{"exp":999990.25}"#);
    assert_eq!(said(&lenient, r#"{"exp":999990}"#), "The token has expired");
    assert_eq!(said(&ruled(|rules| rules.leeway = f64::NAN), r#"{"exp":9999999}"#), "The token has expired");
}

/// RFC 7519 §4.1.5: from that second on, less the leeway.
#[test]
fn not_before() {
    let strict = access(plain_jwt());
    ok(&strict, r#"{"exp":1000060,"nbf":1000000}"#);
    assert_eq!(said(&strict, r#"{"exp":1000060,"nbf":1000000.5}"#), "The token is not yet valid");
    let lenient = ruled(|rules| rules.leeway = 10.0);
    ok(&lenient, r#"{"exp":1000060,"nbf":1000010}"#);
    assert_eq!(said(&lenient, r#"{"exp":1000060,"nbf":1000010.5}"#), "The token is not yet valid");
}

/// What was issued in the future was not issued by a clock that can be relied on; an age may be limited.
#[test]
fn issued() {
    let strict = access(plain_jwt());
    ok(&strict, r#"{"exp":1000060,"iat":1000000}"#);
    assert_eq!(said(&strict, r#"{"exp":1000060,"iat":1000001}"#), "The token was issued in the future");
    ok(&ruled(|rules| rules.leeway = 1.0), r#"{"exp":1000060,"iat":1000001}"#);
    let aged = ruled(|rules| rules.max_age = Some(100.0));
    ok(&aged, r#"{"exp":1000060,"iat":999901}"#);
    assert_eq!(said(&aged, r#"{"exp":1000060,"iat":999900}"#), "The token is too old");
    assert_eq!(said(&aged, r#"{"exp":1000060}"#), "The token lacks a required claim");
}

/// RFC 7519 §2: dates are numbers, and nothing that could be taken for one.
#[test]
fn dates_are_numbers() {
    let access = access(plain_jwt());
    for name in ["exp", "nbf", "iat"] {
        for value in ["\"1000060\"", "true", "[1000060]", "{}", "\"\""] {
            let claims = match name {
                "exp" => format!(r#"{{"exp":{value}}}"#),
                _ => format!(r#"{{"exp":1000060,"{name}":{value}}}"#),
            };
            assert_eq!(said(&access, &claims), "A date in the token is no number", "{claims}");
        }
    }
    for value in ["NaN", "Infinity", "1e999", "0x1", "1_0"] {
        assert_eq!(said(&access, &format!(r#"{{"exp":{value}}}"#)), "The token is malformed", "{value}");
    }
}

/// An expiry is required unless told otherwise, and a claim that is null is not there.
#[test]
fn required_claims() {
    let strict = access(plain_jwt());
    assert_eq!(said(&strict, r#"{"sub":"u"}"#), "The token lacks a required claim");
    assert_eq!(said(&strict, r#"{"exp":null}"#), "The token lacks a required claim");
    ok(&ruled(|rules| rules.require.clear()), "{}");
    let more = ruled(|rules| rules.require = vec!["exp".to_owned(), "tenant".to_owned()]);
    assert_eq!(said(&more, r#"{"exp":1000060}"#), "The token lacks a required claim");
    ok(&more, r#"{"exp":1000060,"tenant":0}"#);
}

/// RFC 7519 §4.1.1: compared as it is, where it matters.
#[test]
fn issuer() {
    ok(&access(plain_jwt()), r#"{"exp":1000060,"iss":"x"}"#);
    let some = ruled(|rules| rules.issuers = vec!["a".to_owned(), "b".to_owned()]);
    ok(&some, r#"{"exp":1000060,"iss":"b"}"#);
    for claims in [r#"{"exp":1000060}"#, r#"{"exp":1000060,"iss":"A"}"#, r#"{"exp":1000060,"iss":["a"]}"#] {
        assert_eq!(said(&some, claims), "The token's issuer is not accepted", "{claims}");
    }
}

/// RFC 7519 §4.1.3: one audience or several; who is none of them must refuse, who has none as well.
#[test]
fn audience() {
    let none = access(plain_jwt());
    ok(&none, r#"{"exp":1000060}"#);
    for audience in ["\"a\"", "[\"a\"]", "[]", "\"\""] {
        let claims = format!(r#"{{"exp":1000060,"aud":{audience}}}"#);
        assert_eq!(said(&none, &claims), "The token's audience is not accepted", "{audience}");
    }
    let some = ruled(|rules| rules.audiences = vec!["a".to_owned(), "b".to_owned()]);
    ok(&some, r#"{"exp":1000060,"aud":"b"}"#);
    ok(&some, r#"{"exp":1000060,"aud":["x","a"]}"#);
    for claims in ["", r#","aud":"c""#, r#","aud":["c"]"#, r#","aud":["a",1]"#, r#","aud":[]"#, r#","aud":{"a":1}"#] {
        let claims = format!(r#"{{"exp":1000060{claims}}}"#);
        assert_eq!(said(&some, &claims), "The token's audience is not accepted", "{claims}");
    }
}

/// A refresh token is no access token; one that does not say what it is may be an access token only.
#[test]
fn token_type() {
    let access_only = ruled(|rules| rules.token_type = Some("access".to_owned()));
    ok(&access_only, r#"{"exp":1000060,"token_type":"access"}"#);
    ok(&access_only, r#"{"exp":1000060}"#);
    for kind in ["\"refresh\"", "null", "1", "\"Access\""] {
        let claims = format!(r#"{{"exp":1000060,"token_type":{kind}}}"#);
        assert_eq!(said(&access_only, &claims), "The token is of the wrong type", "{kind}");
    }
    let refresh_only = ruled(|rules| rules.token_type = Some("refresh".to_owned()));
    assert_eq!(said(&refresh_only, r#"{"exp":1000060}"#), "The token is of the wrong type");
    ok(&refresh_only, r#"{"exp":1000060,"token_type":"refresh"}"#);
    ok(&access(plain_jwt()), r#"{"exp":1000060,"token_type":"refresh"}"#);
}

/// A subject is text, or an integer under the other name; a NUL in it would end it for others.
#[test]
fn subjects() {
    let access = access(plain_jwt());
    let subject = |claims: &str| ok(&access, &format!(r#"{{"exp":1000060{claims}}}"#)).subject.clone();
    assert_eq!(subject(""), None);
    assert_eq!(subject(r#","sub":"u","user_id":7"#).as_deref(), Some("u"));
    assert_eq!(subject(r#","user_id":7"#).as_deref(), Some("7"));
    assert_eq!(subject(r#","user_id":18446744073709551615"#).as_deref(), Some("18446744073709551615"));
    assert_eq!(subject(r#","user_id":"x""#).as_deref(), Some("x"));
    assert_eq!(subject(r#","user_id":null"#), None);
    for claims in [
        r#","sub":7"#,
        r#","sub":null"#,
        r#","sub":["u"]"#,
        r#","sub":"a\u0000b""#,
        r#","user_id":1.5"#,
        r#","user_id":true"#,
    ] {
        let said = said(&access, &format!(r#"{{"exp":1000060{claims}}}"#));
        assert_eq!(said, "The token's subject is not valid", "{claims}");
    }
    for claims in [r#","jti":7"#, r#","jti":null"#] {
        let said = said(&access, &format!(r#"{{"exp":1000060{claims}}}"#));
        assert_eq!(said, "The token's identifier is not valid", "{claims}");
    }
}

/// Claims are an object and nothing behind it.
#[test]
fn claims_are_an_object() {
    let access = access(plain_jwt());
    for claims in ["[]", "null", "\"a\"", "", "{\"exp\":1000060}x", "{\"exp\":1000060}{}", "\u{feff}{\"exp\":1000060}"]
    {
        assert_eq!(said(&access, claims), "The token is malformed", "{claims}");
    }
}

/// What rules need is taken from the claims; what is not as it should be grants nothing.
#[test]
fn grants() {
    let access = access(plain_jwt());
    let findings = ok(
        &access,
        r#"{"exp":1000060,"is_staff":true,"is_superuser":1,"permissions":["a",1,"b"],"scope":"r  w","scp":["x"]}"#,
    );
    assert!(findings.is_staff && !findings.is_superuser);
    assert_eq!(findings.permissions, ["a", "b"]);
    assert_eq!(findings.scopes, ["r", "w"]);
    assert_eq!(findings.claims["is_superuser"], json!(1));
    let other =
        ok(&access, r#"{"exp":1000060,"permissions":"a","is_staff":"true","is_superuser":true,"scp":["r","w w"]}"#);
    assert!(!other.is_staff && other.is_superuser && other.permissions.is_empty());
    assert_eq!(other.scopes, ["r", "w w"]);
    assert_eq!(ok(&access, r#"{"exp":1000060,"scopes":"r w"}"#).scopes, ["r", "w"]);
}
