//! The list of requests.

use askama::Template;

use super::{Reader, RequestView, TimeView};
use crate::filters::{Filters, Kept, Tab};

/// One page of requests.
#[derive(Debug, Template)]
#[template(path = "list.html")]
pub(crate) struct ListPage {
    pub(crate) reader: Reader,
    pub(crate) filters: Filters,
    pub(crate) tabs: Vec<Tab>,
    /// Filters that the reader keeps.
    pub(crate) views: Vec<Kept>,
    pub(crate) view_token: String,
    pub(crate) rows: Vec<RequestView>,
    /// The address of the next page.
    pub(crate) next: Option<String>,
    pub(crate) sequence: u64,
    pub(crate) now: TimeView,
}

/// One row, alone, as an event carries it.
#[derive(Debug, Template)]
#[template(path = "row.html")]
pub(crate) struct Row {
    pub(crate) row: RequestView,
}
