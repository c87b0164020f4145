//! The four ways to say it: option, twin, settings of a defaults file, plan.

use super::line::run;
use super::support::Folder;

#[test]
fn the_option_wins_over_the_twin_and_the_twin_over_the_settings() {
    let folder = Folder::new();
    let file = folder.file("d.toml", "[settings]\noutput = \"prefix\"\n");
    let file = file.to_str().unwrap();
    let prefixed = "echo   | out\n";
    let settings = || run(&["-q", "-d", file, "echo", "out"]);
    settings().finish().assert_status(0).assert_stdout(prefixed);
    settings().env("MONOFY_OUTPUT", "raw").finish().assert_stdout("out\n");
    run(&["-q", "-d", file, "-o", "prefix", "echo", "out"])
        .env("MONOFY_OUTPUT", "raw")
        .finish()
        .assert_stdout(prefixed);
    run(&["-q", "echo", "out"]).env("MONOFY_OUTPUT", "prefix").finish().assert_stdout(prefixed);
}

#[test]
fn a_plan_says_it_and_the_command_line_beside_it_wins() {
    let folder = Folder::new();
    let plan = run(&["--plan=json", "-o", "prefix", "-q", "echo", "out"]).finish();
    let plan = folder.file("plan.json", plan.stdout);
    let plan = plan.to_str().unwrap();
    run(&["--run-plan", plan]).finish().assert_status(0).assert_stdout("echo   | out\n");
    run(&["-o", "raw", "--run-plan", plan]).finish().assert_status(0).assert_stdout("out\n");
}

#[test]
fn raw_mode_stands_between_nobody() {
    let folder = Folder::new();
    let out = folder.path().join("out");
    let script = format!(
        "readlink /proc/$$/fd/1 /proc/$$/fd/2 /proc/$$PPID/fd/1 /proc/$$PPID/fd/2 >{}",
        out.display()
    );
    run(&["-o", "raw", "--tty", "sh", "-c", &script]).finish().assert_status(0);
    let links = std::fs::read_to_string(out).expect("it was written");
    let links: Vec<&str> = links.lines().collect();
    assert_eq!(links[1], links[3]);
}
