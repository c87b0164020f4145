//! The book made of docs/.

use crate::markdown::{document, pages};

#[test]
fn every_page_is_in_the_table_of_contents() {
    let contents = document("docs/SUMMARY.md");
    for page in pages() {
        let name = page.trim_start_matches("docs/");
        assert!(contents.contains(&format!("]({name})")), "docs/SUMMARY.md lacks {name}");
    }
}

#[test]
fn the_pages_and_the_program_say_the_same_of_the_defaults_file() {
    let toml = crate::markdown::blocks_of(&document("docs/variables.md"), "toml").swap_remove(0);
    assert_eq!(toml, document("examples/defaults/monofy.toml"));
}
