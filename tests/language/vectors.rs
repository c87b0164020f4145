//! The vectors of `tests/vectors/expansion.json`, and cases that other tests found.

use monofy::template::{TaintedBytes, Template, UnsetPolicy};
use serde_json::Value as Json;

use super::support::Variables;

const VECTORS: &str = include_str!("../vectors/expansion.json");
const CASES: &str = include_str!("cases.json");

#[test]
fn every_vector_holds() {
    let vectors: Json = serde_json::from_str(VECTORS).expect("vectors are JSON");
    let vectors = vectors["vectors"].as_array().expect("a list of vectors");
    // Vectors of whole lines are for the command line.
    let (lines, arguments): (Vec<_>, Vec<_>) =
        vectors.iter().partition(|vector| vector.get("argv").is_some());
    assert!(arguments.len() > 200, "only {} vectors beside {} lines", arguments.len(), lines.len());
    let failures: Vec<_> = arguments.into_iter().filter_map(failure).collect();
    assert!(failures.is_empty(), "{} vectors fail:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_found_case_holds() {
    let cases: Json = serde_json::from_str(CASES).expect("cases are JSON");
    let failures: Vec<_> =
        cases["vectors"].as_array().expect("a list of cases").iter().filter_map(failure).collect();
    assert!(failures.is_empty(), "{} cases fail:\n{}", failures.len(), failures.join("\n"));
}

fn failure(vector: &Json) -> Option<String> {
    let template = bytes(vector, "template", "template_b64").expect("a template");
    let expected = expectation(vector);
    let strict = vector.pointer("/options/unset").and_then(Json::as_str) == Some("error");
    let unset = if strict { UnsetPolicy::Error } else { UnsetPolicy::Empty };
    let given = Template::parse(&template).expand(&mut variables(vector), unset);
    let given = given.map(|texts| texts.into_iter().map(TaintedBytes::into_bytes).collect::<Vec<_>>());
    if given.as_ref().ok() == expected.as_ref() {
        return None;
    }
    let shown = |arguments: &Vec<Vec<u8>>| {
        arguments.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect::<Vec<_>>()
    };
    Some(format!(
        "{}: {:?}\n  expected {:?}\n  given    {:?}",
        vector["id"],
        String::from_utf8_lossy(&template),
        expected.as_ref().map(shown),
        given.as_ref().map(shown),
    ))
}

/// The arguments that a vector expects, or `None` if it expects an error.
fn expectation(vector: &Json) -> Option<Vec<Vec<u8>>> {
    if vector.get("error").is_some() {
        return None;
    }
    if let Some(arguments) = vector.get("expect_args").and_then(Json::as_array) {
        return Some(arguments.iter().map(|argument| text(argument).to_vec()).collect());
    }
    Some(vec![bytes(vector, "expect", "expect_b64").expect("an expectation")])
}

fn variables(vector: &Json) -> Variables {
    let mut variables = Variables::default();
    for (name, value) in vector["env"].as_object().into_iter().flatten() {
        variables = variables.set(name, text(value));
    }
    for (name, value) in vector.get("env_b64").and_then(Json::as_object).into_iter().flatten() {
        variables = variables.set(name, base64(text(value)));
    }
    variables
}

fn bytes(vector: &Json, plain: &str, encoded: &str) -> Option<Vec<u8>> {
    let plain = vector.get(plain).map(|value| text(value).to_vec());
    plain.or_else(|| vector.get(encoded).map(|value| base64(text(value))))
}

fn text(value: &Json) -> &[u8] {
    value.as_str().expect("a string").as_bytes()
}

fn base64(encoded: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = encoded.iter().filter_map(|byte| ALPHABET.iter().position(|letter| letter == byte));
    let mut decoded = Vec::new();
    let (mut bits, mut count) = (0_usize, 0);
    for digit in digits {
        bits = (bits << 6 | digit) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            decoded.push(u8::try_from(bits >> count & 0xff).expect("eight bits"));
        }
    }
    decoded
}
