//! Conditions about a merge request, in CEL (Common Expression Language): what decides without people.

use std::{fmt, sync::Arc};

use cel::{Context, IdedExpr, Program, Value, common::ast::Expr};

use crate::Facts;

/// Longest condition, in bytes.
const BYTES_MAX: usize = 1_000;
/// Deepest nesting: what reads and evaluates it goes down one call for each.
const NESTING_MAX: usize = 20;
/// Most labels, and most of those who pushed, that a condition sees: it may look at each for each.
const LIST_MAX: usize = 200;
/// What a condition can name.
const NAMES: [&str; 12] = [
    "gitlab",
    "project",
    "check",
    "title",
    "source_branch",
    "target_branch",
    "author_id",
    "author_name",
    "pushed_by",
    "labels",
    "draft",
    "url",
];

/// A condition about a merge request.
#[derive(Clone)]
pub struct Condition {
    text: String,
    program: Arc<Program>,
}

/// When a text is not a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not a condition: {cause}")]
pub struct ConditionError {
    text: String,
    cause: String,
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    ///
    /// When it is not CEL, names what a merge request does not have, or is neither true nor false.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        let wrong = |cause: String| ConditionError { text: text.to_owned(), cause };
        if text.len() > BYTES_MAX {
            return Err(wrong(format!("it is longer than {BYTES_MAX} bytes")));
        }
        if nesting(text) > NESTING_MAX {
            return Err(wrong(format!(
                "it is nested deeper than {NESTING_MAX} brackets and signs"
            )));
        }
        let program = Program::compile(text).map_err(|error| wrong(first_line(&error)))?;
        known(program.expression(), &mut Vec::new()).map_err(wrong)?;
        let condition = Self { text: text.to_owned(), program: Arc::new(program) };
        condition.holds(&example()).map_err(wrong)?;
        Ok(condition)
    }

    /// Whether it holds for a merge request.
    ///
    /// # Errors
    ///
    /// When that cannot be told, with the cause in a few words.
    pub fn holds(&self, facts: &Facts) -> Result<bool, String> {
        if facts.labels.len() > LIST_MAX || facts.pushed_by.len() > LIST_MAX {
            return Err(format!("there are more than {LIST_MAX} labels or people who pushed"));
        }
        let mut context = Context::default();
        for (name, text) in [
            ("gitlab", &facts.gitlab),
            ("project", &facts.project_path),
            ("check", &facts.check_name),
            ("title", &facts.title),
            ("url", &facts.url),
            ("source_branch", &facts.source_branch),
            ("target_branch", &facts.target_branch),
        ] {
            context.add_variable_from_value(name, text.clone());
        }
        context
            .add_variable_from_value("author_id", facts.author_id.map_or(Value::Null, Value::Int));
        context
            .add_variable_from_value("author_name", facts.author_name.clone().unwrap_or_default());
        context.add_variable_from_value("pushed_by", facts.pushed_by.clone());
        context.add_variable_from_value("labels", facts.labels.clone());
        context.add_variable_from_value("draft", facts.draft);
        match self.program.execute(&context) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(_) => Err("it is neither true nor false".to_owned()),
            Err(error) => Err(first_line(&error)),
        }
    }

    /// The condition as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Whether everything that is named is part of a merge request, or bound by a macro around it.
fn known<'e>(node: &'e IdedExpr, bound: &mut Vec<&'e str>) -> Result<(), String> {
    match &node.expr {
        Expr::Ident(name) if bound.contains(&name.as_str()) || NAMES.contains(&name.as_str()) => {
            Ok(())
        }
        Expr::Ident(name) => {
            let known = NAMES.join(", ");
            Err(format!("there is no {name}; a merge request has {known}"))
        }
        Expr::Call(call) => call
            .target
            .iter()
            .map(Box::as_ref)
            .chain(&call.args)
            .try_for_each(|it| known(it, bound)),
        Expr::Select(select) => known(&select.operand, bound),
        Expr::List(list) => list.elements.iter().try_for_each(|it| known(it, bound)),
        Expr::Comprehension(each) => {
            known(&each.iter_range, bound)?;
            known(&each.accu_init, bound)?;
            let outside = bound.len();
            bound.extend([each.iter_var.as_str(), each.accu_var.as_str()]);
            bound.extend(each.iter_var2.as_deref());
            let inside = [&each.loop_cond, &each.loop_step, &each.result];
            let result = inside.into_iter().try_for_each(|it| known(it, bound));
            bound.truncate(outside);
            result
        }
        Expr::Literal(_) | Expr::Unspecified => Ok(()),
        Expr::Map(_) | Expr::Struct(_) => Err("it needs no maps and no messages".to_owned()),
    }
}

