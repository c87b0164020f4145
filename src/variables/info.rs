//! Everything about one variable, for `--explain`.

use crate::plan::VariableSource;
use crate::template::{Scope, TaintedBytes, Value};
use crate::variables::Variables;
use crate::variables::defaults::{DefaultValue, VariableSpec};

/// Everything about one variable.
#[derive(Clone, Debug)]
pub struct VariableInfo {
    /// Its value, if it is set.
    pub value: Option<TaintedBytes>,
    /// The source of the value, and the place there, if there is one.
    pub source: (VariableSource, Option<String>),
    /// The lower sources that set it, too.
    pub hides: Vec<(VariableSource, Option<String>)>,
    /// Whether its value is secret.
    pub secret: bool,
    /// Whether every value of it is secret.
    pub always_secret: bool,
    /// `type`
    pub kind: Option<&'static str>,
    /// The text for the error message when it is not set, which may be empty; `None` if it is not required.
    pub required: Option<String>,
    /// The default, not expanded.
    pub default: Option<TaintedBytes>,
    /// `description`
    pub description: Option<String>,
    /// `choices`
    pub choices: Option<Vec<String>>,
    /// Whether `NAME_FILE` may name a file that holds the value.
    pub file: bool,
}

impl Variables {
    /// The names that the command line and the files mention, in alphabetical order.
    #[must_use]
    pub fn mentioned(&self) -> Vec<&str> {
        let names = self.set.keys().chain(self.env_files.keys()).chain(self.declared.keys());
        let mut names: Vec<&str> = names.map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Everything about a variable.
    #[must_use]
    pub fn info(&self, name: &str) -> VariableInfo {
        let secret = self.holds_secret(name);
        let source = self.source(name);
        let mut sources = self.sources(name);
        let place = sources.iter().position(|(candidate, _)| *candidate == source);
        let hides = place.map_or(Vec::new(), |place| sources.split_off(place + 1));
        let chosen = sources.pop().filter(|_| place.is_some()).unwrap_or((source, None));
        let spec = self.declared.get(name);
        let default = spec.and_then(|spec| spec.default.as_ref());
        let required = spec.and_then(|spec| spec.required.as_ref());
        VariableInfo {
            value: self.get(name).map(Value::to_text),
            source: chosen,
            hides,
            secret,
            always_secret: self.is_secret(name),
            kind: spec.and_then(|spec| Some(spec.value_type.as_ref()?.value.name())),
            required: required.map(|required| required.value.clone().unwrap_or_default()),
            default: default.map(|default| text(&default.value, self.is_secret(name))),
            description: spec.and_then(|spec| spec.description.clone()),
            choices: spec.and_then(|spec| Some(spec.choices.as_ref()?.value.clone())),
            file: spec.is_some_and(VariableSpec::is_file),
        }
    }

    /// Every source that sets a variable, the highest first.
    fn sources(&self, name: &str) -> Vec<(VariableSource, Option<String>)> {
        let mut sources = Vec::new();
        if self.assigned.contains_key(name) {
            sources.push((VariableSource::Line, None));
        }
        if let Some((_, place)) = self.set.get(name) {
            sources.push((VariableSource::Set, Some(place.clone())));
        }
        if self.environment.contains_key(name) {
            sources.push((VariableSource::Environment, None));
        }
        for value in self.env_files.get(name).into_iter().flatten().rev() {
            sources.push((VariableSource::EnvFile, Some(value.place.to_string())));
        }
        let Some(spec) = self.declared.get(name) else { return sources };
        if let Some(path) = self.name_file(name).filter(|_| spec.is_file()) {
            sources.push((VariableSource::NameFile, Some(self.name_file_shown(name, path))));
        }
        if let Some(default) = &spec.default {
            let place = self.files[default.span.file].place(default.span.span.start);
            sources.push((VariableSource::Defaults, Some(place)));
        }
        sources
    }
}

fn text(default: &DefaultValue, secret: bool) -> TaintedBytes {
    let mut text = TaintedBytes::new();
    text.push(&default.as_ref().joined(), secret);
    text
}
