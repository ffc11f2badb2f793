//! Heads in, verdicts out.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]
mod api_keys;
mod cached;
mod claimed;
mod credentials;
mod csrf;
mod forged;
mod rules;
mod schemes;
mod signatures;

use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;

use super::*;
use crate::head::Peer;
use crate::http1::parse::parse_head;

/// When all of this happens.
const NOW: f64 = 1_000_000.0;

const SECRET: &[u8] = b"a secret of thirty-two bytes ...";

const HS256: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

fn head(method: &str, target: &str, fields: &str) -> RequestHead {
    let text = format!("{method} {target} HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    let count = fields.matches("\r\n").count() + 1;
    parse_head(Bytes::from(text), count, Peer::InProcess).expect("a valid head").head
}

fn bearing(token: &str) -> RequestHead {
    head("GET", "/", &format!("Authorization: Bearer {token}\r\n"))
}

fn encode(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

fn hs256(secret: &[u8], signed: &str) -> String {
    encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes()))
}

/// A token with this header and these claims, signed with the secret whatever the header says.
fn signed(header: &str, claims: &str) -> String {
    let signed = format!("{}.{}", encode(header), encode(claims));
    format!("{signed}.{}", hs256(SECRET, &signed))
}

fn token(claims: &str) -> String {
    signed(HS256, claims)
}

/// A good token with more claims, written as members of an object.
fn good(more: &str) -> String {
    token(&format!(r#"{{"sub":"u1","exp":1000060{more}}}"#))
}

fn bearer() -> Place {
    Place::Header { name: "Authorization".to_owned(), scheme: Some("Bearer".to_owned()) }
}

fn secret_key(kid: Option<&str>) -> Key {
    Key::new(kid.map(str::to_owned), vec![Algorithm::HS256], Material::Secret(SECRET.to_vec())).unwrap()
}

fn plain_jwt() -> Jwt {
    Jwt::new(vec![bearer()], vec![secret_key(None)], JwtRules::default())
}

fn with(change: impl FnOnce(&mut Jwt)) -> Jwt {
    let mut jwt = plain_jwt();
    change(&mut jwt);
    jwt
}

fn ruled(change: impl FnOnce(&mut JwtRules)) -> Access {
    access(with(|jwt| change(&mut jwt.rules)))
}

fn scheme(challenge: &str, kind: SchemeKind) -> Arc<Scheme> {
    Arc::new(Scheme { backend: "test".to_owned(), challenge: challenge.to_owned(), kind })
}

/// One scheme of tokens, and who shows one may call.
fn access(jwt: Jwt) -> Access {
    Access { schemes: vec![scheme("Bearer", SchemeKind::Jwt(jwt))], rules: vec![Rule::Authenticated] }
}

fn jwt_of(access: &Access) -> &Jwt {
    match &access.schemes[0].kind {
        SchemeKind::Jwt(jwt) => jwt,
        SchemeKind::ApiKey(_) => panic!("no scheme of tokens"),
    }
}

/// What was proven; panics where nothing was.
fn proven(verdict: Verdict) -> Arc<Findings> {
    match verdict {
        Verdict::Open(Some(findings)) => findings,
        other => panic!("{other:?}"),
    }
}

/// The text of a 401; panics for anything else.
fn invalid(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Refused(Refusal::Unauthorized { detail, .. }) => detail,
        other => panic!("{other:?}"),
    }
}

/// The text of a 403; panics for anything else.
fn denied(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Refused(Refusal::Denied { detail, .. }) => detail,
        other => panic!("{other:?}"),
    }
}

fn challenge(verdict: Verdict) -> Option<String> {
    match verdict {
        Verdict::Refused(Refusal::Unauthorized { challenge, .. } | Refusal::Denied { challenge, .. }) => challenge,
        other => panic!("{other:?}"),
    }
}
