//! Fuzzes templates in files: arbitrary bytes as a file in each syntax, with arbitrary values.
//!
//! The input is a file, then the value of `A` and the value of `B`, separated by the byte 4: a file may contain NUL.
#![no_main]

use std::collections::HashMap;

use libfuzzer_sys::fuzz_target;
use monofy::template::{Budget, Content, FileTemplate, Scope, Syntax, TaintedBytes, UnsetPolicy, Value};

/// Control characters, since no transform produces them.
const SECRET: &[u8] = b"\x01a\x02 '\xe2\x98\x83\x03";

#[derive(Clone)]
struct Small<'v> {
    a: &'v [u8],
    b: &'v [u8],
    /// The first letter of the names that are allowed.
    only: Option<u8>,
    assigned: HashMap<String, TaintedBytes>,
}

impl Scope for Small<'_> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        assert!(self.allows(name), "{name} is not allowed");
        let (content, secret) = match name {
            _ if self.assigned.contains_key(name) => (Content::Assigned(&self.assigned[name]), false),
            "A" => (Content::Scalar(self.a), false),
            "B" => (Content::Scalar(self.b), false),
            "S" => (Content::Scalar(SECRET), true),
            _ => return None,
        };
        Some(Value { content, secret })
    }

    fn assign(&mut self, name: &str, value: TaintedBytes) {
        assert!(self.allows(name), "{name} is not allowed");
        self.assigned.insert(name.to_owned(), value);
    }

    fn allows(&self, name: &str) -> bool {
        self.only.is_none_or(|first| name.as_bytes()[0] == first)
    }
}

fn holds_secret(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| (1..=3).contains(byte))
}

fuzz_target!(|input: &[u8]| {
    let mut fields = input.split(|&byte| byte == 4);
    let [source, a, b] = std::array::from_fn(|_| fields.next().unwrap_or_default());
    for syntax in [Syntax::Angle, Syntax::Braces, Syntax::All] {
        let template = FileTemplate::new(source, syntax);
        for (only, unset) in
            [(None, UnsetPolicy::Empty), (None, UnsetPolicy::Error), (Some(b'A'), UnsetPolicy::Empty)]
        {
            let mut scope = Small { a, b, only, assigned: HashMap::new() };
            let given = template.expand(&mut scope, unset, &mut Budget::default());
            let spans = given.errors.iter().map(|error| &error.span);
            let spans = spans.chain(given.lints.iter().map(|lint| &lint.span)).chain(given.kept.values());
            for span in spans {
                assert!(span.start < span.end && span.end <= source.len(), "{span:?} is a part of the file");
            }
            for error in &given.errors {
                assert!(holds_secret(input) || !holds_secret(error.to_string().as_bytes()));
            }
            if !given.errors.is_empty() {
                continue;
            }
            if !source.contains(&b'$') {
                assert_eq!(given.content.bytes(), source);
            }
            // Bytes of the input itself may be shown.
            if !holds_secret(input) {
                assert!(!holds_secret(&given.content.masked()), "a secret is shown");
            }
        }
        // Nothing is allowed, so everything stays.
        let mut scope = Small { a, b, only: Some(0), assigned: HashMap::new() };
        let given = template.expand(&mut scope, UnsetPolicy::Error, &mut Budget::default());
        let is_expanded = given.content.bytes() != source;
        // `${$}` and verbatim text have no name.
        let has_nameless = source.windows(3).any(|part| {
            part[0] == b'$' && matches!(part[1], b'{' | b'<') && matches!(part[2], b'$' | b'\'')
        });
        assert!(!is_expanded || has_nameless || !given.errors.is_empty(), "what is not allowed stays");
    }
});
