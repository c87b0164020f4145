//! Which value of a declared variable counts, and whether it keeps the rules.

use crate::diagnostic::Diagnostic;
use crate::plan::VariableSource;
use crate::text::suggest::Hints;
use crate::variables::defaults::{Declaration, Empty, FileSpan};
use crate::variables::rules::{self, ValueRef};
use crate::variables::{Chosen, LocatedValue, Variables};

/// Reads the file that a `NAME_FILE` names; an error in words, nothing when a signal asked for the end.
pub(super) type ReadFile<'r> = &'r mut dyn FnMut(&[u8]) -> Result<Option<Vec<u8>>, String>;

/// Settles every declared variable, and tells what is wrong with their values and their defaults.
pub(super) fn resolve_declared(variables: &mut Variables, read: ReadFile<'_>) -> Vec<Diagnostic> {
    let declared = std::mem::take(&mut variables.declared);
    let mut problems = Vec::new();
    let mut hints = Hints::default();
    for (name, declaration) in &declared {
        let mut settler =
            Settler { name, declaration, variables, read, hints: &mut hints, problems: Vec::new() };
        settler.default();
        let chosen = settler.choose();
        problems.append(&mut settler.problems);
        variables.chosen.insert(name.clone(), chosen);
    }
    variables.declared = declared;
    problems.sort_by_key(|(spot, _)| (spot.file, spot.span.start));
    problems.iter().map(|(spot, message)| variables.problem(spot, message.as_str())).collect()
}

struct Settler<'s> {
    name: &'s str,
    declaration: &'s Declaration,
    variables: &'s Variables,
    read: ReadFile<'s>,
    hints: &'s mut Hints,
    problems: Vec<(FileSpan, String)>,
}

/// A file that could not be read, which has been told.
struct Unreadable;

impl Settler<'_> {
    fn problem(&mut self, spot: &FileSpan, what: &str) {
        self.problems.push((spot.clone(), format!("{}: {what}", self.name)));
    }

    /// The default has to keep the rules whether or not it is used.
    fn default(&mut self) {
        let Some(default) = &self.declaration.default else { return };
        let kind = self.declaration.kind.as_ref().map(|kind| kind.what);
        if let Some(what) = kind.and_then(|kind| rules::type_error(kind, &default.what)) {
            return self.problem(&default.spot, &format!("the default {what}"));
        }
        let value = default.what.judged();
        if value.is_empty() && self.empty() == Empty::Error {
            return self.problem(&default.spot, "the default is empty, which is an error here");
        }
        for violations in rules::violations(self.declaration, value) {
            self.problem(&default.spot, &format!("the default {}", violations.what));
        }
    }

    fn empty(&self) -> Empty {
        self.declaration.empty.as_ref().map_or(Empty::Keep, |empty| empty.what)
    }

    /// The first source that has a value; an empty one may not count.
    fn choose(&mut self) -> Chosen {
        self.both();
        let variables = self.variables;
        if let Some((value, argument)) = variables.set.get(self.name)
            && self.counts(value, &format!("--set, argument {argument}"))
        {
            return Chosen::from(VariableSource::Set);
        }
        if let Some(value) = variables.environment.get(self.name)
            && self.counts(value, "the environment")
        {
            return Chosen::from(VariableSource::Environment);
        }
        if let Some(first) = variables.env_files.get(self.name).and_then(|values| values.first())
            && self.counts(&first.value, &first.place)
        {
            return Chosen::from(VariableSource::EnvFile);
        }
        match self.name_file() {
            Ok(Some(file)) if self.counts(&file.value, &file.place) => {
                return Chosen { source: VariableSource::NameFile, file: Some(file) };
            }
            Ok(_) => {}
            // It has a value, which nobody knows: it is not missing.
            Err(Unreadable) => return Chosen::from(VariableSource::Unset),
        }
        if self.declaration.default.is_some() {
            return Chosen::from(VariableSource::Defaults);
        }
        self.missing();
        Chosen::from(VariableSource::Unset)
    }

    /// Whether a value counts; it has to keep the rules then.
    fn counts(&mut self, value: &[u8], from: &str) -> bool {
        if value.is_empty() && self.empty() == Empty::Unset {
            return false;
        }
        if value.is_empty()
            && self.empty() == Empty::Error
            && let Some(empty) = &self.declaration.empty
        {
            self.problem(&empty.spot, &format!("the value from {from} is empty"));
            return true;
        }
        for violations in rules::violations(self.declaration, ValueRef::Scalar(value)) {
            self.problem(&violations.spot, &format!("the value from {from} {}", violations.what));
        }
        true
    }

    /// The file that `NAME_FILE` names, without its trailing newlines.
    fn name_file(&mut self) -> Result<Option<LocatedValue>, Unreadable> {
        let Some(file) = self.declaration.file.as_ref().filter(|file| file.what) else { return Ok(None) };
        let Some(path) = self.variables.name_file(self.name) else { return Ok(None) };
        let shown = String::from_utf8_lossy(path).into_owned();
        match (self.read)(path) {
            Ok(Some(mut value)) => {
                while value.last() == Some(&b'\n') {
                    value.pop();
                    if value.last() == Some(&b'\r') {
                        value.pop();
                    }
                }
                Ok(Some(LocatedValue { value, place: shown }))
            }
            Ok(None) => Ok(None),
            Err(error) => {
                let message = format!("the file that {}_FILE names cannot be read: {error}", self.name);
                self.problem(&file.spot, &message);
                Err(Unreadable)
            }
        }
    }

    /// Both `NAME` and `NAME_FILE`: nobody knows which of them is meant.
    fn both(&mut self) {
        let Some(file) = self.declaration.file.as_ref().filter(|file| file.what) else { return };
        let environment = &self.variables.environment;
        let is_unset = |value: &Vec<u8>| value.is_empty() && self.empty() == Empty::Unset;
        let own = environment.get(self.name).filter(|value| !is_unset(value));
        if own.is_some()
            && environment.get(&format!("{}_FILE", self.name)).is_some_and(|path| !path.is_empty())
        {
            let message = format!("both {0} and {0}_FILE are in the environment: set one of them", self.name);
            self.problem(&file.spot, &message);
        }
    }

    fn missing(&mut self) {
        let Some(required) = &self.declaration.required else { return };
        let words = required.what.as_deref().unwrap_or("it is required");
        // The declared ones are not among these: a name that is declared is no slip of the pen.
        let hint = self.hints.hint(self.name, self.variables.names());
        self.problem(&required.spot, &format!("not set: {words}{hint}"));
    }
}
