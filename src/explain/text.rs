//! The explanation for people.

use std::fmt::Write as _;

use crate::explain::{ExplainedVariable, Explanation, ValueOrigin};
use crate::plan::{ByteString, VariableSource};
use crate::text::shell::quote;

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// For a terminal.
    On,
    /// For everything else.
    Off,
}

impl Explanation {
    /// The explanation as text, for people.
    #[must_use]
    pub fn to_text(&self, colours: Colours) -> String {
        let mut text = String::new();
        for variable in &self.variables {
            describe(&mut text, variable, colours);
        }
        for file in &self.skipped {
            let _ = writeln!(text, "the file {} is left out: {}", file.name, file.reason);
        }
        text
    }
}

/// Writes the name and the value of a variable, and its properties aligned below them.
fn describe(text: &mut String, variable: &ExplainedVariable, colours: Colours) {
    let (bold, dim, plain) = match colours {
        Colours::On => ("\x1b[1m", "\x1b[2m", "\x1b[0m"),
        Colours::Off => ("", "", ""),
    };
    let default = variable.line_default.as_ref().filter(|_| variable.value.is_none());
    let value = variable.value.as_ref().or(default.and_then(|default| default.value.as_ref()));
    let value = value.map_or("is not set".to_owned(), |value| format!("= {}", quoted(value)));
    let _ = writeln!(text, "{bold}{}{plain} {value}", variable.name);
    let mut line = |title: &str, property: &str| {
        let _ = writeln!(text, "    {dim}{title:<11}{plain}  {property}");
    };
    if variable.value.is_some() {
        line("from", &origin_text(&variable.origin));
    } else if let Some(default) = default.filter(|default| default.value.is_some()) {
        line("from", &format!("the default in {}", printable(&default.place)));
    }
    for hidden in &variable.hides {
        line("hides", &origin_text(hidden));
    }
    if let Some(kind) = variable.kind {
        line("type", kind);
    }
    if variable.required {
        line("required", "yes");
    }
    if let Some(default) = &variable.default {
        line("default", &quoted(default));
    }
    if let Some(description) = &variable.description {
        line("description", &printable(description));
    }
    if variable.secret {
        line("secret", "yes");
    }
    for written in &variable.written {
        line("written", &printable(&String::from_utf8_lossy(&written.0)));
    }
    for file in &variable.files {
        line("used by", &format!("the file {}", printable(file)));
    }
    if !variable.places.is_empty() {
        return line("used by", &printable(&variable.places.join(", ")));
    }
    let arguments: Vec<String> = variable.used_by.iter().map(ToString::to_string).collect();
    match &arguments[..] {
        [] if !variable.files.is_empty() => {}
        [] => line("used by", "no argument"),
        [one] => line("used by", &format!("argument {one}")),
        several => line("used by", &format!("arguments {}", several.join(", "))),
    }
}

fn origin_text(origin: &ValueOrigin) -> String {
    let source = match origin.source {
        VariableSource::Set => "--set",
        VariableSource::Environment => "the environment",
        VariableSource::EnvFile => "the env file",
        VariableSource::NameFile => "the file",
        VariableSource::Defaults => "the defaults file",
        VariableSource::Line => "the line itself",
        VariableSource::Unset => "nowhere",
    };
    match &origin.place {
        Some(place) if origin.source == VariableSource::Set => format!("{source}, {}", printable(place)),
        Some(place) => format!("{source} {}", printable(place)),
        None => source.to_owned(),
    }
}

fn quoted(value: &ByteString) -> String {
    // The mask is no text for a shell.
    if value.0 == b"***" {
        return "***".to_owned();
    }
    String::from_utf8_lossy(&quote(&value.0)).into_owned()
}

/// Text on one line, without control characters, which a terminal would obey.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
