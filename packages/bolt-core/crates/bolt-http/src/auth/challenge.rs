//! `WWW-Authenticate` (RFC 9110 §11.6.1), and what RFC 6750 §3 adds for bearer tokens.
use std::sync::Arc;

use super::Scheme;

/// For a request without credentials: the first scheme's challenge, where one has any. RFC 6750 §3.1 wants no error code there.
pub(super) fn missing(schemes: &[Arc<Scheme>]) -> Option<String> {
    schemes.iter().map(|scheme| &scheme.challenge).find(|challenge| !challenge.is_empty()).cloned()
}

/// For a request whose credential for one scheme is invalid; `detail` is a fixed text without quotes. What was wrong is said
/// where the challenge is that scheme's own.
pub(super) fn invalid(schemes: &[Arc<Scheme>], failing: usize, detail: &str) -> Option<String> {
    let challenge = missing(schemes)?;
    let own = schemes.get(failing).is_some_and(|scheme| scheme.challenge == challenge);
    Some(match own && is_bearer(&challenge) {
        true => with(&challenge, &format!("error=\"invalid_token\", error_description=\"{detail}\"")),
        false => challenge,
    })
}

/// For a bearer token that lacks scopes: with those that would do.
pub(super) fn insufficient_scope(scheme: &Scheme, scopes: &[String]) -> Option<String> {
    let challenge = Some(&scheme.challenge).filter(|challenge| is_bearer(challenge))?;
    let mut params = "error=\"insufficient_scope\"".to_owned();
    // A name that is no scope token (RFC 6749 §3.3) could end the quoted string.
    let named: Vec<&str> = scopes.iter().map(String::as_str).filter(|scope| is_scope_token(scope)).collect();
    if !named.is_empty() {
        params.push_str(&format!(", scope=\"{}\"", named.join(" ")));
    }
    Some(with(challenge, &params))
}

fn is_scope_token(scope: &str) -> bool {
    !scope.is_empty() && scope.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

fn is_bearer(challenge: &str) -> bool {
    challenge.split(' ').next().is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"))
}

/// Parameters are separated by commas, the first from the scheme by a space.
fn with(challenge: &str, params: &str) -> String {
    let separator = if challenge.trim_end().contains(' ') { ", " } else { " " };
    format!("{}{separator}{params}", challenge.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A scheme without parameters gets its first one after a space, any other after a comma.
    #[test]
    fn separators() {
        assert_eq!(with("Bearer", "a=\"b\""), "Bearer a=\"b\"");
        assert_eq!(with("Bearer realm=\"api\"", "a=\"b\""), "Bearer realm=\"api\", a=\"b\"");
    }

    /// The scheme's name is compared without regard to case (RFC 9110 §11.1), and whole.
    #[test]
    fn bearer_is_the_whole_name() {
        assert!(is_bearer("bearer realm=\"x\"") && is_bearer("BEARER"));
        assert!(!is_bearer("BearerX") && !is_bearer("Basic realm=\"Bearer\"") && !is_bearer(""));
    }
}
