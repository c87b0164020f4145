//! From TOML to what it says. Every mistake is told; what is right beside it counts.

use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::Diagnostic;
use crate::plan::{Output, Timeout, Verbosity, is_variable};
use crate::text::suggest;
use crate::variables::defaults::{
    Declaration, Default, DefaultsConfig, EMPTY, Empty, File, FileSpan, Kind, Located, SETTINGS, TABLES,
    TYPES, VARIABLE,
};

type Value<'d> = Spanned<DeValue<'d>>;

/// Adds what the file with this number says to what the earlier ones said.
pub(in crate::variables) fn read(
    file: &File,
    number: usize,
    declared: &mut DefaultsConfig,
) -> Vec<Diagnostic> {
    let mut reader = Reader { number, declared, mistakes: Vec::new() };
    let (document, errors) = DeTable::parse_recoverable(&file.text);
    for error in errors {
        let end = file.text.len();
        reader.mistake(error.span().unwrap_or(end..end), error.message().trim().replace('\n', ", "));
    }
    // What is left of a file that is no TOML says little; its own mistakes first.
    if reader.mistakes.is_empty() {
        reader.document(document.get_ref());
    }
    reader.mistakes.sort_by_key(|(span, _)| span.start);
    reader.mistakes.iter().map(|(span, message)| file.problem(span, message)).collect()
}

struct Reader<'d> {
    number: usize,
    declared: &'d mut DefaultsConfig,
    mistakes: Vec<(Range<usize>, String)>,
}

