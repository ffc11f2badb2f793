//! The access log.

/// Placeholder until the log is written.
pub struct AccessLog;
