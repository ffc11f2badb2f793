//! Which route a request goes to: its path first, then its method.
//!
//! Patterns are literal text with `{name}` (one or more characters of one segment) and, as the last segment,
//! `{name:path}` (one or more characters, slashes included). At each segment, from the left, literal text beats a segment
//! with literal text around its parameter, that beats a lone parameter, and that a catch-all; where the better choice leads
//! nowhere, the next one is tried.
//!
//! A path is matched as sent. Percent-encoded unreserved characters and the case of hexadecimal digits make no difference
//! (RFC 3986 §6.2.2), everything else does: `%2F` is no separator and `//` is an empty segment. Dot segments are not removed:
//! that is done by the client that resolves a reference (RFC 3986 §5.2.4), so here `..` is a segment like any other.
mod build;
mod methods;
mod normal;
mod pattern;

use std::sync::Arc;

use matchit::Router;
use smallvec::SmallVec;

pub use build::{Builder, RouteError};

use crate::auth::Access;
use crate::form::FormSpec;
use crate::head::{RequestHead, Span};
use methods::Methods;
use normal::Normalised;

/// A route's place in its table: routes are numbered in the order in which they were added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteId(pub u32);

/// What a request goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A registered route.
    Route(RouteId),
    /// Whatever takes the unmatched requests.
    Fallback,
    /// Nothing at all: there is no fallback.
    Nowhere,
}

/// Byte ranges of a route's parameters.
pub type Params = SmallVec<[Span; 4]>;

/// A match and its raw parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteMatch {
    /// What matched.
    pub target: Target,
    /// One per `{name}` in the pattern's order, still percent-encoded.
    pub params: Params,
    /// For the fallback: a route would match with a slash appended.
    pub slash_redirect: bool,
}

impl RouteMatch {
    /// Without parameters.
    pub(crate) fn to(target: Target) -> Self {
        RouteMatch { target, params: Params::new(), slash_redirect: false }
    }
}

/// How a route wants its body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BodyMode {
    /// Not at all: it is read and dropped.
    #[default]
    None,
    /// In one piece.
    Whole,
    /// Parsed as a form while it comes.
    Form,
    /// As it comes.
    Stream,
}

/// What the engine has to know of a route.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteSpec {
    /// The method, a token (RFC 9110 §9.1); case-sensitive.
    pub method: String,
    /// The path pattern.
    pub path: String,
    /// How the body is read.
    pub body: BodyMode,
    /// Bytes; `None` for the server's own limit.
    pub max_body: Option<usize>,
    /// What is read of a form.
    pub form: Option<Arc<FormSpec>>,
    /// Whether content codings are taken off the body.
    pub decode_content: bool,
    /// Its replies get no header that the server adds to all others.
    pub bare: bool,
    /// `module.qualname` of the handler.
    pub name: String,
    /// Whether the handler sees what the engine itself answers on this route's path: refusals, redirects, `OPTIONS`.
    pub observes: bool,
    /// Who may call it, decided before its body is read; `None`: anybody, and nobody is told who it is.
    pub auth: Option<Arc<Access>>,
}

/// What happens to a path that matches nothing, but would with a slash appended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SlashPolicy {
    /// It is redirected there, as Django's `APPEND_SLASH` does.
    #[default]
    Append,
    /// It is unmatched like any other.
    Strict,
}

/// What a request's method and path lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// A route or the fallback.
    Match(RouteMatch, &'a RouteSpec),
    /// A route exists at this path, which ends in a slash.
    Redirect {
        /// Safe as a `Location`, the query left to the caller.
        path: String,
        /// The first route there that observes.
        observer: Option<RouteMatch>,
    },
    /// An `OPTIONS` request that no route handles itself.
    Options {
        /// The methods that exist, as in an `Allow` field.
        allow: String,
        /// The first route of the path that observes.
        observer: Option<RouteMatch>,
    },
    /// The path exists, the method does not.
    MethodNotAllowed {
        /// The methods that exist, as in an `Allow` field.
        allow: String,
        /// The first route of the path that observes.
        observer: Option<RouteMatch>,
    },
    /// Nothing.
    NotFound,
}

impl Found<'_> {
    /// The route whose handler sees what the engine itself answers, if there is one.
    pub(crate) fn observer(self) -> Option<RouteMatch> {
        match self {
            Found::Match(matched, spec) => Some(matched).filter(|_| spec.observes),
            Found::Redirect { observer, .. }
            | Found::Options { observer, .. }
            | Found::MethodNotAllowed { observer, .. } => observer,
            Found::NotFound => None,
        }
    }

    fn route_mut(&mut self) -> Option<&mut RouteMatch> {
        match self {
            Found::Match(matched, _) => Some(matched),
            Found::Redirect { observer, .. }
            | Found::Options { observer, .. }
            | Found::MethodNotAllowed { observer, .. } => observer.as_mut(),
            Found::NotFound => None,
        }
    }
}

