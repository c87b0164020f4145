//! Where the value of each variable comes from, for `--explain`: as data, as text and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use crate::cli::Line;
use crate::plan::{ByteString, JsonWriter, VariableSource};
use crate::resolve::Resolved;
use crate::template::{TaintedBytes, Template, Usage};
use crate::text::shell::quote;
use crate::variables::VariableInfo;

/// All variables that the line uses, and all that the command line and the files speak of.
#[derive(Debug)]
pub struct Explanation {
    /// Whether a secret was replaced by `***`.
    pub masked: bool,
    /// Those that the line uses first, in the order of their first use; the others by name.
    pub variables: Vec<Explained>,
    /// What keeps the line from being executed.
    pub problems: Vec<String>,
}

/// One variable.
#[derive(Debug)]
pub struct Explained {
    /// Its name.
    pub name: String,
    /// Its value; none where it is not set.
    pub value: Option<ByteString>,
    /// Where the value comes from.
    pub origin: Origin,
    /// Lower sources that set it, too.
    pub hides: Vec<Origin>,
    /// Whether its value is secret.
    pub secret: bool,
    /// Its type.
    pub kind: Option<&'static str>,
    /// Whether it has to be set.
    pub required: bool,
    /// Its default.
    pub default: Option<ByteString>,
    /// What it is for; the words for a missing one where nothing else is said.
    pub description: Option<String>,
    /// The arguments that use it.
    pub used_by: Vec<usize>,
    /// What of them says more than its name: with a word for where it is missing, say.
    pub written: Vec<ByteString>,
}

/// A source and the place there.
#[derive(Debug, PartialEq, Eq)]
pub struct Origin {
    /// Which source.
    pub source: VariableSource,
    /// The file and the line, or the argument, where there is more to say.
    pub place: Option<String>,
}

impl Explanation {
    /// Of a line, whether or not it has problems.
    #[must_use]
    pub fn new(line: &Line, resolved: &Resolved<'_>, shows_secrets: bool) -> Self {
        let mut written = written(line);
        let mentioned = resolved.variables.mentioned().into_iter();
        let unused = mentioned.filter(|name| !resolved.uses.contains(name));
        let used = resolved.uses.names().zip(resolved.uses.arguments());
        let mut masked = false;
        let mut show = |text: &TaintedBytes| {
            let hides = !shows_secrets && text.has_secret();
            masked |= hides;
            ByteString(if hides { text.masked() } else { text.bytes().to_vec() })
        };
        let variables = used
            .chain(unused.map(|name| (name, Vec::new())))
            .map(|(name, used_by)| {
                let written = written.remove(name).unwrap_or_default();
                Explained { used_by, written, ..explained(name, resolved.variables.info(name), &mut show) }
            })
            .collect();
        Self { masked, variables, problems: resolved.problems.iter().map(ToString::to_string).collect() }
    }

    /// Writes it as JSON, for programs.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_json(&self, mut to: impl Write) -> io::Result<()> {
        let mut page = JsonWriter::new(&mut to);
        page.object(|page| {
            page.key("masked").flag(self.masked);
            page.key("variables").list(&self.variables, write);
            page.key("problems").list(&self.problems, |page, problem| page.text(problem));
        });
        page.finish()
    }

    /// As text, for people; with colours for a terminal.
    #[must_use]
    pub fn to_text(&self, colours: Colours) -> String {
        let mut text = String::new();
        for variable in &self.variables {
            describe(&mut text, variable, colours);
        }
        text
    }
}

