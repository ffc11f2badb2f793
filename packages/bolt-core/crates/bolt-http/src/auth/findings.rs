//! What a credential proved.
use bytes::Bytes;
use serde_json::{Map, Value};

use super::claims::Times;

/// What a credential proved.
#[derive(Debug, Clone)]
pub struct Findings {
    /// The scheme's place in [`Access::schemes`](super::Access::schemes).
    pub scheme: usize,
    /// Who it is about.
    pub subject: Option<String>,
    /// All that it says.
    pub claims: Map<String, Value>,
    /// The same as JSON text, as the token or the key's record has it.
    pub raw: Bytes,
    /// SHA-256 of the credential.
    pub key: [u8; 32],
    /// Whether `is_staff` is true.
    pub is_staff: bool,
    /// Whether `is_superuser` is true.
    pub is_superuser: bool,
    /// The strings in the list `permissions`.
    pub permissions: Vec<String>,
    /// The scopes in `scope`, else in `scp` or `scopes`.
    pub scopes: Vec<String>,
    /// When the token counts.
    pub(super) times: Times,
}

impl Findings {
    /// Of claims that have been checked; what is not as a claim should be grants nothing.
    pub(super) fn new(scheme: usize, subject: Option<String>, claims: Map<String, Value>, times: Times) -> Self {
        Findings {
            scheme,
            subject,
            is_staff: is_true(&claims, "is_staff"),
            is_superuser: is_true(&claims, "is_superuser"),
            permissions: claims.get("permissions").map(strings).unwrap_or_default(),
            scopes: scopes(&claims),
            claims,
            raw: Bytes::new(),
            key: [0; 32],
            times,
        }
    }

    /// Whether that claim is `true` itself, and not merely something that is not false.
    pub(super) fn is_true(&self, name: &str) -> bool {
        is_true(&self.claims, name)
    }

    /// A claim that is text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }
}

const SUBJECT: &str = "The token's subject is not valid";

/// `sub`, else `user_id`. A NUL would end the text where it is looked up.
pub(super) fn subject(claims: &Map<String, Value>) -> Result<Option<String>, &'static str> {
    let text = match (claims.get("sub"), claims.get("user_id")) {
        (Some(Value::String(text)), _) | (None, Some(Value::String(text))) => text.clone(),
        (None, Some(Value::Number(number))) if number.is_i64() || number.is_u64() => number.to_string(),
        (None, None | Some(Value::Null)) => return Ok(None),
        _ => return Err(SUBJECT),
    };
    if text.contains('\0') { Err(SUBJECT) } else { Ok(Some(text)) }
}

/// RFC 8693 §4.2 has one string; others write `scp` or a list.
fn scopes(claims: &Map<String, Value>) -> Vec<String> {
    match ["scope", "scp", "scopes"].iter().find_map(|name| claims.get(*name)) {
        Some(Value::String(text)) => text.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect(),
        Some(list) => strings(list),
        None => Vec::new(),
    }
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn is_true(claims: &Map<String, Value>, name: &str) -> bool {
    claims.get(name) == Some(&Value::Bool(true))
}
