//! Any bytes as a line in a file.
#![no_main]

use std::ffi::OsString;

use libfuzzer_sys::fuzz_target;
use monofy::cli::{self, Request};
use monofy::template::{LineWords, Template, normalized};

fuzz_target!(|input: &[u8]| {
    let text = normalized(input);
    let words = LineWords::parse(&text);
    let mut end = 0;
    for word in &words.words {
        assert!(end <= word.span.start && word.span.start < word.span.end && word.span.end <= text.len());
        end = word.span.end;
        let template = word.template.as_ref().unwrap_or(&word.text);
        for mapped in [&word.text, template] {
            for (offset, at) in &mapped.runs {
                assert!(*offset < mapped.bytes.len() && word.span.contains(at));
            }
        }
        // A template of its own never has another end than in the file.
        if words.errors.is_empty() && words.malformed.is_empty() {
            let lints = Template::parse(&template.bytes);
            assert!(!lints.lints().iter().any(|lint| matches!(lint.kind, monofy::template::LintKind::Unclosed { .. })));
        }
    }
    let mut arguments = vec![OsString::from("--file=f")];
    let Ok(Request::File(file)) = cli::parse(&mut arguments, &|_| None) else { panic!("a file is asked for") };
    match file.parse(Ok(input.to_vec())) {
        Ok(Request::Line(line)) => {
            for problem in line.problems.iter().chain(&line.warnings).chain(&line.malformed) {
                assert!(problem.to_string().starts_with("f:"));
            }
            for template in line.setup.iter().chain(&line.processes).flat_map(|command| &command.words) {
                assert!(template.origin().to_string().starts_with("f:"));
            }
        }
        Ok(Request::Print(text)) => assert!(!text.is_empty()),
        Ok(Request::File(_) | Request::RunPlan { .. } | Request::Query { .. }) => panic!("a file is a line"),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
