//! Decides which value of each declared variable counts, and checks it against the rules.

use std::collections::BTreeSet;

use crate::plan::VariableSource;
use crate::template::{
    Budget, ExpansionError, LintKind, Scope, Severity, TaintedBytes, Template, UnsetPolicy,
};
use crate::text::suggest::Hints;
use crate::variables::defaults::{DefaultValue, EmptyPolicy, FileProblems, FileSpan, VariableSpec};
use crate::variables::rules::{self, ValueRef};
use crate::variables::sources::MissingPolicy;
use crate::variables::{ChosenValue, ExpandedDefault, LocatedValue, Place, Variables};

/// Reads the file that a `NAME_FILE` names. An error is its message; `None` after a signal that asks for a stop.
pub(super) type ReadFile<'r> = &'r mut dyn FnMut(&[u8]) -> Result<Option<Vec<u8>>, String>;

/// How many bytes all expanded defaults may have together: each may hold the one before it twice.
const MOST_EXPANDED: usize = 16 << 20;

/// Chooses the value of every declared variable. Values and defaults that violate a rule are reported to the file that
/// has the rule.
pub(super) fn resolve_declared(
    variables: &mut Variables,
    unset: UnsetPolicy,
    problems: &mut [FileProblems],
    warnings: &mut [FileProblems],
    read: ReadFile<'_>,
) {
    let mut names: Vec<(usize, usize, String)> = Vec::with_capacity(variables.declared.len());
    for (name, spec) in &variables.declared {
        let span = spec.default.as_ref().map_or(&spec.span, |default| &default.span);
        names.push((span.file, span.span.start, name.clone()));
    }
    names.sort_unstable();
    let mut pending = Vec::new();
    for (_, _, name) in &names {
        let Some(spec) = variables.declared.get(name) else { continue };
        let mut resolver = VariableResolver { name, spec, variables, problems };
        resolver.check_literal_default();
        let chosen = resolver.choose(read).unwrap_or_else(|| {
            pending.push(name);
            ChosenValue::from(VariableSource::Unset)
        });
        variables.chosen.insert(name.clone(), chosen);
    }
    // A default sees the variables before it, and all other sources of those after it.
    let mut expander = DefaultExpander {
        variables,
        unset,
        problems,
        warnings,
        hints: Hints::default(),
        budget: Budget::default(),
        size: 0,
    };
    for name in pending {
        expander.choose_default(name);
    }
}

/// Chooses among the sources of one variable.
struct VariableResolver<'v> {
    name: &'v str,
    spec: &'v VariableSpec,
    variables: &'v Variables,
    problems: &'v mut [FileProblems],
}

impl VariableResolver<'_> {
    fn problem(&mut self, span: &FileSpan, message: impl FnOnce() -> String) {
        let name = self.name;
        self.problems[span.file].add(span.span.clone(), || format!("{name}: {}", message()));
    }

    /// Checks a default that is no template, whether or not it is used.
    fn check_literal_default(&mut self) {
        let Some(default) = &self.spec.default else { return };
        if is_template(&default.value) {
            return;
        }
        let value_type = self.spec.value_type.as_ref().map(|value_type| value_type.value);
        if let Some(error) = value_type.and_then(|value_type| rules::type_error(value_type, &default.value)) {
            return self.problem(&default.span, || format!("the default {error}"));
        }
        check_default(self.name, self.spec, default.value.as_ref(), self.problems);
    }

    /// The first source but the default that has a value; an empty one may not count. `None` if there is none.
    fn choose(&mut self, read: ReadFile<'_>) -> Option<ChosenValue> {
        self.check_conflict();
        let variables = self.variables;
        if let Some((value, place)) = variables.set.get(self.name)
            && (!value.is_empty() || self.spec.empty_policy() != EmptyPolicy::Unset)
        {
            self.check(value, || format!("--set, {place}"));
            return Some(ChosenValue::from(VariableSource::Set));
        }
        if let Some(value) = variables.environment.get(self.name)
            && variables.counts(self.name, value)
        {
            self.check(value, || "the environment".to_owned());
            return Some(ChosenValue::from(VariableSource::Environment));
        }
        if let Some(last) = variables.env_files.get(self.name).and_then(|values| values.last())
            && variables.counts(self.name, &last.value)
        {
            self.check(&last.value, || last.place.to_string());
            return Some(ChosenValue::from(VariableSource::EnvFile));
        }
        self.name_file(read)
    }

    /// Checks a value against the rules.
    fn check(&mut self, value: &[u8], from: impl Fn() -> String) {
        if self.variables.shows_defaults_only() {
            return;
        }
        if value.is_empty()
            && let Some(empty) = &self.spec.empty
            && empty.value == EmptyPolicy::Error
        {
            return self.problem(&empty.span, || format!("the value from {} is empty", from()));
        }
        for violation in rules::violations(self.spec, ValueRef::Scalar(value)) {
            self.problem(&violation.span, || format!("the value from {} {}", from(), violation.message));
        }
    }

    /// The contents of the file that `NAME_FILE` names, without trailing newlines.
    fn name_file(&mut self, read: ReadFile<'_>) -> Option<ChosenValue> {
        let file = self.spec.file.as_ref().filter(|file| file.value)?;
        let path = self.variables.name_file(self.name)?;
        let mut value = match read(path) {
            Ok(value) => value?,
            Err(error) => {
                let name = self.name;
                self.problem(&file.span, || {
                    format!("the file that {name}_FILE names cannot be read: {error}")
                });
                // The variable has a value, which could not be read: it is not missing.
                return Some(ChosenValue::from(VariableSource::Unset));
            }
        };
        while value.last() == Some(&b'\n') {
            value.pop();
            if value.last() == Some(&b'\r') {
                value.pop();
            }
        }
        if value.is_empty() && self.spec.empty_policy() == EmptyPolicy::Unset {
            return None;
        }
        let shown = self.variables.name_file_shown(self.name, path);
        self.check(&value, || shown.clone());
        let file = Some(LocatedValue { value, place: Place::File(shown) });
        Some(ChosenValue { file, ..ChosenValue::from(VariableSource::NameFile) })
    }

    /// Reports `NAME` and `NAME_FILE` both set: either may be the one that is meant.
    fn check_conflict(&mut self) {
        let Some(file) = self.spec.file.as_ref().filter(|file| file.value) else { return };
        let environment = &self.variables.environment;
        let is_set = |name: &str| environment.get(name).is_some_and(|value| !value.is_empty());
        if !self.variables.shows_defaults_only()
            && is_set(self.name)
            && is_set(&format!("{}_FILE", self.name))
        {
            let name = self.name;
            self.problem(&file.span, || {
                format!("both {name} and {name}_FILE are in the environment; set one of them")
            });
        }
    }
}

