//! What a token's claims must say (RFC 7519 §4.1), with the defaults of PyJWT.
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::findings::{Findings, subject};
use super::jws::MALFORMED;
use super::object;

/// What a token must say beside being signed.
#[derive(Debug, Clone, PartialEq)]
pub struct JwtRules {
    /// `iss` is one of these; empty: it is not looked at.
    pub issuers: Vec<String>,
    /// `aud` is or has one of these; empty: there must be no `aud`, because a token with one is for somebody else.
    pub audiences: Vec<String>,
    /// Seconds by which clocks may differ.
    pub leeway: f64,
    /// `token_type` is this; a token without that claim is an `access` token.
    pub token_type: Option<String>,
    /// Claims that must be there.
    pub require: Vec<String>,
    /// Of the token's text, in bytes.
    pub max_length: usize,
    /// Seconds since `iat`, which then must be there.
    pub max_age: Option<f64>,
}

impl Default for JwtRules {
    fn default() -> Self {
        JwtRules {
            issuers: Vec::new(),
            audiences: Vec::new(),
            leeway: 0.0,
            token_type: None,
            require: vec!["exp".to_owned()],
            max_length: 8192,
            max_age: None,
        }
    }
}

/// When a token counts.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Times {
    exp: Option<f64>,
    nbf: Option<f64>,
    pub(super) iat: Option<f64>,
}

impl JwtRules {
    /// What the claims of a verified token prove while it counts, which [`check_times`](Self::check_times) says.
    pub(super) fn check(&self, payload: Vec<u8>, scheme: usize) -> Result<Findings, &'static str> {
        let claims = object::parse(&payload).map_err(|_| MALFORMED)?;
        if self.require.iter().any(|name| claims.get(name).is_none_or(Value::is_null)) {
            return Err("The token lacks a required claim");
        }
        let times = Times::read(&claims)?;
        self.check_issuer(&claims)?;
        self.check_audience(&claims)?;
        self.check_type(&claims)?;
        if !matches!(claims.get("jti"), None | Some(Value::String(_))) {
            return Err("The token's identifier is not valid");
        }
        let subject = subject(&claims)?;
        Ok(Findings { raw: Bytes::from(payload), ..Findings::new(scheme, subject, claims, times) })
    }

    /// Whether the token counts now. Written so that a number which is none refuses.
    pub(super) fn check_times(&self, times: &Times, now: f64) -> Result<(), &'static str> {
        let leeway = self.leeway;
        if !times.exp.is_none_or(|exp| now < exp + leeway) {
            return Err("The token has expired");
        }
        if !times.nbf.is_none_or(|nbf| now >= nbf - leeway) {
            return Err("The token is not yet valid");
        }
        if !times.iat.is_none_or(|iat| iat <= now + leeway) {
            return Err("The token was issued in the future");
        }
        match (self.max_age, times.iat) {
            (None, _) => Ok(()),
            (Some(_), None) => Err("The token lacks a required claim"),
            (Some(age), Some(iat)) if now < iat + age + leeway => Ok(()),
            (Some(_), Some(_)) => Err("The token is too old"),
        }
    }

    fn check_issuer(&self, claims: &Map<String, Value>) -> Result<(), &'static str> {
        let issuer = claims.get("iss").and_then(Value::as_str);
        let accepted = self.issuers.is_empty() || issuer.is_some_and(|issuer| contains(&self.issuers, issuer));
        if accepted { Ok(()) } else { Err("The token's issuer is not accepted") }
    }

    fn check_audience(&self, claims: &Map<String, Value>) -> Result<(), &'static str> {
        let accepted = match claims.get("aud") {
            None | Some(Value::Null) => self.audiences.is_empty(),
            Some(Value::String(audience)) => contains(&self.audiences, audience),
            Some(Value::Array(list)) if list.iter().all(Value::is_string) => {
                list.iter().filter_map(Value::as_str).any(|audience| contains(&self.audiences, audience))
            }
            Some(_) => false,
        };
        if accepted { Ok(()) } else { Err("The token's audience is not accepted") }
    }

    /// A refresh token is signed with the same key, and no credential here.
    fn check_type(&self, claims: &Map<String, Value>) -> Result<(), &'static str> {
        let Some(wanted) = self.token_type.as_deref() else { return Ok(()) };
        let accepted = match claims.get("token_type") {
            None => wanted == "access",
            Some(found) => found.as_str() == Some(wanted),
        };
        if accepted { Ok(()) } else { Err("The token is of the wrong type") }
    }
}

fn contains(list: &[String], text: &str) -> bool {
    list.iter().any(|entry| entry == text)
}

impl Times {
    fn read(claims: &Map<String, Value>) -> Result<Times, &'static str> {
        // RFC 7519 §2: a number, whole or not.
        let number = |name: &str| match claims.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) => {
                number.as_f64().filter(|number| number.is_finite()).map(Some).ok_or(MALFORMED)
            }
            Some(_) => Err("A date in the token is no number"),
        };
        Ok(Times { exp: number("exp")?, nbf: number("nbf")?, iat: number("iat")? })
    }
}

impl Findings {
    /// The same, shared, and known by its digest.
    pub(super) fn of_credential(self, key: [u8; 32]) -> Arc<Findings> {
        Arc::new(Findings { key, ..self })
    }
}
