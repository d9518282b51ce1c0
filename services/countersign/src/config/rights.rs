//! The rights as they are written, and as the core takes them.

use approval::{Grant, Projects, Rights};
use kit::config::ConfigError;
use serde::{Deserialize, Serialize};

use super::rules::{Known, patterns};

type Result<T> = std::result::Result<T, ConfigError>;

/// A right, who has it, and where.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Right {
    right: Word,
    #[serde(default)]
    people: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    gitlabs: Vec<String>,
    #[serde(default)]
    projects: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Viewer,
    Approver,
    Operator,
    Auditor,
}

impl Word {
    fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Approver => "approver",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
        }
    }
}

impl Right {
    fn read(&self, known: &Known<'_>) -> Result<Grant> {
        let at = format!("policy.right \"{}\"", self.right.as_str());
        known.check_gitlabs(&at, &self.gitlabs)?;
        let some = !self.gitlabs.is_empty() || !self.projects.is_empty();
        if some && matches!(self.right, Word::Operator | Word::Auditor) {
            return Err(ConfigError(format!(
                "{at}: dead letters and the audit record are of all projects; leave gitlabs and \
                 projects out"
            )));
        }
        Ok(Grant {
            right: match self.right {
                Word::Viewer => approval::Right::Viewer,
                Word::Approver => approval::Right::Approver,
                Word::Operator => approval::Right::Operator,
                Word::Auditor => approval::Right::Auditor,
            },
            people: self.people.clone(),
            groups: self.groups.clone(),
            projects: Projects {
                gitlabs: self.gitlabs.clone(),
                paths: patterns(&at, "projects", &self.projects)?,
            },
        })
    }
}

/// Who may do what.
pub(super) fn rights(written: &[Right], known: &Known<'_>) -> Result<Rights> {
    Ok(Rights(written.iter().map(|right| right.read(known)).collect::<Result<_>>()?))
}

#[cfg(test)]
mod tests {
    use kit::config::Layers;

    use super::*;
    use crate::Config;

    const GITLAB: &str = "[gitlab.main]\nurl = \"https://gitlab.example\"\n";

    fn read(right: &str) -> std::result::Result<Rights, String> {
        let file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
        let text = format!("{GITLAB}[[policy.right]]\n{right}\n");
        std::fs::write(file.path(), text).map_err(|error| error.to_string())?;
        let (file, environment) = (Some(file.path()), &[][..]);
        let layers = Layers { defaults: Config::DEFAULTS, file, environment, short_names: &[] };
        let config: Config = layers.load().map_err(|error| error.to_string())?;
        config.rights().map_err(|error| error.to_string())
    }

    #[test]
    fn a_right_is_read_with_its_groups_and_projects() {
        let written = "right = \"approver\"\ngroups = [\"cab\"]\nprojects = [\"shop/**\"]";
        let rights = read(written).unwrap_or_default();
        assert_eq!(rights.0[0].groups, ["cab"]);
        assert!(rights.0[0].projects.include("main", "shop/web"));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let said = |text: &str| read(text).err().unwrap_or_default();
        let boss = said("right = \"boss\"");
        assert!(boss.contains("unknown variant `boss`, expected one of `viewer`"), "{boss}");
        let unknown = said("right = \"viewer\"\ngitlabs = [\"other\"]");
        assert_eq!(unknown, "policy.right \"viewer\": there is no gitlab.other");
        let narrow = said("right = \"auditor\"\nprojects = [\"shop/*\"]");
        assert!(narrow.contains("of all projects; leave gitlabs and projects out"), "{narrow}");
        let pattern = said("right = \"viewer\"\nprojects = [\"[a\"]");
        assert!(
            pattern.starts_with("policy.right \"viewer\": projects: \"[a\" is not"),
            "{pattern}"
        );
    }
}
