use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self as sig, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair};

use super::*;

fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn key(algorithm: Algorithm, material: Material) -> Key {
    Key::new(None, vec![algorithm], material).unwrap()
}

fn verifies(key: &Key, token: &str) -> bool {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    key.verifies(key.algorithms()[0], signed, signature)
}

/// The claims of RFC 7515's examples.
const JOE: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

/// RFC 7515 A.1: the whole way through a verdict, with its line breaks in header and claims.
#[test]
fn rfc_7515_hs256() {
    let secret = decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
    let access = access(with(|jwt| jwt.keys = vec_lock(key(Algorithm::HS256, Material::Secret(secret)))));
    let token = format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{JOE}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    let findings = proven(access.decide_at(&bearing(&token), 1_300_819_379.0));
    assert_eq!(findings.claims["iss"], "joe");
    assert_eq!(findings.raw, &decode(JOE)[..]);
    assert_eq!(findings.key, digest(token.as_bytes()));
    assert_eq!(invalid(access.decide_at(&bearing(&token), 1_300_819_380.0)), "The token has expired");
}

fn vec_lock(key: Key) -> std::sync::RwLock<Arc<Vec<Key>>> {
    std::sync::RwLock::new(Arc::new(vec![key]))
}

/// RFC 7515 A.3: a signature on P-256 is its two numbers at full length.
#[test]
fn rfc_7515_es256() {
    let (x, y) = ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
    let material = Material::Ec { curve: Curve::P256, x: decode(x), y: decode(y) };
    let access = access(with(|jwt| jwt.keys = vec_lock(key(Algorithm::ES256, material))));
    let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let token = format!("eyJhbGciOiJFUzI1NiJ9.{JOE}.{signature}");
    proven(access.decide_at(&bearing(&token), 1_300_819_379.0));
    let forged = format!("eyJhbGciOiJFUzI1NiJ9.{JOE}.{}", signature.replacen('D', "E", 1));
    assert_eq!(invalid(access.decide_at(&bearing(&forged), 0.0)), "The token's signature is not valid");
}

/// RFC 7515 A.4: P-521, which takes a way of its own here.
#[test]
fn rfc_7515_es512() {
    let x = "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk";
    let y = "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2";
    let key = key(Algorithm::ES512, Material::Ec { curve: Curve::P521, x: decode(x), y: decode(y) });
    let token = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZq\
                 wqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBX\
                 ukOXolLzeO_Jn";
    assert!(verifies(&key, token));
    assert!(!verifies(&key, &token.replace("UGF5bG9hZA", "UGF5bG9hZB")));
}

