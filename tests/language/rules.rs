//! Rules that no shell can be asked about: findings, references, secrets, spreads, limits.

use monofy::template::{
    Lint, LintKind, Missing, ProblemKind, Severity, TaintedBytes, Template, UnsetPolicy, Usage,
};

use super::support::{Variables, expand, one};

fn variables() -> Variables {
    Variables::default().set("A", "val").set("E", "").secret("SECRET", "pässword").secret("T", "tok")
}

fn masked(template: &str) -> String {
    let texts = expand(template, &variables()).expect("no problem");
    String::from_utf8(texts[0].masked()).expect("UTF-8")
}

fn lints(template: &str) -> Vec<LintKind> {
    Template::parse(template.as_bytes()).lints().iter().map(|finding| finding.kind.clone()).collect()
}

fn problems(template: &str) -> Vec<(Option<String>, ProblemKind)> {
    let problems = expand(template, &variables()).expect_err("problems");
    problems.into_iter().map(|problem| (problem.variable, problem.kind)).collect()
}

fn arguments(template: &str, variables: &Variables) -> Vec<String> {
    let texts = expand(template, variables).expect("no problem");
    texts.into_iter().map(|text| String::from_utf8(text.into_bytes()).expect("UTF-8")).collect()
}

#[test]
fn what_belongs_to_an_inner_shell_is_left_alone_in_silence() {
    let foreign = "$1 ${1} ${10} $@ ${@} ${*} ${#} ${?} ${-} ${!} ${!A} ${A[@]} ${A[0]} ${A@Q} ${1:-x} ${#@} \
                   ${#1} ${#A[@]} ${!A[@]} ${@:2} $$ $! $- $# $* $( $' $. $< $<5 $<1> $<> $\\ $(A) $((1+1)) $";
    assert_eq!(lints(foreign), []);
    assert_eq!(one(foreign, &variables()), foreign.as_bytes());
    assert!(Template::parse(foreign.as_bytes()).is_literal());
}

#[test]
fn what_is_not_well_formed_is_told_and_left_as_it_stands() {
    let closer = b'}';
    for (template, kind) in [
        ("${A", LintKind::Unclosed { closer }),
        ("${", LintKind::Unclosed { closer }),
        ("${A:-x", LintKind::Unclosed { closer }),
        ("${'x", LintKind::Unclosed { closer }),
        ("$<#A", LintKind::Unclosed { closer: b'>' }),
        ("${}", LintKind::Empty),
        ("${ A}", LintKind::BadName),
        ("${1A}", LintKind::BadName),
        ("${é}", LintKind::BadName),
        ("${A!}", LintKind::UnknownOperator),
        ("${A:x}", LintKind::UnknownOperator),
        ("${A:1 }", LintKind::UnknownOperator),
        ("${A^^[a-c]}", LintKind::UnknownOperator),
        ("$<A }", LintKind::UnknownOperator),
        ("${#A:-x}", LintKind::LengthWithOperator),
        ("${U...:=x}", LintKind::AssigningSpread),
    ] {
        let parsed = Template::parse(template.as_bytes());
        assert_eq!(lints(template), std::slice::from_ref(&kind), "{template}");
        assert_eq!(parsed.lints()[0].span.start, 0, "{template}");
        assert_eq!(kind.severity(), Severity::Malformed, "{template}");
        assert_eq!(one(template, &variables()), template.as_bytes());
    }
}

/// What is proposed in the place of which text.
fn traps(template: &str) -> Vec<(String, String)> {
    let parsed = Template::parse(template.as_bytes());
    let trap = |finding: &Lint| match &finding.kind {
        LintKind::BraceLint { proposal, .. } => (template[finding.span.clone()].to_owned(), proposal.clone()),
        other => panic!("{template}: {other}"),
    };
    parsed.lints().iter().map(trap).collect()
}

