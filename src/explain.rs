//! Explains where the value of each variable comes from (`--explain`), as data, text and JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;

use crate::cli::CommandLine;
use crate::plan::{ByteString, SecretDisplay, VariableSource};
use crate::resolve::Resolved;
use crate::template::{TaintedBytes, Template, Usage};
use crate::text::shell::quote;
use crate::variables::VariableInfo;

/// All variables that the line uses, and all that the command line and the files mention.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// Whether a secret was replaced by `***`.
    pub masked: bool,
    /// Those that the line uses in the order of their first use, then the others by name.
    pub variables: Vec<ExplainedVariable>,
    /// Errors in the line.
    pub problems: Vec<String>,
}

/// One variable.
#[derive(Debug, Serialize)]
pub struct ExplainedVariable {
    /// Its name.
    pub name: String,
    /// Its value. `None` if it is not set.
    pub value: Option<ByteString>,
    /// Where the value comes from.
    #[serde(flatten)]
    pub origin: ValueOrigin,
    /// Lower sources that set it, too.
    pub hides: Vec<ValueOrigin>,
    /// Whether its value is secret.
    pub secret: bool,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Option<&'static str>,
    /// Whether it has to be set.
    pub required: bool,
    /// Its default.
    pub default: Option<ByteString>,
    /// Its description, or the message for a missing value if there is none.
    pub description: Option<String>,
    /// The arguments that use it.
    pub used_by: Vec<usize>,
    /// Where those are, if the line is in a file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// The templates of rendered files that refer to it.
    pub files: Vec<String>,
    /// References to it that are more than its name, as written.
    pub written: Vec<ByteString>,
}

/// A source and the position in it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ValueOrigin {
    /// The source.
    pub source: VariableSource,
    /// The file and the line, or the argument, if the source has several.
    pub place: Option<String>,
}

impl Explanation {
    /// Explains a line, with or without problems.
    #[must_use]
    pub fn new(line: &CommandLine, resolved: &Resolved<'_>, display: SecretDisplay) -> Self {
        let mut references = references(line);
        let places = places(line);
        let mentioned = resolved.variables.mentioned().into_iter();
        let in_files: Vec<&str> = resolved.names_only_in_files();
        let unused = mentioned.filter(|name| !resolved.usage.contains(name) && !in_files.contains(name));
        let used = resolved.usage.names().zip(resolved.usage.arguments());
        let files = &resolved.files;
        let mut masked = false;
        let mut show = |text: &TaintedBytes| {
            let is_masked = display == SecretDisplay::Mask && text.has_secret();
            masked |= is_masked;
            ByteString(if is_masked { text.masked() } else { text.bytes().to_vec() })
        };
        let variables = used
            .chain(in_files.iter().map(|name| (*name, Vec::new())))
            .chain(unused.map(|name| (name, Vec::new())))
            .map(|(name, used_by)| {
                let written = references.remove(name).unwrap_or_default();
                let explained = explained(name, resolved.variables.info(name), &mut show);
                let files =
                    files.iter().filter(|(_, names)| names.contains(name)).map(|(file, _)| file.clone());
                let places = used_by.iter().filter_map(|number| places.get(number).cloned()).collect();
                ExplainedVariable { used_by, places, written, files: files.collect(), ..explained }
            })
            .collect();
        Self { masked, variables, problems: resolved.problems.iter().map(ToString::to_string).collect() }
    }

    /// Writes the explanation as JSON, for programs.
    ///
    /// # Errors
    /// When a write fails.
    pub fn write_json(&self, mut to: impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut to, self)?;
        to.write_all(b"\n")
    }

    /// The explanation as text, for people.
    #[must_use]
    pub fn to_text(&self, colours: Colours) -> String {
        let mut text = String::new();
        for variable in &self.variables {
            describe(&mut text, variable, colours);
        }
        text
    }
}

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// For a terminal.
    On,
    /// For everything else.
    Off,
}

fn explained(
    name: &str,
    info: VariableInfo,
    show: &mut impl FnMut(&TaintedBytes) -> ByteString,
) -> ExplainedVariable {
    let origin = |(source, place)| ValueOrigin { source, place };
    let is_required = info.required.is_some();
    ExplainedVariable {
        name: name.to_owned(),
        value: info.value.as_ref().map(&mut *show),
        origin: origin(info.source),
        hides: info.hides.into_iter().map(origin).collect(),
        secret: info.secret,
        kind: info.kind,
        required: is_required,
        default: info.default.as_ref().map(show),
        description: info.description.or(info.required.filter(|words| !words.is_empty())),
        used_by: Vec::new(),
        places: Vec::new(),
        files: Vec::new(),
        written: Vec::new(),
    }
}

/// Where the templates of a line that is in a file are, by the numbers of their words.
fn places(line: &CommandLine) -> BTreeMap<usize, String> {
    if line.file.is_none() {
        return BTreeMap::new();
    }
    line.templates().map(|template| (template.argument(), template.origin().to_string())).collect()
}

/// The references of a line that are more than a name, by variable.
fn references(line: &CommandLine) -> BTreeMap<&str, Vec<ByteString>> {
    let mut all: BTreeMap<&str, Vec<ByteString>> = BTreeMap::new();
    for template in line.templates() {
        let template = Template::parse(template.bytes());
        for reference in
            template.references().filter(|reference| reference.usage != Usage::Plain || reference.spread)
        {
            let text = ByteString(template.source()[reference.span].to_vec());
            let known = all.entry(reference.name).or_default();
            if known.len() < MOST_REFERENCES && !known.contains(&text) {
                known.push(text);
            }
        }
    }
    all
}

/// How many references to one variable are shown.
const MOST_REFERENCES: usize = 8;

/// Writes the name and the value of a variable, and its properties aligned below them.
fn describe(text: &mut String, variable: &ExplainedVariable, colours: Colours) {
    let (bold, dim, plain) = match colours {
        Colours::On => ("\x1b[1m", "\x1b[2m", "\x1b[0m"),
        Colours::Off => ("", "", ""),
    };
    let value =
        variable.value.as_ref().map_or("is not set".to_owned(), |value| format!("= {}", quoted(value)));
    let _ = writeln!(text, "{bold}{}{plain} {value}", variable.name);
    let mut line = |title: &str, property: &str| {
        let _ = writeln!(text, "    {dim}{title:<11}{plain}  {property}");
    };
    if variable.value.is_some() {
        line("from", &origin_text(&variable.origin));
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
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
