use super::*;

fn key_scheme(challenge: &str, undecided: bool) -> Arc<Scheme> {
    let place = vec![Place::Header { name: "X-API-Key".to_owned(), scheme: None }];
    let record = Arc::new(KeyRecord::parse(br#"{"subject":"k1"}"#).unwrap());
    let keys = ApiKeys::new(place, [(digest(b"key"), record)].into());
    scheme(challenge, SchemeKind::ApiKey(ApiKeys { undecided, ..keys }))
}

fn both(undecided: bool) -> Access {
    let schemes = vec![scheme("Bearer realm=\"a\"", SchemeKind::Jwt(plain_jwt())), key_scheme("ApiKey", undecided)];
    Access { schemes, rules: vec![Rule::Authenticated] }
}

fn ask(access: &Access, token: Option<&str>, key: Option<&str>) -> Verdict {
    let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let key = key.map(|key| format!("X-API-Key: {key}\r\n")).unwrap_or_default();
    access.decide_at(&head("GET", "/", &(token + &key)), NOW)
}

/// The first scheme that proves something says who calls; the others are looked at all the same.
#[test]
fn the_first_that_proves() {
    let (access, token) = (both(false), good(""));
    let told = |token, key| proven(ask(&access, token, key)).subject.clone();
    assert_eq!(told(Some(&token), None).as_deref(), Some("u1"));
    assert_eq!(told(None, Some("key")).as_deref(), Some("k1"));
    assert_eq!(told(Some(&token), Some("key")).as_deref(), Some("u1"));
    assert_eq!(invalid(ask(&access, Some(&token), Some("wrong"))), "The API key is not valid");
    assert_eq!(invalid(ask(&access, Some("x"), Some("key"))), "The token is malformed");
}

/// An invalid credential is refused where anybody may call.
#[test]
fn invalid_though_open() {
    let access = Access { rules: vec![Rule::Allow], ..both(false) };
    assert!(matches!(ask(&access, None, None), Verdict::Open(None)));
    assert_eq!(invalid(ask(&access, Some("x"), None)), "The token is malformed");
    assert_eq!(proven(ask(&access, None, Some("key"))).scheme, 1);
}

/// RFC 9110 §11.6.1, RFC 6750 §3.1: the first scheme's challenge, with an error where that scheme failed.
#[test]
fn what_is_asked_for() {
    let access = both(false);
    assert_eq!(challenge(ask(&access, None, None)).as_deref(), Some("Bearer realm=\"a\""));
    let expired = token(r#"{"exp":1}"#);
    let told = "Bearer realm=\"a\", error=\"invalid_token\", error_description=\"The token has expired\"";
    assert_eq!(challenge(ask(&access, Some(&expired), None)).as_deref(), Some(told));
    assert_eq!(challenge(ask(&access, None, Some("wrong"))).as_deref(), Some("Bearer realm=\"a\""));
    let silent = Access { schemes: vec![key_scheme("", false)], rules: vec![Rule::Authenticated] };
    assert!(challenge(ask(&silent, None, None)).is_none() && challenge(ask(&silent, None, Some("x"))).is_none());
}

/// Undecided is what one scheme cannot tell, unless another can tell that the request is refused.
#[test]
fn undecided() {
    let (access, token) = (both(true), good(""));
    assert!(matches!(ask(&access, None, Some("other")), Verdict::Undecided));
    assert!(matches!(ask(&access, Some(&token), Some("other")), Verdict::Undecided));
    assert_eq!(invalid(ask(&access, Some("x"), Some("other"))), "The token is malformed");
    let reversed = Access { schemes: access.schemes.iter().rev().cloned().collect(), rules: Vec::new() };
    assert_eq!(invalid(ask(&reversed, Some("x"), Some("other"))), "The token is malformed");
}

/// A token is tried with the keys of its name and those without one; without a name with all.
#[test]
fn key_names() {
    let other = |kid| Key::new(Some(kid), vec![Algorithm::HS256], Material::Secret(b"another".to_vec())).unwrap();
    let named = |kid: &str| signed(&format!(r#"{{"alg":"HS256","kid":"{kid}"}}"#), r#"{"exp":1000060}"#);
    let keys = || vec![other("b".to_owned()), secret_key(Some("a"))];
    let access = access(Jwt::new(vec![bearer()], keys(), JwtRules::default()));
    proven(ask(&access, Some(&named("a")), None));
    proven(ask(&access, Some(&good("")), None));
    assert_eq!(invalid(ask(&access, Some(&named("b")), None)), "The token's signature is not valid");
    assert_eq!(invalid(ask(&access, Some(&named("c")), None)), "The token's key is not known");
    jwt_of(&access).set_keys(vec![other("b".to_owned()), secret_key(None)]);
    proven(ask(&access, Some(&named("c")), None));
}

/// Where keys may have been added since, a token that fits none is not decided here; one that fits and fails is.
#[test]
fn undecided_keys() {
    let named = |kid: &str| signed(&format!(r#"{{"alg":"HS256","kid":"{kid}"}}"#), r#"{"exp":1000060}"#);
    let access = access(with(|jwt| {
        jwt.undecided_keys = true;
        jwt.keys = std::sync::RwLock::new(Arc::new(Vec::new()));
    }));
    assert!(matches!(ask(&access, Some(&named("a")), None), Verdict::Undecided));
    assert_eq!(invalid(ask(&access, Some("x.y.z"), None)), "The token is malformed");
    jwt_of(&access).set_keys(vec![secret_key(Some("a"))]);
    proven(ask(&access, Some(&named("a")), None));
    assert!(matches!(ask(&access, Some(&named("b")), None), Verdict::Undecided));
    let forged = named("a") + "AAAA";
    assert_eq!(invalid(ask(&access, Some(&forged), None)), "The token's signature is not valid");
}

/// Whoever is asked instead refuses in the same words.
#[test]
fn refused_above() {
    let refusal = both(true).refuse(0, "The token has been revoked");
    let Refusal::Unauthorized { detail, challenge } = refusal else { panic!("{refusal:?}") };
    assert_eq!(detail, "The token has been revoked");
    assert!(challenge.unwrap().ends_with("error_description=\"The token has been revoked\""));
}

/// The wall clock is the one that tokens are measured by.
#[test]
fn by_the_clock() {
    let access = access(plain_jwt());
    assert_eq!(invalid(access.decide(&bearing(&good("")))), "The token has expired");
    let fresh = token(&format!(r#"{{"exp":{}}}"#, wall_clock() + 60.0));
    proven(access.decide(&bearing(&fresh)));
}

/// Access is shared between threads and compared by identity.
#[test]
fn shared() {
    fn shares<T: Send + Sync>(_: &T) {}
    let (one, other) = (Arc::new(both(false)), Arc::new(both(false)));
    shares(&one);
    assert!(one == one.clone() && one != other);
}
