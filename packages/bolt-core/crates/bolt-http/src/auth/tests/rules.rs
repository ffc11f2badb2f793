use serde_json::{Value, json};

use super::*;

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn permissions(list: &[&str], all: bool) -> Rule {
    Rule::Permissions { names: names(list), all }
}

fn scopes(list: &[&str], all: bool) -> Rule {
    Rule::Scopes { names: names(list), all }
}

fn claim(name: &str, values: &[Value]) -> Rule {
    Rule::Claim { name: name.to_owned(), values: values.to_vec() }
}

fn not(rule: Rule) -> Rule {
    Rule::Not(Box::new(rule))
}

/// Whoever these claims are about may, or may not.
fn holds(rule: Rule, claims: &str) -> bool {
    let access = Access { rules: vec![rule], ..access(plain_jwt()) };
    match access.decide_at(&bearing(&good(claims)), NOW) {
        Verdict::Open(Some(_)) => true,
        Verdict::Refused(Refusal::Denied { detail, .. }) => {
            assert_eq!(detail, "You do not have permission to perform this action");
            false
        }
        other => panic!("{other:?}"),
    }
}

/// Whether somebody without credentials may; where not, that is what is missing.
fn holds_for_nobody(rule: Rule) -> bool {
    let access = Access { rules: vec![rule], ..access(plain_jwt()) };
    match access.decide_at(&head("GET", "/", ""), NOW) {
        Verdict::Open(None) => true,
        verdict => {
            assert_eq!(invalid(verdict), "Authentication credentials were not provided");
            false
        }
    }
}

/// Nobody passes what needs findings; everybody passes what does not.
#[test]
fn nobody() {
    assert!(holds_for_nobody(Rule::Allow));
    assert!(holds_for_nobody(Rule::All(Vec::new())));
    for rule in [
        Rule::Authenticated,
        Rule::Flag("is_staff".to_owned()),
        permissions(&[], true),
        scopes(&[], true),
        claim("a", &[]),
        Rule::All(vec![Rule::Allow, Rule::Authenticated]),
        Rule::Any(Vec::new()),
        not(Rule::Allow),
    ] {
        assert!(!holds_for_nobody(rule.clone()), "{rule:?}");
    }
    assert!(holds_for_nobody(Rule::Any(vec![Rule::Authenticated, Rule::Allow])));
    assert!(holds_for_nobody(not(Rule::Authenticated)));
    assert!(holds_for_nobody(not(permissions(&["a"], true))));
}

