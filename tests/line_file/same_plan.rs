//! Property: a file and the arguments with the same meaning make the same plan.

use std::ffi::{OsStr, OsString};

use monofy::cli::{self, CommandLine, Request};
use monofy::plan::Plan;
use monofy::resolve;
use monofy::sys::limits::Capacity;
use monofy::variables::{self, sources::Sources};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::{cases, parse};

/// A piece of an argument, and how it may be written in a file.
#[derive(Clone, Debug)]
enum Piece {
    /// Text that nothing expands, as an argument has it.
    Literal(String),
    /// An expansion.
    Expansion(String),
}

/// How literal text is quoted.
#[derive(Clone, Copy, Debug)]
enum Quoting {
    Single,
    Double,
    Backslash,
}

fn expansion() -> BoxedStrategy<String> {
    let simple = select(vec![
        "$A",
        "${A}",
        "$<A>",
        "${U}",
        "${#A}",
        "${A%o*}",
        "${A/w/'x \" #}",
        "$<U:->",
        "${'$x '}",
        "${$}",
        "${A:1:2}",
        "$Q",
        "${Q//\\\\/ }",
        "${N:=assigned $A}",
        "$N",
    ]);
    let leaf = simple.prop_map(str::to_owned).boxed();
    leaf.prop_recursive(3, 8, 3, |inner| {
        let word = vec(prop_oneof![2 => inner, 3 => select(vec!["a", " ", "\n", "'", "\"", "#", "\\}", "\\\\", "&&", ";", "é"]).prop_map(str::to_owned)], 0..4);
        (select(vec!["U:-", "A:+", "A:-", "U-"]), word, any::<bool>()).prop_map(|(head, word, braces)| {
            // A `>` is nowhere in a word, and a `}` only escaped, which both spellings read alike in braces.
            let word = word.concat();
            if braces || word.contains("\\}") { format!("${{{head}{word}}}") } else { format!("$<{head}{word}>") }
        })
    })
    .boxed()
}

fn piece() -> impl Strategy<Value = Piece> {
    let literal = vec(
        select(vec![
            "a", "b c", "'", "\"", "\\", "$", "{", "}", "<", "#", "_1", "\n", ";", "&&", "|||", "é", "=",
            "-", "*", "`", "(", "~",
        ]),
        1..4,
    );
    prop_oneof![
        3 => literal.prop_map(|texts| Piece::Literal(texts.concat())),
        2 => expansion().prop_map(Piece::Expansion),
    ]
}

/// An argument: its pieces, each with its quoting.
type Word = Vec<(Piece, Quoting)>;

fn word() -> impl Strategy<Value = Word> {
    let quoting = select(vec![Quoting::Single, Quoting::Double, Quoting::Backslash]);
    vec((piece(), quoting), 0..4)
}

fn as_argument(word: &Word) -> OsString {
    let text: String = word
        .iter()
        .map(|(piece, _)| match piece {
            // A dollar that begins no expansion, whatever follows.
            Piece::Literal(text) => text.replace('$', "${$}"),
            // A name that ends here, whatever follows.
            Piece::Expansion(text) => closed(text),
        })
        .collect();
    // Alone it would be an operator.
    match &*text {
        "&&" | "|||" => format!("${{'{text}'}}").into(),
        _ => text.into(),
    }
}

fn closed(text: &str) -> String {
    match text.strip_prefix('$').filter(|name| name.starts_with(char::is_alphabetic)) {
        Some(name) => format!("${{{name}}}"),
        None => text.to_owned(),
    }
}

fn as_word(word: &Word) -> String {
    let pieces = word.iter().map(|(piece, quoting)| match (piece, quoting) {
        (Piece::Literal(text), Quoting::Single) => format!("'{}'", text.replace('\'', r"'\''")),
        (Piece::Literal(text), Quoting::Double) => {
            let is_special = |c: char| "\\$`\"".contains(c);
            let escaped = text.chars().map(|c| if is_special(c) { format!("\\{c}") } else { c.to_string() });
            format!("\"{}\"", escaped.collect::<String>())
        }
        (Piece::Literal(text), Quoting::Backslash) => {
            text.chars().map(|c| if c == '\n' { "'\n'".to_owned() } else { format!("\\{c}") }).collect()
        }
        (Piece::Expansion(text), Quoting::Double) => format!("\"{text}\""),
        (Piece::Expansion(text), Quoting::Single | Quoting::Backslash) => format!("''{text}''"),
    });
    std::iter::once("''".to_owned()).chain(pieces).collect()
}

