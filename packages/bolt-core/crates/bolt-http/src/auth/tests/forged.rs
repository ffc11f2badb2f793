use aws_lc_rs::signature::{KeyPair, RsaKeyPair};

use super::*;

const CLAIMS: &str = r#"{"sub":"u1","exp":1000060}"#;

fn said(token: &str) -> &'static str {
    invalid(access(plain_jwt()).decide_at(&bearing(token), NOW))
}

/// What is refused below is refused for what is wrong with it.
#[test]
fn the_same_token_is_good() {
    let findings = proven(access(plain_jwt()).decide_at(&bearing(&signed(HS256, CLAIMS)), NOW));
    assert_eq!((findings.scheme, findings.subject.as_deref()), (0, Some("u1")));
}

/// RFC 8725 §2.1: an unsigned token is none, in whatever case, with a signature or without.
#[test]
fn no_algorithm() {
    for name in ["none", "None", "NONE", "nOnE", "", "hs256", "HS1", "RS256 "] {
        let token = signed(&format!(r#"{{"alg":"{name}"}}"#), CLAIMS);
        assert_eq!(said(&token), "The token's algorithm is not accepted", "{name}");
        let (unsigned, _) = token.rsplit_once('.').unwrap();
        assert_eq!(said(&format!("{unsigned}.")), "The token is malformed", "{name}");
    }
}

/// RFC 8725 §2.1: a public key is no secret, even where both kinds are accepted and the key has the name asked for.
#[test]
fn key_confusion() {
    let pair = RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let public = pair.public_key();
    let (n, e) = (public.modulus(), public.exponent());
    let (n, e) = (n.big_endian_without_leading_zero().to_vec(), e.big_endian_without_leading_zero().to_vec());
    let rsa = Key::new(Some("r".to_owned()), vec![Algorithm::RS256], Material::Rsa { n: n.clone(), e }).unwrap();
    let access = access(Jwt::new(vec![bearer()], vec![rsa, secret_key(Some("h"))], JwtRules::default()));
    let text = format!("{}.{}", encode(r#"{"alg":"HS256","kid":"r"}"#), encode(CLAIMS));
    for secret in [public.as_ref(), &n] {
        let verdict = access.decide_at(&bearing(&format!("{text}.{}", hs256(secret, &text))), NOW);
        assert_eq!(invalid(verdict), "The token's key is not known");
    }
    let unnamed = format!("{}.{}", encode(r#"{"alg":"HS256"}"#), encode(CLAIMS));
    let verdict = access.decide_at(&bearing(&format!("{unnamed}.{}", hs256(public.as_ref(), &unnamed))), NOW);
    assert_eq!(invalid(verdict), "The token's signature is not valid");
}

/// RFC 7515 §4.1.11, RFC 7797: an extension that must be understood is not; an unencoded payload is one.
#[test]
fn extensions() {
    for member in
        [r#""crit":["exp"]"#, r#""crit":[]"#, r#""crit":null"#, r#""b64":false"#, r#""b64":null"#, r#""b64":1"#]
    {
        let token = signed(&format!(r#"{{"alg":"HS256",{member}}}"#), CLAIMS);
        assert_eq!(said(&token), "The token's header has an extension that is not understood", "{member}");
    }
    let token = signed(r#"{"alg":"HS256","b64":true}"#, CLAIMS);
    proven(access(plain_jwt()).decide_at(&bearing(&token), NOW));
}

/// A key that the token brings along, or says where to fetch, is not used.
#[test]
fn keys_in_the_header() {
    let secret = b"the attacker's own secret .......";
    let jwk = format!(r#"{{"kty":"oct","k":"{}"}}"#, encode(secret));
    let header = format!(
        r#"{{"alg":"HS256","jwk":{jwk},"jku":"https://a.example/","x5u":"https://a.example/","x5c":["MA=="]}}"#
    );
    let text = format!("{}.{}", encode(header), encode(CLAIMS));
    assert_eq!(said(&format!("{text}.{}", hs256(secret, &text))), "The token's signature is not valid");
}

/// A name that comes twice counts once for one reader and once for another.
#[test]
fn duplicate_members() {
    for header in [r#"{"alg":"HS256","alg":"HS256"}"#, r#"{"alg":"none","\u0061lg":"HS256"}"#] {
        assert_eq!(said(&signed(header, CLAIMS)), "The token is malformed", "{header}");
    }
    for claims in [r#"{"sub":"a","sub":"u1","exp":1000060}"#, r#"{"exp":1,"exp":1000060}"#] {
        assert_eq!(said(&token(claims)), "The token is malformed", "{claims}");
    }
}

/// RFC 7515 §2: base64url without padding, of which every text has one spelling only.
#[test]
fn base64_is_canonical() {
    let token = signed(r#"{"alg":"HS256","a":1}"#, r#"{"sub":"u","exp":1000060,"n":1}"#);
    proven(access(plain_jwt()).decide_at(&bearing(&token), NOW));
    let (text, signature) = token.rsplit_once('.').unwrap();
    // An HMAC of 32 bytes leaves two bits of the last character unused.
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = alphabet.iter().position(|&byte| Some(&byte) == signature.as_bytes().last()).unwrap();
    for bits in 1..4 {
        let other = format!("{text}.{}{}", &signature[..42], char::from(alphabet[last | bits]));
        assert_eq!(said(&other), "The token is malformed");
    }
    for other in [format!("{token}="), format!("={token}"), format!("{text}=.{signature}"), token.replace('.', ".=")] {
        assert_eq!(said(&other), "The token is malformed", "{other}");
    }
    for other in [format!("{token}+"), format!("{token}/"), format!("{token}%"), format!("{token}\u{e9}")] {
        assert_eq!(said(&other), "The token is malformed", "{other}");
    }
}

/// RFC 7515 §7.1: three segments, none of which may be missing; five are an encrypted token, which is not read.
#[test]
fn segments() {
    let good = signed(HS256, CLAIMS);
    let (text, signature) = good.rsplit_once('.').unwrap();
    let (header, claims) = text.split_once('.').unwrap();
    for token in [
        header.to_owned(),
        text.to_owned(),
        format!("{good}."),
        format!(".{good}"),
        format!("{good}.{signature}"),
        format!("{header}.{claims}.{claims}.{claims}.{signature}"),
        format!("{text}."),
        format!(".{claims}.{signature}"),
        format!("{header}..{signature}"),
        "..".to_owned(),
        ".".to_owned(),
    ] {
        let said = said(&token);
        assert!(said == "The token is malformed" || said == "The token's signature is not valid", "{token}: {said}");
    }
}

/// A megabyte is refused for its length, before it is decoded or hashed.
#[test]
fn a_very_long_token() {
    let jwt = plain_jwt();
    let presented = credential::Presented { text: vec![b'a'; 1 << 20].into(), from_cookie: false };
    let fault = jwt.check(0, &presented, &bearing("x"), NOW).unwrap_err();
    assert_eq!(fault, Fault::Invalid("The token is too long"));
    let token = good("");
    let limit = |max_length: usize| ruled(|rules| rules.max_length = max_length).decide_at(&bearing(&token), NOW);
    assert_eq!(invalid(limit(token.len() - 1)), "The token is too long");
    proven(limit(token.len()));
}

/// What the header's members have to be.
#[test]
fn odd_headers() {
    for header in
        ["[]", "1", "", "{}", r#"{"alg":1}"#, r#"{"alg":["HS256"]}"#, r#"{"alg":"HS256","kid":1}"#, "{\"alg\":"]
    {
        assert_eq!(said(&signed(header, CLAIMS)), "The token is malformed", "{header}");
    }
    assert_eq!(said(&signed(r#"{"alg":"HS256","typ":1}"#, CLAIMS)), "The token is malformed");
    for kind in ["JOSE", "dpop+jwt", "application/", "", "text/jwt", "secevent+jwt"] {
        let header = format!(r#"{{"alg":"HS256","typ":"{kind}"}}"#);
        assert_eq!(said(&signed(&header, CLAIMS)), "The token's type is not accepted", "{kind}");
    }
    for kind in ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", "Application/JWT"] {
        let header = format!(r#"{{"alg":"HS256","typ":"{kind}"}}"#);
        proven(access(plain_jwt()).decide_at(&bearing(&signed(&header, CLAIMS)), NOW));
    }
}

/// A changed claim breaks the signature, and another key's signature is none.
#[test]
fn changed_claims() {
    let good = signed(HS256, CLAIMS);
    let mut parts: Vec<String> = good.split('.').map(str::to_owned).collect();
    parts[1] = encode(CLAIMS.replace("u1", "u2"));
    assert_eq!(said(&parts.join(".")), "The token's signature is not valid");
    let text = format!("{}.{}", encode(HS256), encode(CLAIMS));
    assert_eq!(said(&format!("{text}.{}", hs256(b"another", &text))), "The token's signature is not valid");
}
