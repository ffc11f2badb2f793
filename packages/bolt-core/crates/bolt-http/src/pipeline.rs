//! The stages before and after a handler.
use crate::head::RequestHead;
use crate::refusal::Refusal;
use crate::reply::ReplyHead;
use crate::router::RouteSpec;

/// Placeholder until the stages are written.
#[derive(Default)]
pub struct Pipeline;

impl Pipeline {
    /// Before the handler.
    pub fn before(&self, _head: &RequestHead, _route: &RouteSpec) -> Result<(), Refusal> {
        Ok(())
    }

    /// After it.
    pub fn after(&self, _head: Option<&RequestHead>, _reply: &mut ReplyHead) {}
}
