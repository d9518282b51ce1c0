//! What the list shows: it stands in the address, so that it can be shared and kept.

use proto::v1::{Concern, ListRequestsRequest, SavedView};
use serde::Deserialize;

use crate::{person::Visit, view::visible};

/// The address of the list, before its filters.
const HERE: &str = "/approval-apps/?";

/// A day, in microseconds.
const DAY: i64 = 86_400_000_000;

/// The filters of an address, as they were written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Filters {
    /// Which list: see [`LISTS`].
    pub(crate) show: String,
    pub(crate) q: String,
    pub(crate) project: String,
    pub(crate) target: String,
    pub(crate) author: String,
    pub(crate) check: String,
    /// Days that it has waited at least.
    pub(crate) age: String,
    /// `1` for what expires within a day.
    pub(crate) soon: String,
    pub(crate) page: String,
}

/// A list to go to.
#[derive(Debug, Clone)]
pub(crate) struct Tab {
    pub(crate) name: &'static str,
    pub(crate) url: String,
    pub(crate) current: bool,
}

/// Filters that somebody keeps.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) current: bool,
}

/// A list: its word in the address, its name, its states, and whose turn it is.
type List = (&'static str, &'static str, &'static [&'static str], Concern);

/// All lists; the first two only for those of whom it is known who they are.
const LISTS: [List; 7] = [
    ("mine", "Waiting on me", &["waiting"], Concern::Caller),
    ("groups", "My groups", &["waiting"], Concern::CallerGroups),
    ("waiting", "All waiting", &["waiting"], Concern::Unspecified),
    ("decided", "Decided", &["approved", "rejected", "expired"], Concern::Unspecified),
    ("past", "Past", &["superseded", "cancelled"], Concern::Unspecified),
    ("review", "To review", &[], Concern::Unspecified),
    ("all", "All", &[], Concern::Unspecified),
];

impl Filters {
    /// The filters with a list that exists: what waits on the reader, when none is named.
    pub(crate) fn of(self, visit: &Visit) -> Self {
        let known = visit.person.is_some();
        let named = LISTS.iter().any(|(show, ..)| *show == self.show);
        let theirs = matches!(self.show.as_str(), "mine" | "groups");
        let show = match known {
            _ if named && (known || !theirs) => self.show,
            // On those who only look nothing waits.
            true if visit.approves => "mine".to_owned(),
            _ => "waiting".to_owned(),
        };
        Self { show, ..self }
    }

    /// Whether the list is worked off, the oldest first.
    pub(crate) fn oldest_first(&self) -> bool {
        matches!(self.show.as_str(), "mine" | "groups" | "waiting" | "review")
    }

    /// How many filters are set beside the text.
    pub(crate) fn set(&self) -> usize {
        let all = [&self.project, &self.target, &self.author, &self.check, &self.age, &self.soon];
        all.iter().filter(|it| !it.is_empty()).count()
    }

    pub(crate) fn any(&self) -> bool {
        self.set() > 0 || !self.q.is_empty()
    }

    pub(crate) fn question(&self, visit: &Visit, now_micros: i64) -> ListRequestsRequest {
        let list = LISTS.iter().find(|(show, ..)| *show == self.show).unwrap_or(&LISTS[2]);
        let (_, _, states, concern) = list;
        let text = |text: &String| text.trim().to_owned();
        let days: Option<i64> = self.age.parse().ok().filter(|days| (1..10_000).contains(days));
        let before = days.map(|days| now_micros - days * DAY);
        ListRequestsRequest {
            states: states.iter().map(|state| (*state).to_owned()).collect(),
            concern: (*concern).into(),
            page_token: self.page.clone(),
            oldest_first: self.oldest_first(),
            to_review: self.show == "review",
            caller: visit.caller(),
            project: text(&self.project).trim_matches('/').to_owned(),
            target_branch: text(&self.target),
            author: text(&self.author),
            check: text(&self.check),
            text: text(&self.q),
            opened_before: before.map(proto::timestamp),
            expires_before: (self.soon == "1").then(|| proto::timestamp(now_micros + DAY)),
            ..ListRequestsRequest::default()
        }
    }

    /// The address with these filters and another list.
    fn url(&self, show: &str, page: &str) -> String {
        format!("{HERE}{}", self.query(show, page))
    }

    /// These filters as they stand in the address.
    pub(crate) fn kept_as(&self) -> String {
        self.query(&self.show, "")
    }

    /// The views of the reader; the one that is shown is marked.
    pub(crate) fn kept(&self, views: &[SavedView]) -> Vec<Kept> {
        let now = self.kept_as();
        let kept = |it: &SavedView| Kept {
            id: it.view_id.clone(),
            name: visible(&it.name),
            url: format!("{HERE}{}", it.query),
            current: it.query == now,
        };
        views.iter().map(kept).collect()
    }

    fn query(&self, show: &str, page: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let pairs = [
            ("show", show),
            ("q", &self.q),
            ("project", &self.project),
            ("target", &self.target),
            ("author", &self.author),
            ("check", &self.check),
            ("age", &self.age),
            ("soon", &self.soon),
            ("page", page),
        ];
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        query.finish()
    }

    /// The address of the next page.
    pub(crate) fn next(&self, token: &str) -> Option<String> {
        (!token.is_empty()).then(|| self.url(&self.show, token))
    }

    /// The list without filters.
    pub(crate) fn cleared(&self) -> String {
        Self::default().url(&self.show, "")
    }

    pub(crate) fn tabs(&self, visit: &Visit) -> Vec<Tab> {
        let known = visit.person.is_some();
        let lists = LISTS.iter().skip(if known { 0 } else { 2 });
        lists
            .map(|(show, name, ..)| Tab {
                name,
                url: self.url(show, ""),
                current: *show == self.show,
            })
            .collect()
    }

    /// What is said when nothing is there.
    pub(crate) fn nothing(&self) -> &'static str {
        match self.show.as_str() {
            _ if self.any() => "Nothing here fits these filters.",
            "mine" => "Nothing waits for you.",
            "groups" => "Nothing waits for your groups.",
            "waiting" => "Nothing waits for a decision.",
            "review" => "No broken glass waits for a review.",
            _ => "There is nothing here yet.",
        }
    }
}
