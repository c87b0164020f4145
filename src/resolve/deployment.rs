//! What a plan for several containers needs to know of the line beside the plan: its words, and what holds where a
//! variable is not set.

use std::collections::BTreeMap;

use crate::cli::{CommandArgs, CommandLine, View};
use crate::diagnostic::{Origin, SourceText};
use crate::plan::{ByteString, Deployment, LineDefault, LineVariable, Plan, Role, VariableSource};
use crate::resolve::command::{GivenCheck, ResolvedCommand};
use crate::resolve::secrecy::Secrecy;
use crate::resolve::selection::{CommandList, Outcome};
use crate::template::{Reference, TaintedBytes, Template, Usage};
use crate::variables::Variables;

/// The names for which some word of the line gives a default.
#[must_use]
pub fn names_with_default(line: &CommandLine) -> Vec<String> {
    let mut names = Vec::new();
    for text in line.templates().chain(&line.global.render) {
        let template = Template::parse(text.bytes());
        let defaults = template.references().filter(|reference| {
            matches!(reference.usage, Usage::Default(_) | Usage::Assign(_) | Usage::Required(_))
        });
        names.extend(defaults.map(|reference| reference.name.to_owned()));
    }
    names
}

/// The words that the uses of a variable have for its default.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum DefaultWord<'l> {
    #[default]
    None,
    /// The same in all of them. An operator with a colon replaces an empty value, too.
    One {
        word: &'l [u8],
        has_colon: bool,
    },
    Several,
}

/// How a line uses one variable.
#[derive(Default)]
struct Uses<'l> {
    word: DefaultWord<'l>,
    is_assigned: bool,
    required: Option<&'l [u8]>,
    /// Whether it is used without a default, too.
    has_other: bool,
    /// Whether an empty value is another one than none.
    tells_empty: bool,
}

impl<'l> Uses<'l> {
    fn note(&mut self, reference: &Reference<'l>, has_colon: bool) {
        if self.is_assigned {
            return;
        }
        match reference.usage {
            Usage::Default(word) | Usage::Assign(word) if !reference.spread => {
                let own = DefaultWord::One { word, has_colon };
                self.word =
                    if [DefaultWord::None, own].contains(&self.word) { own } else { DefaultWord::Several };
                self.is_assigned = matches!(reference.usage, Usage::Assign(_));
                self.tells_empty |= !has_colon;
            }
            Usage::Required(message) => self.required = Some(message),
            Usage::Plain | Usage::Length | Usage::Transform => self.has_other = true,
            Usage::Default(_) | Usage::Assign(_) | Usage::Alternative(_) => {
                self.has_other = true;
                self.tells_empty |= !has_colon;
            }
        }
    }

    fn line_default(&self) -> LineDefault {
        if let Some(message) = self.required {
            return LineDefault::Required(String::from_utf8_lossy(message).into_owned());
        }
        match self.word {
            DefaultWord::One { word, has_colon }
                if is_literal(word) && (!self.has_other || word.is_empty() && !self.tells_empty) =>
            {
                LineDefault::Text { word: ByteString(word.to_vec()), replaces_empty: has_colon }
            }
            DefaultWord::None | DefaultWord::One { .. } | DefaultWord::Several => LineDefault::None,
        }
    }
}

fn is_literal(word: &[u8]) -> bool {
    !word.contains(&b'\\') && Template::parse(word).is_literal()
}

/// What the line says of its setup commands together and of each process of the plan. `None` unless the line asks for
/// a plan for several containers.
pub(super) fn roles(
    line: &CommandLine,
    setup: &CommandList<'_>,
    processes: &CommandList<'_>,
) -> Option<Vec<Role>> {
    if !matches!(line.global.view, Some(View::Deployment(_))) {
        return None;
    }
    let mut together = Role::default();
    for entry in &setup.entries {
        if let Outcome::Run(_) = entry.outcome {
            together.words.extend(words(entry.args));
        }
    }
    let mut roles = vec![together];
    for entry in &processes.entries {
        let Outcome::Run(commands) = &entry.outcome else { continue };
        for command in commands {
            let replicas = entry.args.replicas.as_ref().filter(|_| entry.names.has_copies());
            roles.push(Role {
                copy_of: replicas.map(|text| (entry.names.shown.clone(), bytes(text))),
                words: words(entry.args),
                unknown: unknown(entry.args, command, entry.names.is_masked()),
            });
        }
    }
    Some(roles)
}

