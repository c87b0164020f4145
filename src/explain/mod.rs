//! Explains where the value of each variable comes from (`--explain`), as data, text, JSON and a Markdown table.

mod markdown;
mod references;
mod text;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::cli::CommandLine;
use crate::explain::references::References;
use crate::plan::{ByteString, SecretDisplay, Skipped, VariableSource};
use crate::resolve::Resolved;
use crate::template::TaintedBytes;
use crate::variables::VariableInfo;
pub use text::Colours;

/// All variables that the line uses, and all that the command line and the files mention.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// Whether a secret was replaced by `***`.
    pub masked: bool,
    /// Those that the line uses in the order of their first use, then the others by name.
    pub variables: Vec<ExplainedVariable>,
    /// The rendered files that are left out.
    pub skipped: Vec<Skipped>,
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
    /// Whether every value of it is secret.
    #[serde(skip)]
    pub always_secret: bool,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Option<&'static str>,
    /// Whether it has to be set: by the defaults file, or by `:?` in the line.
    pub required: bool,
    /// Its default in the defaults file.
    pub default: Option<ByteString>,
    /// The first default in the line: the word of `${NAME:-word}`.
    pub line_default: Option<LineDefault>,
    /// The values that it may have.
    pub choices: Option<Vec<String>>,
    /// The variable that may name a file that holds its value.
    pub file: Option<String>,
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

/// A default in the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineDefault {
    /// The word as written.
    pub word: ByteString,
    /// What it gives. `None` if the variable is set, or if it cannot be expanded.
    pub value: Option<ByteString>,
    /// The argument, or the position in a file.
    pub place: String,
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
        let mut references = References::of(line, &resolved.worded_in_files);
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
                let mut explained = explained(name, resolved.variables.info(name), &mut show);
                references.take(name).describe(&mut explained, &resolved.variables, &mut show);
                let files =
                    files.iter().filter(|(_, names)| names.contains(name)).map(|(file, _)| file.clone());
                let places = used_by.iter().filter_map(|number| places.get(number).cloned()).collect();
                ExplainedVariable { used_by, places, files: files.collect(), ..explained }
            })
            .collect();
        let skipped = resolved.skipped_files.clone();
        let problems = resolved.problems.iter().map(ToString::to_string).collect();
        Self { masked, variables, skipped, problems }
    }

    /// Writes the explanation as JSON, for programs.
    ///
    /// # Errors
    /// When a write fails.
    pub fn write_json(&self, mut to: impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut to, self)?;
        to.write_all(b"\n")
    }
}

/// Where the templates of a line that is in a file are, by the numbers of their words.
fn places(line: &CommandLine) -> BTreeMap<usize, String> {
    if line.file.is_none() {
        return BTreeMap::new();
    }
    line.templates().map(|template| (template.argument(), template.origin().to_string())).collect()
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
        always_secret: info.always_secret,
        kind: info.kind,
        required: is_required,
        default: info.default.as_ref().map(show),
        line_default: None,
        choices: info.choices,
        file: info.file.then(|| format!("{name}_FILE")),
        description: info.description.or(info.required.filter(|words| !words.is_empty())),
        used_by: Vec::new(),
        places: Vec::new(),
        files: Vec::new(),
        written: Vec::new(),
    }
}
