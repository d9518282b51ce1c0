//! The printed result: sections of aligned columns.

use std::{fmt, time::Duration};

/// One part of the report.
#[derive(Debug)]
pub(crate) struct Section {
    title: String,
    rows: Vec<Vec<String>>,
    notes: Vec<String>,
}

impl Section {
    /// A section with its column heads.
    pub(crate) fn new(title: impl Into<String>, heads: &[&str]) -> Self {
        let heads = heads.iter().map(|head| (*head).to_owned()).collect();
        Self { title: title.into(), rows: vec![heads], notes: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Adds a line below the table.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |at: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(at));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.rows {
            for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
                // The first column is text, the others are numbers.
                if at == 0 {
                    write!(f, "  {cell:<width$}")?;
                } else {
                    write!(f, "  {cell:>width$}")?;
                }
            }
            writeln!(f)?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "  {note}"))
    }
}

/// Whether a goal was reached, in words.
pub(crate) fn verdict(met: bool) -> String {
    if met { "met".to_owned() } else { "NOT MET".to_owned() }
}

/// A duration in milliseconds.
pub(crate) fn millis(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1e3)
}

/// A ratio in percent.
pub(crate) fn percent(ratio: f64) -> String {
    format!("{:.0} %", ratio * 1e2)
}

/// The middle value.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
    f64::midpoint(low, high)
}

/// Many waits, to be asked for percentiles.
#[derive(Debug, Default)]
pub(crate) struct Waits(Vec<Duration>);

impl Waits {
    /// Takes more of them.
    pub(crate) fn extend(&mut self, waits: impl IntoIterator<Item = Duration>) {
        self.0.extend(waits);
        self.0.sort_unstable();
    }

    /// The wait that this share of all does not exceed (nearest rank).
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a share of a length is a small positive number"
    )]
    pub(crate) fn percentile(&self, share: f64) -> Duration {
        let rank = (self.0.len() as f64 * share).ceil() as usize;
        self.0[rank.clamp(1, self.0.len()) - 1]
    }

    /// Half of them are not longer.
    pub(crate) fn p50(&self) -> Duration {
        self.percentile(0.5)
    }

    /// 99 of 100 are not longer.
    pub(crate) fn p99(&self) -> Duration {
        self.percentile(0.99)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let mut waits = Waits::default();
        waits.extend((1..=200).rev().map(Duration::from_millis));
        assert_eq!(waits.p50(), Duration::from_millis(100));
        assert_eq!(waits.p99(), Duration::from_millis(198));
        assert!((median(vec![3.0, 1.0, 2.0, 10.0]) - 2.5).abs() < f64::EPSILON);
    }
}
