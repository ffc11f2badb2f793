//! Who calls, and whether they may: decided from the head alone, before any body is read.
//!
//! A route's [`Access`] has schemes, which look for a credential and prove it, and rules about what was proven. A credential
//! that proves nothing is refused even where the route is open to everybody: who sends one means to be somebody.
mod api_key;
mod cache;
mod challenge;
mod claims;
mod credential;
mod findings;
mod jws;
mod jwt;
mod key;
mod object;
mod revocation;
mod rule;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

pub use api_key::{ApiKeys, KeyRecord, KeyTable, MAX_KEY_LENGTH};
pub use cache::{Cache, Vouchers};
pub use claims::JwtRules;
pub use credential::Place;
pub use findings::Findings;
pub use jwt::{Jwt, Revoking};
pub use key::{Algorithm, Curve, Key, Material};
pub use revocation::Revocation;
pub use rule::Rule;

use crate::head::RequestHead;
use crate::refusal::Refusal;

/// The digest by which a credential is known once it has been read: SHA-256 of its text.
pub fn digest(credential: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, credential).as_ref());
    digest
}

/// Who may call a route, and how they show who they are.
#[derive(Debug, Default)]
pub struct Access {
    /// All are looked at, in this order; the first that proves something says who calls.
    pub schemes: Vec<Arc<Scheme>>,
    /// All have to hold.
    pub rules: Vec<Rule>,
}

/// By identity: two routes have the same access only where they share it.
impl PartialEq for Access {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Access {}

/// What was decided about a request.
#[derive(Debug)]
pub enum Verdict {
    /// It may go on, as whoever the findings are about; as nobody where there are none.
    Open(Option<Arc<Findings>>),
    /// It may not.
    Refused(Refusal),
    /// Somebody above the engine has to be asked: for a key that may have come since, for an API key that only a store knows,
    /// or whether a token has been revoked.
    Undecided,
}

/// One way to show who calls.
#[derive(Debug)]
pub struct Scheme {
    /// What the application knows it by.
    pub backend: String,
    /// The challenge of its own in `WWW-Authenticate` (RFC 9110 §11.6.1); empty for none. Where no scheme of a route has one,
    /// its 401 goes out without the field.
    pub challenge: String,
    /// How it is done.
    pub kind: SchemeKind,
}

/// How a caller is known.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "a scheme is always shared, and there are few")]
pub enum SchemeKind {
    /// By a signed token.
    Jwt(Jwt),
    /// By a key that is looked up.
    ApiKey(ApiKeys),
}

/// Why a credential proves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is none; the text says why and has nothing of it.
    Invalid(&'static str),
    /// It is one, but the request does not come from where it was given out.
    Forged(&'static str),
    /// Nobody here can tell.
    Undecided,
}

impl Scheme {
    /// What the head's credential for this scheme proves; nothing where it has none.
    fn check(&self, index: usize, head: &RequestHead, now: f64) -> Result<Option<Arc<Findings>>, Fault> {
        let places = match &self.kind {
            SchemeKind::Jwt(jwt) => &jwt.places,
            SchemeKind::ApiKey(keys) => &keys.places,
        };
        let Some(presented) = credential::find(places, head).map_err(Fault::Invalid)? else { return Ok(None) };
        match &self.kind {
            SchemeKind::Jwt(jwt) => jwt.check(index, &presented, head, now),
            SchemeKind::ApiKey(keys) => keys.check(index, &presented, now),
        }
        .map(Some)
    }

    /// Takes somebody's word that the token in this head is not revoked, for so many seconds.
    pub fn vouch(&self, head: &RequestHead, seconds: f64) {
        if let SchemeKind::Jwt(jwt) = &self.kind
            && let Ok(Some(presented)) = credential::find(&jwt.places, head)
        {
            jwt.vouch(digest(&presented.text), wall_clock() + seconds);
        }
    }
}

const NOT_PROVIDED: &str = "Authentication credentials were not provided";
const NOT_PERMITTED: &str = "You do not have permission to perform this action";

impl Access {
    /// Decides by the wall clock.
    pub fn decide(&self, head: &RequestHead) -> Verdict {
        self.decide_at(head, wall_clock())
    }

    /// Decides as of `now`, in seconds since the epoch.
    pub fn decide_at(&self, head: &RequestHead, now: f64) -> Verdict {
        let (mut proven, mut forged, mut undecided) = (None, None, false);
        for (index, scheme) in self.schemes.iter().enumerate() {
            match scheme.check(index, head, now) {
                Ok(None) => {}
                Ok(Some(findings)) => proven = proven.or(Some(findings)),
                Err(Fault::Undecided) => undecided = true,
                Err(Fault::Forged(detail)) => forged = forged.or(Some(detail)),
                Err(Fault::Invalid(detail)) => return Verdict::Refused(self.refuse(index, detail)),
            }
        }
        match forged {
            Some(detail) => Verdict::Refused(Refusal::Denied { detail, challenge: None }),
            None if undecided => Verdict::Undecided,
            None => self.permit(proven),
        }
    }

    /// Refuses the credential for the scheme at that place in [`schemes`](Self::schemes); `detail` has no quotation marks.
    pub fn refuse(&self, scheme: usize, detail: &'static str) -> Refusal {
        Refusal::Unauthorized { detail, challenge: challenge::invalid(&self.schemes, scheme, detail) }
    }

    /// Whether whoever was found may call; for who was found by others than [`decide`](Self::decide).
    pub fn permit(&self, findings: Option<Arc<Findings>>) -> Verdict {
        let Some(failed) = self.rules.iter().find(|rule| !rule.holds(findings.as_deref())) else {
            return Verdict::Open(findings);
        };
        Verdict::Refused(match findings {
            None => Refusal::Unauthorized { detail: NOT_PROVIDED, challenge: challenge::missing(&self.schemes) },
            Some(findings) => {
                let scheme = self.schemes.get(findings.scheme);
                let challenge = scheme.and_then(|scheme| {
                    let scopes = failed.missing_scopes(Some(&findings))?;
                    challenge::insufficient_scope(scheme, scopes)
                });
                Refusal::Denied { detail: NOT_PERMITTED, challenge }
            }
        })
    }
}

/// Seconds since the epoch.
pub(super) fn wall_clock() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |passed| passed.as_secs_f64())
}

#[cfg(test)]
mod tests;