#[test]
fn a_json_default_in_braces_is_told_how_to_be_written() {
    for (template, proposal) in [
        (r#"${C:-{"a":1}}"#, r#"$<C:-{"a":1}>"#),
        (r#"${C:-{"a":{"b":1}}}"#, r#"$<C:-{"a":{"b":1}}>"#),
        (r"${C:-{a>b\}$A}}", r"$<C:-{a\>b}$A}>"),
        (r"${C:-{\>}}", r"$<C:-{\\\>}>"),
        ("${C:-${1:-x}}", "$<C:-${1:-x}>"),
        (r#"${C:-{"a":{"b":1},"c":2}}"#, r#"$<C:-{"a":{"b":1},"c":2}>"#),
        (r#"${C:-{"a":1}, x}"#, r#"$<C:-{"a":1}, x>"#),
        (r#"${C:-[{"a":1},{"b":2}]}"#, r#"$<C:-[{"a":1},{"b":2}]>"#),
        (r#"${C:-{"a":"}"}}"#, r#"$<C:-{"a":"}"}>"#),
        (r#"${C:-{"a":"{"}}"#, r#"$<C:-{"a":"{"}>"#),
        (r#"${C:-{"a":[{}],"p":${P:-1}>$$}}"#, r#"$<C:-{"a":[{}],"p":${P:-1}\>$$}>"#),
        (r#"${C=[{"n":${N}},{"m":$<M:-{}>}]}"#, r#"$<C=[{"n":${N}},{"m":$<M:-{}>}]>"#),
        (r#"${C:+{"a":{"b":1},"c":2}}"#, r#"$<C:+{"a":{"b":1},"c":2}>"#),
        ("${C:?one of {a,b} or {c}}", "$<C:?one of {a,b} or {c}>"),
        ("${C:-{{a}}", "$<C:-{{a}>"),
    ] {
        assert_eq!(traps(template), [(template.to_owned(), proposal.to_owned())], "{template}");
        let among = format!("--x={template}/{{b}}");
        assert_eq!(traps(&among), [(template.to_owned(), proposal.to_owned())], "{among}");
    }
}

#[test]
fn braces_that_close_what_they_should_are_no_trap() {
    for template in [
        r#"${C:-{"a":1\}}"#,
        r#"$<C:-{"a":1}>}"#,
        "${C:-a}}",
        "${A}/{b}",
        "${A:-x}/{b}",
        "${U:-a{}",
        "${U:-a{}/{b}",
        "${U:-{}${V:-x}",
        "${A:-${B:-{}}",
        "${A:-${B:-{}-}",
        "${A:+{}$A${A:+\\}}",
        "$<A:-${B:-{}>}",
        "{${A:-x}}",
        "f{${A:-1},${B:-2}}",
        "${U:-{} $<V:-}>",
    ] {
        assert_eq!(traps(template), [], "{template}");
    }
}

#[test]
fn a_trap_may_end_in_what_an_escaped_dollar_starts() {
    let trap = ("${C:-{}$$<U:-}".to_owned(), "$<C:-{}$$<U:->".to_owned());
    assert_eq!(traps("${C:-{}$$<U:-}>"), [trap]);
}

#[test]
fn of_traps_inside_each_other_the_innermost_is_told() {
    let inner = ("${X:-{1},2}".to_owned(), "$<X:-{1},2>".to_owned());
    assert_eq!(traps("${C:-{${X:-{1},2}}}"), [inner]);
    assert_eq!(traps("${A:-${B:-{}}}"), [("${B:-{}}".to_owned(), "$<B:-{}>".to_owned())]);
}

#[test]
fn a_brace_trap_tells_both_outcomes_by_name() {
    for (template, outcomes) in [
        (
            r#"${C:-{"a":1}}"#,
            r#"when C is set and not empty this gives the value of C followed by `}`, when it is not `{"a":1}`"#,
        ),
        (
            r#"${C-{"a":$A}, x}"#,
            r#"when C is set this gives the value of C followed by `, x}`, when it is not `{"a":$A, x}`"#,
        ),
        ("${C:+{1}}", "when C is set and not empty this gives `{1}`, when it is not `}`"),
        (
            "${C?{1} x}",
            "when C is set this gives the value of C followed by ` x}`, when it is not an error that says only `{1`",
        ),
    ] {
        let message = lints(template)[0].to_string();
        assert!(message.contains(outcomes), "{message}");
    }
    let long = lints(&format!("${{C:-{{{}}}}}", "x".repeat(200)))[0].to_string();
    assert!(long.contains("not `{xxx") && long.contains("xxx…`; write"), "{long}");
    assert_eq!(
        lints("${C:-{}}")[0].to_string(),
        "the first `}` ends this: when C is set and not empty this gives the value of C followed by `}`, when it \
         is not `{}`; write `$<C:-{}>`, or `\\}` inside"
    );
}

#[test]
fn what_a_brace_trap_proposes_means_what_was_meant() {
    for (template, meant) in [
        (r#"${C:-{"a":1}}"#, r#"{"a":1}"#),
        (r"${C:-{a>b\}$A}}", "{a>b}val}"),
        (r"${C:-{\>},$A>}", r"{\>},val>"),
    ] {
        let parsed = Template::parse(template.as_bytes());
        let LintKind::BraceLint { proposal, .. } = &parsed.lints()[0].kind else { panic!("{template}") };
        assert_eq!(one(proposal, &variables()), meant.as_bytes());
    }
}

#[test]
fn errors_of_the_template_are_problems_whether_or_not_they_are_evaluated() {
    for (template, kind) in [
        ("x${A...}", LintKind::SpreadNotAlone),
        ("$$${A...}", LintKind::SpreadNotAlone),
        ("${A:-${U...}}", LintKind::SpreadInside),
        ("${A:?${U...}}", LintKind::SpreadInside),
        ("${A...:-\"open}", LintKind::UnbalancedQuote),
    ] {
        assert_eq!(lints(template), std::slice::from_ref(&kind), "{template}");
        assert_eq!(problems(template), [(None, ProblemKind::Template(kind))], "{template}");
    }
}

#[test]
fn sixty_four_levels_are_fine_and_one_more_is_an_error() {
    let nested = |levels: usize| "${U:-".repeat(levels) + "x" + &"}".repeat(levels);
    assert_eq!(one(nested(64), &variables()), b"x");
    assert_eq!(lints(&nested(65)), [LintKind::TooDeep]);
    assert_eq!(problems(&nested(65)), [(None, ProblemKind::Template(LintKind::TooDeep))]);
    let open = "${U:-".repeat(1000);
    assert_eq!(one(&open, &variables()), open.as_bytes());
}

#[test]
fn every_problem_of_a_template_is_told() {
    let required = |message: Option<&str>, missing| ProblemKind::Required {
        message: message.map(str::to_owned),
        missing,
    };
    assert_eq!(
        problems("${U:?need ${A}} ${E:?} ${V?} ${A:2: -2} ${A:-${W:?unused}}"),
        [
            (Some("U".to_owned()), required(Some("need ${A}"), Missing::Unset)),
            (Some("E".to_owned()), required(None, Missing::Empty)),
            (Some("V".to_owned()), required(None, Missing::Unset)),
            (Some("A".to_owned()), ProblemKind::EndBeforeStart),
        ]
    );
    let problem = expand("${U?}", &variables()).expect_err("a problem").remove(0);
    assert_eq!(problem.to_string(), "U: not set");
    assert_eq!(problem.span, 0..5);
}

#[test]
fn strict_wants_every_variable_to_be_set_or_to_have_a_default() {
    for template in ["$U", "${U}", "${#U}", "${U#x}", "${U:1}", "${U^}", "${U/a/b}", "${U...}", "${A:+$U}"] {
        let given = Template::parse(template.as_bytes()).expand(&mut variables(), UnsetPolicy::Error);
        assert_eq!(given.expect_err(template)[0].kind, ProblemKind::Unset, "{template}");
    }
    for template in ["${U:-}", "${U+x}", "${U:=x}$U", "${U...-}", "$E", "${A:-$U}"] {
        let given = Template::parse(template.as_bytes()).expand(&mut variables(), UnsetPolicy::Error);
        assert!(given.is_ok(), "{template}");
    }
}

#[test]
fn a_secret_stays_one_through_every_transform() {
    for (template, shown) in [
        ("a$SECRET-b", "a***-b"),
        ("$SECRET$T", "***"),
        ("${#SECRET}", "***"),
        ("${SECRET:1:2}", "***"),
        ("${SECRET#p}", "***"),
        ("${SECRET%%d}", "***"),
        ("${SECRET^^}", "***"),
        ("${SECRET^}", "***"),
        ("${SECRET//s/<>}", "***<><>***"),
        ("${SECRET//*/x}", "x"),
        ("${SECRET:-word}", "***"),
        ("${SECRET:+word}", "word"),
        ("${U:-a${SECRET}b}", "a***b"),
        ("${U:=a${SECRET}b}-$U-${U^^}-${#U}-${U#a?}", "a***b-a***b-A***B-***-***b"),
        ("${A/a/$SECRET}", "v***l"),
        ("${A/a/$SECRET}${A#$SECRET}", "v***lval"),
        ("${SECRET:0:0}", ""),
    ] {
        assert_eq!(masked(template), shown, "{template}");
    }
}

#[test]
fn a_spread_of_a_secret_is_secret_in_every_argument() {
    let variables = Variables::default().secret("S", "a 'b c'").list("L", &["x", "y z"], true);
    for template in ["${S...}", "${L...}"] {
        let texts = expand(template, &variables).expect("no problem");
        assert_eq!(texts.iter().map(TaintedBytes::masked).collect::<Vec<_>>(), [b"***", b"***"]);
    }
    let texts = expand("${S...:+--name $S}", &variables).expect("no problem");
    assert_eq!(texts[0].masked(), b"--name");
    assert_eq!(texts[1].masked(), b"***");
}

#[test]
fn a_list_spreads_to_its_elements_and_joins_with_quoting() {
    let variables = Variables::default().list("L", &["a b", "", "it's", "\n", "plain"], false);
    assert_eq!(arguments("${L...}", &variables), ["a b", "", "it's", "\n", "plain"]);
    assert_eq!(arguments("$<L...:-x>", &variables), ["a b", "", "it's", "\n", "plain"]);
    assert_eq!(arguments("$L", &variables), ["'a b' '' 'it'\\''s' '\n' plain"]);
    let empty = Variables::default().list("L", &[], false);
    assert_eq!(arguments("${L...}", &empty), [""; 0]);
    assert_eq!(arguments("${L...:-x y}", &empty), ["x", "y"]);
    assert_eq!(arguments("${L:-x y}", &empty), ["x y"]);
}

#[test]
fn the_written_word_of_a_spread_is_split_and_its_values_are_not() {
    let variables = Variables::default().set("V", "two 'words").set("E", "").set("A", "a");
    for (template, expected) in [
        ("${V...:+--name $V}", &["--name", "two 'words"][..]),
        ("${V...:+x$V\"y z\"}", &["xtwo 'wordsy z"]),
        ("${V...:+$E $E}", &["", ""]),
        ("${V...:+$E$E}", &[""]),
        ("${V...:+ }", &[]),
        ("${V...:+'' x}", &["", "x"]),
        (r"${V...:+a\ b \'c\' '\}' \} \$A}", &["a b", "'c'", "}", "}", "$A"]),
        ("${U...:-${'a b'} ${$}}", &["a b", "$"]),
        ("${U...:+x}", &[]),
        ("${U...+x}", &[]),
        ("${E...+x}", &["x"]),
        ("${E...-x}", &[]),
        ("${E...:-x}", &["x"]),
    ] {
        assert_eq!(arguments(template, &variables), expected, "{template}");
    }
}

#[test]
fn a_value_with_an_open_quote_cannot_be_spread() {
    let variables = Variables::default().set("BAD", "it's");
    let problems = expand("${BAD...}", &variables).expect_err("a problem");
    assert_eq!(problems[0].kind, ProblemKind::UnbalancedQuote);
    assert!(!problems[0].to_string().contains("it's"));
}

#[test]
fn references_are_told_in_order_with_their_words_as_written() {
    let template =
        Template::parse(br"$A ${B:-x$C\}} ${D:?need $E} ${F=} ${G+g} ${#H} ${I%%$J} ${$} ${'$K'} $$L $1");
    let references: Vec<_> =
        template.references().map(|reference| (reference.name, reference.usage)).collect();
    assert_eq!(
        references,
        [
            ("A", Usage::Plain),
            ("B", Usage::Default(br"x$C\}")),
            ("C", Usage::Plain),
            ("D", Usage::Required(b"need $E")),
            ("F", Usage::Assign(b"")),
            ("G", Usage::Alternative(b"g")),
            ("H", Usage::Length),
            ("I", Usage::Transform),
            ("J", Usage::Plain),
        ]
    );
    let spread = Template::parse(b"${O...:-a b}");
    let reference = spread.references().next().expect("a reference");
    assert!(reference.spread);
    assert_eq!((reference.span, reference.usage), (0..12, Usage::Default(b"a b")));
}

#[test]
fn verbatim_text_is_ordinary_in_a_pattern() {
    let variables = Variables::default().set("V", "*ab");
    assert_eq!(one("${V#${'*'}}", &variables), b"ab");
    assert_eq!(one("${V##*${'?'}}", &variables), b"*ab");
    assert_eq!(one("${V#${U:-$<'*'>}}", &variables), b"ab");
}

#[test]
fn a_slash_right_behind_two_belongs_to_the_pattern_as_in_bash() {
    let variables = Variables::default().set("P", "/a/b");
    assert_eq!(one("${P////_}", &variables), b"_a_b");
    assert_eq!(one("$<P///b>", &variables), b"/a");
    assert_eq!(one("${P///}", &variables), b"ab");
}

#[test]
fn an_empty_pattern_matches_only_where_it_is_anchored_as_in_bash() {
    for (template, expected) in [
        ("${A//}", "val"),
        ("${A/$U/x}", "val"),
        ("${A//$U/x}", "val"),
        ("${A/#/x}", "xval"),
        ("${A/%/x}", "valx"),
        ("${E/#/x}", "x"),
        ("${E//*/x}", "x"),
        ("${A//*/x}", "x"),
        ("${U/#/x}", ""),
    ] {
        assert_eq!(one(template, &variables()), expected.as_bytes(), "{template}");
    }
}

#[test]
fn numbers_saturate() {
    let huge = "9".repeat(40);
    assert_eq!(one(format!("${{A:0:{huge}}}"), &variables()), b"val");
    assert_eq!(one(format!("${{A:{huge}}}"), &variables()), b"");
    assert_eq!(one(format!("${{A: -{huge}}}"), &variables()), b"");
}

#[test]
fn bytes_that_are_not_utf_8_are_characters_of_their_own() {
    let variables = Variables::default().set("B", b"\xc3\xa9\xff");
    assert_eq!(one("${#B}", &variables), b"3");
    assert_eq!(one("${B:1}", &variables), b"\xa9\xff");
    assert_eq!(one("${B#??}", &variables), b"\xff");
    assert_eq!(one("${B//[!x]/.}", &variables), b"...");
    assert_eq!(one(b"${B%\xff}", &variables), b"\xc3\xa9");
    assert_eq!(one("${B#é}", &variables), b"\xff");
}

#[test]
fn a_case_change_is_one_character_for_one() {
    let variables = Variables::default().set("B", "straße ᾳ ŉ ǆ").set("I", "İIK");
    assert_eq!(one("${B^^}", &variables), "STRAßE ᾼ ŉ Ǆ".as_bytes());
    assert_eq!(one("${I,,}", &variables), "iik".as_bytes());
}

#[test]
fn a_result_of_more_than_4_mib_is_a_problem() {
    let variables = Variables::default().set("BIG", "x".repeat(1 << 20));
    let too_large = |template: String| {
        let problems = expand(template, &variables).expect_err("too large");
        assert_eq!(problems.len(), 1);
        problems[0].kind.clone()
    };
    assert_eq!(one("$BIG$BIG$BIG$BIG", &variables).len(), 4 << 20);
    assert_eq!(too_large("${BIG//x/$BIG}".to_owned()), ProblemKind::TooLarge);
    assert_eq!(too_large("$BIG".repeat(100_000)), ProblemKind::TooLarge);
    assert_eq!(too_large("${BIG:+$BIG$BIG$BIG$BIG$BIG}".repeat(30_000)), ProblemKind::TooLarge);
    assert_eq!(too_large(format!("${{BIG...:+{}}}", "$BIG ".repeat(100_000))), ProblemKind::TooLarge);
    assert_eq!(
        too_large("${U:-".repeat(60) + "$BIG$BIG$BIG$BIG$BIG" + &"}".repeat(60)),
        ProblemKind::TooLarge
    );
}
