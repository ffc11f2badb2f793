//! The methods of one path.

/// Which methods a path has and which route each goes to.
#[derive(Debug, Default)]
pub(super) struct Methods {
    /// A handful at most, so a scan is the quickest search.
    routes: Vec<(String, u32)>,
    allow: String,
}

impl Methods {
    /// The route for `method`; HEAD is served by GET unless it has a route of its own (RFC 9110 §9.3.2).
    pub(super) fn find(&self, method: &str) -> Option<u32> {
        self.exact(method).or_else(|| if method == "HEAD" { self.exact("GET") } else { None })
    }

    /// The route registered for just that method.
    pub(super) fn exact(&self, method: &str) -> Option<u32> {
        self.routes.iter().find(|(name, _)| name == method).map(|&(_, index)| index)
    }

    /// Every route's number, in the order in which they were added.
    pub(super) fn all(&self) -> impl Iterator<Item = u32> {
        self.routes.iter().map(|&(_, index)| index)
    }

    pub(super) fn insert(&mut self, method: &str, index: u32) {
        self.routes.push((method.to_owned(), index));
        self.allow = allow(self.routes.iter().map(|(name, _)| name.as_str()));
    }

    /// The value of an `Allow` field: sorted, with what the engine answers by itself.
    pub(super) fn allow(&self) -> &str {
        &self.allow
    }
}

/// An `Allow` field for `methods`: sorted, each once, HEAD wherever there is GET, and OPTIONS.
pub(super) fn allow<'a>(methods: impl Iterator<Item = &'a str>) -> String {
    let mut all: Vec<&str> = methods.chain(["OPTIONS"]).collect();
    if all.contains(&"GET") {
        all.push("HEAD");
    }
    all.sort_unstable();
    all.dedup();
    all.join(", ")
}
