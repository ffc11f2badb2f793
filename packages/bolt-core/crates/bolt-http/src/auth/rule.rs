//! What must have been proven.
use serde_json::Value;

use super::Findings;

/// What must have been proven. Nothing here makes an exception for superusers.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// Nothing.
    Allow,
    /// Anything at all.
    Authenticated,
    /// The claim of that name is `true`.
    Flag(String),
    /// The caller has these permissions.
    Permissions {
        /// Their names.
        names: Vec<String>,
        /// Every one of them; else one is enough.
        all: bool,
    },
    /// The credential has these scopes.
    Scopes {
        /// Their names.
        names: Vec<String>,
        /// Every one of them; else one is enough.
        all: bool,
    },
    /// The claim is one of the values, or is a list and contains one.
    Claim {
        /// The claim.
        name: String,
        /// Empty: it only has to be there, and be neither null nor false.
        values: Vec<Value>,
    },
    /// Every one of these holds.
    All(Vec<Rule>),
    /// One of these holds.
    Any(Vec<Rule>),
    /// This does not hold, which is so for somebody of whom nothing is known as well.
    Not(Box<Rule>),
}

impl Rule {
    /// Whether it holds for what was proven.
    pub(super) fn holds(&self, findings: Option<&Findings>) -> bool {
        match self {
            Rule::Allow => true,
            Rule::All(rules) => rules.iter().all(|rule| rule.holds(findings)),
            Rule::Any(rules) => rules.iter().any(|rule| rule.holds(findings)),
            Rule::Not(rule) => !rule.holds(findings),
            _ => findings.is_some_and(|findings| self.is_shown_by(findings)),
        }
    }

    fn is_shown_by(&self, findings: &Findings) -> bool {
        match self {
            Rule::Authenticated => true,
            Rule::Flag(name) => findings.is_true(name),
            Rule::Permissions { names, all } => has(&findings.permissions, names, *all),
            Rule::Scopes { names, all } => has(&findings.scopes, names, *all),
            Rule::Claim { name, values } => findings.claims.get(name).is_some_and(|claim| is_one_of(claim, values)),
            _ => self.holds(Some(findings)),
        }
    }

    /// The scopes for want of which it does not hold, if it is that.
    pub(super) fn missing_scopes(&self, findings: Option<&Findings>) -> Option<&[String]> {
        let mut failed = match self {
            Rule::Scopes { names, .. } => return Some(names),
            Rule::All(rules) | Rule::Any(rules) => rules.iter().filter(|rule| !rule.holds(findings)),
            _ => return None,
        };
        match self {
            // All others would have to hold as well, but any one is enough.
            Rule::All(_) => failed.next().and_then(|rule| rule.missing_scopes(findings)),
            _ => failed.find_map(|rule| rule.missing_scopes(findings)),
        }
    }
}

fn has(held: &[String], names: &[String], all: bool) -> bool {
    let mut held = names.iter().map(|name| held.contains(name));
    if all { held.all(|held| held) } else { held.any(|held| held) }
}

fn is_one_of(claim: &Value, values: &[Value]) -> bool {
    if values.is_empty() {
        return !matches!(claim, Value::Null | Value::Bool(false));
    }
    let listed = |claim: &Value| values.iter().any(|value| is_same(claim, value));
    listed(claim) || claim.as_array().is_some_and(|list| list.iter().any(listed))
}

/// JSON does not tell 1 from 1.0.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) if one.is_f64() || other.is_f64() => one.as_f64() == other.as_f64(),
        _ => one == other,
    }
}
