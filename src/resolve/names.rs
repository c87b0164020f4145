//! Names of commands: given by `--name`, or derived from PROGRAM, with numbers for repeats and copies.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use crate::resolve::command::GivenName;
use crate::resolve::secrecy::Secrecy;

/// What a command's name is derived from.
#[derive(Debug)]
pub(super) struct NameDraft {
    pub(super) given: Option<GivenName>,
    /// The base name of PROGRAM.
    base: String,
    /// How many copies the command has, and the numbers of those that run. `None` for a command without copies.
    copies: Option<(usize, Vec<usize>)>,
}

impl NameDraft {
    /// `program` is PROGRAM without secrets.
    pub(super) fn new(given: Option<GivenName>, program: &[u8], copies: Option<(usize, Vec<usize>)>) -> Self {
        Self { given, base: base_name(&String::from_utf8_lossy(program)), copies }
    }

    /// How many copies have a name of their own.
    fn count(&self) -> usize {
        self.copies.as_ref().map_or(0, |(count, _)| *count)
    }
}

/// The names of a command.
#[derive(Debug)]
pub(super) struct ProcessNames {
    /// The name by which the line refers to it, and to all of its copies. It may be a secret.
    pub(super) name: String,
    /// The name without secrets, unique among those of the plan.
    pub(super) shown: String,
    copies: Option<(usize, Vec<usize>)>,
}

impl ProcessNames {
    /// The names of the commands of the plan.
    pub(super) fn shown_of_copies(&self) -> impl Iterator<Item = String> {
        let numbers = self.copies.iter().flat_map(|(_, numbers)| numbers.iter());
        let copies = numbers.map(|number| numbered(&self.shown, *number));
        self.copies.is_none().then(|| self.shown.clone()).into_iter().chain(copies)
    }

    /// Whether the command has copies.
    pub(super) fn has_copies(&self) -> bool {
        self.copies.is_some()
    }

    /// Whether part of the name is not shown.
    pub(super) fn is_masked(&self) -> bool {
        self.name != self.shown
    }

    /// The number of the copy with this name.
    pub(super) fn number_of_copy(&self, name: &str) -> Option<usize> {
        let (count, _) = self.copies.as_ref()?;
        let number = name.strip_prefix(self.name.as_str())?.strip_prefix('.')?;
        let is_number = !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit());
        number.parse().ok().filter(|number| is_number && (1..=*count).contains(number))
    }

    /// The positions, among the copies that run, of the copy with this number: none if it is left out.
    pub(super) fn positions_of_copy(&self, number: usize) -> Range<usize> {
        let numbers = self.copies.as_ref().map_or(&[][..], |(_, numbers)| numbers);
        numbers.iter().position(|running| *running == number).map_or(0..0, |position| position..position + 1)
    }
}

/// The names in use among the setup commands or among the processes.
#[derive(Default)]
pub(super) struct Names {
    taken: BTreeSet<String>,
    /// The next number to try after a base name. All smaller ones are taken, and trying them again for each of
    /// thousands of like commands would take quadratic time.
    next: BTreeMap<String, usize>,
}

impl Names {
    /// Whether a given name is in use, or that of one of its copies.
    pub(super) fn is_duplicate(&self, draft: &NameDraft) -> bool {
        draft.given.as_ref().is_some_and(|given| !self.is_free(&given.name, draft.count()))
    }

    fn is_free(&self, name: &str, copies: usize) -> bool {
        !self.taken.contains(name) && (1..=copies).all(|number| !self.taken.contains(&numbered(name, number)))
    }

    /// Reserves a given name and those of its copies. Derived names avoid all given ones, whichever comes first.
    pub(super) fn take(&mut self, draft: &mut NameDraft) {
        let count = draft.count();
        let Some(given) = &mut draft.given else { return };
        self.reserve(&given.name, count);
        if given.secrecy == Secrecy::Secret {
            given.shown = self.unique(&given.shown, count);
        }
    }

    fn reserve(&mut self, name: &str, copies: usize) {
        self.taken.insert(name.to_owned());
        self.taken.extend((1..=copies).map(|number| numbered(name, number)));
    }

    /// The names of a command, once every given name is reserved.
    pub(super) fn finish(&mut self, draft: NameDraft) -> ProcessNames {
        let count = draft.count();
        let (name, shown) = if let Some(given) = draft.given {
            (given.name, given.shown)
        } else {
            let name = self.unique(&draft.base, count);
            (name.clone(), name)
        };
        ProcessNames { name, shown, copies: draft.copies }
    }

    /// A free name, reserved: the base, or with `.2`, `.3` and so on.
    fn unique(&mut self, base: &str, copies: usize) -> String {
        let mut name = base.to_owned();
        if !self.is_free(&name, copies) {
            let mut number = self.next.get(base).copied().unwrap_or(2);
            name = loop {
                let candidate = numbered(base, number);
                number += 1;
                if self.is_free(&candidate, copies) {
                    break candidate;
                }
            };
            self.next.insert(base.to_owned(), number);
        }
        self.reserve(&name, copies);
        name
    }
}

fn numbered(name: &str, number: usize) -> String {
    format!("{name}.{number}")
}

/// The base name of a program.
fn base_name(program: &str) -> String {
    let base = Path::new(program).file_name().unwrap_or(program.as_ref()).to_string_lossy();
    base.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}
