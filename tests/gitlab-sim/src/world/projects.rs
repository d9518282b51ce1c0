//! Projects and their status checks.

use std::collections::BTreeMap;

use super::{CheckRecord, ProjectRecord, Visibility, World};
use crate::times;

/// GitLab's limit for check names, addresses and secrets.
const TEXT_MAX: usize = 255;

/// What can be changed on a status check.
#[derive(Debug, Default, Clone)]
pub(crate) struct CheckChange {
    pub(crate) name: Option<String>,
    pub(crate) external_url: Option<String>,
    pub(crate) secret: Option<Option<String>>,
    pub(crate) branches: Option<Vec<String>>,
}

impl World {
    /// Finds a project by its path or makes it.
    pub(crate) fn project(&mut self, path: &str) -> u64 {
        let known = self.projects.values().find(|project| project.path == path);
        if let Some(known) = known {
            return known.id;
        }
        let id = self.next_id();
        let main = self.next_id();
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        let record = ProjectRecord {
            id,
            path: path.to_owned(),
            name,
            moved_from: Vec::new(),
            licensed: true,
            archived: false,
            deleted: false,
            visibility: Visibility::Private,
            requires_checks: true,
            approvals_required: 1,
            resets_approvals: false,
            roles: BTreeMap::new(),
            protected_branches: vec![(main, "main".to_owned())],
            checks: Vec::new(),
            last_iid: 0,
            created_at: times::whole_seconds(times::now()),
        };
        self.projects.insert(id, record);
        id
    }

    pub(crate) fn move_project(&mut self, id: u64, new_path: &str) {
        if let Some(project) = self.projects.get_mut(&id) {
            let old = std::mem::replace(&mut project.path, new_path.to_owned());
            project.moved_from.push(old);
        }
    }

    /// The name of a protected branch of a project, by its id.
    pub(crate) fn branch_name(&self, project_id: u64, branch_id: u64) -> Option<String> {
        let project = self.projects.get(&project_id)?;
        let mut branches = project.protected_branches.iter();
        branches.find(|(id, _)| *id == branch_id).map(|(_, name)| name.clone())
    }

    /// Makes or changes a check; an error lists GitLab's complaints.
    pub(crate) fn save_check(
        &mut self,
        project_id: u64,
        check_id: Option<u64>,
        change: CheckChange,
    ) -> Result<u64, Vec<String>> {
        let Some(project) = self.projects.get(&project_id) else {
            return Err(vec!["Project must exist".to_owned()]);
        };
        let before = check_id.and_then(|id| project.check(id)).cloned();
        let id = match &before {
            Some(check) => check.id,
            None => self.next_id(),
        };
        let check = changed(before, id, change);
        let Some(project) = self.projects.get(&project_id) else {
            return Err(Vec::new());
        };
        let complaints = complaints(project, &check);
        if !complaints.is_empty() {
            return Err(complaints);
        }
        self.protect_branches(project_id, &check.branches);
        if let Some(project) = self.projects.get_mut(&project_id) {
            match project.checks.iter_mut().find(|known| known.id == id) {
                Some(known) => *known = check,
                None => project.checks.push(check),
            }
        }
        Ok(id)
    }

    pub(crate) fn delete_check(&mut self, project_id: u64, check_id: u64) {
        if let Some(project) = self.projects.get_mut(&project_id) {
            project.checks.retain(|check| check.id != check_id);
        }
        // GitLab deletes the answers with the check.
        self.rows.retain(|row| row.check_id != check_id);
    }

    fn protect_branches(&mut self, project_id: u64, names: &[String]) {
        for name in names {
            let id = self.next_id();
            if let Some(project) = self.projects.get_mut(&project_id)
                && !project.protected_branches.iter().any(|(_, known)| known == name)
            {
                project.protected_branches.push((id, name.clone()));
            }
        }
    }
}

fn changed(before: Option<CheckRecord>, id: u64, change: CheckChange) -> CheckRecord {
    let before = before.unwrap_or(CheckRecord {
        id,
        name: String::new(),
        external_url: String::new(),
        secret: None,
        branches: Vec::new(),
    });
    CheckRecord {
        id,
        name: change.name.unwrap_or(before.name),
        external_url: change.external_url.unwrap_or(before.external_url),
        secret: change.secret.unwrap_or(before.secret),
        branches: change.branches.unwrap_or(before.branches),
    }
}

fn complaints(project: &ProjectRecord, check: &CheckRecord) -> Vec<String> {
    let others = || project.checks.iter().filter(|other| other.id != check.id);
    let mut found = Vec::new();
    let mut complain = |wrong: bool, sentence: &str| {
        if wrong {
            found.push(sentence.to_owned());
        }
    };
    complain(check.name.is_empty(), "Name can't be blank");
    complain(check.name.chars().count() > TEXT_MAX, "Name is too long (maximum is 255 characters)");
    complain(others().any(|other| other.name == check.name), "Name has already been taken");
    complain(
        !(check.external_url.starts_with("http://") || check.external_url.starts_with("https://")),
        "External url is blocked: Only allowed schemes are http, https",
    );
    complain(
        check.external_url.chars().count() > TEXT_MAX,
        "External url is too long (maximum is 255 characters)",
    );
    complain(
        others().any(|other| other.external_url == check.external_url),
        "External url has already been taken",
    );
    let secret_length = check.secret.as_ref().map_or(0, |secret| secret.chars().count());
    complain(secret_length > TEXT_MAX, "Shared secret is too long (maximum is 255 characters)");
    found
}
