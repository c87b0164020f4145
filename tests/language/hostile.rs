//! Large hostile input is parsed and expanded in linear time. If any of it were quadratic, these tests would time out.

use monofy::template::{Budget, ExpansionErrorKind, Template, UnsetPolicy};

use super::support::{Variables, one};

const MEBIBYTE: usize = 1 << 20;
const SIZE: usize = MEBIBYTE / 4;

fn run(source: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    let mut variables = Variables::default().set("A", "val").set("B", "x".repeat(1000));
    let texts = Template::parse(source.as_ref()).expand(&mut variables, UnsetPolicy::Empty).ok()?;
    Some(texts.into_iter().next()?.into_bytes())
}

fn repeated(unit: &str) -> String {
    unit.repeat(SIZE / unit.len())
}

#[test]
fn unclosed_expansions_are_literal() {
    for unit in [
        "$",
        "${",
        "$<",
        "${A:-",
        "$<A:-",
        "$<'",
        "${'",
        "${A#[",
        "${A/[",
        "${A//",
        "${A:",
        "${A: ",
        "${#A",
        "${A...:-",
        "${A:-$<A:-",
        "${A:?",
        "${A:-\\${A:-",
        "${A:-}>$<A:-",
        "${A#\\",
        "$$${A:-",
        "${U/${U#$<U:-",
        "${A:-'",
        "${{",
        "${A:-{",
        "${A:-$<'",
        "$<A#[${A/[$<A:-",
        "$${A:?$<'${A%\\",
        "${A:-\"{",
    ] {
        let open = unit.repeat(MEBIBYTE / unit.len());
        let Some(expanded) = run(&open) else { continue };
        if !unit.contains(['}', '>']) && !unit.contains("$$") {
            assert!(expanded == open.as_bytes(), "{unit}");
        }
    }
}

#[test]
fn nested_and_surplus_delimiters_are_parsed_in_linear_time() {
    for (unit, closer) in [
        ("${U:-", "}"),
        ("$<U:-", ">"),
        ("$${U:-", "}"),
        ("$$$<U:-", ">"),
        ("${U:-$<U:-", "}>"),
        ("${U:-$<U:-", ">}"),
        ("${U#", "}"),
        ("${U/", "/}"),
        ("${U:?", "}"),
        ("${'", "'}"),
        ("$<'", "'>"),
        ("${U:-{", "}}"),
        ("${U:-{", "}"),
        ("${U:-{\"", "}"),
        ("$<U:-${V:-{", "}>"),
        ("$${U:-$$<U:-", ">}"),
    ] {
        let count = SIZE / (unit.len() + closer.len());
        run(unit.repeat(count) + &closer.repeat(count));
        run(unit.repeat(count) + closer);
        run(repeated(&format!("{unit}{closer}")));
        run(repeated(&format!("{closer}{unit}")));
    }
}

#[test]
fn long_names_and_numbers_are_parsed_in_linear_time() {
    run(format!("${}", "A".repeat(SIZE)));
    run(format!("${{A:{}", " ".repeat(SIZE)));
    run(format!("${{A:{}}}", "9".repeat(SIZE)));
    run(repeated("$A"));
    run(repeated("${A:-x}"));
}

#[test]
fn a_hostile_pattern_matches_or_is_refused() {
    for unit in
        ["[", "[[:a:]", "[\\]", "[!", "[a-", "*", "?", "*?", "*a", "a*", "\\", "[a]", "[[:alpha:]", "[]"]
    {
        let variables = Variables::default().set("P", repeated(unit)).set("V", "a".repeat(5000));
        for template in ["${V#$P}", "${V%%$P}", "${V//$P/x}", "${V/$P}", "${V/%$P/y}"] {
            let parsed = Template::parse(template.as_bytes());
            // It matches, or takes too many steps.
            let _ = parsed.expand(&mut variables.clone(), UnsetPolicy::Empty);
        }
    }
}

/// The length of the result with a value of `V`, or `None` if the pattern takes too many steps.
fn result_length(template: &str, pattern: &str, value: &[u8]) -> Option<usize> {
    let mut variables = Variables::default().set("V", value).set("P", pattern);
    match Template::parse(template.as_bytes()).expand(&mut variables, UnsetPolicy::Empty) {
        Ok(texts) => Some(texts[0].len()),
        Err(errors) => {
            assert!(errors.iter().all(|error| error.kind == ExpansionErrorKind::TooManySteps));
            None
        }
    }
}

const MATCHING: [&str; 8] =
    ["${V#$P}", "${V##$P}", "${V%$P}", "${V%%$P}", "${V/$P/x}", "${V//$P/x}", "${V/#$P/x}", "${V/%$P/x}"];

