//! An HTTP/1 server engine that knows no Python: framing, limits, routing and the pipeline around a handler.
//!
//! The seam upward is one trait, [`exchange::Handler`]. I/O is generic; the listener and the stop signal are arguments.
pub mod access_log;
pub mod auth;
pub mod coding;
pub mod coerce;
pub mod conditional;
pub mod config;
pub mod date;
pub mod exchange;
pub mod files;
pub mod form;
pub mod head;
pub mod http1;
pub mod json;
pub mod pipeline;
pub mod proxies;
pub mod refusal;
pub mod refusals;
pub mod reply;
pub mod request_id;
pub mod router;
pub mod server;
pub mod service;
