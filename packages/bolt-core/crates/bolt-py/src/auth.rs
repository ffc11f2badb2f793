//! Schemes and guards as Python declares them, told to the engine; who was found, told to Python.
use std::sync::Arc;

use bolt_http::auth::{
    Access, Algorithm, ApiKeys, Curve, Findings, Jwt, JwtRules, Key, KeyRecord, KeyTable, Material, Place, Revocation,
    Revoking, Rule, Scheme, SchemeKind,
};
use bytes::Bytes;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};
use serde_json::Value;

use crate::request::Request;
use crate::route_plan::{Plan, item};

/// What a route asks of its callers.
pub(crate) struct RouteAuth {
    pub(crate) access: Arc<Access>,
    /// The same schemes as Python has them, in the same order.
    schemes: Vec<Py<PyAny>>,
    /// Answers the requests of which the engine cannot tell who sends them.
    pub(crate) undecided: Option<Arc<Plan>>,
}

impl RouteAuth {
    /// Of a plan's wire dict; `undecided` makes a plan of one.
    pub(crate) fn parse(
        wire: &Bound<'_, PyDict>,
        schemes: &mut Schemes,
        undecided: impl FnOnce(&Bound<'_, PyAny>, &mut Schemes) -> PyResult<Arc<Plan>>,
    ) -> PyResult<Option<Self>> {
        let auth = item(wire, "auth")?;
        if auth.is_none() {
            return Ok(None);
        }
        let auth = auth.cast_into::<PyDict>()?;
        let objects: Vec<Py<PyAny>> = item(&auth, "schemes")?.extract()?;
        let known = objects.iter().map(|object| schemes.known(object.bind(wire.py())));
        let known = known.collect::<PyResult<Vec<_>>>()?;
        let rules = item(&auth, "rules")?.cast_into::<PyList>()?;
        let rules = rules.iter().map(|rule| rule_of(&rule)).collect::<PyResult<Vec<_>>>()?;
        let plan = item(&auth, "undecided")?;
        let undecided = if plan.is_none() { None } else { Some(undecided(&plan, schemes)?) };
        Ok(Some(RouteAuth { access: Arc::new(Access { schemes: known, rules }), schemes: objects, undecided }))
    }

    /// What `request.auth` is for what the engine found.
    pub(crate) fn identity<'py>(&self, py: Python<'py>, findings: &Findings) -> PyResult<Bound<'py, PyAny>> {
        let scheme = self.schemes.get(findings.scheme);
        let scheme = scheme.ok_or_else(|| PyValueError::new_err("the route has no such scheme"))?;
        scheme.bind(py).call_method1("identity", (PyBytes::new(py, &findings.raw),))
    }

    /// Takes the word of the scheme at this place for the token of a request.
    pub(crate) fn vouch(&self, index: usize, request: &Request, seconds: f64) {
        if let Some(scheme) = self.access.schemes.get(index) {
            scheme.vouch(request.head(), seconds);
        }
    }
}

/// The schemes of an application, each parsed once however many routes have it, and what ends their subscriptions.
#[derive(Default)]
pub(crate) struct Schemes {
    known: Vec<(Py<PyAny>, Arc<Scheme>)>,
    pub(crate) ends: Vec<Py<PyAny>>,
}