/// RFC 8037 A.4.
#[test]
fn rfc_8037_ed25519() {
    let key = key(Algorithm::EdDSA, Material::Ed25519(decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")));
    let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert!(verifies(&key, &format!("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.{signature}")));
    assert!(!verifies(&key, &format!("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmd.{signature}")));
}

/// Signs for the algorithm of the key, and checks that the key takes that and nothing else.
fn round_trip(key: Key, sign: impl Fn(&[u8]) -> Vec<u8>) {
    let algorithm = key.algorithms()[0].as_str();
    let signed =
        format!("{}.{}", encode(format!("{{\"alg\":\"{algorithm}\"}}")), encode(r#"{"sub":"u1","exp":1000060}"#));
    let signature = sign(signed.as_bytes());
    let mut changed = signature.clone();
    changed[0] ^= 1;
    let (short, long) = (&signature[1..], [&signature[..], &[0]].concat());
    let access = access(with(|jwt| jwt.keys = vec_lock(key)));
    let decide = |signature: &[u8]| access.decide_at(&bearing(&format!("{signed}.{}", encode(signature))), NOW);
    for wrong in [&changed[..], short, &long] {
        assert_eq!(invalid(decide(wrong)), "The token's signature is not valid", "{algorithm}");
    }
    assert_eq!(proven(decide(&signature)).subject.as_deref(), Some("u1"), "{algorithm}");
}

/// HMAC with each of the three hashes.
#[test]
fn hmac_of_all_sizes() {
    for (algorithm, library) in [
        (Algorithm::HS256, hmac::HMAC_SHA256),
        (Algorithm::HS384, hmac::HMAC_SHA384),
        (Algorithm::HS512, hmac::HMAC_SHA512),
    ] {
        let hmac = hmac::Key::new(library, SECRET);
        round_trip(key(algorithm, Material::Secret(SECRET.to_vec())), |text| hmac::sign(&hmac, text).as_ref().to_vec());
    }
}

/// RSA in both paddings with each of the three hashes.
#[test]
fn rsa_of_all_kinds() {
    let pair = RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let material = || Material::Rsa {
        n: [&[0], pair.public_key().modulus().big_endian_without_leading_zero()].concat(),
        e: pair.public_key().exponent().big_endian_without_leading_zero().to_vec(),
    };
    let encodings: [(Algorithm, &'static dyn sig::RsaEncoding); 6] = [
        (Algorithm::RS256, &sig::RSA_PKCS1_SHA256),
        (Algorithm::RS384, &sig::RSA_PKCS1_SHA384),
        (Algorithm::RS512, &sig::RSA_PKCS1_SHA512),
        (Algorithm::PS256, &sig::RSA_PSS_SHA256),
        (Algorithm::PS384, &sig::RSA_PSS_SHA384),
        (Algorithm::PS512, &sig::RSA_PSS_SHA512),
    ];
    for (algorithm, encoding) in encodings {
        round_trip(key(algorithm, material()), |text| {
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(encoding, &SystemRandom::new(), text, &mut signature).unwrap();
            signature
        });
    }
}

/// ECDSA on each of the three curves.
#[test]
fn ecdsa_on_all_curves() {
    for (algorithm, curve, library) in [
        (Algorithm::ES256, Curve::P256, &sig::ECDSA_P256_SHA256_FIXED_SIGNING),
        (Algorithm::ES384, Curve::P384, &sig::ECDSA_P384_SHA384_FIXED_SIGNING),
        (Algorithm::ES512, Curve::P521, &sig::ECDSA_P521_SHA512_FIXED_SIGNING),
    ] {
        let pair = EcdsaKeyPair::generate(library).unwrap();
        let (x, y) = pair.public_key().as_ref()[1..].split_at(pair.public_key().as_ref().len() / 2);
        let material = Material::Ec { curve, x: x.to_vec(), y: y.to_vec() };
        round_trip(key(algorithm, material), |text| pair.sign(&SystemRandom::new(), text).unwrap().as_ref().to_vec());
    }
}

/// EdDSA with a fresh key.
#[test]
fn eddsa() {
    let pair = Ed25519KeyPair::generate().unwrap();
    let material = Material::Ed25519(pair.public_key().as_ref().to_vec());
    round_trip(key(Algorithm::EdDSA, material), |text| pair.sign(text).as_ref().to_vec());
}

/// Every algorithm goes by its name and fits one kind of material.
#[test]
fn algorithms_fit_one_material() {
    let names = [
        "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
        "EdDSA",
    ];
    for name in names {
        let algorithm: Algorithm = name.parse().unwrap();
        assert_eq!(algorithm.as_str(), name);
        let is_secret = Key::new(None, vec![algorithm], Material::Secret(SECRET.to_vec())).is_ok();
        assert_eq!(is_secret, name.starts_with("HS"), "{name}");
    }
    for name in ["none", "None", "hs256", "HS256 ", "", "RSA"] {
        assert!(name.parse::<Algorithm>().is_err(), "{name}");
    }
}

/// What is no key is refused when it is configured, not when the first token comes.
#[test]
fn material_that_is_no_key() {
    let refused = |algorithm, material| Key::new(None, vec![algorithm], material).unwrap_err();
    let rsa = |n: Vec<u8>, e: &[u8]| refused(Algorithm::RS256, Material::Rsa { n, e: e.to_vec() });
    assert!(rsa(vec![0xff; 128], &[1, 0, 1]).contains("2048"));
    assert!(rsa([&[0; 200][..], &[0xff; 100]].concat(), &[1, 0, 1]).contains("2048"));
    assert!(rsa(vec![0xff; 1025], &[1, 0, 1]).contains("2048"));
    assert!(rsa(vec![0xff; 256], &[1]).contains("none") && rsa(vec![0xff; 256], &[]).contains("none"));
    let ec = |x: usize, y: usize| Material::Ec { curve: Curve::P256, x: vec![1; x], y: vec![1; y] };
    assert!(refused(Algorithm::ES256, ec(32, 31)).contains("32 octets"));
    assert!(refused(Algorithm::ES256, ec(32, 32)).contains("not on the curve"));
    assert!(refused(Algorithm::ES384, ec(32, 32)).contains("none for ES384"));
    assert!(refused(Algorithm::EdDSA, Material::Ed25519(vec![1; 31])).contains("32 octets"));
    assert!(refused(Algorithm::HS256, Material::Secret(Vec::new())).contains("empty"));
    let pem = b"\n-----BEGIN PUBLIC KEY-----\n".to_vec();
    assert!(refused(Algorithm::HS256, Material::Secret(pem)).contains("asymmetric"));
    assert!(Key::new(None, Vec::new(), Material::Secret(SECRET.to_vec())).is_err());
}

/// A key shows its name and what it is for, never what it is made of.
#[test]
fn a_key_is_not_shown() {
    let shown = format!("{:?}", access(plain_jwt()));
    assert!(shown.contains("HS256") && !shown.contains("secret of") && !shown.contains("115"), "{shown}");
}
