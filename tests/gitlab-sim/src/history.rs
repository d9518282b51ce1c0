//! What came in: every answer to a status check that the API received.

use std::{collections::VecDeque, sync::Mutex};

use jiff::Timestamp;

use crate::{core::locked, times};

/// An answer to a status check as the API received it, accepted or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The place in the order of arrival, from 1.
    pub id: u64,
    /// The project as it was named in the address.
    pub project: String,
    /// The number of the merge request in the address.
    pub iid: u64,
    /// The check that was answered, if it was named.
    pub check_id: Option<u64>,
    /// Who owns the token, if it is known.
    pub user: Option<String>,
    /// The commit that was answered for, if it was named.
    pub sha: Option<String>,
    /// The status that was given, if it was.
    pub status: Option<String>,
    /// When the request had arrived whole.
    pub received_at: Timestamp,
    /// When it was dealt with.
    pub ended_at: Option<Timestamp>,
    /// The HTTP status; none while in flight and when the connection was cut.
    pub http_status: Option<u16>,
    /// Whether another answer for the same merge request and check was in flight meanwhile.
    pub overlapped: bool,
}

/// All answers, in order of arrival.
#[derive(Debug)]
pub(crate) struct History {
    limit: usize,
    answers: Mutex<VecDeque<Answer>>,
}

impl History {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, answers: Mutex::default() }
    }

    /// Notes an answer that arrived and gives it its id.
    pub(crate) fn begins(&self, mut answer: Answer) -> u64 {
        let mut answers = locked(&self.answers);
        for other in answers.iter_mut() {
            let same = other.project == answer.project
                && other.iid == answer.iid
                && other.check_id == answer.check_id;
            if same && other.ended_at.is_none() {
                other.overlapped = true;
                answer.overlapped = true;
            }
        }
        let id = answers.back().map_or(0, |last| last.id) + 1;
        answer.id = id;
        answers.push_back(answer);
        if answers.len() > self.limit {
            answers.pop_front();
        }
        id
    }

    /// Notes how an answer was dealt with.
    pub(crate) fn ends(&self, id: u64, http_status: Option<u16>) {
        let mut answers = locked(&self.answers);
        if let Some(answer) = answers.iter_mut().find(|answer| answer.id == id) {
            answer.ended_at = Some(times::now());
            answer.http_status = http_status;
        }
    }

    /// How many answers are as described.
    pub(crate) fn count(&self, described: impl Fn(&Answer) -> bool) -> usize {
        let answers = locked(&self.answers);
        answers.iter().filter(|answer| described(answer)).count()
    }

    pub(crate) fn all(&self) -> Vec<Answer> {
        locked(&self.answers).iter().cloned().collect()
    }
}