/// How deep brackets, and runs of `!` and `-`, are nested at most.
fn nesting(text: &str) -> usize {
    let (mut depth, mut run, mut most) = (0_usize, 0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        run = if matches!(byte, b'!' | b'-' | b'?') { run + 1 } else { run };
        most = most.max(depth + run);
    }
    most
}

fn first_line(error: &impl fmt::Display) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// A merge request to try a condition with.
fn example() -> Facts {
    let text = |it: &str| it.to_owned();
    Facts {
        gitlab: text("main"),
        project_path: text("group/project"),
        check_name: text("check"),
        title: text("title"),
        url: text("https://gitlab.example.com/group/project/-/merge_requests/1"),
        source_branch: text("feature"),
        target_branch: text("main"),
        author_id: Some(1),
        author_name: Some(text("Author")),
        pushed_by: vec![1, 2],
        labels: vec![text("one"), text("other")],
        draft: false,
        updated_at: None,
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Condition {}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str, change: impl FnOnce(&mut Facts)) -> Result<bool, String> {
        let condition = Condition::parse(text).map_err(|error| error.to_string())?;
        let mut facts = example();
        change(&mut facts);
        condition.holds(&facts)
    }

    #[test]
    fn a_condition_holds_for_what_it_says() {
        let label = |facts: &mut Facts| facts.labels.push("docs-only".to_owned());
        assert_eq!(holds("'docs-only' in labels && !draft", label), Ok(true));
        assert_eq!(holds("'docs-only' in labels && !draft", |_| {}), Ok(false));
        let any = "labels.exists(it, it.startsWith('risk::')) || title.matches('^WIP')";
        assert_eq!(holds(any, |facts| facts.labels = vec!["risk::high".to_owned()]), Ok(true));
        assert_eq!(holds(any, |facts| facts.title = "WIP: x".to_owned()), Ok(true));
        assert_eq!(holds(any, |_| {}), Ok(false));
        assert_eq!(holds("author_id == 7", |facts| facts.author_id = Some(7)), Ok(true));
        assert_eq!(holds("author_id == 7", |facts| facts.author_id = None), Ok(false));
        assert_eq!(holds("size(labels) == 0", |facts| facts.labels = vec![]), Ok(true));
    }

    #[test]
    fn what_is_no_condition_is_said() {
        let said = |text: &str| holds(text, |_| {}).err().unwrap_or_default();
        assert!(said("labels &&").starts_with("\"labels &&\" is not a condition: "));
        assert!(said("author == 'x'").contains("there is no author; a merge request has gitlab, "));
        assert!(said("now() > 3").contains("is not a condition"), "{}", said("now() > 3"));
        assert!(said("title").ends_with("it is neither true nor false"));
        assert!(said("title > 3").contains("is not a condition"));
        assert!(said(&"!".repeat(1_001)).ends_with("it is longer than 1000 bytes"));
        let deep = format!("{}draft{}", "(".repeat(21), ")".repeat(21));
        assert!(said(&deep).ends_with("it is nested deeper than 20 brackets and signs"));
        assert!(said("{'a': 1}.a == 1").ends_with("it needs no maps and no messages"));
    }

    #[test]
    fn the_longest_and_the_deepest_are_read_and_evaluated() {
        let long = format!("{}draft", "draft||".repeat(142));
        assert_eq!(holds(&long, |_| {}), Ok(false));
        let chain = format!("{}draft", "draft ? draft : ".repeat(20));
        assert_eq!(holds(&chain, |_| {}), Ok(false));
        let deep = format!("{}draft{}", "!(".repeat(10), ")".repeat(10));
        assert_eq!(holds(&deep, |_| {}), Ok(false));
        let each = "labels.exists(a, labels.exists(b, labels.exists(c, a + b + c == 'x')))";
        assert_eq!(holds(each, |_| {}), Ok(false));
        assert!(holds("labels.exists(a, b == a)", |_| {}).is_err(), "b is bound nowhere");
    }

    #[test]
    fn what_cannot_be_told_is_not_true() {
        let none = |facts: &mut Facts| facts.labels = Vec::new();
        assert!(holds("labels[0] == 'one'", none).is_err());
        let many = |facts: &mut Facts| facts.labels = vec![String::new(); 201];
        assert!(holds("'one' in labels", many).is_err());
    }
}
