//! Parses a defaults file. Every mistake is reported, and the valid entries beside it are kept.
//!
//! The file is walked as toml's own tree, in which everything has its span. A derive of serde would stop at the first
//! mistake.

mod files;

use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::plan::{self, Output, Timeout, VerbosityFlags, is_variable};
use crate::text::suggest;
use crate::variables::defaults::{
    DefaultValue, DefaultsConfig, DefaultsFile, EMPTY, EmptyPolicy, EnvFilePath, FileProblems, FileSpan,
    Located, NameSet, SETTINGS, TABLES, TYPES, VARIABLE, ValueType, VariableSpec,
};
use crate::variables::name_glob::NameGlob;

type Node<'d> = Spanned<DeValue<'d>>;

/// How large a compiled pattern may be, in bytes.
const PATTERN_SIZE: usize = 256 * 1024;

/// How many different patterns all files may have. A small one may take a millisecond to compile.
const MOST_PATTERNS: usize = 1000;

/// How many names with wildcards may be secret.
const MOST_GLOBS: usize = 256;

/// Parses the file with this number and adds its contents to those of the earlier ones.
pub(in crate::variables) fn parse(
    file: &mut DefaultsFile,
    number: usize,
    config: &mut DefaultsConfig,
) -> FileProblems {
    let text = std::mem::take(&mut file.text);
    let (document, mut errors) = DeTable::parse_recoverable(&text);
    let mut parser = DefaultsParser { number, config, problems: FileProblems::default() };
    if errors.is_empty() {
        parser.document(document.get_ref());
        if parser.problems.spans().next().is_some() {
            file.show_keys(document.get_ref());
        }
    }
    let mut problems = parser.problems;
    file.text.clone_from(&text);
    // What can be recovered of a file that is not valid TOML would only add problems of its own.
    let end = text.len();
    let span = |error: &toml::de::Error| error.span().unwrap_or(end..end);
    errors.sort_by_key(|error| span(error).start);
    let mut last_line = usize::MAX;
    for error in &errors {
        let span = span(error);
        // What follows the first mistake of a line is mostly its consequence.
        let line = file.line(span.start).start;
        if line != last_line {
            problems.add(span, || syntax_error(error.message()));
        }
        last_line = line;
    }
    if !errors.is_empty() {
        let first = problems.spans().next();
        let key =
            first.and_then(|first| file.leading_key(first.start, |before| DeTable::parse(before).is_ok()));
        file.show_only(key);
    }
    // Leaked deliberately: there may be half a million, and the process is about to exit.
    std::mem::forget(errors);
    problems
}

/// The message for a mistake of syntax. Those of toml never quote the file.
fn syntax_error(message: &str) -> String {
    let message = message.trim().replace('\n', ", ");
    if message.starts_with("string values must be quoted") {
        "text without quotes; write it in quotes: KEY = \"text\"".to_owned()
    } else {
        format!("not valid TOML: {message}")
    }
}

/// The entries of a table in the order of the file, so that problems come in that order, too.
fn entries<'t, 'd>(table: &'t DeTable<'d>) -> Vec<(&'t str, Range<usize>, &'t Node<'d>)> {
    let entries = table.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span(), value));
    let mut entries: Vec<_> = entries.collect();
    entries.sort_unstable_by_key(|(_, span, _)| span.start);
    entries
}

struct DefaultsParser<'c> {
    number: usize,
    config: &'c mut DefaultsConfig,
    problems: FileProblems,
}