/// A command: options with values, assignments, program and arguments.
#[derive(Clone, Debug)]
struct Command {
    options: Vec<(&'static str, Word)>,
    assignments: Vec<Word>,
    words: Vec<Word>,
}

fn command() -> impl Strategy<Value = Command> {
    let option = (select(vec!["--workdir", "--creates", "--user", "--ready=exec", "--if"]), word());
    (vec(option, 0..2), vec(word(), 0..2), vec(word(), 0..4))
        .prop_map(|(options, assignments, words)| Command { options, assignments, words })
}

/// The same line as arguments and as a file.
fn line(commands: &[Command], setup: usize, blank: &str) -> (Vec<OsString>, String) {
    let (mut arguments, mut text) = (Vec::new(), String::new());
    let mut add = |argument: OsString, word: String| {
        arguments.push(argument);
        text.push_str(&word);
        text.push_str(blank);
    };
    for (index, command) in commands.iter().enumerate() {
        if index > 0 {
            let operator = if index <= setup { "&&" } else { "|||" };
            add(operator.into(), operator.to_owned());
        }
        for (option, value) in &command.options {
            // `--option=start:value`, or two words.
            if option.contains('=') {
                let mut argument = OsString::from(format!("{option}:"));
                argument.push(as_argument(value));
                add(argument, format!("{option}:{}", as_word(value)));
            } else {
                add((*option).into(), (*option).to_owned());
                let mut argument = OsString::from("x");
                argument.push(as_argument(value));
                add(argument, format!("x{}", as_word(value)));
            }
        }
        for value in &command.assignments {
            let mut argument = OsString::from("E=");
            argument.push(as_argument(value));
            add(argument, format!("E={}", as_word(value)));
        }
        add("p".into(), "p".to_owned());
        for word in &command.words {
            add(as_argument(word), as_word(word));
        }
    }
    (arguments, text)
}

fn plan(line: &CommandLine) -> (Option<Plan>, usize) {
    let environment = [("A", "two words"), ("Q", "'\" \\$A")];
    let environment = environment.map(|(name, value)| (OsStr::new(name), OsStr::new(value)));
    let sources = Sources { no_defaults: true, ..Sources::default() };
    let loaded = variables::load(&sources, None, environment, &|_| Ok(None));
    let capacity = Capacity::of_this_process();
    let resolved = resolve::resolve(line, loaded, capacity, &|_| Ok(None));
    let mut plan = resolved.plan;
    if let Some(plan) = &mut plan {
        // Where it is written differs, and how its templates are.
        plan.warnings.clear();
        for process in plan.setup.iter_mut().chain(&mut plan.processes) {
            process.template.clear();
            process.ready_template = None;
        }
    }
    (plan, resolved.problems.len())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(2_000)))]

    #[test]
    fn a_file_and_the_arguments_make_the_same_plan(
        commands in vec(command(), 1..4),
        setup in 0_usize..3,
        blank in select(vec![" ", "\n", " \\\n ", "\t# it's \"a\" ${comment\n"]),
    ) {
        let (mut arguments, text) = line(&commands, setup, blank);
        let shown = format!("{arguments:?}\n{text}");
        let Ok(Request::Line(given)) = cli::parse(&mut arguments, &|_| None) else { panic!("{shown}") };
        let parsed = parse(text.as_bytes()).expect("a line");
        let expected = plan(&given);
        let found = plan(&parsed);
        prop_assert_eq!(&found, &expected, "{}", shown);
    }

    #[test]
    fn bare_words_are_their_own_templates(words in vec(expansion(), 1..5)) {
        // Nothing that only a shell has, and no escapes: those are read in a file before the expansion is.
        let text = words.join(" ");
        let parsed = parse(text.as_bytes()).expect("a line");
        prop_assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
        let found: Vec<String> =
            parsed.processes[0].words.iter().map(|word| String::from_utf8_lossy(word.bytes()).into_owned()).collect();
        prop_assert_eq!(found, words);
    }

    #[test]
    fn any_bytes_are_a_line_or_problems_with_places(text in vec(select(b"a $<{}>'\"\\\n#;|&-=:+/A`(".to_vec()), 0..40)) {
        if let Some(line) = parse(&text) {
            let (plan, problems) = plan(&line);
            prop_assert_eq!(plan.is_some(), problems == 0);
            for problem in &line.problems {
                prop_assert!(problem.to_string().starts_with("f:"), "{}", problem);
            }
        }
    }
}
