//! Checks the documents: every block of README.md and of docs/ is run, or compared with a file that is run; every link leads
//! somewhere.

#[path = "documents/architecture.rs"]
mod architecture;
#[path = "documents/blocks.rs"]
mod blocks;
#[path = "documents/book.rs"]
mod book;
#[path = "documents/links.rs"]
mod links;
#[path = "documents/markdown.rs"]
mod markdown;
#[path = "documents/readme.rs"]
mod readme;
mod support;
