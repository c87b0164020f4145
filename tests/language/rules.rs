//! Rules without a shell as oracle: lints, references, secrets, spreads and limits.

use monofy::template::{
    Absence, ExpansionErrorKind, Lint, LintKind, Severity, TaintedBytes, Template, UnsetPolicy, Usage,
};

use super::support::{Variables, expand, one};

fn variables() -> Variables {
    Variables::default().set("A", "val").set("E", "").secret("SECRET", "pässword").secret("T", "tok")
}

fn masked(template: &str) -> String {
    let texts = expand(template, &variables()).expect("no error");
    String::from_utf8(texts[0].masked()).expect("UTF-8")
}

fn lints(template: &str) -> Vec<LintKind> {
    Template::parse(template.as_bytes()).lints().iter().map(|lint| lint.kind.clone()).collect()
}

fn errors(template: &str) -> Vec<(Option<String>, ExpansionErrorKind)> {
    let errors = expand(template, &variables()).expect_err("errors");
    errors.into_iter().map(|error| (error.variable, error.kind)).collect()
}

fn arguments(template: &str, variables: &Variables) -> Vec<String> {
    let texts = expand(template, variables).expect("no error");
    texts.into_iter().map(|text| String::from_utf8(text.into_bytes()).expect("UTF-8")).collect()
}

#[test]
fn parameters_of_an_inner_shell_are_left_alone_without_a_warning() {
    let foreign = "$1 ${1} ${10} $@ ${@} ${*} ${#} ${?} ${-} ${!} ${!A} ${A[@]} ${A[0]} ${A@Q} ${1:-x} ${#@} \
                   ${#1} ${#A[@]} ${!A[@]} ${@:2} $$ $! $- $# $* $( $' $. $< $<5 $<1> $<> $\\ $(A) $((1+1)) $";
    assert_eq!(lints(foreign), []);
    assert_eq!(one(foreign, &variables()), foreign.as_bytes());
    assert!(Template::parse(foreign.as_bytes()).is_literal());
}

