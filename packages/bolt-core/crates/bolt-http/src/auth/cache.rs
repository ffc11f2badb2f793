//! What was verified lately, bounded.
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Findings;

/// A map that forgets: when the young half is full the old half goes, and what was asked for meanwhile has become young.
#[derive(Debug)]
struct Halves<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    half: usize,
}

impl<K: Hash + Eq + Clone, V: Clone> Halves<K, V> {
    fn new(capacity: usize) -> Self {
        Halves { young: HashMap::new(), old: HashMap::new(), half: capacity.div_ceil(2).max(1) }
    }

    fn get(&mut self, key: &K) -> Option<V> {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let value = self.old.remove(key)?;
        self.insert(key.clone(), value.clone());
        Some(value)
    }

    fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= self.half {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }
}

/// A panic elsewhere leaves nothing half-written here.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

type Verified = Halves<([u8; 32], usize), Arc<Findings>>;

/// Tokens whose signature and claims were found good, by digest. Times are looked at again at every use; what was not
/// signed is never kept, or rubbish would push out what is good.
#[derive(Debug)]
pub struct Cache {
    state: Mutex<(u64, Verified)>,
}

impl Default for Cache {
    fn default() -> Self {
        Cache::new(Cache::CAPACITY)
    }
}

impl Cache {
    /// Tokens kept unless told otherwise.
    pub const CAPACITY: usize = 4096;

    /// For that many tokens.
    pub fn new(capacity: usize) -> Self {
        Cache { state: Mutex::new((0, Halves::new(capacity))) }
    }

    /// What is known of a token, and the generation of keys to name with what is found out otherwise.
    pub(super) fn get(&self, digest: [u8; 32], scheme: usize) -> Result<Arc<Findings>, u64> {
        let mut state = locked(&self.state);
        state.1.get(&(digest, scheme)).ok_or(state.0)
    }

    /// Keeps a token, unless the keys have changed since: it may have been verified with one that is gone.
    pub(super) fn put(&self, generation: u64, findings: &Arc<Findings>) {
        let mut state = locked(&self.state);
        if state.0 == generation {
            state.1.insert((findings.key, findings.scheme), findings.clone());
        }
    }

    /// Forgets all tokens.
    pub fn clear(&self) {
        let mut state = locked(&self.state);
        state.0 = state.0.wrapping_add(1);
        state.1.clear();
    }
}

/// Credentials that somebody above has checked, and until when that counts. One that is forgotten is checked again.
#[derive(Debug)]
pub struct Vouchers {
    until: Mutex<Halves<[u8; 32], f64>>,
}

impl Default for Vouchers {
    fn default() -> Self {
        Vouchers { until: Mutex::new(Halves::new(Vouchers::CAPACITY)) }
    }
}

impl Vouchers {
    const CAPACITY: usize = 65_536;

    pub(super) fn add(&self, digest: [u8; 32], until: f64) {
        locked(&self.until).insert(digest, until);
    }

    pub(super) fn hold(&self, digest: [u8; 32], now: f64) -> bool {
        locked(&self.until).get(&digest).is_some_and(|until| now < until)
    }

    pub(super) fn clear(&self) {
        locked(&self.until).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Never more than the capacity, and what is in use stays.
    #[test]
    fn bounded() {
        let mut halves = Halves::new(8);
        for number in 0..1000 {
            halves.insert(number, number);
            assert!(halves.young.len() + halves.old.len() <= 8);
            assert_eq!(halves.get(&0), Some(0), "after {number}");
        }
        assert_eq!(halves.get(&500), None);
        halves.clear();
        assert_eq!(halves.get(&0), None);
    }

    /// A later word about the same credential replaces the earlier one, in either half.
    #[test]
    fn vouchers_are_replaced() {
        let vouchers = Vouchers { until: Mutex::new(Halves::new(2)) };
        vouchers.add([1; 32], 10.0);
        vouchers.add([2; 32], 10.0);
        vouchers.add([1; 32], 5.0);
        assert!(!vouchers.hold([1; 32], 7.0) && vouchers.hold([2; 32], 7.0));
    }
}
