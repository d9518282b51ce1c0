//! Pictures of numbers as SVG, each with the table it was made of.

use std::fmt::Write as _;

/// A picture's own units: it grows with the page.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 180.0;
const LEFT: f64 = 46.0;
const BOTTOM: f64 = 22.0;
const TOP: f64 = 10.0;
/// Height of one name in a picture of bars.
const ROW: f64 = 34.0;
/// Where bars begin, right of their names.
const NAMES: f64 = 200.0;
/// Longest name that is written in a picture, in characters; the table has it whole.
const NAME_MAX: usize = 28;

/// How numbers are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Stacked columns, one for each day.
    Columns,
    /// One line for each series, over days.
    Lines,
    /// Bars, one for each name and series.
    Bars,
}

/// What the numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// How many.
    Count,
    /// How long, in seconds.
    Seconds,
}

/// A picture and its table.
#[derive(Debug, Clone)]
pub(crate) struct Chart {
    /// Its word in addresses.
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) form: Form,
    pub(crate) unit: Unit,
    /// What a row is, such as `Day`.
    pub(crate) what: &'static str,
    pub(crate) series: Vec<&'static str>,
    /// A name, and a number for each series; `None` where nothing is counted.
    pub(crate) rows: Vec<(String, Vec<Option<i64>>)>,
}

impl Chart {
    pub(crate) fn is_empty(&self) -> bool {
        let nothing = |it: &i64| *it == 0 && self.unit == Unit::Count;
        self.rows.iter().all(|(_, numbers)| numbers.iter().flatten().all(nothing))
    }

    /// A number as people read it.
    pub(crate) fn told(&self, number: &Option<i64>) -> String {
        match (self.unit, number) {
            (_, None) => "–".to_owned(),
            (Unit::Count, Some(number)) => number.to_string(),
            (Unit::Seconds, Some(seconds)) => duration(*seconds),
        }
    }

    /// The table as RFC 4180 has it; times in seconds.
    pub(crate) fn csv(&self) -> String {
        let suffix = if self.unit == Unit::Seconds { " (s)" } else { "" };
        let mut text = field(self.what);
        for series in &self.series {
            let _infallible = write!(text, ",{}", field(&format!("{series}{suffix}")));
        }
        text.push_str("\r\n");
        for (name, numbers) in &self.rows {
            text.push_str(&field(name));
            for number in numbers {
                let number = number.map(|it| it.to_string()).unwrap_or_default();
                let _infallible = write!(text, ",{number}");
            }
            text.push_str("\r\n");
        }
        text
    }

    /// The picture. Every text in it is escaped.
    pub(crate) fn svg(&self) -> String {
        let (height, body) = match self.form {
            Form::Columns => (HEIGHT, self.columns()),
            Form::Lines => (HEIGHT, self.lines()),
            Form::Bars => (self.bars_height(), self.bars()),
        };
        format!(
            "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"{0}-title\" \
             preserveAspectRatio=\"xMinYMin meet\">{body}</svg>",
            self.id
        )
    }

    fn numbers(&self) -> impl Iterator<Item = i64> {
        self.rows.iter().flat_map(|(_, numbers)| numbers.iter().flatten().copied())
    }

    fn columns(&self) -> String {
        let sums = self.rows.iter().map(|(_, it)| it.iter().flatten().sum::<i64>());
        let most = sums.max().unwrap_or_default().max(1);
        let mut body = self.axis(most);
        let step = self.step();
        for (index, (name, numbers)) in self.rows.iter().enumerate() {
            let x = LEFT + number(index) * step;
            let mut y = HEIGHT - BOTTOM;
            for (series, count) in numbers.iter().enumerate() {
                let count = count.unwrap_or_default();
                let height = share(count, most) * (HEIGHT - BOTTOM - TOP);
                y -= height;
                if count > 0 {
                    let _infallible = write!(
                        body,
                        "<rect class=\"s{series}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" \
                         height=\"{height:.1}\"><title>{}: {} {}</title></rect>",
                        (step * 0.8).max(1.0),
                        escaped(name),
                        count,
                        self.series[series]
                    );
                }
            }
        }
        body
    }

    fn lines(&self) -> String {
        let most = self.numbers().max().unwrap_or_default().max(1);
        let mut body = self.axis(most);
        let step = self.step();
        let mut dots = String::new();
        for series in 0..self.series.len() {
            let mut path = String::new();
            for (index, (name, numbers)) in self.rows.iter().enumerate() {
                let Some(value) = numbers[series] else { continue };
                let x = LEFT + (number(index) + 0.4) * step;
                let y = HEIGHT - BOTTOM - share(value, most) * (HEIGHT - BOTTOM - TOP);
                let word = if path.is_empty() { "M" } else { "L" };
                let _infallible = write!(path, "{word}{x:.1} {y:.1}");
                let _infallible = write!(
                    dots,
                    "<circle class=\"s{series}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\">\
                     <title>{}: {} {}</title></circle>",
                    escaped(name),
                    self.series[series],
                    self.told(&Some(value))
                );
            }
            let _infallible = write!(body, "<path class=\"line s{series}\" d=\"{path}\"/>");
        }
        body + &dots
    }