#[test]
fn a_malformed_expansion_is_literal_and_has_a_lint() {
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
        ("${A:}", LintKind::UnknownOperator),
        ("${A: -}", LintKind::UnknownOperator),
        ("${A:1:-}", LintKind::UnknownOperator),
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

#[test]
fn nested_unclosed_expansions_have_one_lint_at_the_outermost() {
    for (template, closer) in [
        ("x${A:-${B:-${C", b'}'),
        ("x$<A:-${B:-", b'>'),
        ("x${A:-$<'", b'}'),
        ("x${'${A", b'}'),
        ("x${A:?${B:-$<C", b'}'),
        ("x${A/${B}/${C:-$<D#", b'}'),
        ("x$${A:-${B", b'}'),
    ] {
        let start = template.rfind("x$").expect("a dollar") + 1 + usize::from(template.starts_with("x$$"));
        let lint = Lint { span: start..template.len(), kind: LintKind::Unclosed { closer } };
        assert_eq!(Template::parse(template.as_bytes()).lints(), [lint], "{template}");
    }
    assert_eq!(
        lints("${} ${A:-${ }${"),
        [LintKind::Empty, LintKind::BadName, LintKind::Unclosed { closer: b'}' }]
    );
}

#[test]
fn an_empty_number_of_a_substring_is_0_as_in_bash() {
    let variables = Variables::default().set("SHA", "0123456789");
    for (template, expected) in [
        ("${SHA::7}", "0123456"),
        ("$<SHA::7>", "0123456"),
        ("${SHA::-7}", "012"),
        ("${SHA:1:}", ""),
        ("${SHA::}", ""),
        ("${SHA: }", "0123456789"),
        ("${SHA: :2}", "01"),
        ("${SHA:1: }", ""),
    ] {
        assert_eq!(one(template, &variables), expected.as_bytes(), "{template}");
        assert_eq!(lints(template), [], "{template}");
    }
}

#[test]
fn a_backslash_at_the_end_of_a_line_joins_the_lines_inside_an_expansion_as_in_dash() {
    for (template, expected) in [
        ("${U:-a\\\nb}", "ab"),
        ("$<U:-a\\\nb>", "ab"),
        ("${U:-a\\\\\nb}", "a\\\nb"),
        ("${A#v\\\na}", "l"),
        ("${A/a\\\nl/x\\\ny}", "vxy"),
        ("${A//[\\\nva]/x}", "xxl"),
        ("${U:-\\\n}", ""),
        ("${U:-${U:-a\\\n}b}", "ab"),
        // Outside an expansion a backslash is ordinary.
        ("a\\\nb", "a\\\nb"),
        ("${'a\\\nb'}", "a\\\nb"),
    ] {
        assert_eq!(one(template, &variables()), expected.as_bytes(), "{template:?}");
    }
    assert_eq!(arguments("${A...:+--x=\\\n1 \\\n --y}", &variables()), ["--x=1", "--y"]);
}

#[test]
fn a_quoted_ampersand_in_a_replacement_loses_its_backslash_as_in_bash() {
    for (template, expected) in [
        (r"${A/a/\&}", "v&l"),
        (r"$<A/a/<\&\>>", "v<&>l"),
        (r"${A/a/x\&y}", "vx&yl"),
        (r"${A/a/&}", "v&l"),
        (r"${A/a/\\&}", r"v\&l"),
        (r"${A//[va]/$U\&}", "&&l"),
        // Only in a replacement.
        (r"${U:-\&}", r"\&"),
        (r"${A/a/${U:-\&}}", r"v\&l"),
        (r"${A/\&/x}", "val"),
    ] {
        assert_eq!(one(template, &variables()), expected.as_bytes(), "{template}");
    }
}

/// The text of each brace mismatch and the proposal for it.
fn brace_mismatches(template: &str) -> Vec<(String, String)> {
    let parsed = Template::parse(template.as_bytes());
    let mismatch = |lint: &Lint| match &lint.kind {
        LintKind::BraceMismatch { proposal, .. } => {
            (template[lint.span.clone()].to_owned(), proposal.clone())
        }
        other => panic!("{template}: {other}"),
    };
    parsed.lints().iter().map(mismatch).collect()
}

#[test]
fn a_json_default_in_braces_has_a_lint_with_a_proposal() {
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
        assert_eq!(brace_mismatches(template), [(template.to_owned(), proposal.to_owned())], "{template}");
        let among = format!("--x={template}/{{b}}");
        assert_eq!(brace_mismatches(&among), [(template.to_owned(), proposal.to_owned())], "{among}");
    }
}

#[test]
fn matching_braces_have_no_lint() {
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
        assert_eq!(brace_mismatches(template), [], "{template}");
    }
}

#[test]
fn a_brace_mismatch_may_end_inside_text_after_an_escaped_dollar() {
    let mismatch = ("${C:-{}$$<U:-}".to_owned(), "$<C:-{}$$<U:->".to_owned());
    assert_eq!(brace_mismatches("${C:-{}$$<U:-}>"), [mismatch]);
}

#[test]
fn of_nested_brace_mismatches_only_the_innermost_has_a_lint() {
    let inner = ("${X:-{1},2}".to_owned(), "$<X:-{1},2>".to_owned());
    assert_eq!(brace_mismatches("${C:-{${X:-{1},2}}}"), [inner]);
    assert_eq!(brace_mismatches("${A:-${B:-{}}}"), [("${B:-{}}".to_owned(), "$<B:-{}>".to_owned())]);
}