/// A flag is `true` and nothing else that might be taken for it.
#[test]
fn flags() {
    let staff = || Rule::Flag("is_staff".to_owned());
    assert!(holds(staff(), r#","is_staff":true"#));
    for claims in ["", r#","is_staff":false"#, r#","is_staff":1"#, r#","is_staff":"true""#, r#","is_superuser":true"#] {
        assert!(!holds(staff(), claims), "{claims}");
    }
    assert!(holds(Rule::Flag("verified".to_owned()), r#","verified":true"#));
}

/// All of them or one; a superuser needs them like anybody else.
#[test]
fn lists() {
    let held = r#","permissions":["a","b"],"scope":"r w""#;
    assert!(holds(permissions(&["a", "b"], true), held) && holds(scopes(&["r", "w"], true), held));
    assert!(!holds(permissions(&["a", "c"], true), held) && !holds(scopes(&["r", "x"], true), held));
    assert!(holds(permissions(&["c", "a"], false), held) && holds(scopes(&["x", "w"], false), held));
    assert!(!holds(permissions(&["c"], false), held) && !holds(permissions(&["r"], false), held));
    assert!(holds(permissions(&[], true), "") && !holds(permissions(&[], false), held));
    assert!(!holds(permissions(&["a"], true), r#","is_superuser":true"#));
}

/// A claim equals a value, or has it in a list; without values it has to be there.
#[test]
fn claims() {
    let tenant = |values: &[Value]| claim("tenant", values);
    assert!(holds(tenant(&[json!("a"), json!(7)]), r#","tenant":7.0"#));
    assert!(holds(tenant(&[json!("a")]), r#","tenant":["b","a"]"#));
    assert!(holds(tenant(&[json!(["a"])]), r#","tenant":["a"]"#));
    for claims in ["", r#","tenant":"A""#, r#","tenant":["b"]"#, r#","tenant":{"a":1}"#, r#","tenant":null"#] {
        assert!(!holds(tenant(&[json!("a")]), claims), "{claims}");
    }
    assert!(!holds(tenant(&[json!(1)]), r#","tenant":true"#) && !holds(tenant(&[json!(1)]), r#","tenant":"1""#));
    assert!(!holds(tenant(&[json!(9007199254740993_u64)]), r#","tenant":9007199254740992"#));
    assert!(holds(tenant(&[]), r#","tenant":0"#) && holds(tenant(&[]), r#","tenant":"""#));
    assert!(
        !holds(tenant(&[]), "")
            && !holds(tenant(&[]), r#","tenant":null"#)
            && !holds(tenant(&[]), r#","tenant":false"#)
    );
}

/// Trees of rules, nested.
#[test]
fn trees() {
    let owner = || claim("role", &[json!("owner")]);
    let tree = || {
        Rule::Any(vec![
            owner(),
            Rule::All(vec![permissions(&["edit"], true), not(claim("suspended", &[])), Rule::Authenticated]),
        ])
    };
    assert!(holds(tree(), r#","role":"owner""#));
    assert!(holds(tree(), r#","permissions":["edit"]"#));
    assert!(!holds(tree(), r#","permissions":["edit"],"suspended":true"#));
    assert!(!holds(tree(), "") && !holds_for_nobody(tree()));
    assert!(!holds(not(Rule::Authenticated), "") && holds(not(not(Rule::Authenticated)), ""));
}

/// Every rule has to hold.
#[test]
fn all_rules() {
    let access = Access { rules: vec![Rule::Authenticated, permissions(&["a"], true)], ..access(plain_jwt()) };
    denied(access.decide_at(&bearing(&good("")), NOW));
    proven(access.decide_at(&bearing(&good(r#","permissions":["a"]"#)), NOW));
    let open = Access { rules: Vec::new(), ..super::access(plain_jwt()) };
    assert!(matches!(open.decide_at(&head("GET", "/", ""), NOW), Verdict::Open(None)));
}

/// RFC 6750 §3.1: the scopes that would do are named, if they are what is missing and can be named.
#[test]
fn insufficient_scope() {
    let told = |asked: &str, rule: Rule| {
        let schemes = vec![scheme(asked, SchemeKind::Jwt(plain_jwt()))];
        let access = Access { schemes, rules: vec![Rule::Authenticated, rule] };
        challenge(access.decide_at(&bearing(&good("")), NOW)).into_iter().collect::<Vec<String>>()
    };
    let expected = "Bearer realm=\"api\", error=\"insufficient_scope\", scope=\"a b\"";
    assert_eq!(told("Bearer realm=\"api\"", scopes(&["a", "b"], true)), [expected]);
    assert_eq!(
        told("Bearer", Rule::All(vec![Rule::Allow, scopes(&["a"], true)])),
        ["Bearer error=\"insufficient_scope\", scope=\"a\""]
    );
    assert_eq!(
        told("Bearer", Rule::Any(vec![permissions(&["p"], true), scopes(&["a"], true)])),
        ["Bearer error=\"insufficient_scope\", scope=\"a\""]
    );
    assert_eq!(told("Bearer", scopes(&["a\"b"], true)), ["Bearer error=\"insufficient_scope\""]);
    assert!(told("JWT", scopes(&["a"], true)).is_empty() && told("", scopes(&["a"], true)).is_empty());
    assert!(told("Bearer", permissions(&["a"], true)).is_empty());
    assert!(told("Bearer", Rule::All(vec![permissions(&["p"], true), scopes(&["a"], true)])).is_empty());
}
