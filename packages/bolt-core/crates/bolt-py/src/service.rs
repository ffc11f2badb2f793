//! The engine's service, from an application's plans and the server's settings.
use std::rc::Rc;
use std::sync::Arc;

use bolt_http::exchange::Handler;
use bolt_http::router::{RouteSpec, RouteTable};
use bolt_http::service::Service;
use pyo3::prelude::*;

use crate::route_plan::Plan;
use crate::settings::ServerSettings;

pub(crate) fn build_service(
    plans: &[Arc<Plan>],
    _fallback: Option<&Plan>,
    _strict: bool,
    settings: ServerSettings,
    handler: Rc<dyn Handler>,
) -> PyResult<Service> {
    let p = plans[0].spec.clone();
    let routes = RouteTable::single(RouteSpec {
        method: p.method,
        path: p.path,
        body: p.body,
        max_body: p.max_body,
        name: p.name,
    });
    Ok(Service::new(settings.engine_config()?, routes, Default::default(), None, handler))
}
