//! Several requests decided at once: what is decided about, and what became of each.

use askama::Template;

use super::{Reader, RequestView};

/// One of several.
#[derive(Debug, Clone)]
pub(crate) struct Picked {
    pub(crate) row: RequestView,
    /// What its box in the form carries: all that was on the screen.
    pub(crate) value: String,
    /// What became of it, in a word and a sentence; empty before.
    pub(crate) word: &'static str,
    pub(crate) sentence: String,
}

/// What is decided about, before it is.
#[derive(Debug, Template)]
#[template(path = "many.html")]
pub(crate) struct ManyPage {
    pub(crate) reader: Reader,
    pub(crate) picked: Vec<Picked>,
    /// Why they cannot be decided together; empty when they can.
    pub(crate) problem: String,
    /// Names this form, so that sending it twice decides once.
    pub(crate) batch: String,
    pub(crate) token: String,
}

/// What became of each.
#[derive(Debug, Template)]
#[template(path = "many_done.html")]
pub(crate) struct ManyDonePage {
    pub(crate) reader: Reader,
    pub(crate) summary: String,
    pub(crate) picked: Vec<Picked>,
}
