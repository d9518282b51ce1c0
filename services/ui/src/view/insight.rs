//! How long things take and how often they happen, as pictures with their tables.

use askama::Template;
use proto::v1::{GetInsightResponse, InsightDay, Spread, Tally};

use super::{
    Reader,
    chart::{Chart, Form, Unit},
    visible,
};

/// The pictures.
#[derive(Debug, Template)]
#[template(path = "insight.html")]
pub(crate) struct InsightPage {
    pub(crate) reader: Reader,
    pub(crate) days: i32,
    pub(crate) project: String,
    /// The same filters in an address.
    pub(crate) query: String,
    /// Whether only the newest is counted.
    pub(crate) cut: bool,
    pub(crate) charts: Vec<Chart>,
}

const BOTH: [&str; 2] = ["median", "p90"];

type Rows = Vec<(String, Vec<Option<i64>>)>;

/// All pictures of what was counted.
pub(crate) fn charts(found: &GetInsightResponse) -> Vec<Chart> {
    let mut all = by_day(&found.days);
    let open = chart("open", "Waiting now, by age", "Age", &["requests"]);
    all.push(open.of(Form::Bars, tallies(&found.open_by_age)));
    for (id, title, what, counted) in [
        ("projects", "From opening to verdict, by project", "Project", &found.waiting_by_project),
        ("checks", "From opening to verdict, by check", "Check", &found.waiting_by_check),
        ("sources", "From opening to decision, by source", "Source", &found.deciding_by_source),
    ] {
        let name = |it: &Spread| format!("{} ({})", visible(&it.name), it.count);
        let rows = counted.iter().map(|it| (name(it), times(Some(it)))).collect();
        let times = chart(id, title, what, &BOTH).of(Form::Bars, rows);
        all.push(Chart { unit: Unit::Seconds, ..times });
    }
    let refused = chart("refused", "Refused attempts to decide", "Code", &["attempts"]);
    all.push(refused.of(Form::Bars, tallies(&found.refused)));
    let answers =
        chart("answers", "Answers to GitLab, by what came of them", "Result", &["answers"]);
    all.push(answers.of(Form::Bars, tallies(&found.answers)));
    all
}

/// What happened on each day.
fn by_day(days: &[InsightDay]) -> Vec<Chart> {
    let rows = |numbers: &dyn Fn(&InsightDay) -> Vec<Option<i64>>| -> Rows {
        days.iter().map(|day| (day.date.clone(), numbers(day))).collect()
    };
    let waiting = chart("waiting", "From opening to verdict, by day", "Day", &BOTH)
        .of(Form::Lines, rows(&|day| times(day.waiting.as_ref())));
    let decided = chart("decided", "Verdicts by day", "Day", &["approved", "rejected"]);
    let opened = chart("opened", "Requests opened by day", "Day", &["opened"]);
    vec![
        Chart { unit: Unit::Seconds, ..waiting },
        decided.of(Form::Columns, rows(&|day| counts(&[day.approved, day.rejected]))),
        opened.of(Form::Columns, rows(&|day| counts(&[day.opened]))),
    ]
}

fn chart(
    id: &'static str,
    title: &'static str,
    what: &'static str,
    series: &[&'static str],
) -> Chart {
    let (form, unit) = (Form::Bars, Unit::Count);
    Chart { id, title, form, unit, what, series: series.to_vec(), rows: Vec::new() }
}

impl Chart {
    fn of(self, form: Form, rows: Rows) -> Self {
        Self { form, rows, ..self }
    }
}

fn counts(of: &[u32]) -> Vec<Option<i64>> {
    of.iter().map(|it| Some(i64::from(*it))).collect()
}

fn times(spread: Option<&Spread>) -> Vec<Option<i64>> {
    [spread.map(|it| it.median_s), spread.map(|it| it.p90_s)].into()
}

fn tallies(all: &[Tally]) -> Rows {
    all.iter().map(|it| (visible(&it.name), counts(&[it.count]))).collect()
}
