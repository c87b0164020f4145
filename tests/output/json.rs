//! `--output json`: one object for each line.

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use monofy::output::{JsonFormat, Part, Stream, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::line::run;

fn moment() -> Timestamp {
    Timestamp::of(UNIX_EPOCH + Duration::from_micros(1_000_000_000_000_001))
}

const TIME: &str = "2001-09-09T01:46:40.000001Z";

/// The output for one line.
fn written(line: &[u8]) -> String {
    let mut out = Vec::new();
    let json = JsonFormat::new("web", Stream::Stdout);
    json.write(Part { bytes: line, begins: true, ends: true }, &moment(), &mut out);
    let text = String::from_utf8(out).expect("JSON is text");
    text.strip_suffix('\n').expect("a line ends").to_owned()
}

fn read(line: &[u8]) -> Value {
    let written = written(line);
    serde_json::from_str(&written).unwrap_or_else(|error| panic!("{error}: {written}"))
}

fn text(message: &str) -> Value {
    json!({"time": TIME, "process": "web", "stream": "stdout", "message": message})
}

#[test]
fn a_line_becomes_an_object_with_four_keys_in_order() {
    assert_eq!(
        written(b"ready"),
        format!(r#"{{"time":"{TIME}","process":"web","stream":"stdout","message":"ready"}}"#)
    );
    let every: String = (0..0x80_u8).map(char::from).chain(['\u{80}', '\u{20AC}', '\u{1F980}']).collect();
    for message in ["", "\"\\/", "tab\tend\r", &every] {
        assert_eq!(read(message.as_bytes()), text(message));
    }
}

#[test]
fn invalid_utf8_is_replaced_in_the_message_and_kept_exactly_in_base64() {
    let line = b"caf\xE9 \xF0\x9F\xA6\x80 \xFF";
    let mut expected = text("caf\u{FFFD} \u{1F980} \u{FFFD}");
    expected["base64"] = STANDARD.encode(line).into();
    assert_eq!(read(line), expected);
}

#[test]
fn an_object_keeps_its_keys_unchanged_and_gains_the_missing_ones() {
    let added = format!(r#""time":"{TIME}","process":"web","stream":"stdout""#);
    for (line, expected) in [
        (r#"{"message":"m","n":1.50e+2}"#, format!(r#"{{"message":"m","n":1.50e+2,{added}}}"#)),
        (
            r#"{"time":1,"process":null,"stream":[],"message":{}}"#,
            r#"{"time":1,"process":null,"stream":[],"message":{}}"#.to_owned(),
        ),
        (
            "\t{ \"a\" : [ 1 , {} ] , \"message\" : \"\\ud83d\" } \r",
            format!("{{ \"a\" : [ 1 , {{}} ] , \"message\" : \"\\ud83d\" ,{added}}}"),
        ),
        (r#"{"mess\u0061ge":"m"}"#, format!(r#"{{"mess\u0061ge":"m",{added}}}"#)),
    ] {
        assert_eq!(written(line.as_bytes()), expected);
    }
}

#[test]
fn an_object_without_a_message_takes_its_msg_or_else_the_whole_line_as_message() {
    assert_eq!(read(br#"{"level":30,"msg":"h\u0069"}"#)["message"], "hi");
    assert_eq!(read(br#"{"level":30,"msg":5}"#)["message"], r#"{"level":30,"msg":5}"#);
    assert_eq!(read(b"{}"), text("{}"));
}

#[test]
fn a_line_that_is_almost_an_object_is_text() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
    for line in [
        "{",
        "{}}",
        "{} {}",
        "{a:1}",
        "{'a':1}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":+1}",
        "{\"a\":nul}",
        "{\"a\":[1,]}",
        "{\"a\":[1}}",
        "{\"a\":\"\t\"}",
        "{\"a\":\"\\x\"}",
        "[1]",
        "1",
        "\"a\"",
        "{\"a\":1e}",
        "{\"a\":\"\\u12g4\"}",
        "{,}",
        "{\"a\":[}",
        "{\"a\":-}",
        &deep,
    ] {
        assert_eq!(read(line.as_bytes()), text(line), "{line}");
    }
}

#[test]
fn the_parts_of_a_long_line_make_one_object() {
    let json = JsonFormat::new("web", Stream::Stderr);
    let mut out = Vec::new();
    for (bytes, begins, ends) in
        [(&b"{\"a\""[..], true, false), (b":\xFF", false, false), (b"1}", false, true)]
    {
        json.write(Part { bytes, begins, ends }, &moment(), &mut out);
    }
    let read: Value = serde_json::from_slice(&out).expect("the output is an object");
    assert_eq!(read["message"], "{\"a\":\u{FFFD}1}");
    assert_eq!(read["stream"], "stderr");
}

/// Any JSON value, not too deep.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 8.0)),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map(".{0,6}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_object_passes_with_its_values_unchanged(map in proptest::collection::hash_map(".{0,6}", value(), 0..5)) {
        let object = Value::Object(map.into_iter().collect());
        let mut expected = text(&object.to_string());
        if let Some(msg @ Value::String(_)) = object.get("msg") {
            expected["message"] = msg.clone();
        }
        for (key, value) in object.as_object().unwrap() {
            expected[key] = value.clone();
        }
        prop_assert_eq!(read(object.to_string().as_bytes()), expected);
    }

    #[test]
    fn the_scanner_accepts_what_serde_accepts(line in "[{}\\[\\]\",:a\\\\0-9.eE+ tru-]{0,16}") {
        let is_object = serde_json::from_str::<Value>(&line).is_ok_and(|value| value.is_object());
        let written = read(line.as_bytes());
        prop_assert_eq!(written.get("process"), Some(&Value::from("web")));
        prop_assert_eq!(is_object || written == text(&line), true);
    }

    #[test]
    fn any_bytes_give_an_object(line in proptest::collection::vec(any::<u8>(), 0..64)) {
        let message = read(&line)["message"].clone();
        prop_assert_eq!(message, String::from_utf8_lossy(&line).into_owned());
    }
}

#[test]
fn stdout_and_stderr_stay_apart_and_notices_are_objects_too() {
    let script = "echo out; echo '{\"level\":\"info\",\"msg\":\"hello\"}' >&2; exit 3";
    let finished = run(&["-o", "json", "--name", "a", "sh", "-c", script]).finish();
    finished.assert_status(3);
    let object = |line: &str| {
        let mut object: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no object: {line}"));
        let time = object["time"].take();
        let time = time.as_str().expect("a time");
        let pattern = "dddd-dd-ddTdd:dd:dd.ddddddZ";
        let masked: String = time.chars().map(|c| if c.is_ascii_digit() { 'd' } else { c }).collect();
        assert_eq!(masked, pattern);
        object
    };
    let stdout: Vec<Value> = finished.stdout.lines().map(object).collect();
    let line = |process: &str, stream: &str, message: &str| json!({"time": null, "process": process, "stream": stream, "message": message});
    assert_eq!(stdout, [line("a", "stdout", "out")]);
    let stderr: Vec<Value> = finished.stderr.lines().map(object).collect();
    let mut own = line("a", "stderr", "hello");
    own["level"] = "info".into();
    own["msg"] = "hello".into();
    assert_eq!(
        stderr[1..],
        [
            own,
            line("monofy", "stderr", "a exited with status 3"),
            line("monofy", "stderr", "ended with status 3, because a exited with status 3"),
        ]
    );
}