impl DefaultsParser<'_> {
    fn problem(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.problems.add(span, || message.into());
    }

    fn located<T>(&self, value: T, span: Range<usize>) -> Located<T> {
        Located { value, span: FileSpan { file: self.number, span } }
    }

    fn document(&mut self, document: &DeTable<'_>) {
        for (name, span, value) in entries(document) {
            match (name, value.get_ref()) {
                ("settings", DeValue::Table(settings)) => self.settings(settings),
                ("vars", DeValue::Table(vars)) => self.vars(vars),
                ("settings" | "vars", _) => {
                    self.problem(value.span(), format!("'{name}' is a table: write [{name}]"));
                }
                ("files", value) => self.files(&span, value),
                (_, value) => self.problems.add(span, || misplaced(name, value)),
            }
        }
    }

    fn settings(&mut self, settings: &DeTable<'_>) {
        let mut flags = VerbosityFlags::default();
        for (name, span, value) in entries(settings) {
            match name {
                "strict" => self.config.strict = self.boolean(value).or(self.config.strict),
                "quiet" => flags.quiet = self.boolean(value),
                "verbose" => flags.verbose = self.boolean(value),
                "grace" => {
                    let parse = |text: &str| text.parse::<Timeout>().map_err(|error| error.to_string());
                    self.config.grace = self.timeout(value, parse).or(self.config.grace);
                }
                "start-timeout" => {
                    self.config.start_timeout =
                        self.timeout(value, plan::start_timeout).or(self.config.start_timeout);
                }
                "output" => self.output(value),
                "secrets" => self.secrets(value),
                "env-files" => self.env_files(value),
                _ => self.problems.add(span, || unknown_setting(name)),
            }
        }
        self.config.verbosity = flags.over(self.config.verbosity);
    }

    fn timeout(
        &mut self,
        value: &Node<'_>,
        parse: impl Fn(&str) -> Result<Timeout, String>,
    ) -> Option<Timeout> {
        let written = match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
            _ => None,
        };
        match written.map(|written| parse(&written)) {
            Some(Ok(timeout)) => return Some(timeout),
            Some(Err(error)) => self.problem(value.span(), error),
            None => {
                self.problem(value.span(), "not a duration; write \"500ms\", \"8s\" or \"none\"");
            }
        }
        None
    }

    fn output(&mut self, value: &Node<'_>) {
        let output = value.get_ref().as_str().and_then(Output::named);
        match output {
            Some(output) => self.config.output = Some(output),
            None => self.problem(value.span(), "not an output mode; write \"raw\", \"prefix\" or \"json\""),
        }
    }

    fn secrets(&mut self, value: &Node<'_>) {
        let mut secrets = std::mem::take(&mut self.config.secrets);
        self.names(value, &mut secrets);
        self.config.secrets = secrets;
    }

    /// Adds the names and globs of a list.
    fn names(&mut self, value: &Node<'_>, names: &mut NameSet) {
        for (glob, span) in self.strings(value).unwrap_or_default() {
            match NameGlob::new(&glob) {
                Some(glob) if glob.is_pattern() && names.glob_count() >= MOST_GLOBS => {
                    self.problem(span, "too many names with wildcards; use 256 at most");
                }
                Some(glob) => names.insert(glob),
                None => self.problem(
                    span,
                    "no variable can have such a name; write letters, digits and _, with * and ? as wildcards",
                ),
            }
        }
    }

    fn env_files(&mut self, value: &Node<'_>) {
        let Some(items) = value.get_ref().as_array() else {
            return self.problem(value.span(), "not a list; write [\"FILE\", ...]");
        };
        let mut paths = Vec::with_capacity(items.len());
        for item in items {
            if let Some(path) = self.env_file(item) {
                paths.push(self.located(path, item.span()));
            }
        }
        self.config.env_files = paths;
    }

    /// A path, or `{ path = "...", required = false }`.
    fn env_file(&mut self, item: &Node<'_>) -> Option<EnvFilePath> {
        let table = match item.get_ref() {
            DeValue::String(path) => return Some(EnvFilePath { path: path.to_string(), required: true }),
            DeValue::Table(table) => table,
            _ => {
                let message = "not a path; write \"FILE\" or { path = \"FILE\", required = false }";
                self.problem(item.span(), message);
                return None;
            }
        };
        let (mut path, mut required, mut is_valid) = (None, true, true);
        for (name, span, value) in entries(table) {
            match name {
                "path" => {
                    path = self.string(value);
                    is_valid &= path.is_some();
                }
                "required" => required = self.boolean(value).unwrap_or(true),
                _ => {
                    self.problems.add(span, || {
                        let hint = suggest::hint(name, ["path", "required"]);
                        format!("an env file has no key {}{hint}", quoted(name))
                    });
                }
            }
        }
        if path.is_none() && is_valid {
            self.problem(item.span(), "an env file without 'path'");
        }
        Some(EnvFilePath { path: path?, required })
    }

    fn vars(&mut self, vars: &DeTable<'_>) {
        self.config.vars.reserve(vars.len());
        for (name, key, value) in entries(vars) {
            if !is_variable(name) {
                let message = "not a variable name; a name has letters, digits and _, and no digit first";
                self.problem(key, message);
                continue;
            }
            let span = FileSpan { file: self.number, span: key };
            let known = self.config.vars.remove(name);
            let mut spec = known.unwrap_or_else(|| VariableSpec::at(span.clone()));
            spec.span = span;
            match value.get_ref() {
                DeValue::Table(table) => self.variable(&mut spec, table),
                _ => self.default(&mut spec, value),
            }
            self.config.vars.insert(name.to_owned(), spec);
        }
    }

    fn variable(&mut self, spec: &mut VariableSpec, table: &DeTable<'_>) {
        for (name, key, value) in entries(table) {
            let span = value.span();
            match name {
                "type" => {
                    let index = self.word(value, &TYPES);
                    let value_type = index.map(|index| self.located(ValueType::ALL[index], span));
                    spec.value_type = value_type.or(spec.value_type.take());
                }
                "default" => self.default(spec, value),
                "description" => spec.description = self.string(value).or(spec.description.take()),
                "required" => self.required(spec, value),
                "pattern" => self.pattern(spec, value),
                "secret" => spec.secret = self.boolean(value).unwrap_or(spec.secret),
                "export" => spec.export = self.boolean(value).unwrap_or(spec.export),
                "file" => {
                    let file = self.boolean(value).map(|file| self.located(file, span));
                    spec.file = file.or(spec.file.take());
                }
                "choices" => self.choices(spec, value),
                "empty" => {
                    let index = self.word(value, &EMPTY);
                    let empty = index.map(|index| self.located(EmptyPolicy::ALL[index], span));
                    spec.empty = empty.or(spec.empty.take());
                }
                _ => self.problems.add(key, || {
                    format!("a variable has no key {}{}", quoted(name), suggest::hint(name, VARIABLE))
                }),
            }
        }
    }

    fn default(&mut self, spec: &mut VariableSpec, value: &Node<'_>) {
        let default = match value.get_ref() {
            DeValue::String(text) => DefaultValue::String(text.as_bytes().to_vec()),
            DeValue::Boolean(on) => DefaultValue::Bool(on.to_string().into_bytes()),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => DefaultValue::Int(number.to_string().into_bytes()),
                Err(_) => return self.problem(value.span(), "this number is too large; write it in quotes"),
            },
            DeValue::Array(_) => {
                let Some(items) = self.all_strings(value) else { return };
                DefaultValue::List(items.into_iter().map(String::into_bytes).collect())
            }
            DeValue::Float(_) | DeValue::Datetime(_) => {
                return self.problem(value.span(), "a default of this kind has to be written in quotes");
            }
            DeValue::Table(_) => return self.problem(value.span(), "a default cannot be a table"),
        };
        spec.default = Some(self.located(default, value.span()));
    }

    fn required(&mut self, spec: &mut VariableSpec, value: &Node<'_>) {
        spec.required = match value.get_ref() {
            DeValue::Boolean(true) => Some(self.located(None, value.span())),
            DeValue::Boolean(false) => None,
            DeValue::String(words) => Some(self.located(Some(words.to_string()), value.span())),
            _ => {
                return self.problem(value.span(), "neither true, false, nor the text for the error message");
            }
        };
    }

    fn pattern(&mut self, spec: &mut VariableSpec, value: &Node<'_>) {
        let Some(pattern) = self.string(value) else { return };
        if !self.config.patterns.contains_key(&pattern) {
            self.config.compiled += 1;
            if self.config.compiled > MOST_PATTERNS {
                return self.problem(value.span(), "too many different patterns; use 1000 at most");
            }
            match compile(&pattern) {
                Ok(regex) => {
                    self.config.patterns.insert(pattern.clone(), regex);
                }
                Err(error) => {
                    let error = error.to_string();
                    let reason = error.lines().last().unwrap_or_default();
                    let reason = reason.strip_prefix("error: ").unwrap_or(reason);
                    return self.problem(value.span(), format!("not a regular expression: {reason}"));
                }
            }
        }
        let regex = self.config.patterns.get(&pattern).cloned();
        spec.pattern = regex.map(|regex| self.located(regex, value.span()));
    }

    fn choices(&mut self, spec: &mut VariableSpec, value: &Node<'_>) {
        let Some(choices) = self.all_strings(value) else { return };
        if choices.is_empty() {
            return self.problem(value.span(), "no choices; write one at least");
        }
        spec.choices = Some(self.located(choices, value.span()));
    }

    fn boolean(&mut self, value: &Node<'_>) -> Option<bool> {
        let boolean = value.get_ref().as_bool();
        if boolean.is_none() {
            self.problem(value.span(), "neither true nor false; write one of them, without quotes");
        }
        boolean
    }

    fn string(&mut self, value: &Node<'_>) -> Option<String> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.problem(value.span(), "not a string; write it in quotes");
        }
        text.map(str::to_owned)
    }

    /// The index of one of these words.
    fn word(&mut self, value: &Node<'_>, words: &[&str]) -> Option<usize> {
        let written = value.get_ref().as_str();
        let index = written.and_then(|written| words.iter().position(|word| *word == written));
        if index.is_none() {
            self.problems.add(value.span(), || {
                let hint =
                    written.map_or(String::new(), |written| suggest::hint(written, words.iter().copied()));
                format!("not one of {}{hint}", words.join(", "))
            });
        }
        index
    }

    /// The strings of a list, each with its place; those that are none are reported. `None` if it is no list.
    fn strings(&mut self, value: &Node<'_>) -> Option<Vec<(String, Range<usize>)>> {
        let Some(items) = value.get_ref().as_array() else {
            self.problem(value.span(), "not a list of strings; write [\"...\", ...]");
            return None;
        };
        let mut strings = Vec::with_capacity(items.len());
        for item in items {
            if let Some(text) = self.string(item) {
                strings.push((text, item.span()));
            }
        }
        Some(strings)
    }

    /// The strings of a list, or `None` if any item is none.
    fn all_strings(&mut self, value: &Node<'_>) -> Option<Vec<String>> {
        let count = value.get_ref().as_array().map_or(0, |items| items.len());
        let strings = self.strings(value)?;
        (strings.len() == count).then(|| strings.into_iter().map(|(text, _)| text).collect())
    }
}