/// Takes the defaults that are used, and expands those that are templates.
struct DefaultExpander<'v> {
    variables: &'v mut Variables,
    unset: UnsetPolicy,
    problems: &'v mut [FileProblems],
    warnings: &'v mut [FileProblems],
    hints: Hints,
    budget: Budget,
    /// The number of bytes of all expanded defaults so far.
    size: usize,
}

/// The problems have been reported.
struct Reported;

impl DefaultExpander<'_> {
    /// Takes the default of a variable that nothing else sets.
    fn choose_default(&mut self, name: &str) {
        let Some(spec) = self.variables.declared.get(name) else { return };
        let chosen = match &spec.default {
            Some(default) if is_template(&default.value) => {
                let (value, span) = (default.value.clone(), default.span.clone());
                let Ok(chosen) = self.expand(name, &value, &span) else {
                    self.variables.missing.insert(name.to_owned());
                    return;
                };
                chosen
            }
            Some(_) => Some(ChosenValue::from(VariableSource::Defaults)),
            None => None,
        };
        match chosen {
            Some(chosen) => {
                self.variables.chosen.insert(name.to_owned(), chosen);
            }
            None => self.report_missing(name),
        }
    }

    /// Expands a default. `None` if it is empty and an empty value means that the variable is not set.
    fn expand(
        &mut self,
        name: &str,
        default: &DefaultValue,
        span: &FileSpan,
    ) -> Result<Option<ChosenValue>, Reported> {
        let mut references = BTreeSet::new();
        let expanded = match default {
            DefaultValue::List(items) => {
                let mut texts = Vec::new();
                for item in items {
                    references.extend(references_of(item));
                    self.expand_text(name, item, span, &mut texts)?;
                }
                let secret = texts.iter().any(TaintedBytes::has_secret);
                let items = texts.into_iter().map(TaintedBytes::into_bytes).collect();
                ExpandedDefault::List { items, secret }
            }
            DefaultValue::String(text) | DefaultValue::Int(text) | DefaultValue::Bool(text) => {
                let mut texts = Vec::new();
                references.extend(references_of(text));
                let has_spread = Template::parse(text).references().any(|reference| reference.spread);
                self.expand_text(name, text, span, &mut texts)?;
                let (false, [text]) = (has_spread, &mut texts[..]) else {
                    self.problem(name, span, || {
                        "a spread makes several words, and this default is one; write it in a list".to_owned()
                    });
                    return Err(Reported);
                };
                ExpandedDefault::Text(std::mem::take(text))
            }
        };
        let Some(spec) = self.variables.declared.get(name) else { return Ok(None) };
        let value = match &expanded {
            ExpandedDefault::Text(text) => ValueRef::Scalar(text.bytes()),
            ExpandedDefault::List { items, .. } => ValueRef::List(items),
        };
        if value.is_empty() && spec.empty_policy() == EmptyPolicy::Unset {
            return Ok(None);
        }
        check_default(name, spec, value, self.problems);
        let chosen = ChosenValue::from(VariableSource::Defaults);
        Ok(Some(ChosenValue { expanded: Some(expanded), references, ..chosen }))
    }

    /// Expands one string of a default to any number of words.
    fn expand_text(
        &mut self,
        name: &str,
        text: &[u8],
        span: &FileSpan,
        words: &mut Vec<TaintedBytes>,
    ) -> Result<(), Reported> {
        let template = Template::parse(text);
        for lint in template.lints() {
            let message = || format!("{name}: in the default, {}", without_text(&lint.kind));
            match lint.kind.severity() {
                Severity::Malformed if self.unset == UnsetPolicy::Error => {
                    self.problems[span.file].add(span.span.clone(), message);
                    return Err(Reported);
                }
                Severity::Advice | Severity::Malformed => {
                    self.warnings[span.file].add(span.span.clone(), message);
                }
                // The expansion fails with it.
                Severity::Error => {}
            }
        }
        // Without the name, which is part of the hash.
        if template.references_in_password_hashes().any(|part| self.variables.get(part.name).is_none()) {
            let message = || {
                format!(
                    "{name}: in the default, an unset variable becomes nothing in what looks like a password hash: \
                     write it as `${{'...'}}`"
                )
            };
            self.warnings[span.file].add(span.span.clone(), message);
        }
        let before = words.len();
        if let Err(errors) = template.expand_into(words, self.variables, self.unset, &mut self.budget) {
            for error in errors {
                self.expansion_problem(name, span, &error);
            }
            return Err(Reported);
        }
        self.size += words[before..].iter().map(TaintedBytes::len).sum::<usize>();
        if self.size > MOST_EXPANDED {
            self.problem(name, span, || "the expanded defaults are larger than 16 MiB together".to_owned());
            return Err(Reported);
        }
        Ok(())
    }

    fn expansion_problem(&mut self, name: &str, span: &FileSpan, error: &ExpansionError) {
        // It was reported itself.
        if error.is_unset() && self.variables.missing_policy == MissingPolicy::Ignore {
            return;
        }
        if error.variable.as_deref().is_some_and(|variable| self.variables.missing.contains(variable)) {
            return;
        }
        let (variables, hints) = (&*self.variables, &mut self.hints);
        self.problems[span.file].add(span.span.clone(), || {
            let hint = match &error.variable {
                Some(variable) if error.is_unset() => hints.hint(variable, variables.names()),
                _ => String::new(),
            };
            if variables.is_secret(name) {
                let variable = error.variable.as_deref().unwrap_or_default();
                format!("{name}: the default cannot be expanded because of {variable}{hint}")
            } else {
                format!("{name}: in the default, {error}{hint}")
            }
        });
    }

    fn problem(&mut self, name: &str, span: &FileSpan, message: impl FnOnce() -> String) {
        self.problems[span.file].add(span.span.clone(), || format!("{name}: {}", message()));
    }

    fn report_missing(&mut self, name: &str) {
        let (variables, hints) = (&*self.variables, &mut self.hints);
        let Some(required) = variables.declared.get(name).and_then(|spec| spec.required.as_ref()) else {
            return;
        };
        if variables.missing_policy == MissingPolicy::Ignore {
            return;
        }
        self.problems[required.span.file].add(required.span.span.clone(), || {
            let words = required.value.as_deref().unwrap_or("it is required");
            // The name of another declared variable is not a typo.
            let names = variables.set_names().filter(|name| !variables.declared.contains_key(*name));
            format!("{name}: not set: {words}{}", hints.hint(name, names))
        });
        self.variables.missing.insert(name.to_owned());
    }
}

