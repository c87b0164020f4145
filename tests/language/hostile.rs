//! Large input of any kind is parsed and expanded. Were any of it quadratic, these tests would not end.

use monofy::template::{Template, UnsetPolicy};

use super::support::{Variables, one};

const SIZE: usize = 1 << 18;

fn run(source: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    let mut variables = Variables::default().set("A", "val").set("B", "x".repeat(1000));
    let texts = Template::parse(source.as_ref()).expand(&mut variables, UnsetPolicy::Empty).ok()?;
    Some(texts.into_iter().next()?.into_bytes())
}

fn repeated(unit: &str) -> String {
    unit.repeat(SIZE / unit.len())
}

#[test]
fn what_is_never_closed_is_literal() {
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
    ] {
        let open = repeated(unit);
        let Some(expanded) = run(&open) else { continue };
        if !unit.contains(['}', '>']) && !unit.contains("$$") {
            assert!(expanded == open.as_bytes(), "{unit}");
        }
    }
}

#[test]
fn what_is_closed_too_late_or_too_often_ends_too() {
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
fn a_long_name_and_a_long_number_are_read_once() {
    run(format!("${}", "A".repeat(SIZE)));
    run(format!("${{A:{}", " ".repeat(SIZE)));
    run(format!("${{A:{}}}", "9".repeat(SIZE)));
    run(repeated("$A"));
    run(repeated("${A:-x}"));
}

#[test]
fn a_hostile_pattern_is_matched_or_refused() {
    for unit in
        ["[", "[[:a:]", "[\\]", "[!", "[a-", "*", "?", "*?", "*a", "a*", "\\", "[a]", "[[:alpha:]", "[]"]
    {
        let variables = Variables::default().set("P", repeated(unit)).set("V", "a".repeat(5000));
        for template in ["${V#$P}", "${V%%$P}", "${V//$P/x}", "${V/$P}", "${V/%$P/y}"] {
            let parsed = Template::parse(template.as_bytes());
            // Matched, or too large to be matched.
            let _ = parsed.expand(&mut variables.clone(), UnsetPolicy::Empty);
        }
    }
}

#[test]
fn findings_of_hostile_input_are_bounded() {
    assert!(Template::parse(repeated("${A").as_bytes()).findings().len() <= 64);
    assert!(Template::parse(repeated("${ }").as_bytes()).findings().len() <= 64);
    assert!(Template::parse(repeated("x${A...}").as_bytes()).findings().len() <= 64);
}

#[test]
fn a_megabyte_is_no_more_than_four_quarters() {
    let count = (1 << 20) / 6;
    for source in
        ["${U:-".repeat(count) + &"}".repeat(count), "$${U:-".repeat(count) + "}", "$<'".repeat(count)]
    {
        assert!(run(source).is_none_or(|expanded| !expanded.is_empty()));
    }
}

#[test]
fn an_expansion_behind_what_is_open_still_expands() {
    let source = "${U:-".repeat(100_000) + "$A";
    let expanded = one(&source, &Variables::default().set("A", "val"));
    assert_eq!(expanded, ("${U:-".repeat(100_000) + "val").as_bytes());
}
