//! Parsers for option values that clap calls.

use crate::plan::{self, ParseTimeoutError, Timeout};

/// Parses a duration, or `none`.
///
/// # Errors
/// When it is neither.
pub(super) fn timeout(text: &str) -> Result<Timeout, ParseTimeoutError> {
    text.parse()
}

/// Parses a duration above 0, or `none`.
///
/// # Errors
/// When it is neither.
pub(super) fn start_timeout(text: &str) -> Result<Timeout, String> {
    plan::start_timeout(text)
}

/// Parses a descriptor number above stderr.
///
/// # Errors
/// When it is not one.
pub(super) fn descriptor(text: &str) -> Result<i32, String> {
    plan::descriptor(text.as_bytes())
}

/// Parses a process id.
///
/// # Errors
/// When it is not one.
pub(super) fn pid(text: &str) -> Result<i32, &'static str> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|pid| is_number && *pid > 0).ok_or("a pid is a number from 1 on")
}