    fn bars_height(&self) -> f64 {
        (number(self.rows.len()) * ROW).max(ROW)
    }

    fn bars(&self) -> String {
        let most = self.numbers().max().unwrap_or_default().max(1);
        let mut body = String::new();
        let bar = (ROW - 10.0) / number(self.series.len().max(1));
        for (index, (name, numbers)) in self.rows.iter().enumerate() {
            let top = number(index) * ROW + 4.0;
            let _infallible = write!(
                body,
                "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                NAMES - 8.0,
                top + (ROW - 10.0) / 2.0 + 4.0,
                escaped(&shortened(name))
            );
            for (series, value) in numbers.iter().enumerate() {
                let width = share(value.unwrap_or_default(), most) * (WIDTH - NAMES - 70.0);
                let y = top + number(series) * bar;
                let _infallible = write!(
                    body,
                    "<rect class=\"s{series}\" x=\"{NAMES}\" y=\"{y:.1}\" width=\"{width:.1}\" \
                     height=\"{:.1}\"/><text class=\"value\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                    bar - 1.0,
                    NAMES + width + 5.0,
                    y + bar / 2.0 + 3.5,
                    self.told(value)
                );
            }
        }
        body
    }

    /// The ground line, the highest number, and the first and the last name.
    fn axis(&self, most: i64) -> String {
        let ground = HEIGHT - BOTTOM;
        let mut body = format!(
            "<path class=\"axis\" d=\"M{LEFT} {TOP}V{ground}H{WIDTH}\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\
             <text x=\"{}\" y=\"{ground}\" text-anchor=\"end\">0</text>",
            LEFT - 5.0,
            TOP + 6.0,
            self.told(&Some(most)),
            LEFT - 5.0,
        );
        let ends = [(self.rows.first(), LEFT, "start"), (self.rows.last(), WIDTH, "end")];
        for (row, x, anchor) in ends {
            let name = row.map(|(name, _)| escaped(name)).unwrap_or_default();
            let _infallible = write!(
                body,
                "<text x=\"{x}\" y=\"{}\" text-anchor=\"{anchor}\">{name}</text>",
                HEIGHT - 6.0
            );
        }
        body
    }

    fn step(&self) -> f64 {
        (WIDTH - LEFT) / number(self.rows.len().max(1))
    }
}

/// A time in one or two units.
pub(crate) fn duration(seconds: i64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 => format!("{minutes} min"),
        3_600..86_400 if minutes % 60 == 0 => format!("{hours} h"),
        3_600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ if hours % 24 == 0 => format!("{days} d"),
        _ => format!("{days} d {} h", hours % 24),
    }
}

#[expect(clippy::cast_precision_loss, reason = "what is drawn is smaller than a pixel's error")]
fn number(index: usize) -> f64 {
    index as f64
}

#[expect(clippy::cast_precision_loss, reason = "what is drawn is smaller than a pixel's error")]
fn share(value: i64, most: i64) -> f64 {
    value as f64 / most as f64
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME_MAX {
        return name.to_owned();
    }
    // The end of a path tells more than its beginning.
    let skipped = name.chars().count() - NAME_MAX + 1;
    format!("…{}", name.chars().skip(skipped).collect::<String>())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A field of a CSV file. One that a spreadsheet would take for a formula is told apart by a quote.
fn field(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(form: Form) -> Chart {
        let rows = vec![
            ("a <b>".to_owned(), vec![Some(60), Some(7_260)]),
            ("=1+1, \"x\"".to_owned(), vec![None, Some(90_000)]),
        ];
        let series = vec!["median", "p90"];
        let (title, unit, what) = ("Waiting", Unit::Seconds, "Project");
        Chart { id: "waiting", title, form, unit, what, series, rows }
    }

    #[test]
    fn a_table_is_read_by_a_spreadsheet_and_runs_nothing_there() {
        let text = "Project,median (s),p90 (s)\r\na <b>,60,7260\r\n\"'=1+1, \"\"x\"\"\",,90000\r\n";
        assert_eq!(chart(Form::Bars).csv(), text);
    }

    #[test]
    fn no_text_gets_out_of_a_picture() {
        for form in [Form::Bars, Form::Lines, Form::Columns] {
            let svg = chart(form).svg();
            assert!(!svg.contains("<b>") && svg.contains("a &lt;b&gt;"), "{svg}");
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }

    #[test]
    fn durations_are_said_in_two_units_at_most() {
        let told: Vec<_> = [5, 120, 3_600, 7_260, 86_400, 90_000].map(duration).into();
        assert_eq!(told, ["5 s", "2 min", "1 h", "2 h 1 min", "1 d", "1 d 1 h"]);
    }
}