/// The variables that a text of a default refers to.
fn references_of(text: &[u8]) -> Vec<String> {
    Template::parse(text).references().map(|reference| reference.name.to_owned()).collect()
}

/// Checks a default against the rules.
fn check_default(name: &str, spec: &VariableSpec, value: ValueRef<'_>, problems: &mut [FileProblems]) {
    let Some(default) = &spec.default else { return };
    let mut problem = |message: &str| {
        problems[default.span.file]
            .add(default.span.span.clone(), || format!("{name}: the default {message}"));
    };
    if value.is_empty() && spec.empty_policy() == EmptyPolicy::Error {
        return problem("is empty, which is an error here");
    }
    for violation in rules::violations(spec, value) {
        problem(&violation.message);
    }
}

/// Whether a default contains an expansion, be it a malformed one.
fn is_template(default: &DefaultValue) -> bool {
    let is_template = |text: &[u8]| {
        if !text.contains(&b'$') {
            return false;
        }
        let template = Template::parse(text);
        !template.is_literal() || !template.lints().is_empty()
    };
    match default {
        DefaultValue::String(text) => is_template(text),
        DefaultValue::List(items) => items.iter().any(|item| is_template(item)),
        DefaultValue::Int(_) | DefaultValue::Bool(_) => false,
    }
}

/// The message of a lint without any text of the template, which may be secret.
fn without_text(lint: &LintKind) -> String {
    if let LintKind::BraceMismatch { .. } = lint {
        "a `}` of a word closes the expansion; write $<...> instead of ${...}".to_owned()
    } else {
        lint.to_string()
    }
}
