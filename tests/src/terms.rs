//! What is special about a story.

use gitlab_sim::Options;

/// What is special about a story.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// More settings, as environment variables.
    pub settings: Vec<(&'static str, String)>,
    /// Dead letters that belong to the story.
    pub dead_letters: u64,
    /// Whether an answer of a killed process may still be under way at GitLab when the next process
    /// posts its own: nobody can call it back.
    pub leaves_an_answer_behind: bool,
    /// Whether a rule of the story approves by itself; otherwise each `passed` needs a person.
    pub rule_approves: bool,
    /// How the simulated GitLab behaves.
    pub gitlab: Options,
    /// A configuration file.
    pub config_file: Option<String>,
    /// Whether each role is a process of its own, on a bus that is there already.
    pub apart: bool,
}

impl Terms {
    /// The same with one more setting.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.settings.push((name, value.to_owned()));
        self
    }

    /// The same with a configuration file.
    #[must_use]
    pub fn file(self, text: &str) -> Self {
        Self { config_file: Some(text.to_owned()), ..self }
    }

    /// The same with each role as a process of its own.
    #[must_use]
    pub fn apart(self) -> Self {
        Self { apart: true, ..self }
    }

    /// The same with a rule that approves by itself.
    #[must_use]
    pub fn a_rule_approves(self) -> Self {
        Self { rule_approves: true, ..self }
    }

    /// The same with an answer of a killed process that is still under way.
    #[must_use]
    pub fn leaving_an_answer_behind(self) -> Self {
        Self { leaves_an_answer_behind: true, ..self }
    }

    /// The same with dead letters that belong to the story.
    #[must_use]
    pub fn leaving_dead_letters(self, dead_letters: u64) -> Self {
        Self { dead_letters, ..self }
    }
}
