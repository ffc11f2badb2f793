//! Tokens that count no longer though they are signed and have not expired.
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::wall_clock;

/// What was revoked, in this process's memory. Shared between threads.
#[derive(Debug, Default)]
pub struct Revocation {
    lists: RwLock<Lists>,
}

#[derive(Debug, Default)]
struct Lists {
    /// By `jti`: until when.
    tokens: HashMap<String, f64>,
    /// By subject: tokens issued up to then, and until when.
    users: HashMap<String, (f64, f64)>,
    /// Entries at which the next pruning is due.
    prune_at: usize,
}

/// Entries below which nothing is pruned.
const FEW: usize = 1024;

/// Seconds that an entry is kept beyond its end: a token counts until its expiry and the leeway of whoever checks it.
const SLACK: f64 = 86_400.0;

impl Revocation {
    /// Nothing revoked.
    pub fn new() -> Self {
        Revocation::default()
    }

    /// Revokes a token; `until` is when it expires, after which there is nothing to remember.
    pub fn revoke(&self, jti: impl Into<String>, until: f64) {
        let mut lists = self.write();
        let entry = lists.tokens.entry(jti.into()).or_insert(until);
        *entry = entry.max(until);
        lists.prune();
    }

    /// Revokes a subject's tokens that were issued at `before` or earlier, or do not say when; `until` is when the last of
    /// them expires.
    pub fn revoke_user(&self, subject: impl Into<String>, before: f64, until: f64) {
        let mut lists = self.write();
        let entry = lists.users.entry(subject.into()).or_insert((before, until));
        *entry = (entry.0.max(before), entry.1.max(until));
        lists.prune();
    }

    /// Takes back the revocation of one token.
    pub fn restore(&self, jti: &str) {
        self.write().tokens.remove(jti);
    }

    /// Takes back everything.
    pub fn clear(&self) {
        *self.write() = Lists::default();
    }

    /// Whether a token with these claims is revoked. One without `jti` can be revoked by its subject only.
    pub fn is_revoked(&self, jti: Option<&str>, subject: Option<&str>, iat: Option<f64>, now: f64) -> bool {
        let lists = self.read();
        let token = jti.and_then(|jti| lists.tokens.get(jti)).is_some_and(|&until| now < until);
        token
            || subject
                .and_then(|subject| lists.users.get(subject))
                .is_some_and(|&(before, until)| now < until && iat.is_none_or(|iat| iat <= before))
    }

    fn read(&self) -> RwLockReadGuard<'_, Lists> {
        self.lists.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Lists> {
        self.lists.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lists {
    /// Each time that the lists have doubled, so that an entry costs the same however many there are.
    fn prune(&mut self) {
        if self.tokens.len() + self.users.len() < self.prune_at.max(FEW) {
            return;
        }
        let ended = wall_clock() - SLACK;
        self.tokens.retain(|_, until| ended < *until);
        self.users.retain(|_, (_, until)| ended < *until);
        self.prune_at = (self.tokens.len() + self.users.len()) * 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A token is revoked by its own name, until it would have expired, or until that is taken back.
    #[test]
    fn one_token() {
        let revocation = Revocation::new();
        revocation.revoke("a", 100.0);
        revocation.revoke("a", 50.0);
        assert!(revocation.is_revoked(Some("a"), None, None, 99.0));
        assert!(!revocation.is_revoked(Some("a"), None, None, 100.0));
        assert!(!revocation.is_revoked(Some("b"), None, None, 10.0) && !revocation.is_revoked(None, None, None, 10.0));
        revocation.restore("a");
        assert!(!revocation.is_revoked(Some("a"), None, None, 99.0));
    }

    /// A user's tokens are revoked up to a time of issue; one that does not say when it was issued is among them.
    #[test]
    fn all_tokens_of_a_user() {
        let revocation = Revocation::new();
        revocation.revoke_user("u", 10.0, 100.0);
        revocation.revoke_user("u", 5.0, 100.0);
        assert!(revocation.is_revoked(None, Some("u"), Some(10.0), 20.0));
        assert!(revocation.is_revoked(Some("x"), Some("u"), None, 20.0));
        assert!(!revocation.is_revoked(None, Some("u"), Some(10.5), 20.0));
        assert!(!revocation.is_revoked(None, Some("v"), None, 20.0));
        revocation.clear();
        assert!(!revocation.is_revoked(None, Some("u"), None, 20.0));
    }

    /// What has ended long ago is dropped as the lists grow; what has not ended is kept.
    #[test]
    fn pruning() {
        let revocation = Revocation::new();
        revocation.revoke("kept", f64::MAX);
        for number in 0..100_000 {
            revocation.revoke(number.to_string(), 1.0);
        }
        assert!(revocation.read().tokens.len() < 3 * FEW);
        assert!(revocation.is_revoked(Some("kept"), None, None, wall_clock()));
    }
}
