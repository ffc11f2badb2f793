//! Limits for untrusted JSON.