impl Reader<'_> {
    fn mistake(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.mistakes.push((span, message.into()));
    }

    fn at<T>(&self, what: T, span: Range<usize>) -> Located<T> {
        Located { what, spot: FileSpan { file: self.number, span } }
    }

    fn document(&mut self, document: &DeTable<'_>) {
        for (key, value) in document {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("settings", DeValue::Table(settings)) => self.settings(settings),
                ("vars", DeValue::Table(vars)) => self.vars(vars),
                (name @ ("settings" | "vars"), _) => {
                    self.mistake(value.span(), format!("'{name}' is a table: write [{name}]"));
                }
                (name, _) => {
                    let hint = suggest::hint(name, TABLES);
                    let message =
                        format!("there is no table '{name}' here, only 'settings' and 'vars'{hint}");
                    self.mistake(key.span(), message);
                }
            }
        }
    }

    fn settings(&mut self, settings: &DeTable<'_>) {
        let (mut quiet, mut verbose) = (None, None);
        for (key, value) in settings {
            match key.get_ref().as_ref() {
                "strict" => self.declared.strict = self.switch(value).or(self.declared.strict),
                "quiet" => quiet = self.switch(value),
                "verbose" => verbose = self.switch(value),
                "grace" => self.grace(value),
                "output" => self.output(value),
                "secrets" => {
                    let names = self.strings(value);
                    for (_, span) in names.iter().filter(|(name, _)| name.is_empty()) {
                        self.mistake(span.clone(), "no variable has an empty name".to_owned());
                    }
                    self.declared.secrets.extend(names.iter().filter_map(|(name, _)| glob(name)));
                }
                "env-files" => {
                    let paths = self.strings(value);
                    self.declared.env_files =
                        paths.into_iter().map(|(path, span)| self.at(path, span)).collect();
                }
                name => {
                    let message = format!("there is no setting '{name}'{}", suggest::hint(name, SETTINGS));
                    self.mistake(key.span(), message);
                }
            }
        }
        self.declared.verbosity = match (verbose, quiet) {
            (Some(true), _) => Some(Verbosity::Verbose),
            (_, Some(true)) => Some(Verbosity::Quiet),
            (None, None) => self.declared.verbosity,
            _ => Some(Verbosity::Normal),
        };
    }

    fn grace(&mut self, value: &Value<'_>) {
        let written = match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
            _ => None,
        };
        match written.map(|written| written.parse::<Timeout>()) {
            Some(Ok(limit)) => self.declared.grace = Some(limit),
            Some(Err(error)) => self.mistake(value.span(), error.to_string()),
            None => {
                let message = "this has to be a duration such as \"500ms\", \"8s\" or \"none\"";
                self.mistake(value.span(), message);
            }
        }
    }

    fn output(&mut self, value: &Value<'_>) {
        let named = match value.get_ref() {
            DeValue::String(text) => Output::named(text),
            _ => None,
        };
        match named {
            Some(output) => self.declared.output = Some(output),
            None => self.mistake(value.span(), "this has to be \"raw\", \"prefix\" or \"json\""),
        }
    }

    fn vars(&mut self, vars: &DeTable<'_>) {
        for (key, value) in vars {
            let name = key.get_ref().as_ref();
            if !is_variable(name) {
                let message = "this is no name of a variable: letters, digits and _, and no digit first";
                self.mistake(key.span(), message);
                continue;
            }
            let spot = FileSpan { file: self.number, span: key.span() };
            let known = self.declared.vars.remove(name);
            let mut declaration = known.unwrap_or_else(|| Declaration::at(spot.clone()));
            declaration.spot = spot;
            match value.get_ref() {
                DeValue::Table(table) => self.variable(&mut declaration, table),
                _ => self.default(&mut declaration, value),
            }
            self.declared.vars.insert(name.to_owned(), declaration);
        }
    }

    fn variable(&mut self, declaration: &mut Declaration, table: &DeTable<'_>) {
        for (key, value) in table {
            let span = value.span();
            match key.get_ref().as_ref() {
                "type" => {
                    let kind = self.word(value, &TYPES).map(|index| self.at(Kind::ALL[index], span));
                    declaration.kind = kind.or(declaration.kind.take());
                }
                "default" => self.default(declaration, value),
                "description" => {
                    declaration.description = self.string(value).or(declaration.description.take());
                }
                "required" => self.required(declaration, value),
                "pattern" => self.pattern(declaration, value),
                "secret" => declaration.secret = self.switch(value).unwrap_or(declaration.secret),
                "export" => declaration.export = self.switch(value).unwrap_or(declaration.export),
                "file" => {
                    let file = self.switch(value).map(|file| self.at(file, span));
                    declaration.file = file.or(declaration.file.take());
                }
                "choices" => self.choices(declaration, value),
                "empty" => {
                    let empty = self.word(value, &EMPTY).map(|index| self.at(Empty::ALL[index], span));
                    declaration.empty = empty.or(declaration.empty.take());
                }
                name => {
                    let hint = suggest::hint(name, VARIABLE);
                    self.mistake(key.span(), format!("a variable has no '{name}'{hint}"));
                }
            }
        }
    }

    fn default(&mut self, declaration: &mut Declaration, value: &Value<'_>) {
        let default = match value.get_ref() {
            DeValue::String(text) => Default::String(text.as_bytes().to_vec()),
            DeValue::Boolean(on) => Default::Bool(on.to_string().into_bytes()),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Default::Int(number.to_string().into_bytes()),
                Err(_) => return self.mistake(value.span(), "this number is too large; write it in quotes"),
            },
            DeValue::Array(_) => {
                let before = self.mistakes.len();
                let items = self.strings(value);
                if self.mistakes.len() > before {
                    return;
                }
                Default::List(items.into_iter().map(|(item, _)| item.into_bytes()).collect())
            }
            DeValue::Float(_) | DeValue::Datetime(_) => {
                return self.mistake(value.span(), "a default like this has to stand in quotes");
            }
            DeValue::Table(_) => return self.mistake(value.span(), "a default cannot be a table"),
        };
        declaration.default = Some(self.at(default, value.span()));
    }

    fn required(&mut self, declaration: &mut Declaration, value: &Value<'_>) {
        declaration.required = match value.get_ref() {
            DeValue::Boolean(true) => Some(self.at(None, value.span())),
            DeValue::Boolean(false) => None,
            DeValue::String(words) => Some(self.at(Some(words.to_string()), value.span())),
            _ => {
                self.mistake(value.span(), "this has to be true, false, or the words to show");
                return;
            }
        };
    }

    fn pattern(&mut self, declaration: &mut Declaration, value: &Value<'_>) {
        let Some(pattern) = self.string(value) else { return };
        match compiled(&pattern) {
            Ok(regex) => declaration.pattern = Some(self.at(regex, value.span())),
            Err(error) => {
                let error = error.to_string();
                let what = error.lines().last().unwrap_or_default();
                let what = what.strip_prefix("error: ").unwrap_or(what);
                self.mistake(value.span(), format!("this is no regular expression: {what}"));
            }
        }
    }

    fn choices(&mut self, declaration: &mut Declaration, value: &Value<'_>) {
        let before = self.mistakes.len();
        let choices = self.strings(value);
        if self.mistakes.len() > before {
            return;
        }
        if choices.is_empty() {
            return self.mistake(value.span(), "there have to be choices, one at least");
        }
        let choices = choices.into_iter().map(|(choice, _)| choice).collect();
        declaration.choices = Some(self.at(choices, value.span()));
    }

    fn switch(&mut self, value: &Value<'_>) -> Option<bool> {
        let on = value.get_ref().as_bool();
        if on.is_none() {
            self.mistake(value.span(), "this has to be true or false, without quotes");
        }
        on
    }

    fn string(&mut self, value: &Value<'_>) -> Option<String> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.mistake(value.span(), "this has to be a string, in quotes");
        }
        text.map(str::to_owned)
    }

    /// One of these words; its index.
    fn word(&mut self, value: &Value<'_>, words: &[&str]) -> Option<usize> {
        let written = value.get_ref().as_str();
        let index = written.and_then(|written| words.iter().position(|word| *word == written));
        if index.is_none() {
            let hint = written.map_or(String::new(), |written| suggest::hint(written, words.iter().copied()));
            self.mistake(value.span(), format!("this has to be one of {}{hint}", words.join(", ")));
        }
        index
    }

    /// A list of strings, each with its place.
    fn strings(&mut self, value: &Value<'_>) -> Vec<(String, Range<usize>)> {
        let Some(items) = value.get_ref().as_array() else {
            self.mistake(value.span(), "this has to be a list of strings, in brackets");
            return Vec::new();
        };
        let mut strings = Vec::with_capacity(items.len());
        for item in items {
            if let Some(text) = self.string(item) {
                strings.push((text, item.span()));
            }
        }
        strings
    }
}

