//! Which route a request goes to.
use smallvec::SmallVec;

use crate::head::Span;

/// A route's place in its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteId(pub u32);

/// What a request goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A registered route.
    Route(RouteId),
    /// Whatever takes the unmatched requests.
    Fallback,
}

/// A match and its raw parameters.
#[derive(Clone, Debug)]
pub struct RouteMatch {
    /// What matched.
    pub target: Target,
    /// One per `{name}` in order, still percent-encoded, into the head's buffer.
    pub params: SmallVec<[Span; 4]>,
    /// For the fallback: a route would match with a slash appended.
    pub slash_redirect: bool,
}

/// How a route wants its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyMode {
    /// Not at all: it is read and dropped.
    None,
    /// In one piece.
    Whole,
    /// As it comes.
    Stream,
}

/// What the engine has to know of a route.
#[derive(Clone, Debug)]
pub struct RouteSpec {
    /// The method.
    pub method: String,
    /// The path pattern.
    pub path: String,
    /// How the body is read.
    pub body: BodyMode,
    /// Bytes; `None` for the server's own limit.
    pub max_body: Option<usize>,
    /// `module.qualname` of the handler.
    pub name: String,
}

/// Placeholder until the router is written: everything goes to one route.
pub struct RouteTable {
    spec: RouteSpec,
}

/// What a request's method and path lead to.
pub enum Found<'a> {
    /// A route or the fallback.
    Match(RouteMatch, &'a RouteSpec),
    /// A route exists at this path, which ends in a slash.
    Redirect(String),
    /// An `OPTIONS` request that no route handles itself.
    Options {
        /// The methods that exist.
        allow: String,
    },
    /// The path exists, the method does not.
    MethodNotAllowed {
        /// The methods that exist.
        allow: String,
    },
    /// Nothing.
    NotFound,
}

impl RouteTable {
    /// Sends everything to `spec`.
    pub fn single(spec: RouteSpec) -> Self {
        RouteTable { spec }
    }

    /// Finds the route.
    pub fn find(&self, _method: &str, _path: &str) -> Found<'_> {
        let found = RouteMatch { target: Target::Route(RouteId(0)), params: SmallVec::new(), slash_redirect: false };
        Found::Match(found, &self.spec)
    }
}
