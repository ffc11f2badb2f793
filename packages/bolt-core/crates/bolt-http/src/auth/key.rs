//! Keys that verify signatures, each for the algorithms declared for it.
use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ParsedPublicKey, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;

/// A signature algorithm (RFC 7518 §3.1, RFC 8037 §3.1). `none` is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the RFC's own names")]
pub enum Algorithm {
    HS256,
    HS384,
    HS512,
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    ES512,
    EdDSA,
}

impl Algorithm {
    const ALL: [Algorithm; 13] = [
        Algorithm::HS256,
        Algorithm::HS384,
        Algorithm::HS512,
        Algorithm::RS256,
        Algorithm::RS384,
        Algorithm::RS512,
        Algorithm::PS256,
        Algorithm::PS384,
        Algorithm::PS512,
        Algorithm::ES256,
        Algorithm::ES384,
        Algorithm::ES512,
        Algorithm::EdDSA,
    ];

    /// Its name in a token's header.
    pub fn as_str(self) -> &'static str {
        match self {
            Algorithm::HS256 => "HS256",
            Algorithm::HS384 => "HS384",
            Algorithm::HS512 => "HS512",
            Algorithm::RS256 => "RS256",
            Algorithm::RS384 => "RS384",
            Algorithm::RS512 => "RS512",
            Algorithm::PS256 => "PS256",
            Algorithm::PS384 => "PS384",
            Algorithm::PS512 => "PS512",
            Algorithm::ES256 => "ES256",
            Algorithm::ES384 => "ES384",
            Algorithm::ES512 => "ES512",
            Algorithm::EdDSA => "EdDSA",
        }
    }

    /// The library's name for it; it has none for ES512.
    fn library(self) -> Option<jsonwebtoken::Algorithm> {
        use jsonwebtoken::Algorithm as Library;
        Some(match self {
            Algorithm::HS256 => Library::HS256,
            Algorithm::HS384 => Library::HS384,
            Algorithm::HS512 => Library::HS512,
            Algorithm::RS256 => Library::RS256,
            Algorithm::RS384 => Library::RS384,
            Algorithm::RS512 => Library::RS512,
            Algorithm::PS256 => Library::PS256,
            Algorithm::PS384 => Library::PS384,
            Algorithm::PS512 => Library::PS512,
            Algorithm::ES256 => Library::ES256,
            Algorithm::ES384 => Library::ES384,
            Algorithm::EdDSA => Library::EdDSA,
            Algorithm::ES512 => return None,
        })
    }

    fn fits(self, material: &Material) -> bool {
        use Algorithm::*;
        match material {
            Material::Secret(_) => matches!(self, HS256 | HS384 | HS512),
            Material::Rsa { .. } => matches!(self, RS256 | RS384 | RS512 | PS256 | PS384 | PS512),
            // RFC 7518 §3.4 ties each algorithm to one curve.
            Material::Ec { curve: Curve::P256, .. } => self == ES256,
            Material::Ec { curve: Curve::P384, .. } => self == ES384,
            Material::Ec { curve: Curve::P521, .. } => self == ES512,
            Material::Ed25519(_) => self == EdDSA,
        }
    }
}

impl FromStr for Algorithm {
    type Err = String;

    /// Names are case-sensitive (RFC 7515 §4.1.1).
    fn from_str(name: &str) -> Result<Self, String> {
        let found = Algorithm::ALL.into_iter().find(|algorithm| algorithm.as_str() == name);
        found.ok_or_else(|| format!("'{name}' is no signature algorithm that is known here"))
    }
}

/// An elliptic curve (RFC 7518 §6.2.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "their own names")]
pub enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    /// Octets of a coordinate.
    fn size(self) -> usize {
        match self {
            Curve::P256 => 32,
            Curve::P384 => 48,
            Curve::P521 => 66,
        }
    }
}

/// What a key is made of, numbers in big-endian octets. It cannot be shown: a secret is one.
pub enum Material {
    /// Of an HMAC.
    Secret(Vec<u8>),
    /// A public key for RSA.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The exponent.
        e: Vec<u8>,
    },
    /// A public key on a curve.
    Ec {
        /// Which.
        curve: Curve,
        /// A coordinate, at full length (RFC 7518 §6.2.1.2).
        x: Vec<u8>,
        /// The other one.
        y: Vec<u8>,
    },
    /// A public key for EdDSA, 32 octets.
    Ed25519(Vec<u8>),
}

/// A key that verifies signatures.
pub struct Key {
    kid: Option<String>,
    algorithms: Vec<Algorithm>,
    verifier: Verifier,
}

enum Verifier {
    Library(DecodingKey),
    /// An uncompressed point on P-521.
    P521(Vec<u8>),
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Key { kid, algorithms, .. } = self;
        formatter.debug_struct("Key").field("kid", kid).field("algorithms", algorithms).finish_non_exhaustive()
    }
}