impl Schemes {
    fn known(&mut self, object: &Bound<'_, PyAny>) -> PyResult<Arc<Scheme>> {
        if let Some((_, scheme)) = self.known.iter().find(|(known, _)| known.is(object)) {
            return Ok(scheme.clone());
        }
        let wire = object.call_method0("to_wire")?.cast_into::<PyDict>()?;
        let kind = match item(&wire, "kind")?.extract::<String>()?.as_str() {
            "jwt" => SchemeKind::Jwt(self.jwt(&wire)?),
            "api_key" => SchemeKind::ApiKey(api_keys(&wire)?),
            other => return Err(PyValueError::new_err(format!("the engine has no scheme of the kind {other:?}"))),
        };
        let (backend, challenge) = (item(&wire, "backend")?.extract()?, item(&wire, "challenge")?.extract()?);
        let scheme = Arc::new(Scheme { backend, challenge, kind });
        if let Some(on_keys) = wire.get_item("on_keys")? {
            let listener = KeysChanged { object: object.clone().unbind(), scheme: scheme.clone() };
            self.ends.push(on_keys.call1((listener,))?.unbind());
        }
        if let Some(revocation) = wire.get_item("revocation")?.filter(|revocation| !revocation.is_none()) {
            let subscribe = item(revocation.cast::<PyDict>()?, "subscribe")?;
            self.ends.push(subscribe.call1((Revoked { scheme: scheme.clone() },))?.unbind());
        }
        self.known.push((object.clone().unbind(), scheme.clone()));
        Ok(scheme)
    }

    fn jwt(&self, wire: &Bound<'_, PyDict>) -> PyResult<Jwt> {
        let rules = JwtRules {
            issuers: item(wire, "issuers")?.extract()?,
            audiences: item(wire, "audiences")?.extract()?,
            leeway: item(wire, "leeway")?.extract()?,
            token_type: item(wire, "token_type")?.extract()?,
            require: item(wire, "require")?.extract()?,
            max_length: item(wire, "max_size")?.extract()?,
            max_age: item(wire, "max_age")?.extract()?,
        };
        let revocation = item(wire, "revocation")?;
        let revocation = if revocation.is_none() {
            Revoking::None
        } else {
            match item(revocation.cast::<PyDict>()?, "kind")?.extract::<String>()?.as_str() {
                "memory" => Revoking::Memory(Arc::new(Revocation::new())),
                _ => Revoking::External,
            }
        };
        Ok(Jwt {
            revocation,
            csrf_header: item(wire, "csrf_header")?.extract()?,
            undecided_keys: item(wire, "undecided_keys")?.extract()?,
            ..Jwt::new(places(wire)?, keys(&item(wire, "keys")?)?, rules)
        })
    }
}

/// Called by a scheme whose keys have changed.
#[pyclass(frozen, module = "bolt_core._native")]
struct KeysChanged {
    object: Py<PyAny>,
    scheme: Arc<Scheme>,
}

#[pymethods]
impl KeysChanged {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        let wire = self.object.bind(py).call_method0("to_wire")?.cast_into::<PyDict>()?;
        match &self.scheme.kind {
            SchemeKind::Jwt(jwt) => jwt.set_keys(keys(&item(&wire, "keys")?)?),
            SchemeKind::ApiKey(known) => known.set_keys(key_table(&wire)?),
        }
        Ok(())
    }
}

/// Called by a store with everything that is revoked.
#[pyclass(frozen, module = "bolt_core._native")]
struct Revoked {
    scheme: Arc<Scheme>,
}

#[pymethods]
impl Revoked {
    fn __call__(&self, kind: &str, name: &str, before: f64, until: f64) {
        let SchemeKind::Jwt(jwt) = &self.scheme.kind else { return };
        let Revoking::Memory(list) = &jwt.revocation else { return jwt.forget() };
        match kind {
            "token" => list.revoke(name, until),
            "user" => list.revoke_user(name, before, until),
            _ => list.clear(),
        }
    }
}

fn api_keys(wire: &Bound<'_, PyDict>) -> PyResult<ApiKeys> {
    let undecided = item(wire, "undecided_keys")?.extract()?;
    Ok(ApiKeys { undecided, ..ApiKeys::new(places(wire)?, key_table(wire)?) })
}

fn key_table(wire: &Bound<'_, PyDict>) -> PyResult<KeyTable> {
    let mut table = KeyTable::new();
    for (digest, record) in item(wire, "keys")?.cast_into::<PyDict>()?.iter() {
        let record = KeyRecord::parse(record.cast::<PyBytes>()?.as_bytes()).map_err(PyValueError::new_err)?;
        table.insert(digest.extract()?, Arc::new(record));
    }
    Ok(table)
}