/// All routes, compiled; immutable.
#[derive(Debug)]
pub struct RouteTable {
    specs: Vec<RouteSpec>,
    fallback: Option<RouteSpec>,
    slash: SlashPolicy,
    /// Every distinct path, best first.
    leaves: Vec<Methods>,
    /// `matchit` has no place for both a parameter and a catch-all at one position: what conflicts with one tree goes into
    /// the next. Nearly always there is one.
    layers: Vec<Layer>,
    /// Of the whole server, for `OPTIONS *`.
    allow: String,
}

#[derive(Debug)]
struct Layer {
    /// Values are places in `leaves`, so a lower one is the better match.
    tree: Router<usize>,
    /// The lowest value in the tree.
    best: usize,
}

impl RouteTable {
    /// Starts an empty table.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A table whose routes have no paths: everything goes to `spec`, as the fallback.
    pub fn single(spec: RouteSpec) -> Self {
        RouteTable {
            specs: Vec::new(),
            fallback: Some(spec),
            slash: SlashPolicy::Strict,
            leaves: Vec::new(),
            layers: Vec::new(),
            allow: String::new(),
        }
    }

    /// The route of that number.
    pub fn get(&self, id: RouteId) -> Option<&RouteSpec> {
        self.specs.get(id.0 as usize)
    }

    /// Finds the route of a request below its script name; parameters are spans of the head's buffer, for [`RequestHead::slice`].
    pub fn find_for(&self, head: &RequestHead) -> Found<'_> {
        let mut found = self.find(head.method(), head.path_info());
        if let Found::Redirect { path, .. } = &mut found {
            path.insert_str(0, head.script_name());
        }
        if let Some(matched) = found.route_mut() {
            let offset = head.path_info_span().start;
            for span in &mut matched.params {
                *span = Span { start: span.start + offset, end: span.end + offset };
            }
        }
        found
    }

    /// Finds the route of a method and a raw path; parameters are byte ranges of `path`.
    ///
    /// A path whose method does not exist is not looked for under a less specific pattern.
    pub fn find(&self, method: &str, path: &str) -> Found<'_> {
        if path == "*" && method == "OPTIONS" {
            return Found::Options { allow: self.allow.clone(), observer: None };
        }
        match self.locate(path) {
            Some((leaf, params)) => self.choose(&self.leaves[leaf], method, params),
            None => self.unmatched(path),
        }
    }

    fn locate(&self, path: &str) -> Option<(usize, Params)> {
        if normal::is_plain(path) {
            return self.locate_plain(path);
        }
        let normalised = Normalised::new(path);
        let (leaf, mut params) = self.locate_plain(normalised.text())?;
        normalised.map_back(&mut params);
        Some((leaf, params))
    }

    fn locate_plain(&self, path: &str) -> Option<(usize, Params)> {
        let mut found: Option<(usize, Params)> = None;
        for layer in &self.layers {
            if found.as_ref().is_some_and(|&(leaf, _)| leaf < layer.best) {
                continue;
            }
            let Ok(hit) = layer.tree.at(path) else { continue };
            if found.as_ref().is_none_or(|&(leaf, _)| *hit.value < leaf) {
                let params = hit.params.iter().map(|(_, value)| span_in(path, value)).collect();
                found = Some((*hit.value, params));
            }
        }
        found
    }

    fn choose(&self, methods: &Methods, method: &str, params: Params) -> Found<'_> {
        match methods.find(method) {
            Some(index) => {
                let target = Target::Route(RouteId(index));
                Found::Match(RouteMatch { target, params, slash_redirect: false }, &self.specs[index as usize])
            }
            None => {
                let (allow, observer) = (methods.allow().to_owned(), self.observer(methods, params));
                match method {
                    "OPTIONS" => Found::Options { allow, observer },
                    _ => Found::MethodNotAllowed { allow, observer },
                }
            }
        }
    }

    /// Who sees what the engine answers on a path.
    fn observer(&self, methods: &Methods, params: Params) -> Option<RouteMatch> {
        let index = methods.all().find(|&index| self.specs[index as usize].observes)?;
        Some(RouteMatch { target: Target::Route(RouteId(index)), params, slash_redirect: false })
    }

    #[cold]
    fn unmatched(&self, path: &str) -> Found<'_> {
        let append = self.slash == SlashPolicy::Append && path.starts_with('/') && !path.ends_with('/');
        let slashed = if append { self.locate(&format!("{path}/")) } else { None };
        match &self.fallback {
            Some(spec) => {
                let matched =
                    RouteMatch { target: Target::Fallback, params: Params::new(), slash_redirect: slashed.is_some() };
                Found::Match(matched, spec)
            }
            None => match slashed {
                Some((leaf, params)) => Found::Redirect {
                    path: normal::location(path) + "/",
                    observer: self.observer(&self.leaves[leaf], params),
                },
                None => Found::NotFound,
            },
        }
    }
}

/// Where `part`, a slice of `whole`, lies in it.
fn span_in(whole: &str, part: &str) -> Span {
    let start = part.as_ptr().addr() - whole.as_ptr().addr();
    // A head is limited to far less than 4 GiB, as spans are throughout.
    Span { start: start as u32, end: (start + part.len()) as u32 }
}

#[cfg(test)]
mod tests;
