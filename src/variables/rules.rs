//! The rules of a declared variable: type, pattern and choices.

use crate::text::boolean;
use crate::text::shell;
use crate::variables::defaults::{DefaultValue, FileSpan, ValueType, VariableSpec};

/// A rule that a value violates.
pub(super) struct Violation {
    /// Where the rule is written.
    pub(super) span: FileSpan,
    /// How the value violates it, without the value.
    pub(super) message: String,
}

/// A value to check.
#[derive(Clone, Copy)]
pub(super) enum ValueRef<'v> {
    Scalar(&'v [u8]),
    List(&'v [Vec<u8>]),
}

/// Every rule that a value violates.
pub(super) fn violations(spec: &VariableSpec, value: ValueRef<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut add =
        |span: &FileSpan, message: String| violations.push(Violation { span: span.clone(), message });
    let words;
    let scalar;
    let items: &[Vec<u8>] = match (spec.value_type.as_ref(), value) {
        (_, ValueRef::List(items)) => items,
        (Some(value_type), ValueRef::Scalar(bytes)) if value_type.value == ValueType::List => {
            match shell::split(bytes) {
                Ok(found) => {
                    words = found;
                    &words
                }
                Err(error) => {
                    add(&value_type.span, format!("is not a list: {error}"));
                    return violations;
                }
            }
        }
        (_, ValueRef::Scalar(bytes)) => {
            scalar = [bytes.to_vec()];
            &scalar
        }
    };
    if items.iter().any(|item| item.contains(&0)) {
        add(&spec.span, "contains a NUL character, which no variable can hold".to_owned());
    }
    if let Some(value_type) = &spec.value_type
        && let Some(message) = items.iter().find_map(|item| type_mismatch(value_type.value, item))
    {
        add(&value_type.span, message.to_owned());
    }
    if let Some(pattern) = &spec.pattern
        && items.iter().any(|item| !pattern.value.is_match(item))
    {
        add(&pattern.span, format!("does not match the pattern {}", pattern.value.as_str()));
    }
    if let Some(choices) = &spec.choices
        && items.iter().any(|item| choices.value.iter().all(|choice| choice.as_bytes() != item.as_slice()))
    {
        // One of the choices is the secret.
        let shown = if spec.secret { "the choices".to_owned() } else { choices.value.join(", ") };
        add(&choices.span, format!("is none of {shown}"));
    }
    violations
}

/// How a value fails its type.
fn type_mismatch(value_type: ValueType, value: &[u8]) -> Option<&'static str> {
    let text = std::str::from_utf8(value).unwrap_or("?");
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match value_type {
        ValueType::Int if !is_digits(text.strip_prefix(['-', '+']).unwrap_or(text)) => {
            Some("is not a whole number")
        }
        ValueType::Port if !is_digits(text) || !text.parse::<u16>().is_ok_and(|port| port > 0) => {
            Some("is not a port: a number from 1 to 65535")
        }
        ValueType::Bool if boolean::parse(value).is_none() => {
            Some("is not a boolean: true, yes, on or 1, or false, no, off or 0")
        }
        ValueType::String | ValueType::Int | ValueType::Port | ValueType::Bool | ValueType::List => None,
    }
}

/// How the TOML type of a default fails the declared type.
pub(super) fn type_error(value_type: ValueType, default: &DefaultValue) -> Option<&'static str> {
    match (value_type, default) {
        (ValueType::String, DefaultValue::String(_))
        | (ValueType::Int | ValueType::Port, DefaultValue::Int(_))
        | (ValueType::Bool, DefaultValue::Bool(_))
        | (ValueType::List, DefaultValue::List(_)) => None,
        (ValueType::String, _) => Some("has to be a string, in quotes"),
        (ValueType::Int | ValueType::Port, _) => Some("has to be a whole number, without quotes"),
        (ValueType::Bool, _) => Some("has to be true or false, without quotes"),
        (ValueType::List, _) => Some("has to be a list of strings, in brackets"),
    }
}

impl DefaultValue {
    pub(super) fn as_ref(&self) -> ValueRef<'_> {
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

    /// The value as one string, a list joined with shell quoting.
    pub(super) fn joined(self) -> Vec<u8> {
        match self {
            Self::Scalar(bytes) => bytes.to_vec(),
            Self::List(items) => shell::join(items),
        }
    }
}