/// The plan for several containers. `None` without an image.
pub(super) fn of(
    line: &CommandLine,
    variables: &Variables,
    plan: Plan,
    mut roles: Vec<Role>,
) -> Option<Deployment> {
    let global = &line.global;
    let image = String::from_utf8_lossy(global.image.as_ref()?.bytes()).into_owned();
    let is_relative = |path: &[u8]| !path.starts_with(b"/");
    let env_files = global.sources.env_files.iter().flatten();
    let is_relative = variables.has_relative_files()
        || global.render.iter().any(|text| is_relative(text.bytes()))
        || env_files.map(|file| file.path.as_encoded_bytes()).any(is_relative);
    let setup = roles.remove(0);
    let variables = line_variables(line, variables, &plan);
    let first = line.setup.first().or(line.processes.first()).and_then(|command| command.words.first());
    let file = match first?.origin() {
        Origin::Word { file, .. } => Some(file.name().to_owned()),
        Origin::Argument(_) | Origin::Variable(_) | Origin::Folder | Origin::File { .. } => None,
    };
    Some(Deployment { plan, roles, setup, image, file, variables, is_relative })
}

fn line_variables(line: &CommandLine, variables: &Variables, plan: &Plan) -> Vec<LineVariable> {
    let mut positions: BTreeMap<&str, usize> = BTreeMap::new();
    let mut uses: Vec<Uses<'_>> = Vec::new();
    let templates: Vec<Template<'_>> = line.templates().map(|text| Template::parse(text.bytes())).collect();
    for template in &templates {
        for reference in template.references() {
            // `${NAME:-`, `$<NAME:-`
            let operator = template.source().get(reference.span.start + 2 + reference.name.len());
            let position = *positions.entry(reference.name).or_insert(uses.len());
            if position == uses.len() {
                uses.push(Uses::default());
            }
            uses[position].note(&reference, operator == Some(&b':'));
        }
    }
    let of_line: Vec<&str> = plan.variables.iter().map(|variable| variable.name.as_str()).collect();
    let others = variables.declared_for_processes().into_iter().filter(|name| !of_line.contains(name));
    let names = of_line.iter().copied().chain(others);
    names
        .map(|name| LineVariable {
            name: name.to_owned(),
            secret: variables.is_secret(name),
            default: line_default(variables, name, positions.get(name).map(|position| &uses[*position])),
        })
        .collect()
}

fn line_default(variables: &Variables, name: &str, uses: Option<&Uses<'_>>) -> LineDefault {
    if variables.source(name) == VariableSource::Set {
        return LineDefault::Set;
    }
    if let Some(word) = variables.literal_default(name) {
        return LineDefault::Text { word: ByteString(word.to_vec()), replaces_empty: false };
    }
    if let Some(message) = variables.required(name) {
        return LineDefault::Required(message.to_owned());
    }
    if variables.has_default(name) {
        return LineDefault::None;
    }
    uses.map_or(LineDefault::None, Uses::line_default)
}

fn words(command: &CommandArgs) -> Vec<ByteString> {
    command.templates().map(bytes).collect()
}

fn bytes(text: &SourceText) -> ByteString {
    ByteString(text.bytes().to_vec())
}

/// The options of a process whose values are not known here.
fn unknown(args: &CommandArgs, command: &ResolvedCommand, is_name_masked: bool) -> Vec<&'static str> {
    let is_secret = |value: Option<&TaintedBytes>| value.is_some_and(TaintedBytes::has_secret);
    let is_unknown =
        |checks: &[GivenCheck]| checks.is_empty() || checks.iter().any(|given| given.value.has_secret());
    let options = [
        ("--name", is_name_masked),
        ("--user", is_secret(command.user.as_ref())),
        ("--workdir", is_secret(command.workdir.as_ref())),
        ("--stop-signal", matches!(command.stop_signal, Some((_, Secrecy::Secret)))),
        ("--stop-timeout", matches!(command.stop_timeout, Some((_, Secrecy::Secret)))),
        ("--restart", matches!(command.restart, Some((_, Secrecy::Secret)))),
        ("--ready", args.ready.is_some() && is_unknown(command.ready.as_slice())),
        (
            "--alive",
            !args.alive.is_empty() && (command.alive.len() < args.alive.len() || is_unknown(&command.alive)),
        ),
    ];
    options.into_iter().filter(|(_, is_unknown)| *is_unknown).map(|(name, _)| name).collect()
}