/// The message for a key that is none of the tables.
fn misplaced(name: &str, value: &DeValue<'_>) -> String {
    let shown = quoted(name);
    let hint = suggest::hint(name, TABLES);
    match value {
        DeValue::Table(_) if hint.is_empty() && is_variable(name) => {
            format!("there is no table {shown}; for the variable write [vars.{name}]")
        }
        DeValue::Table(_) => {
            format!("there is no table {shown}, only [settings], [vars] and [[files]]{hint}")
        }
        _ if SETTINGS.contains(&name) => format!("{shown} is a setting; write it below [settings]"),
        _ if is_variable(name) => format!("{shown} is outside of [vars]; write variables below [vars]"),
        _ => format!("there is no key {shown} here, only the tables [settings], [vars] and [[files]]{hint}"),
    }
}

fn unknown_setting(name: &str) -> String {
    let shown = quoted(name);
    let hint = suggest::hint(name, SETTINGS);
    if hint.is_empty() && is_variable(name) && name.bytes().all(|byte| !byte.is_ascii_lowercase()) {
        format!("there is no setting {shown}; write variables below [vars]")
    } else {
        format!("there is no setting {shown}{hint}")
    }
}

/// A key for a message, if it is one that needs no quotes.
fn quoted(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.len() <= 64 && name.chars().all(is_plain) {
        format!("'{name}'")
    } else {
        "of this name".to_owned()
    }
}

