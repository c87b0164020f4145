//! Whether a value keeps the rules of its variable.

use crate::text::shell;
use crate::variables::defaults::{Declaration, Default, FileSpan, Kind};

/// A rule that a value breaks.
pub(super) struct Broken {
    /// Where the rule is written.
    pub(super) spot: FileSpan,
    /// What the value is not; never the value itself.
    pub(super) what: String,
}

/// A value that is to be judged.
#[derive(Clone, Copy)]
pub(super) enum ValueRef<'v> {
    Scalar(&'v [u8]),
    List(&'v [Vec<u8>]),
}

/// Every rule that a value breaks.
pub(super) fn violations(declaration: &Declaration, value: ValueRef<'_>) -> Vec<Broken> {
    let mut violations = Vec::new();
    let mut add = |spot: &FileSpan, what: String| violations.push(Broken { spot: spot.clone(), what });
    let items: Vec<Vec<u8>> = match (declaration.kind.as_ref(), value) {
        (_, ValueRef::List(items)) => items.to_vec(),
        (Some(kind), ValueRef::Scalar(bytes)) if kind.what == Kind::List => match shell::split(bytes) {
            Ok(items) => items,
            Err(error) => {
                add(&kind.spot, format!("is no list: {error}"));
                return violations;
            }
        },
        (_, ValueRef::Scalar(bytes)) => vec![bytes.to_vec()],
    };
    if items.iter().any(|item| item.contains(&0)) {
        add(&declaration.spot, "holds a NUL character, which no variable can hold".to_owned());
    }
    if let Some(kind) = &declaration.kind
        && let Some(what) = items.iter().find_map(|item| mistyped(kind.what, item))
    {
        add(&kind.spot, what.to_owned());
    }
    if let Some(pattern) = &declaration.pattern
        && items.iter().any(|item| !pattern.what.is_match(item))
    {
        add(&pattern.spot, format!("does not match the pattern {}", pattern.what.as_str()));
    }
    if let Some(choices) = &declaration.choices
        && items.iter().any(|item| choices.what.iter().all(|choice| choice.as_bytes() != item.as_slice()))
    {
        add(&choices.spot, format!("is none of {}", choices.what.join(", ")));
    }
    violations
}

/// What a value is not.
fn mistyped(kind: Kind, value: &[u8]) -> Option<&'static str> {
    let text = std::str::from_utf8(value).unwrap_or("?");
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match kind {
        Kind::Int if !digits(text.strip_prefix(['-', '+']).unwrap_or(text)) => Some("is not a whole number"),
        Kind::Port if !digits(text) || !text.parse::<u16>().is_ok_and(|port| port > 0) => {
            Some("is not a port: a number from 1 to 65535")
        }
        Kind::Bool if !["true", "false", "1", "0"].contains(&text) => Some("is not true, false, 1 or 0"),
        Kind::String | Kind::Int | Kind::Port | Kind::Bool | Kind::List => None,
    }
}

/// What is wrong with the form of a default, whatever it says.
pub(super) fn type_error(kind: Kind, default: &Default) -> Option<&'static str> {
    match (kind, default) {
        (Kind::String, Default::String(_))
        | (Kind::Int | Kind::Port, Default::Int(_))
        | (Kind::Bool, Default::Bool(_))
        | (Kind::List, Default::List(_)) => None,
        (Kind::String, _) => Some("has to be a string, in quotes"),
        (Kind::Int | Kind::Port, _) => Some("has to be a whole number, without quotes"),
        (Kind::Bool, _) => Some("has to be true or false, without quotes"),
        (Kind::List, _) => Some("has to be a list of strings, in brackets"),
    }
}

impl Default {
    /// As a value.
    pub(super) fn judged(&self) -> ValueRef<'_> {
        match self {
            Self::String(bytes) | Self::Int(bytes) | Self::Bool(bytes) => ValueRef::Scalar(bytes),
            Self::List(items) => ValueRef::List(items),
        }
    }
}

impl ValueRef<'_> {
    pub(super) fn is_empty(self) -> bool {
        match self {
            Self::Scalar(bytes) => bytes.is_empty(),
            Self::List(items) => items.is_empty(),
        }
    }

    /// As one string.
    pub(super) fn joined(self) -> Vec<u8> {
        match self {
            Self::Scalar(bytes) => bytes.to_vec(),
            Self::List(items) => shell::join(items),
        }
    }
}