fn write(page: &mut JsonWriter<'_>, variable: &Explained) {
    page.object(|page| {
        page.key("name").text(&variable.name);
        page.key("value").maybe(variable.value.as_ref(), JsonWriter::bytes);
        write_origin(page, &variable.origin);
        page.key("hides").list(&variable.hides, |page, origin| {
            page.object(|page| write_origin(page, origin));
        });
        page.key("secret").flag(variable.secret);
        page.key("type").maybe(variable.kind, JsonWriter::text);
        page.key("required").flag(variable.required);
        page.key("default").maybe(variable.default.as_ref(), JsonWriter::bytes);
        page.key("description").maybe(variable.description.as_deref(), JsonWriter::text);
        page.key("used_by").list(&variable.used_by, |page, argument| page.count(*argument));
        page.key("written").list(&variable.written, JsonWriter::bytes);
    });
}

fn write_origin(page: &mut JsonWriter<'_>, origin: &Origin) {
    page.key("source").word(origin.source.name());
    page.key("place").maybe(origin.place.as_deref(), JsonWriter::text);
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
    known: VariableInfo,
    show: &mut impl FnMut(&TaintedBytes) -> ByteString,
) -> Explained {
    let origin = |(source, place)| Origin { source, place };
    let is_required = known.required.is_some();
    Explained {
        name: name.to_owned(),
        value: known.value.as_ref().map(&mut *show),
        origin: origin(known.source),
        hides: known.hides.into_iter().map(origin).collect(),
        secret: known.secret,
        kind: known.kind,
        required: is_required,
        default: known.default.as_ref().map(show),
        description: known.description.or(known.required.filter(|words| !words.is_empty())),
        used_by: Vec::new(),
        written: Vec::new(),
    }
}

/// The references of a line, other than plain ones, by their variables.
fn written(line: &Line) -> BTreeMap<&str, Vec<ByteString>> {
    let mut all: BTreeMap<&str, Vec<ByteString>> = BTreeMap::new();
    for template in line.templates() {
        let template = Template::parse(template.bytes());
        for reference in
            template.references().filter(|reference| reference.usage != Usage::Plain || reference.spread)
        {
            let text = ByteString(template.source()[reference.span].to_vec());
            let known = all.entry(reference.name).or_default();
            if known.len() < MOST_WRITTEN && !known.contains(&text) {
                known.push(text);
            }
        }
    }
    all
}

/// How many of the references to one variable are shown.
const MOST_WRITTEN: usize = 8;

/// One variable: its name and value, and below it what there is to say, aligned.
fn describe(text: &mut String, variable: &Explained, colours: Colours) {
    let (bold, dim, plain) = match colours {
        Colours::On => ("\x1b[1m", "\x1b[2m", "\x1b[0m"),
        Colours::Off => ("", "", ""),
    };
    let value =
        variable.value.as_ref().map_or("is not set".to_owned(), |value| format!("= {}", quoted(value)));
    let _ = writeln!(text, "{bold}{}{plain} {value}", variable.name);
    let mut line = |title: &str, what: &str| {
        let _ = writeln!(text, "    {dim}{title:<11}{plain}  {what}");
    };
    if variable.value.is_some() {
        line("from", &words(&variable.origin));
    }
    for hidden in &variable.hides {
        line("hides", &words(hidden));
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
        line("description", &shown(description));
    }
    if variable.secret {
        line("secret", "yes");
    }
    for written in &variable.written {
        line("written", &shown(&String::from_utf8_lossy(&written.0)));
    }
    let arguments: Vec<String> = variable.used_by.iter().map(ToString::to_string).collect();
    match &arguments[..] {
        [] => line("used by", "no argument"),
        [one] => line("used by", &format!("argument {one}")),
        several => line("used by", &format!("arguments {}", several.join(", "))),
    }
}

fn words(origin: &Origin) -> String {
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
        Some(place) if origin.source == VariableSource::Set => format!("{source}, {}", shown(place)),
        Some(place) => format!("{source} {}", shown(place)),
        None => source.to_owned(),
    }
}

fn quoted(value: &ByteString) -> String {
    // What is masked is shown as it is, since no shell is to read it.
    if value.0 == b"***" {
        return "***".to_owned();
    }
    String::from_utf8_lossy(&quote(&value.0)).into_owned()
}

/// On one line, and without what a terminal would take for orders.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