#[test]
fn thousands_of_stars_match_in_one_pass() {
    let value = vec![b'a'; 128 << 10];
    for template in MATCHING {
        for pattern in
            ["*a".repeat(2000) + "b", "b".to_owned() + &"a*".repeat(2000), "*[ab]?".repeat(2000) + "c"]
        {
            assert_eq!(result_length(template, &pattern, &value), Some(value.len()), "{template}");
        }
        assert!(
            result_length(template, &"*a".repeat(2000), &value).is_some_and(|length| length < value.len())
        );
    }
}

#[test]
fn a_run_that_almost_matches_everywhere_is_refused() {
    let value = vec![b'a'; 1 << 20];
    let pattern = "*".to_owned() + &"a".repeat(1 << 19) + "b*";
    // All patterns of an argument share one budget.
    assert_eq!(result_length(&"${V#$P}".repeat(1000), &pattern, &value), None);
}

#[test]
fn many_operators_on_a_large_value_are_refused() {
    let mut variables = Variables::default().set("V", "é".repeat(60_000)).set("E", "x");
    for operator in [
        "${V##*}",
        "${#V}",
        "${V:0:0}",
        "${V//*}",
        "${V%%*}",
        "${V/#*}",
        "${E#$V}",
        "${E/$V}",
        "${E/y/$V}",
        "${E%${E#$V}}",
    ] {
        let template = operator.repeat(10_000);
        let parsed = Template::parse(template.as_bytes());
        let mut budget = Budget::new(1 << 20);
        let errors = parsed.expand_into(&mut Vec::new(), &mut variables, UnsetPolicy::Empty, &mut budget);
        let kinds: Vec<_> = errors.expect_err(operator).into_iter().map(|error| error.kind).collect();
        assert_eq!(kinds, [ExpansionErrorKind::TooManySteps], "{operator}");
    }
}

#[test]
fn the_templates_of_a_run_share_their_steps() {
    let mut variables = Variables::default().set("V", "x".repeat(60_000));
    let mut budget = Budget::new(1 << 20);
    let template = Template::parse(b"${#V}");
    let mut arguments = Vec::new();
    let mut expand =
        || template.expand_into(&mut arguments, &mut variables, UnsetPolicy::Empty, &mut budget).is_ok();
    assert_eq!((0..100).filter(|_| expand()).count(), (1 << 20) / 60_000);
}

#[test]
fn a_large_template_with_small_values_is_never_refused() {
    let mut variables = Variables::default().set("V", "value");
    let template = "${V##*a} ".repeat(1 << 14);
    let mut budget = Budget::new(0);
    let expanded = Template::parse(template.as_bytes()).expand_into(
        &mut Vec::new(),
        &mut variables,
        UnsetPolicy::Empty,
        &mut budget,
    );
    assert_eq!(expanded, Ok(()));
}

#[test]
fn every_operator_takes_a_megabyte() {
    let value = vec![b'a'; 1 << 20];
    let unicode = "é".repeat(1 << 19).into_bytes();
    let operators = [
        "${V}",
        "${#V}",
        "${V:-x}",
        "${V:+$V}",
        "${V:?x}",
        "${U:=$V}",
        "${V:5:7}",
        "${V: -3}",
        "${V^}",
        "${V^^}",
        "${V,,}",
        "${V#?}",
        "${V##*[!b]}",
        "${V%a*}",
        "${V%%[[:alpha:]]*}",
        "${V/a}",
        "${V//a/b}",
        "${V//[!b]}",
        "${V//??/x}",
        "${V/#*a*a/x}",
        "${V/%a?*a/x}",
        "${V//é/e}",
    ];
    for operator in operators {
        for value in [&value, &unicode, &vec![0xff; MEBIBYTE]] {
            assert!(result_length(operator, "", value).is_some(), "{operator}");
        }
    }
}

#[test]
fn the_number_of_lints_is_bounded() {
    assert!(Template::parse(repeated("${A").as_bytes()).lints().len() <= 64);
    assert!(Template::parse(repeated("${ }").as_bytes()).lints().len() <= 64);
    assert!(Template::parse(repeated("x${A...}").as_bytes()).lints().len() <= 64);
}

#[test]
fn a_hundred_thousand_of_each_token_are_parsed() {
    for unit in ["$", "${", "${A:-", "$<'", "${A#[", "$<A:-${A#[$$<'${", "${A:-{}", "{${A:-{", "}"] {
        for source in [unit.repeat(100_000), unit.repeat(100_000) + &"}>'".repeat(100_000)] {
            let template = Template::parse(source.as_bytes());
            assert_eq!(template.source().len(), source.len());
            assert!(template.lints().len() <= 3 * 64, "{unit}");
        }
    }
}

#[test]
fn an_expansion_after_an_unclosed_one_still_expands() {
    let source = "${U:-".repeat(100_000) + "$A";
    let expanded = one(&source, &Variables::default().set("A", "val"));
    assert_eq!(expanded, ("${U:-".repeat(100_000) + "val").as_bytes());
}