#[test]
fn the_message_of_a_brace_mismatch_gives_both_results() {
    for (template, outcomes) in [
        (
            r#"${C:-{"a":1}}"#,
            r#"if C is set and not empty, the result is the value of C followed by `}`, otherwise `{"a":1}`"#,
        ),
        (
            r#"${C-{"a":$A}, x}"#,
            r#"if C is set, the result is the value of C followed by `, x}`, otherwise `{"a":$A, x}`"#,
        ),
        ("${C:+{1}}", "if C is set and not empty, the result is `{1}`, otherwise `}`"),
        (
            "${C?{1} x}",
            "if C is set, the result is the value of C followed by ` x}`, otherwise an error that says only `{1`",
        ),
    ] {
        let message = lints(template)[0].to_string();
        assert!(message.contains(outcomes), "{message}");
    }
    let long = lints(&format!("${{C:-{{{}}}}}", "x".repeat(200)))[0].to_string();
    assert!(long.contains("otherwise `{xxx") && long.contains("xxx…`; write"), "{long}");
    assert_eq!(
        lints("${C:-{}}")[0].to_string(),
        "the first `}` closes this expansion: if C is set and not empty, the result is the value of C followed by `}`, \
         otherwise `{}`; write `$<C:-{}>`, or `\\}` inside"
    );
}

