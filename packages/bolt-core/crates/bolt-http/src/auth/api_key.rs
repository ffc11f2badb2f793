//! Keys that are looked up by their digest.
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::claims::Times;
use super::credential::Presented;
use super::{Fault, Findings, Place, digest, object};

/// Bytes of a key that are looked at; a longer one is refused.
pub const MAX_KEY_LENGTH: usize = 1024;

/// Keys by their digest; nobody keeps a key itself.
pub type KeyTable = HashMap<[u8; 32], Arc<KeyRecord>>;

/// A scheme of keys that are looked up.
pub struct ApiKeys {
    /// Where a key may be.
    pub places: Vec<Place>,
    /// By SHA-256 of the key; [`set_keys`](Self::set_keys) replaces them.
    pub keys: RwLock<Arc<KeyTable>>,
    /// Whether somebody above knows of more keys, so that one which is not known is not refused here.
    pub undecided: bool,
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ApiKeys { places, undecided, .. } = self;
        let known = self.table().len();
        formatter
            .debug_struct("ApiKeys")
            .field("places", places)
            .field("undecided", undecided)
            .field("known", &known)
            .finish()
    }
}

/// What is known of a key's owner.
#[derive(Debug, Clone)]
pub struct KeyRecord {
    /// The record's JSON text, as given.
    pub raw: Bytes,
    /// Whose key it is.
    pub subject: Option<String>,
    /// What the owner may do.
    pub permissions: Vec<String>,
    /// What the key is for.
    pub scopes: Vec<String>,
    /// Whether the owner is staff.
    pub is_staff: bool,
    /// Whether the owner is a superuser.
    pub is_superuser: bool,
    /// When the key ends, in seconds since the epoch.
    pub expires: Option<f64>,
    claims: Map<String, Value>,
}

impl KeyRecord {
    /// Reads a JSON object: `subject` (a string or an integer; else `sub` or `user_id`), `permissions` (a list of strings),
    /// `scopes` (the same, or one string with spaces; also as `scope` or `scp`), `is_staff`, `is_superuser`, `expires_at` (a
    /// number). All may be left out, or be null; there may be others, which are claims.
    ///
    /// Errors: no such object. Unlike a token's claims a record is the server's own, so that what is odd is a mistake.
    pub fn parse(text: &[u8]) -> Result<KeyRecord, String> {
        let claims = object::parse(text).map_err(|error| format!("the record is no JSON object: {error}"))?;
        let subject =
            ["subject", "sub", "user_id"].iter().find_map(|name| claims.get(*name).filter(|it| !it.is_null()));
        let subject = match subject {
            None => None,
            Some(Value::String(text)) if !text.contains('\0') => Some(text.clone()),
            Some(Value::Number(number)) if !number.is_f64() => Some(number.to_string()),
            Some(_) => return Err("the record's subject is neither text nor an integer".to_owned()),
        };
        let expires = match claims.get("expires_at") {
            None | Some(Value::Null) => None,
            Some(value) => Some(value.as_f64().ok_or("the record's 'expires_at' is no number")?),
        };
        check_kinds(&claims)?;
        let findings = Findings::new(0, None, claims, Times::default());
        let Findings { claims, permissions, scopes, is_staff, is_superuser, .. } = findings;
        let raw = Bytes::copy_from_slice(text);
        Ok(KeyRecord { raw, subject, permissions, scopes, is_staff, is_superuser, expires, claims })
    }

    /// What the key of that [`digest`] proves, by the scheme of that place in [`Access::schemes`](super::Access::schemes).
    pub fn findings(&self, scheme: usize, key: [u8; 32]) -> Arc<Findings> {
        Arc::new(Findings {
            scheme,
            subject: self.subject.clone(),
            claims: self.claims.clone(),
            raw: self.raw.clone(),
            key,
            is_staff: self.is_staff,
            is_superuser: self.is_superuser,
            permissions: self.permissions.clone(),
            scopes: self.scopes.clone(),
            times: Times::default(),
        })
    }
}

fn check_kinds(claims: &Map<String, Value>) -> Result<(), String> {
    let fits = |name: &str, fits: fn(&Value) -> bool| match claims.get(name) {
        Some(value) if !value.is_null() && !fits(value) => Err(format!("the record's '{name}' is of the wrong kind")),
        _ => Ok(()),
    };
    fits("permissions", is_list_of_strings)?;
    for name in ["scope", "scp", "scopes"] {
        fits(name, |value| value.is_string() || is_list_of_strings(value))?;
    }
    fits("is_staff", Value::is_boolean)?;
    fits("is_superuser", Value::is_boolean)
}

fn is_list_of_strings(value: &Value) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(Value::is_string))
}

const UNKNOWN: &str = "The API key is not valid";

impl ApiKeys {
    /// Keys in these places; others than these there are not.
    pub fn new(places: Vec<Place>, keys: KeyTable) -> Self {
        ApiKeys { places, keys: RwLock::new(Arc::new(keys)), undecided: false }
    }

    /// Replaces the keys.
    pub fn set_keys(&self, keys: KeyTable) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    fn table(&self) -> Arc<KeyTable> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a key proves.
    pub(super) fn check(&self, scheme: usize, presented: &Presented<'_>, now: f64) -> Result<Arc<Findings>, Fault> {
        let key = &*presented.text;
        if key.len() > MAX_KEY_LENGTH || key.contains(&0) || !key.is_ascii() {
            return Err(Fault::Invalid(UNKNOWN));
        }
        let digest = digest(key);
        let table = self.table();
        // The lookup takes a time that depends on a digest, from which nothing of a key can be learned.
        match table.get_key_value(&digest) {
            Some((known, record)) if verify_slices_are_equal(known, &digest).is_ok() => match record.expires {
                Some(expires) if now >= expires => Err(Fault::Invalid("The API key has expired")),
                _ => Ok(record.findings(scheme, digest)),
            },
            _ if self.undecided => Err(Fault::Undecided),
            _ => Err(Fault::Invalid(UNKNOWN)),
        }
    }
}
