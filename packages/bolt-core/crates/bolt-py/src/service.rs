//! The engine's service, from an application's plans and the server's settings.
use std::rc::Rc;
use std::sync::Arc;

use bolt_http::exchange::Handler;
use bolt_http::router::{RouteError, RouteSpec, RouteTable, SlashPolicy};
use bolt_http::service::Service;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::route_plan::{Plan, SpecParts};
use crate::settings::ServerSettings;

/// Routes get the numbers of their plans.
pub(crate) fn build_service(
    plans: &[Arc<Plan>],
    fallback: Option<&Plan>,
    strict: bool,
    settings: ServerSettings,
    handler: Rc<dyn Handler>,
) -> PyResult<Service> {
    let policy = if strict { SlashPolicy::Strict } else { SlashPolicy::Append };
    let mut routes = RouteTable::builder().slash(policy);
    if let Some(fallback) = fallback {
        routes = routes.fallback(route_spec(fallback, false));
    }
    for plan in plans {
        routes.add(route_spec(plan, true)).map_err(config_error)?;
    }
    let routes = routes.build().map_err(config_error)?;
    let service = Service::new(settings.engine_config()?, routes, settings.stages()?, handler);
    Ok(service.with_proxies(settings.proxies()?).with_request_ids(settings.request_ids()?))
}

/// What is no route of the framework's gets its body as it was sent.
fn route_spec(plan: &Plan, decode_content: bool) -> RouteSpec {
    let SpecParts { method, path, body, max_body, form, bare, name, observes } = plan.spec.clone();
    let auth = plan.auth.as_ref().map(|auth| auth.access.clone());
    RouteSpec { method, path, body, max_body, form, decode_content, bare, name, observes, auth }
}

fn config_error(error: RouteError) -> PyErr {
    PyValueError::new_err(error.to_string())
}
