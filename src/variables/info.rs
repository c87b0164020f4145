//! What is known of one variable, for `--explain`.

use crate::plan::VariableSource;
use crate::template::{Scope, TaintedBytes, Value};
use crate::variables::Variables;
use crate::variables::defaults::Default;

/// What is known of one variable.
#[derive(Clone, Debug)]
pub struct VariableInfo {
    /// Its value, with what of it is secret; nothing when it is not set.
    pub value: Option<TaintedBytes>,
    /// Where the value comes from, and where that is, if there is more to say.
    pub source: (VariableSource, Option<String>),
    /// Lower sources that set it, too.
    pub hides: Vec<(VariableSource, Option<String>)>,
    /// Whether its value is secret.
    pub secret: bool,
    /// `type`
    pub kind: Option<&'static str>,
    /// The words to show where it is missing; empty without words, nothing where it need not be set.
    pub required: Option<String>,
    /// The default.
    pub default: Option<TaintedBytes>,
    /// `description`
    pub description: Option<String>,
}

impl Variables {
    /// The names that the command line and the files speak of, in the order of the alphabet.
    #[must_use]
    pub fn mentioned(&self) -> Vec<&str> {
        let names = self.set.keys().chain(self.env_files.keys()).chain(self.declared.keys());
        let mut names: Vec<&str> = names.map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What is known of a variable.
    #[must_use]
    pub fn known(&self, name: &str) -> VariableInfo {
        let secret = self.holds_secret(name);
        let source = self.source(name);
        let mut sources = self.sources(name);
        let place = sources.iter().position(|(candidate, _)| *candidate == source);
        let hides = place.map_or(Vec::new(), |place| sources.split_off(place + 1));
        let chosen = sources.pop().filter(|_| place.is_some()).unwrap_or((source, None));
        let declaration = self.declared.get(name);
        let default = declaration.and_then(|declaration| declaration.default.as_ref());
        let required = declaration.and_then(|declaration| declaration.required.as_ref());
        VariableInfo {
            value: self.get(name).map(Value::to_text),
            source: chosen,
            hides,
            secret,
            kind: declaration.and_then(|declaration| Some(declaration.kind.as_ref()?.what.name())),
            required: required.map(|required| required.what.clone().unwrap_or_default()),
            default: default.map(|default| text(&default.what, secret)),
            description: declaration.and_then(|declaration| declaration.description.clone()),
        }
    }

    /// Everything that sets a variable, the highest first.
    fn sources(&self, name: &str) -> Vec<(VariableSource, Option<String>)> {
        let mut sources = Vec::new();
        if self.assigned.contains_key(name) {
            sources.push((VariableSource::Line, None));
        }
        if let Some((_, argument)) = self.set.get(name) {
            sources.push((VariableSource::Set, Some(format!("argument {argument}"))));
        }
        if self.environment.contains_key(name) {
            sources.push((VariableSource::Environment, None));
        }
        for value in self.env_files.get(name).into_iter().flatten() {
            sources.push((VariableSource::EnvFile, Some(value.place.clone())));
        }
        let Some(declaration) = self.declared.get(name) else { return sources };
        if let Some(path) = self.name_file(name).filter(|_| declaration.is_file()) {
            sources.push((VariableSource::NameFile, Some(String::from_utf8_lossy(path).into_owned())));
        }
        if let Some(default) = &declaration.default {
            let place = self.files[default.spot.file].place(default.spot.span.start);
            sources.push((VariableSource::Defaults, Some(place)));
        }
        sources
    }
}

fn text(default: &Default, secret: bool) -> TaintedBytes {
    let mut text = TaintedBytes::new();
    text.push(&default.judged().joined(), secret);
    text
}
