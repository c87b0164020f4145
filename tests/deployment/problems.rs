//! Lines that cannot be the CMD of an image.

use crate::files::{ENGINES, line};
use crate::support::Run;

#[test]
fn without_an_image_the_error_says_how_to_name_it() {
    for engine in ENGINES {
        let finished = Run::new([&format!("--plan={engine}"), "web"]).finish();
        finished.assert_status(125).assert_stdout("").assert_reported("--image NAME");
        Run::new(["web"]).env("MONOFY_PLAN", engine).env("MONOFY_IMAGE", "").finish().assert_status(125);
        let named = Run::new(["web"]).env("MONOFY_PLAN", engine).env("MONOFY_IMAGE", "shop:1").finish();
        assert!(named.assert_status(0).stdout.contains("shop:1"));
    }
}

#[test]
fn what_is_no_image_is_refused() {
    for image in ["a b", "a\nb", "\u{e4}"] {
        let finished = Run::new(["--plan=compose", "--image", image, "web"]).finish();
        finished.assert_status(125).assert_reported("not the name of an image");
    }
}

#[test]
fn a_plan_has_no_words_for_an_image() {
    for engine in ENGINES {
        let finished = Run::new([&format!("--plan={engine}"), "--image=x", "--run-plan=-"]).finish();
        finished.assert_status(125).assert_reported("give it the line itself");
    }
}

#[test]
fn a_missing_value_is_no_problem_and_a_malformed_option_is() {
    line("compose", &["--strict", "web", "$A", "${B:?needed}"]).finish().assert_status(0);
    line("compose", &["--ready=http:x/", "web"]).finish().assert_status(125);
}
