//! A token's three parts (RFC 7515 §7.1) and its protected header, read as strictly as the RFCs allow.
use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use super::{Algorithm, object};

pub(super) const MALFORMED: &str = "The token is malformed";
pub(super) const ALGORITHM: &str = "The token's algorithm is not accepted";
const CRITICAL: &str = "The token's header has an extension that is not understood";
const TYPE: &str = "The token's type is not accepted";

/// Every part has one spelling only: otherwise one token has several, and a list of tokens by their text has holes.
const STRICT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_allow_trailing_bits(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// A token whose signature has not been looked at.
#[derive(Debug)]
pub(super) struct Jws<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<String>,
    /// What is signed.
    pub(super) signed: &'a str,
    /// Not to be read before the signature has been verified.
    pub(super) payload: Vec<u8>,
    /// As sent: base64url.
    pub(super) signature: &'a str,
}

impl<'a> Jws<'a> {
    pub(super) fn parse(token: &'a [u8]) -> Result<Self, &'static str> {
        let token = std::str::from_utf8(token).map_err(|_| MALFORMED)?;
        let (signed, signature) = token.rsplit_once('.').ok_or(MALFORMED)?;
        let (header, payload) = signed.split_once('.').ok_or(MALFORMED)?;
        // A dot is no base64url, so that a fourth segment fails here.
        let (header, payload) = (decode(header)?, decode(payload)?);
        if decode(signature)?.is_empty() {
            return Err(MALFORMED);
        }
        let header = object::parse(&header).map_err(|_| MALFORMED)?;
        let (algorithm, kid) = read_header(&header)?;
        Ok(Jws { algorithm, kid, signed, payload, signature })
    }
}

fn decode(part: &str) -> Result<Vec<u8>, &'static str> {
    STRICT.decode(part).map_err(|_| MALFORMED)
}

/// Keys that the header brings along or points to (`jwk`, `jku`, `x5u`, `x5c`) are not looked at: anybody can write one.
fn read_header(header: &Map<String, Value>) -> Result<(Algorithm, Option<String>), &'static str> {
    // No extension is understood here, and one that is critical must be (RFC 7515 §4.1.11).
    if header.contains_key("crit") || header.get("b64").is_some_and(|b64| *b64 != Value::Bool(true)) {
        return Err(CRITICAL);
    }
    let algorithm = header.get("alg").and_then(Value::as_str).ok_or(MALFORMED)?;
    let algorithm = algorithm.parse().map_err(|_| ALGORITHM)?;
    let kid = match header.get("kid") {
        Some(Value::String(kid)) => Some(kid.clone()),
        Some(_) => return Err(MALFORMED),
        None => None,
    };
    match header.get("typ") {
        Some(Value::String(text)) if is_token_type(text) => {}
        Some(Value::String(_)) => return Err(TYPE),
        Some(_) => return Err(MALFORMED),
        None => {}
    }
    Ok((algorithm, kid))
}

/// Other kinds of token are signed with the same keys and say something else (RFC 8725 §3.11).
fn is_token_type(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    matches!(text.strip_prefix("application/").unwrap_or(&text), "jwt" | "at+jwt")
}