/// Compiles a pattern. `(?i)` falls back to ASCII: the table for all of Unicode would be a thirtieth of the program.
fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    let builder =
        |unicode: bool| RegexBuilder::new(pattern).size_limit(PATTERN_SIZE).unicode(unicode).build();
    builder(true).or_else(|error| builder(false).map_err(|_| error))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diagnostic::Problems;

    /// Every value is the marker, which no message may show.
    const VALID: &str = r#"
vars.A = "QZQ"
[settings] # QZQ
secrets = ["*_TOKEN"]
env-files = ["QZQ", { path = "QZQ", required = false }]
[vars]
B = 'QZQ' # QZQ
C = ["QZQ", 'QZQ']
D = { default = "QZQ", type = "string" }
E.default = """QZQ
QZQ = QZQ"""
[vars.DB]
secret = true
default = "QZQ"
choices = ["QZQ"]
[vars.F]
default = "a QZQ b" # QZQ
pattern = "^x"
required = "QZQ"
default = """
QZQ"""
"#;

    fn messages(text: &str) -> Vec<String> {
        let mut file = DefaultsFile::new("f".to_owned(), text.to_owned());
        let mut problems = Problems::default();
        parse(&mut file, 0, &mut DefaultsConfig::default()).report(&file, &mut problems);
        problems.finish().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn no_kind_of_broken_toml_shows_a_value() {
        for text in [
            "[vars.DB]\nsecret = true, default = \"QZQ\"",
            "[vars.DB]\nsecret = true default = \"QZQ\"",
            "[vars]\nDB = { secret = true default = \"QZQ\" }",
            "[vars.DB]\nrequired = \"x\" = \"QZQ\"",
            "[vars]\nDB = QZQ",
            "[vars]\nDB = \"QZQ",
            "[vars]\nDB = \"x\nQZQ = 1\"",
            "[vars]\nDB = \"\"\"x\nQZQ = 1",
            "[vars]\nDB = [\nQZQ = 1,\n]",
            "[vars]\nDB = [\"\"\"x\nQZQ = \"\"\", 1]",
            "[vars]\nDB = {\nQZQ\n}",
            "[vars]\nDB = -----BEGIN\nQZQ=\n",
            "[vars]\nDB \"QZQ\"",
            "[vars]\nDB = 1QZQ",
            "[vars]\nDB = 2026-99-99QZQ",
            "[vars.\"QZQ",
            "[vars.DB.default]\nx = \"QZQ\"",
        ] {
            let messages = messages(text);
            assert!(!messages.is_empty(), "{text}");
            assert!(messages.iter().all(|message| !message.contains("QZQ")), "{text}\n{messages:#?}");
        }
    }

    #[test]
    fn an_excerpt_shows_the_key() {
        for (text, excerpt) in [
            ("[vars]\nHOST = localhost", "HOST = …"),
            ("[vars]\nA = 1\nHOST = localhost", "HOST = …"),
            ("[vars]\nHOST = 1.5", "HOST = …"),
            ("[vars]\nHOST.default = 1.5", "HOST.default = …"),
            ("[vars]\n9A = 1", "9A = …"),
            ("[vars.A.more]", "[vars.A.more]"),
            ("[vars]\nA = { default = 1.5, secret = true }", "default = …"),
            ("[vars]\nA = [\n\"x\",\n1\n]", "…"),
        ] {
            let messages = messages(text);
            assert_eq!(messages[0].lines().nth(1).map(str::trim), Some(excerpt), "{text}\n{messages:#?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn any_text_is_parsed(text in "[a-z\\[\\]{}=.,#\"'\n \\\\é0-9]{0,60}") {
            messages(&text);
        }

        #[test]
        fn no_mutation_of_a_file_shows_a_value(
            mutations in proptest::collection::vec((0..VALID.len(), 0_usize..3, "[\\[\\]{},#\"'\n x]{0,2}"), 1..3)
        ) {
            let mut text = VALID.to_owned();
            for (at, removed, inserted) in mutations {
                let at = at.min(text.len());
                let end = (at + removed).min(text.len());
                text.replace_range(at..end, &inserted);
            }
            for message in messages(&text) {
                prop_assert!(!message.contains("QZQ"), "{}\n{}", message, text);
            }
        }
    }
}