#[test]
fn the_proposal_for_a_brace_mismatch_has_the_intended_meaning() {
    for (template, meant) in [
        (r#"${C:-{"a":1}}"#, r#"{"a":1}"#),
        (r"${C:-{a>b\}$A}}", "{a>b}val}"),
        (r"${C:-{\>},$A>}", r"{\>},val>"),
    ] {
        let parsed = Template::parse(template.as_bytes());
        let LintKind::BraceMismatch { proposal, .. } = &parsed.lints()[0].kind else { panic!("{template}") };
        assert_eq!(one(proposal, &variables()), meant.as_bytes());
    }
}

#[test]
fn errors_of_the_template_are_reported_even_if_not_evaluated() {
    for (template, kind) in [
        ("x${A...}", LintKind::SpreadNotAlone),
        ("$$${A...}", LintKind::SpreadNotAlone),
        ("${A:-${U...}}", LintKind::SpreadInside),
        ("${A:?${U...}}", LintKind::SpreadInside),
        ("${A...:-\"open}", LintKind::UnbalancedQuote),
    ] {
        assert_eq!(lints(template), std::slice::from_ref(&kind), "{template}");
        assert_eq!(errors(template), [(None, ExpansionErrorKind::Template(kind))], "{template}");
    }
}

#[test]
fn more_than_64_levels_of_nesting_are_an_error() {
    let nested = |levels: usize| "${U:-".repeat(levels) + "x" + &"}".repeat(levels);
    assert_eq!(one(nested(64), &variables()), b"x");
    assert_eq!(lints(&nested(65)), [LintKind::TooDeep]);
    assert_eq!(errors(&nested(65)), [(None, ExpansionErrorKind::Template(LintKind::TooDeep))]);
    let open = "${U:-".repeat(1000);
    assert_eq!(one(&open, &variables()), open.as_bytes());
}

#[test]
fn all_errors_of_a_template_are_reported() {
    let required = |message: Option<&str>, absence| ExpansionErrorKind::Required {
        message: message.map(str::to_owned),
        absence,
    };
    assert_eq!(
        errors("${U:?need ${A}} ${E:?} ${V?} ${A:2: -2} ${A:-${W:?unused}}"),
        [
            (Some("U".to_owned()), required(Some("need ${A}"), Absence::Unset)),
            (Some("E".to_owned()), required(None, Absence::Empty)),
            (Some("V".to_owned()), required(None, Absence::Unset)),
            (Some("A".to_owned()), ExpansionErrorKind::EndBeforeStart),
        ]
    );
    let error = expand("${U?}", &variables()).expect_err("an error").remove(0);
    assert_eq!(error.to_string(), "U: not set");
    assert_eq!(error.span, 0..5);
}

#[test]
fn strict_mode_requires_every_variable_to_be_set_or_to_have_a_default() {
    for template in ["$U", "${U}", "${#U}", "${U#x}", "${U:1}", "${U^}", "${U/a/b}", "${U...}", "${A:+$U}"] {
        let given = Template::parse(template.as_bytes()).expand(&mut variables(), UnsetPolicy::Error);
        assert_eq!(given.expect_err(template)[0].kind, ExpansionErrorKind::Unset, "{template}");
    }
    for template in ["${U:-}", "${U+x}", "${U:=x}$U", "${U...-}", "$E", "${A:-$U}"] {
        let given = Template::parse(template.as_bytes()).expand(&mut variables(), UnsetPolicy::Error);
        assert!(given.is_ok(), "{template}");
    }
}

#[test]
fn a_secret_stays_secret_through_every_transform() {
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
        let texts = expand(template, &variables).expect("no error");
        assert_eq!(texts.iter().map(TaintedBytes::masked).collect::<Vec<_>>(), [b"***", b"***"]);
    }
    let texts = expand("${S...:+--name $S}", &variables).expect("no error");
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
fn a_spread_splits_its_word_but_not_the_values_in_it() {
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
fn a_value_with_an_unclosed_quote_cannot_be_spread() {
    let variables = Variables::default().set("BAD", "it's");
    let errors = expand("${BAD...}", &variables).expect_err("an error");
    assert_eq!(errors[0].kind, ExpansionErrorKind::UnbalancedQuote);
    assert!(!errors[0].to_string().contains("it's"));
}

#[test]
fn references_are_in_order_with_unexpanded_words() {
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
fn verbatim_text_is_quoted_in_a_pattern() {
    let variables = Variables::default().set("V", "*ab");
    assert_eq!(one("${V#${'*'}}", &variables), b"ab");
    assert_eq!(one("${V##*${'?'}}", &variables), b"*ab");
    assert_eq!(one("${V#${U:-$<'*'>}}", &variables), b"ab");
}

#[test]
fn a_third_slash_belongs_to_the_pattern_as_in_bash() {
    let variables = Variables::default().set("P", "/a/b");
    assert_eq!(one("${P////_}", &variables), b"_a_b");
    assert_eq!(one("$<P///b>", &variables), b"/a");
    assert_eq!(one("${P///}", &variables), b"ab");
}

#[test]
fn an_empty_pattern_matches_only_with_an_anchor_as_in_bash() {
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
fn in_a_value_that_is_not_utf_8_each_byte_is_a_character() {
    let variables = Variables::default().set("B", b"\xc3\xa9\xff");
    assert_eq!(one("${#B}", &variables), b"3");
    assert_eq!(one("${B:1}", &variables), b"\xa9\xff");
    assert_eq!(one("${B#??}", &variables), b"\xff");
    assert_eq!(one("${B//[!x]/.}", &variables), b"...");
    assert_eq!(one(b"${B%\xff}", &variables), b"\xc3\xa9");
    assert_eq!(one("${B#é}", &variables), b"\xff");
}

#[test]
fn a_case_change_keeps_the_number_of_characters() {
    let variables = Variables::default().set("B", "straße ᾳ ŉ ǆ").set("I", "İIK");
    assert_eq!(one("${B^^}", &variables), "STRAßE ᾼ ŉ Ǆ".as_bytes());
    assert_eq!(one("${I,,}", &variables), "iik".as_bytes());
}

#[test]
fn a_result_larger_than_4_mib_is_an_error() {
    let variables = Variables::default().set("BIG", "x".repeat(1 << 20));
    let too_large = |template: String| {
        let errors = expand(template, &variables).expect_err("too large");
        assert_eq!(errors.len(), 1);
        errors[0].kind.clone()
    };
    assert_eq!(one("$BIG$BIG$BIG$BIG", &variables).len(), 4 << 20);
    assert_eq!(too_large("${BIG//x/$BIG}".to_owned()), ExpansionErrorKind::TooLarge);
    assert_eq!(too_large("$BIG".repeat(100_000)), ExpansionErrorKind::TooLarge);
    assert_eq!(too_large("${BIG:+$BIG$BIG$BIG$BIG$BIG}".repeat(30_000)), ExpansionErrorKind::TooLarge);
    assert_eq!(too_large(format!("${{BIG...:+{}}}", "$BIG ".repeat(100_000))), ExpansionErrorKind::TooLarge);
    assert_eq!(
        too_large("${U:-".repeat(60) + "$BIG$BIG$BIG$BIG$BIG" + &"}".repeat(60)),
        ExpansionErrorKind::TooLarge
    );
}
