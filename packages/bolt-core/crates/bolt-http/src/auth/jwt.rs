//! Signed tokens (RFC 7519) as credentials.
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::cache::{Cache, Vouchers};
use super::credential::Presented;
use super::jws::{ALGORITHM, Jws};
use super::{Fault, Findings, JwtRules, Key, Place, Revocation, digest};
use crate::head::RequestHead;

/// A scheme of signed tokens.
#[derive(Debug)]
pub struct Jwt {
    /// Where a token may be.
    pub places: Vec<Place>,
    /// What verifies it; [`set_keys`](Self::set_keys) replaces them.
    pub keys: RwLock<Arc<Vec<Key>>>,
    /// What it must say.
    pub rules: JwtRules,
    /// How it is known whether it has been revoked.
    pub revocation: Revoking,
    /// Tokens that were found good.
    pub cache: Cache,
    /// Tokens of which somebody above said that they are not revoked.
    pub vouchers: Vouchers,
    /// The header field that must repeat a cookie's claim `csrf` where the method is not safe.
    pub csrf_header: Option<String>,
    /// Whether there may be keys that are not known yet, so that a token which fits none is not refused here.
    pub undecided_keys: bool,
}

/// How it is known whether a token has been revoked.
#[derive(Debug, Clone, Default)]
pub enum Revoking {
    /// None ever is.
    #[default]
    None,
    /// By a list in this process.
    Memory(Arc<Revocation>),
    /// By somebody above, whose word is passed on with [`Jwt::vouch`].
    External,
}

/// Before the claim `family`, which all tokens of one login share, in a list of revoked tokens.
const FAMILY: &str = "family:";

const CSRF_MISSING: &str = "CSRF check failed: the header is missing or was sent more than once";
const CSRF_CLAIM: &str = "CSRF check failed: the token has no claim to compare with";
const CSRF_DIFFERS: &str = "CSRF check failed: the header does not match the token";

impl Jwt {
    /// Tokens in these places, verified with these keys; nothing revokes them, and cookies are not compared with a header.
    pub fn new(places: Vec<Place>, keys: Vec<Key>, rules: JwtRules) -> Self {
        Jwt {
            places,
            keys: RwLock::new(Arc::new(keys)),
            rules,
            revocation: Revoking::None,
            cache: Cache::default(),
            vouchers: Vouchers::default(),
            csrf_header: None,
            undecided_keys: false,
        }
    }

    /// Replaces the keys; what was verified with the old ones is verified again.
    pub fn set_keys(&self, keys: Vec<Key>) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        // Afterwards: whoever still reads the old keys learned its generation before.
        self.cache.clear();
    }

    /// Marks a token, by its [`digest`], as not revoked until then.
    pub fn vouch(&self, key: [u8; 32], until: f64) {
        self.vouchers.add(key, until);
    }

    /// Forgets all that was vouched for.
    pub fn forget(&self) {
        self.vouchers.clear();
    }

    /// What a token proves for this request.
    pub(super) fn check(
        &self,
        scheme: usize,
        presented: &Presented<'_>,
        head: &RequestHead,
        now: f64,
    ) -> Result<Arc<Findings>, Fault> {
        let findings = self.verify(scheme, &presented.text, now)?;
        if let Revoking::Memory(list) = &self.revocation {
            // A token counts for the leeway beyond its expiry, and so must its revocation.
            let (iat, now) = (findings.times.iat, now - self.rules.leeway);
            let family = findings.text("family").map(|family| format!("{FAMILY}{family}"));
            if list.is_revoked(findings.text("jti"), findings.subject.as_deref(), iat, now)
                || list.is_revoked(family.as_deref(), None, None, now)
            {
                return Err(Fault::Invalid("The token has been revoked"));
            }
        }
        if presented.from_cookie
            && let Some(name) = &self.csrf_header
        {
            check_csrf(name, &findings, head).map_err(Fault::Forged)?;
        }
        match self.revocation {
            Revoking::External if !self.vouchers.hold(findings.key, now) => Err(Fault::Undecided),
            _ => Ok(findings),
        }
    }

    /// What a token proves by its signature and claims.
    fn verify(&self, scheme: usize, token: &[u8], now: f64) -> Result<Arc<Findings>, Fault> {
        if token.len() > self.rules.max_length {
            return Err(Fault::Invalid("The token is too long"));
        }
        let key = digest(token);
        let generation = match self.cache.get(key, scheme) {
            Ok(findings) => return self.in_time(findings, now),
            Err(generation) => generation,
        };
        let jws = Jws::parse(token).map_err(Fault::Invalid)?;
        self.verify_signature(&jws)?;
        let findings = self.rules.check(jws.payload, scheme).map_err(Fault::Invalid)?.of_credential(key);
        // Also of a token that has expired: its client may well send it again, and rubbish has no such signature.
        self.cache.put(generation, &findings);
        self.in_time(findings, now)
    }

    fn in_time(&self, findings: Arc<Findings>, now: f64) -> Result<Arc<Findings>, Fault> {
        self.rules.check_times(&findings.times, now).map_err(Fault::Invalid)?;
        Ok(findings)
    }

    fn verify_signature(&self, jws: &Jws<'_>) -> Result<(), Fault> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut fitting = keys.iter().filter(|key| key.may_verify(jws.algorithm, jws.kid.as_deref())).peekable();
        if fitting.peek().is_none() {
            return Err(if self.undecided_keys { Fault::Undecided } else { Fault::Invalid(no_key(&keys, jws)) });
        }
        if fitting.any(|key| key.verifies(jws.algorithm, jws.signed, jws.signature)) {
            Ok(())
        } else {
            Err(Fault::Invalid("The token's signature is not valid"))
        }
    }
}

/// Why no key fits: none is for the algorithm, or none that is has the name.
fn no_key(keys: &[Key], jws: &Jws<'_>) -> &'static str {
    if keys.iter().any(|key| key.may_verify(jws.algorithm, None)) { "The token's key is not known" } else { ALGORITHM }
}

/// A page of another site can have a browser send the cookie, but not read what the token says (RFC 9110 §9.2.1: a method that
/// is safe changes nothing).
fn check_csrf(name: &str, findings: &Findings, head: &RequestHead) -> Result<(), &'static str> {
    if matches!(head.method(), "GET" | "HEAD" | "OPTIONS" | "TRACE") {
        return Ok(());
    }
    let expected = findings.text("csrf").filter(|claim| !claim.is_empty()).ok_or(CSRF_CLAIM)?;
    let sent = head.header_once(name).ok_or(CSRF_MISSING)?;
    verify_slices_are_equal(sent, expected.as_bytes()).map_err(|_| CSRF_DIFFERS)
}