/// A pattern of which `(?i)` knows ASCII only: the table for all of Unicode would be a thirtieth of the program.
fn compiled(pattern: &str) -> Result<Regex, regex::Error> {
    Regex::new(pattern).or_else(|error| RegexBuilder::new(pattern).unicode(false).build().map_err(|_| error))
}

/// A glob over names as a regular expression: `*` is anything, `?` one character.
fn glob(glob: &str) -> Option<Regex> {
    let pattern = regex::escape(glob).replace("\\*", ".*").replace("\\?", ".");
    Regex::new(&format!("^(?s:{pattern})$")).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Where a value stands, there is a mark that no message may show.
    const GOOD: &str = r#"
vars.A = "QZQ"
[settings] # QZQ
secrets = ["*_TOKEN"]
[vars]
B = 'QZQ' # QZQ
C = ["QZQ", 'QZQ']
D = { default = "QZQ", type = "string" }
E.default = """QZQ
QZQ = QZQ"""
[vars.F]
default = "a QZQ b" # QZQ
pattern = "^x"
default = """
QZQ"""
"#;

    fn told(text: &str) -> Vec<String> {
        let file = File { name: "f".to_owned(), text: text.to_owned() };
        let mistakes = read(&file, 0, &mut DefaultsConfig::default());
        mistakes.iter().map(ToString::to_string).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn any_text_is_read(text in "[a-z\\[\\]{}=.,#\"'\n \\\\é0-9]{0,60}") {
            told(&text);
        }

        #[test]
        fn no_value_is_ever_told(
            at in 0..GOOD.len(),
            gone in 0_usize..3,
            put in "[\\[\\]{},#\"'\n x]{0,2}",
        ) {
            let end = (at + gone).min(GOOD.len());
            let violations = format!("{}{put}{}", &GOOD[..at], &GOOD[end..]);
            // The value of several lines holds what is a key once its quotes are broken: that line is left out.
            for told in told(&violations).iter().filter(|told| !told.contains("QZQ = …")) {
                prop_assert!(!told.contains("QZQ"), "{}\n{}", told, violations);
            }
        }
    }
}