impl Key {
    /// A key for these algorithms alone: a token's `alg` selects among keys, and never makes one kind of another.
    ///
    /// Errors: an algorithm that is none for the material, no algorithm, or material that is no key.
    pub fn new(kid: Option<String>, algorithms: Vec<Algorithm>, material: Material) -> Result<Key, String> {
        if algorithms.is_empty() {
            return Err("a key is for one algorithm at least".to_owned());
        }
        if let Some(algorithm) = algorithms.iter().find(|algorithm| !algorithm.fits(&material)) {
            return Err(format!("the key is none for {}", algorithm.as_str()));
        }
        Ok(Key { kid, algorithms, verifier: Verifier::new(material)? })
    }

    /// The name that a token may ask for it by.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// What it is for.
    pub fn algorithms(&self) -> &[Algorithm] {
        &self.algorithms
    }

    /// Whether a token with this header may be signed with it.
    pub(super) fn may_verify(&self, algorithm: Algorithm, kid: Option<&str>) -> bool {
        let named = kid.is_none() || self.kid.is_none() || self.kid.as_deref() == kid;
        named && self.algorithms.contains(&algorithm)
    }

    /// Whether the signature, base64url, is this key's.
    pub(super) fn verifies(&self, algorithm: Algorithm, signed: &str, signature: &str) -> bool {
        if !self.algorithms.contains(&algorithm) {
            return false;
        }
        match (&self.verifier, algorithm.library()) {
            (Verifier::Library(key), Some(algorithm)) => {
                jsonwebtoken::crypto::verify(signature, signed.as_bytes(), key, algorithm).unwrap_or(false)
            }
            (Verifier::P521(point), None) => URL_SAFE_NO_PAD.decode(signature).is_ok_and(|signature| {
                let key = UnparsedPublicKey::new(&ECDSA_P521_SHA512_FIXED, point);
                key.verify(signed.as_bytes(), &signature).is_ok()
            }),
            _ => false,
        }
    }
}

impl Verifier {
    fn new(material: Material) -> Result<Self, String> {
        Ok(Verifier::Library(match material {
            Material::Secret(secret) => {
                check_secret(&secret)?;
                DecodingKey::from_secret(&secret)
            }
            Material::Rsa { n, e } => {
                let (n, e) = (unsigned(&n), unsigned(&e));
                check_rsa(n, e)?;
                DecodingKey::from_rsa_raw_components(n, e)
            }
            Material::Ec { curve, x, y } => {
                let point = point(curve, &x, &y)?;
                if curve == Curve::P521 {
                    return Ok(Verifier::P521(point));
                }
                DecodingKey::from_ec_der(&point)
            }
            Material::Ed25519(key) if key.len() == 32 => DecodingKey::from_ed_der(&key),
            Material::Ed25519(_) => return Err("an Ed25519 key has 32 octets".to_owned()),
        }))
    }
}

/// Anybody has a public key, so that what is signed with it as a secret proves nothing.
fn check_secret(secret: &[u8]) -> Result<(), String> {
    if secret.is_empty() {
        return Err("the secret is empty".to_owned());
    }
    let start = secret.trim_ascii_start();
    let public = [&b"-----BEGIN "[..], b"ssh-", b"ecdsa-sha2-"].iter().any(|prefix| start.starts_with(prefix));
    if public { Err("the secret is the text of an asymmetric key".to_owned()) } else { Ok(()) }
}

/// The sizes that are verified at all (RFC 7518 §3.3 asks for 2048 bits).
fn check_rsa(n: &[u8], e: &[u8]) -> Result<(), String> {
    let bits = n.len() * 8 - n.first().map_or(0, |first| first.leading_zeros() as usize);
    if !(2048..=8192).contains(&bits) {
        return Err("an RSA modulus has 2048 to 8192 bits".to_owned());
    }
    let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
    if !is_odd(n) || !is_odd(e) || e == [1] || e.len() > 4 {
        return Err("the RSA modulus or exponent is none".to_owned());
    }
    Ok(())
}

/// Without the zero octets that some put in front.
fn unsigned(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|&&octet| octet == 0).count();
    &number[zeros..]
}

/// The uncompressed point, once it is known to lie on the curve.
fn point(curve: Curve, x: &[u8], y: &[u8]) -> Result<Vec<u8>, String> {
    if x.len() != curve.size() || y.len() != curve.size() {
        return Err(format!("a coordinate on this curve has {} octets", curve.size()));
    }
    let point = [&[4], x, y].concat();
    let parsed = match curve {
        Curve::P256 => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point),
        Curve::P384 => ParsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, &point),
        Curve::P521 => ParsedPublicKey::new(&ECDSA_P521_SHA512_FIXED, &point),
    };
    parsed.map(|_| point).map_err(|_| "the point is not on the curve".to_owned())
}
