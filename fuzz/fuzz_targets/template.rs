//! Fuzzes templates: arbitrary bytes as a template, expanded with arbitrary values.
//!
//! The input is a template, then the value of `A` and the value of `B`, separated by NUL: no argument
//! and no variable can contain one.
#![no_main]

use std::collections::HashMap;

use libfuzzer_sys::fuzz_target;
use monofy::template::{Content, Scope, Severity, Template, TaintedBytes, UnsetPolicy, Value};

/// Control characters, since no transform produces them (`${A,,}` can produce other characters).
const SECRET: &[u8] = b"\x01a\x02 '\xe2\x98\x83\x03";

#[derive(Clone)]
struct Small<'v> {
    a: &'v [u8],
    b: &'v [u8],
    list: [Vec<u8>; 2],
    assigned: HashMap<String, TaintedBytes>,
}

impl Scope for Small<'_> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        let (content, secret) = match name {
            _ if self.assigned.contains_key(name) => (Content::Assigned(&self.assigned[name]), false),
            "A" => (Content::Scalar(self.a), false),
            "B" => (Content::Scalar(self.b), false),
            "E" => (Content::Scalar(b""), false),
            "L" => (Content::List(&self.list), false),
            "S" => (Content::Scalar(SECRET), true),
            "T" => (Content::Scalar(b"\x02"), true),
            _ => return None,
        };
        Some(Value { content, secret })
    }

    fn assign(&mut self, name: &str, value: TaintedBytes) {
        self.assigned.insert(name.to_owned(), value);
    }
}

fn holds_secret(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| (1..=3).contains(byte))
}

fuzz_target!(|input: &[u8]| {
    let mut fields = input.split(|&byte| byte == 0);
    let [source, a, b] = std::array::from_fn(|_| fields.next().unwrap_or_default());
    let template = Template::parse(source);
    assert_eq!(template.source(), source);

    let mut start = 0;
    for lint in template.lints() {
        assert!(start <= lint.span.start, "lints are in order");
        start = lint.span.start;
        assert!(lint.span.start < lint.span.end && lint.span.end <= source.len());
        assert!(lint.kind.severity() == Severity::Error || source[start] == b'$');
        assert!(!lint.kind.to_string().is_empty());
    }
    let mut spread = false;
    for reference in template.references() {
        assert!(source[reference.span.clone()].starts_with(b"$"));
        assert!(!reference.name.is_empty());
        spread |= reference.spread;
    }

    let scope = Small { a, b, list: [a.to_vec(), b.to_vec()], assigned: HashMap::new() };
    for unset in [UnsetPolicy::Empty, UnsetPolicy::Error] {
        let given = template.expand(&mut scope.clone(), unset);
        let again = template.expand(&mut scope.clone(), unset);
        assert_eq!(given, again, "a template has one meaning");
        match given {
            Ok(texts) => {
                assert!(spread || texts.len() == 1, "a value made an argument");
                if template.is_literal() {
                    assert_eq!(texts[0].bytes(), source);
                }
                // Bytes of the input itself may be shown.
                if !holds_secret(input) {
                    assert!(!texts.iter().any(|text| holds_secret(&text.masked())), "a secret is shown");
                }
            }
            Err(problems) => {
                assert!(!problems.is_empty());
                for problem in problems {
                    assert!(problem.span.start <= problem.span.end && problem.span.end <= source.len());
                    assert!(holds_secret(input) || !holds_secret(problem.to_string().as_bytes()));
                }
            }
        }
    }
});
