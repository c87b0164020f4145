//! The grammar of the contract as a recursive parser, slow on hostile input. The real parser must find the same
//! expansions.

use std::ops::Range;
use std::sync::LazyLock;

use monofy::template::Template;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use regex::bytes::Regex;

use super::support::cases;

/// The argument ends inside an expansion.
struct Open;

/// The end of an expansion, and the references in it, itself included.
type Whole = (usize, Vec<Range<usize>>);

#[derive(Clone, Copy, PartialEq)]
enum Until {
    End,
    Word(u8),
    Pattern(u8),
    Slash(u8),
}

static SIMPLE: LazyLock<Regex> = LazyLock::new(|| {
    let body = r"(#NAME|NAME(\.\.\.)?(:( +|INT)(:INT0)?|::INT0|\^\^?|,,?)?)";
    regex(&format!(r"^\$(NAME|\{{{body}\}}|<{body}>)"))
});
static DOLLAR: LazyLock<Regex> = LazyLock::new(|| regex(r"^\$(\{\$\}|<\$>)"));
static VERBATIM: LazyLock<Regex> = LazyLock::new(|| regex(r"^\$(\{'.*?'\}|<'.*?'>)"));
static WORD: LazyLock<Regex> = LazyLock::new(|| regex(r"^\$[{<]NAME(\.\.\.:?[-+?]|:?[-+?=])"));
static PATTERN: LazyLock<Regex> = LazyLock::new(|| regex(r"^\$[{<]NAME(\.\.\.)?(##?|%%?)"));
static REPLACE: LazyLock<Regex> = LazyLock::new(|| regex(r"^\$[{<]NAME(\.\.\.)?/(//?|#|%)?"));

fn regex(pattern: &str) -> Regex {
    let pattern = pattern
        .replace("NAME", "[A-Za-z_][A-Za-z0-9_]*")
        .replace("INT0", " *(-?[0-9]+)?")
        .replace("INT", " *-?[0-9]+");
    Regex::new(&format!("(?s-u){pattern}")).expect("a regular expression")
}

fn expansion(source: &[u8], dollar: usize) -> Result<Option<Whole>, Open> {
    let rest = &source[dollar..];
    let end_of = |regex: &Regex| regex.find(rest).map(|found| dollar + found.end());
    if let Some(end) = end_of(&DOLLAR).or(end_of(&VERBATIM)) {
        return Ok(Some((end, Vec::new())));
    }
    if let Some(end) = end_of(&SIMPLE) {
        return Ok(Some((end, std::iter::once(dollar..end).collect())));
    }
    let closer = if rest.get(1) == Some(&b'{') { b'}' } else { b'>' };
    let mut inner = Vec::new();
    let end = if let Some(start) = end_of(&WORD) {
        let end = text(source, start, Until::Word(closer), &mut inner)?;
        if source[start - 1] == b'?' {
            inner.clear();
        }
        end
    } else if let Some(start) = end_of(&PATTERN) {
        text(source, start, Until::Pattern(closer), &mut inner)?
    } else if let Some(start) = end_of(&REPLACE) {
        let end = text(source, start, Until::Slash(closer), &mut inner)?;
        if source[end] == closer { end } else { text(source, end + 1, Until::Word(closer), &mut inner)? }
    } else if rest.starts_with(b"${'") || rest.starts_with(b"$<'") {
        return Err(Open);
    } else {
        return Ok(None);
    };
    inner.insert(0, dollar..end + 1);
    Ok(Some((end + 1, inner)))
}

fn text(source: &[u8], start: usize, until: Until, found: &mut Vec<Range<usize>>) -> Result<usize, Open> {
    let mut at = start;
    while let Some(&byte) = source.get(at) {
        match until {
            Until::Word(closer) | Until::Pattern(closer) | Until::Slash(closer) if byte == closer => {
                return Ok(at);
            }
            Until::Slash(_) if byte == b'/' => return Ok(at),
            Until::Word(closer) if byte == b'\\' => {
                let next = source.get(at + 1);
                at += if next.is_some_and(|&c| c == closer || b"$`\"\\".contains(&c)) { 2 } else { 1 };
            }
            // Bytes suffice here: no continuation byte of a character is a token of the language.
            Until::Pattern(_) | Until::Slash(_) if byte == b'\\' => at += 2,
            _ if byte == b'$' => at = dollars(source, at, until, found)?,
            _ => at += 1,
        }
    }
    if until == Until::End { Ok(at) } else { Err(Open) }
}

fn dollars(source: &[u8], at: usize, until: Until, found: &mut Vec<Range<usize>>) -> Result<usize, Open> {
    let last = at + source[at..].iter().take_while(|&&byte| byte == b'$').count() - 1;
    match expansion(source, last) {
        Ok(Some((end, inner))) if (last - at).is_multiple_of(2) => {
            found.extend(inner);
            Ok(end)
        }
        Err(Open) if until != Until::End => Err(Open),
        Ok(_) | Err(Open) => Ok(last + 1),
    }
}

fn source() -> impl Strategy<Value = Vec<u8>> {
    let marks = [
        "$", "$", "$$", "${", "$<", "}", "}", ">", ">", "'", "'}", "'>", "\\", "A", "B", "1", ":", ":-", "-",
        "+", "?", "=", "#", "%", "/", "//", "^", ",", "...", " ", "é", "${A:-", "${A:-", "$<B+", "$<B+",
        "${'", "$<'", "${A#", "$<A/", "${A//", "${A:?", "${A...", "$<A:1", "${#A",
    ];
    vec(select(marks.to_vec()), 0..14).prop_map(|marks| marks.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(20_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_parser_finds_the_expansions_that_the_grammar_has(source in source()) {
        let mut expected = Vec::new();
        let end = text(&source, 0, Until::End, &mut expected);
        prop_assert!(end.is_ok());
        let template = Template::parse(&source);
        let found: Vec<_> = template.references().map(|reference| reference.span).collect();
        prop_assert_eq!(found, expected, "{}", String::from_utf8_lossy(&source));
    }
}
