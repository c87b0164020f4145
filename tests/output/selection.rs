//! The four ways to select the mode: the option, its environment variable, the defaults file, the plan.

use super::line::run;
use super::support::Folder;

#[test]
fn the_option_wins_over_the_variable_and_the_variable_over_the_settings() {
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
fn the_command_line_wins_over_a_plan() {
    let folder = Folder::new();
    let plan = run(&["--plan=json", "-o", "prefix", "-q", "echo", "out"]).finish();
    let plan = folder.file("plan.json", plan.stdout);
    let plan = plan.to_str().unwrap();
    run(&["--run-plan", plan]).finish().assert_status(0).assert_stdout("echo   | out\n");
    run(&["-o", "raw", "--run-plan", plan]).finish().assert_status(0).assert_stdout("out\n");
}

#[test]
fn in_raw_mode_the_processes_write_to_the_same_files_as_monofy() {
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
