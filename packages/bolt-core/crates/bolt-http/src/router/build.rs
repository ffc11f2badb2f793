//! Routes into a table; every mistake is found here.
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use matchit::{InsertError, Router};

use super::methods::{self, Methods};
use super::pattern::Pattern;
use super::{Layer, RouteId, RouteSpec, RouteTable, SlashPolicy};
use crate::reply::is_token;

/// Why a route cannot be part of a table; the text names the route and says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteError(String);

impl RouteError {
    pub(super) fn new(message: String) -> Self {
        RouteError(message)
    }
}

impl fmt::Display for RouteError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for RouteError {}

/// Collects routes for a [`RouteTable`].
#[derive(Debug, Default)]
pub struct Builder {
    specs: Vec<RouteSpec>,
    fallback: Option<RouteSpec>,
    slash: SlashPolicy,
    paths: HashMap<Pattern, Methods>,
}

impl Builder {
    /// What happens to paths that lack a slash at their end. Default `Append`.
    #[must_use]
    pub fn slash(mut self, policy: SlashPolicy) -> Self {
        self.slash = policy;
        self
    }

    /// What takes the unmatched requests; its method and path are not looked at. Default none: they are 404.
    #[must_use]
    pub fn fallback(mut self, spec: RouteSpec) -> Self {
        self.fallback = Some(spec);
        self
    }

    /// Adds a route. Errors: a malformed method or pattern; a method and path that exist already, however the parameters
    /// are named.
    pub fn add(&mut self, spec: RouteSpec) -> Result<RouteId, RouteError> {
        let blame = |reason: &dyn fmt::Display| RouteError(format!("{} {}: {reason}", spec.name, spec.method));
        if spec.method.is_empty() || !spec.method.bytes().all(is_token) {
            return Err(blame(&format_args!("{:?} is no method: it must be a token (RFC 9110 §5.6.2)", spec.method)));
        }
        let pattern = Pattern::parse(&spec.path).map_err(|error| blame(&error))?;
        let index = u32::try_from(self.specs.len()).map_err(|_| blame(&"too many routes"))?;
        match self.paths.entry(pattern) {
            Entry::Vacant(entry) => entry.insert(Methods::default()).insert(&spec.method, index),
            Entry::Occupied(entry) => {
                let methods = entry.into_mut();
                if let Some(rival) = methods.exact(&spec.method) {
                    return Err(duplicate(&self.specs[rival as usize], &spec));
                }
                methods.insert(&spec.method, index);
            }
        }
        self.specs.push(spec);
        Ok(RouteId(index))
    }

    /// The finished table.
    pub fn build(self) -> Result<RouteTable, RouteError> {
        let allow = methods::allow(self.specs.iter().map(|spec| spec.method.as_str()));
        let mut paths: Vec<(Pattern, Methods)> = self.paths.into_iter().collect();
        paths.sort_by_cached_key(|(pattern, _)| (pattern.rank(), pattern.key()));
        let mut layers: Vec<Draft<'_>> = Vec::new();
        for (leaf, (pattern, _)) in paths.iter().enumerate() {
            insert(&mut layers, pattern, leaf)?;
        }
        let layers = layers.into_iter().map(|draft| draft.layer).collect();
        let leaves = paths.into_iter().map(|(_, methods)| methods).collect();
        Ok(RouteTable { specs: self.specs, fallback: self.fallback, slash: self.slash, leaves, layers, allow })
    }
}

fn duplicate(old: &RouteSpec, new: &RouteSpec) -> RouteError {
    let path =
        if old.path == new.path { old.path.clone() } else { format!("{} is the same path as {}", new.path, old.path) };
    RouteError(format!(
        "{} {path}: both {} and {} handle it; remove one or change its path or method",
        new.method, old.name, new.name
    ))
}

/// A tree that is being filled.
struct Draft<'a> {
    layer: Layer,
    patterns: Vec<&'a Pattern>,
}

/// Puts a path into the first tree that it does not conflict with. Paths come best first.
fn insert<'a>(layers: &mut Vec<Draft<'a>>, pattern: &'a Pattern, leaf: usize) -> Result<(), RouteError> {
    let key = pattern.key();
    for draft in layers.iter_mut().filter(|draft| draft.patterns.iter().all(|other| pattern.fits_beside(other))) {
        match draft.layer.tree.insert(key.as_str(), leaf) {
            Ok(()) => {
                draft.patterns.push(pattern);
                return Ok(());
            }
            Err(InsertError::Conflict { .. }) => {}
            Err(error) => return Err(RouteError(format!("path {key:?}: {error}"))),
        }
    }
    let mut tree = Router::new();
    tree.insert(key.as_str(), leaf).map_err(|error| RouteError(format!("path {key:?}: {error}")))?;
    layers.push(Draft { layer: Layer { tree, best: leaf }, patterns: vec![pattern] });
    Ok(())
}
