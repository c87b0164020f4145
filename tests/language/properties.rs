//! Properties of templates of arbitrary bytes.

use std::sync::LazyLock;

use monofy::template::{Severity, TaintedBytes, Template, UnsetPolicy};
use monofy::text::shell;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use regex::Regex;

use super::support::{Variables, cases};

/// Bytes with many tokens of the language.
fn source() -> impl Strategy<Value = Vec<u8>> {
    let marks = [
        "$",
        "$$",
        "${",
        "$<",
        "}",
        ">",
        "'",
        "'}",
        "'>",
        "\"",
        "\\",
        "A",
        "U",
        "S",
        "_",
        "1",
        "9",
        ":",
        "-",
        ":-",
        ":+",
        ":=",
        ":?",
        "=",
        "+",
        "?",
        "#",
        "##",
        "%",
        "%%",
        "/",
        "//",
        "/#",
        "^",
        "^^",
        ",",
        "*",
        "[",
        "]",
        "!",
        "[:alpha:]",
        "...",
        " ",
        "\n",
        "é",
        "{",
        "(",
        "@",
        "${A",
        "$<U:-",
        "${U...",
    ];
    let mark = select(marks.to_vec()).prop_map(|mark| mark.as_bytes().to_vec());
    let piece = prop_oneof![12 => mark, 1 => any::<u8>().prop_map(|byte| vec![byte])];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn python_source() -> impl Strategy<Value = String> {
    let marks = [
        "$", "$", "${", "}", "{", "A", "U", "_", "1", "9", " ", "é", "\\", "\"", "'", "!", "[0]", "@", "$A",
        "${A}", "$U", "${A ", "$$", "$(", "${1}", "<", "&&", "\n", "$_", "${_A}", "$A$", "${A}}", "${U}{A}",
        "%", "#", ">", "😀", "${é", "$ A", "${A!}", "\t", "${}", "A_1",
    ];
    vec(select(marks.to_vec()), 0..16).prop_map(|marks| marks.concat())
}

/// Bytes that neither a template nor a transform produces from anything else.
const SECRET: &[u8] = "☃€\u{1}\u{2}☃ ☃".as_bytes();

fn variables(value: &[u8]) -> Variables {
    Variables::default().set("A", value).set("E", "").secret("S", SECRET)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(4000), max_global_rejects: 1_000_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spans_lie_within_the_source(source in source()) {
        let template = Template::parse(&source);
        prop_assert_eq!(template.source(), &source[..]);
        for lint in template.lints() {
            prop_assert!(lint.span.start < lint.span.end && lint.span.end <= source.len());
            prop_assert!(lint.kind.severity() == Severity::Error || source[lint.span.start] == b'$');
            let words = lint.kind.to_string();
            prop_assert!(!words.ends_with('.') && words.starts_with(char::is_lowercase));
        }
        for reference in template.references() {
            let written = &source[reference.span];
            prop_assert!(written.starts_with(b"$") && !reference.name.is_empty());
            prop_assert!(String::from_utf8_lossy(written).contains(reference.name));
        }
    }

    #[test]
    fn expansion_gives_arguments_or_errors(source in source(), value in source()) {
        for unset in [UnsetPolicy::Empty, UnsetPolicy::Error] {
            match Template::parse(&source).expand(&mut variables(&value), unset) {
                Ok(_) => {}
                Err(errors) => {
                    prop_assert!(!errors.is_empty());
                    for error in errors {
                        prop_assert!(error.span.end <= source.len());
                    }
                }
            }
        }
    }

    #[test]
    fn no_value_changes_the_number_of_arguments(source in source(), value in source()) {
        let template = Template::parse(&source);
        prop_assume!(!template.references().any(|reference| reference.spread));
        if let Ok(texts) = template.expand(&mut variables(&value), UnsetPolicy::Empty) {
            prop_assert_eq!(texts.len(), 1);
        }
    }

    #[test]
    fn no_byte_of_a_secret_is_shown(source in source()) {
        // Neither the length of the secret nor the source contains these.
        let seen = |bytes: &[u8]| SECRET.iter().any(|byte| *byte != b' ' && bytes.contains(byte));
        prop_assume!(!seen(&source));
        match Template::parse(&source).expand(&mut variables(b"v"), UnsetPolicy::Empty) {
            Ok(texts) => prop_assert!(!texts.iter().any(|text| seen(&text.masked()))),
            Err(errors) => prop_assert!(!errors.iter().any(|error| seen(error.to_string().as_bytes()))),
        }
    }

    #[test]
    fn a_literal_expands_to_itself(source in source()) {
        let template = Template::parse(&source);
        if template.is_literal() {
            let texts = template.expand(&mut variables(b"v"), UnsetPolicy::Empty);
            prop_assert_eq!(texts, Ok(vec![literal(&source)]));
        }
    }

    #[test]
    fn split_is_the_inverse_of_join(arguments in vec(source(), 0..5)) {
        prop_assert_eq!(shell::split(&shell::join(&arguments)), Ok(arguments));
    }

    #[test]
    fn expansions_of_python_monofy_give_the_same_result(source in python_source()) {
        prop_assume!(!BEYOND_PYTHON.is_match(&source));
        let template = Template::parse(source.as_bytes());
        let ours = template.expand(&mut variables("${A} $U *".as_bytes()), UnsetPolicy::Empty);
        let ours = ours.map(|texts| texts.into_iter().map(TaintedBytes::into_bytes).collect::<Vec<_>>());
        prop_assert_eq!(ours, Ok(vec![python(&source).into_bytes()]));
    }
}

fn literal(bytes: &[u8]) -> TaintedBytes {
    let mut text = TaintedBytes::new();
    text.push_literal(bytes);
    text
}

/// The exceptions of contract 2.6.
static BEYOND_PYTHON: LazyLock<Regex> = LazyLock::new(|| {
    let name = "[A-Za-z_]";
    let operator = r"(:|-|\+|\?|=|#|%|/|\^|,|\.\.\.)";
    Regex::new(&format!(r"\$\$({name}|[{{<])|\$\{{{name}[A-Za-z0-9_]*{operator}|\$\{{[#']|\$\{{\$\}}|\$<"))
        .expect("a regular expression")
});
/// The regular expression of Python monofy.
static PYTHON: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$([A-Za-z_][A-Za-z0-9_]*)";
    Regex::new(pattern).expect("a regular expression")
});

fn python(source: &str) -> String {
    let value = |found: &regex::Captures<'_>| {
        let name = found.get(1).or(found.get(2)).map_or("", |name| name.as_str());
        let value: &[u8] = match name {
            "A" => b"${A} $U *",
            "S" => SECRET,
            _ => b"",
        };
        String::from_utf8(value.to_vec()).expect("UTF-8")
    };
    PYTHON.replace_all(source, value).into_owned()
}