fn places(wire: &Bound<'_, PyDict>) -> PyResult<Vec<Place>> {
    let mut places = Vec::new();
    for place in item(wire, "places")?.cast_into::<PyList>()?.iter() {
        let (kind, name, scheme): (String, String, Option<String>) = place.extract()?;
        places.push(match kind.as_str() {
            "header" => Place::Header { name, scheme },
            "cookie" => Place::Cookie(name),
            "query" => Place::Query(name),
            other => return Err(PyValueError::new_err(format!("a credential does not stand in a {other:?}"))),
        });
    }
    Ok(places)
}

fn keys(listed: &Bound<'_, PyAny>) -> PyResult<Vec<Key>> {
    listed.cast::<PyList>()?.iter().map(|wire| key(wire.cast::<PyDict>()?)).collect()
}

fn key(wire: &Bound<'_, PyDict>) -> PyResult<Key> {
    let bytes = |name: &str| PyResult::Ok(item(wire, name)?.cast_into::<PyBytes>()?.as_bytes().to_vec());
    let material = match item(wire, "kty")?.extract::<String>()?.as_str() {
        "oct" => Material::Secret(bytes("secret")?),
        "RSA" => Material::Rsa { n: bytes("n")?, e: bytes("e")? },
        "EC" => {
            let curve = match item(wire, "crv")?.extract::<String>()?.as_str() {
                "P-256" => Curve::P256,
                "P-384" => Curve::P384,
                _ => Curve::P521,
            };
            Material::Ec { curve, x: bytes("x")?, y: bytes("y")? }
        }
        _ => Material::Ed25519(bytes("x")?),
    };
    let names: Vec<String> = item(wire, "algorithms")?.extract()?;
    let algorithms = names.iter().map(|name| name.parse::<Algorithm>());
    let algorithms =
        algorithms.collect::<Result<Vec<_>, _>>().map_err(|error| PyValueError::new_err(error.to_string()))?;
    Key::new(item(wire, "kid")?.extract()?, algorithms, material).map_err(PyValueError::new_err)
}

/// A guard's wire tuple: a word, and what that takes.
fn rule_of(wire: &Bound<'_, PyAny>) -> PyResult<Rule> {
    let wire = wire.cast::<PyTuple>()?;
    let many = || {
        let rules = wire.get_item(1)?.cast_into::<PyList>()?;
        rules.iter().map(|rule| rule_of(&rule)).collect::<PyResult<Vec<_>>>()
    };
    let (names, every) = (|| wire.get_item(1)?.extract::<Vec<String>>(), || wire.get_item(2)?.extract::<bool>());
    Ok(match wire.get_item(0)?.extract::<String>()?.as_str() {
        "allow" => Rule::Allow,
        "authenticated" => Rule::Authenticated,
        "flag" => Rule::Flag(wire.get_item(1)?.extract()?),
        "permissions" => Rule::Permissions { names: names()?, all: every()? },
        "scopes" => Rule::Scopes { names: names()?, all: every()? },
        "claim" => Rule::Claim { name: wire.get_item(1)?.extract()?, values: values(&wire.get_item(2)?)? },
        "all" => Rule::All(many()?),
        "any" => Rule::Any(many()?),
        "not" => Rule::Not(Box::new(rule_of(&wire.get_item(1)?)?)),
        other => return Err(PyValueError::new_err(format!("the engine has no rule {other:?}"))),
    })
}

/// Values of a claim, which are JSON's scalars.
fn values(listed: &Bound<'_, PyAny>) -> PyResult<Vec<Value>> {
    let text: String = listed.py().import("json")?.call_method1("dumps", (listed,))?.extract()?;
    serde_json::from_slice(&Bytes::from(text)).map_err(|error| PyValueError::new_err(error.to_string()))
}
