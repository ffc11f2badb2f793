use super::*;

/// A token that was verified counts no longer than it did the first time, and its times are looked at again.
#[test]
fn a_cached_token_expires() {
    let access = ruled(|rules| rules.leeway = 5.0);
    let head = bearing(&good(r#","nbf":1000000"#));
    let first = proven(access.decide_at(&head, NOW));
    assert!(Arc::ptr_eq(&first, &proven(access.decide_at(&head, NOW + 64.5))));
    assert_eq!(invalid(access.decide_at(&head, NOW + 65.0)), "The token has expired");
    assert_eq!(invalid(access.decide_at(&head, NOW - 6.0)), "The token is not yet valid");
    proven(access.decide_at(&head, NOW));
}

/// With new keys what the old ones verified is verified again.
#[test]
fn new_keys_clear_the_cache() {
    let access = access(plain_jwt());
    let head = bearing(&good(""));
    proven(access.decide_at(&head, NOW));
    let other = Key::new(None, vec![Algorithm::HS256], Material::Secret(b"another".to_vec())).unwrap();
    jwt_of(&access).set_keys(vec![other]);
    assert_eq!(invalid(access.decide_at(&head, NOW)), "The token's signature is not valid");
    jwt_of(&access).set_keys(vec![secret_key(None)]);
    proven(access.decide_at(&head, NOW));
}

/// What was verified with keys that were replaced meanwhile is not kept.
#[test]
fn keys_replaced_during_a_verification() {
    let access = access(plain_jwt());
    let token = good("");
    let findings = proven(access.decide_at(&bearing(&token), NOW));
    let cache = Cache::default();
    let generation = cache.get(findings.key, 0).unwrap_err();
    cache.clear();
    cache.put(generation, &findings);
    assert!(cache.get(findings.key, 0).is_err());
    cache.put(cache.get(findings.key, 0).unwrap_err(), &findings);
    assert!(cache.get(findings.key, 0).is_ok());
}

/// A token whose signature failed is not remembered, and does not push out one that is good.
#[test]
fn failures_are_not_cached() {
    let access = access(with(|jwt| jwt.cache = Cache::new(2)));
    let head = bearing(&good(""));
    let first = proven(access.decide_at(&head, NOW));
    for number in 0..10 {
        let signed = good(&format!(r#","n":{number}"#));
        let signed = signed.rsplit_once('.').unwrap().0;
        invalid(access.decide_at(&bearing(&format!("{signed}.{}", hs256(b"another", signed))), NOW));
    }
    assert!(Arc::ptr_eq(&first, &proven(access.decide_at(&head, NOW))));
    for number in 0..10 {
        proven(access.decide_at(&bearing(&good(&format!(r#","n":{number}"#))), NOW));
    }
    assert!(!Arc::ptr_eq(&first, &proven(access.decide_at(&head, NOW))));
}

/// An expired token is known again, and refused without its signature being verified anew.
#[test]
fn expired_tokens_are_known() {
    let access = access(plain_jwt());
    let head = bearing(&token(r#"{"exp":1000000}"#));
    assert_eq!(invalid(access.decide_at(&head, NOW)), "The token has expired");
    let known = proven(access.decide_at(&head, NOW - 1.0));
    assert_eq!(invalid(access.decide_at(&head, NOW)), "The token has expired");
    assert!(Arc::ptr_eq(&known, &proven(access.decide_at(&head, NOW - 1.0))));
}

/// A scheme that stands at two places of two routes says for each where it stands.
#[test]
fn findings_name_their_scheme() {
    let shared = scheme("Bearer", SchemeKind::Jwt(plain_jwt()));
    let place = vec![Place::Header { name: "X-Key".to_owned(), scheme: None }];
    let keys = scheme("", SchemeKind::ApiKey(ApiKeys::new(place, KeyTable::new())));
    let first = Access { schemes: vec![shared.clone()], rules: Vec::new() };
    let second = Access { schemes: vec![keys, shared], rules: Vec::new() };
    let head = bearing(&good(""));
    for _ in 0..2 {
        assert_eq!(proven(first.decide_at(&head, NOW)).scheme, 0);
        assert_eq!(proven(second.decide_at(&head, NOW)).scheme, 1);
    }
}

/// The list is asked at every request, of a token that is cached as well.
#[test]
fn revoked_in_flight() {
    let list = Arc::new(Revocation::new());
    let access = access(with(|jwt| {
        jwt.revocation = Revoking::Memory(list.clone());
        jwt.rules.leeway = 10.0;
    }));
    let head = bearing(&good(r#","jti":"t1","iat":999990"#));
    proven(access.decide_at(&head, NOW));
    list.revoke("t1", 1_000_060.0);
    assert_eq!(invalid(access.decide_at(&head, NOW)), "The token has been revoked");
    // Within the leeway after its expiry the token would count again, had it not been revoked until then as well.
    assert_eq!(invalid(access.decide_at(&head, NOW + 65.0)), "The token has been revoked");
    list.restore("t1");
    proven(access.decide_at(&head, NOW));
    list.revoke_user("u1", 999_989.0, 2_000_000.0);
    proven(access.decide_at(&head, NOW));
    list.revoke_user("u1", 999_990.0, 2_000_000.0);
    assert_eq!(invalid(access.decide_at(&head, NOW)), "The token has been revoked");
    let nameless = bearing(&good(""));
    assert_eq!(invalid(access.decide_at(&nameless, NOW)), "The token has been revoked");
    list.clear();
    proven(access.decide_at(&nameless, NOW));
}

/// Without a word from above nothing is known; a word counts for one token and for a while.
#[test]
fn vouchers() {
    let access = access(with(|jwt| jwt.revocation = Revoking::External));
    let (text, other) = (good(""), good(r#","n":1"#));
    let head = bearing(&text);
    assert!(matches!(access.decide_at(&head, NOW), Verdict::Undecided));
    jwt_of(&access).vouch(digest(text.as_bytes()), NOW + 5.0);
    proven(access.decide_at(&head, NOW + 4.5));
    assert!(matches!(access.decide_at(&head, NOW + 5.0), Verdict::Undecided));
    assert!(matches!(access.decide_at(&bearing(&other), NOW), Verdict::Undecided));
    jwt_of(&access).forget();
    assert!(matches!(access.decide_at(&head, NOW), Verdict::Undecided));
    // Nobody has to be asked about what is no token.
    assert_eq!(invalid(access.decide_at(&head, NOW + 60.0)), "The token has expired");
}
