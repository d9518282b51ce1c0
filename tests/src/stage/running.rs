//! The processes of the product: their settings, their start and their end.

use std::path::PathBuf;

use super::{Stage, write_config};
use crate::{Operator, Program, users};

/// The roles in the order in which they are started.
const ROLES: [&str; 4] = ["recorder", "ingress", "decision", "ui"];

impl Stage {
    /// Starts the product, or starts it again at the same address.
    pub fn starts(&mut self) {
        let roles = if self.terms.apart { &ROLES[..] } else { &["up"] };
        for role in roles {
            let log = self.log_file();
            let program = Program::start(&[role], &self.settings_of(role), log)
                .unwrap_or_else(|said| panic!("countersign {role} did not start: {said}"));
            self.programs.push((role, program));
        }
        let hook = self.hook_program().address("hook");
        if !self.terms.apart {
            let listen = hook.trim_start_matches("http://").split('/').next().unwrap_or_default();
            self.set_setting("COUNTERSIGN_LISTEN", listen);
            // What is started again is known by it, and has its lease to post back.
            let health = self.program().address("health");
            let admin = health.trim_start_matches("http://").trim_end_matches("/readyz");
            self.set_setting("COUNTERSIGN_SERVER__ADMIN_LISTEN", admin);
        }
        self.check.point_at(&hook);
    }

    /// Each role connects to the bus with a user of its own, which may do just what it needs.
    pub(super) fn settings_of(&self, role: &str) -> Vec<(String, String)> {
        let mut settings = self.settings.clone();
        let Some(options) = &self.bus_options else { return settings };
        let mut set = |name: &str, value: String| {
            settings.retain(|(known, _)| known != name);
            settings.push((name.to_owned(), value));
        };
        set("COUNTERSIGN_NATS_URL", users::url(options, role));
        if role != "recorder" {
            set("COUNTERSIGN_BUS__MANAGE_STREAMS", "false".to_owned());
        }
        settings
    }

    /// Somebody at a terminal beside one role of those that run apart.
    #[must_use]
    pub fn operator_beside(&self, role: &str) -> Operator {
        Operator { settings: self.settings_of(role) }
    }

    /// Starts one role of those that run apart.
    pub fn starts_only(&mut self, role: &'static str) {
        let program = Program::start(&[role], &self.settings_of(role), self.log_file());
        let program = program.unwrap_or_else(|said| panic!("{role} did not start: {said}"));
        self.programs.push((role, program));
        self.check.point_at(&self.hook_program().address("hook"));
    }

    /// Tries to start the product a second time on the same data.
    pub fn starts_another(&self) -> Result<Program, String> {
        let mut settings = self.settings.clone();
        for name in ["COUNTERSIGN_LISTEN", "COUNTERSIGN_SERVER__ADMIN_LISTEN"] {
            settings.retain(|(known, _)| known != name);
            settings.push((name.to_owned(), "127.0.0.1:0".to_owned()));
        }
        Program::start(&["up"], &settings, self.folder.path().join("another.log"))
    }

    /// Ends the product without a chance to finish anything.
    pub fn is_killed(&mut self) {
        self.programs.drain(..).for_each(|(_, program)| program.kill());
    }

    /// Asks the product to stop; its exit code, or the first that is not 0.
    pub fn is_stopped(&mut self) -> Option<i32> {
        let codes: Vec<_> = self.programs.drain(..).rev().map(|(_, it)| it.stop().code()).collect();
        codes.iter().copied().find(|code| *code != Some(0)).unwrap_or(Some(0))
    }

    /// The running product, or its first role.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.programs.first().expect("it runs").1
    }

    /// The address under which GitLab's calls are taken.
    #[must_use]
    pub fn hook_server(&self) -> String {
        self.hook_program().address("hook").replace("/approval-apps/status_check", "")
    }

    pub(super) fn hook_program(&self) -> &Program {
        self.role("ingress")
    }

    /// The process of a role, the one that was started first.
    #[must_use]
    pub fn role(&self, name: &str) -> &Program {
        let name = if self.terms.apart { name } else { "up" };
        let found = self.programs.iter().find(|(role, _)| *role == name);
        &found.expect("it runs").1
    }

    /// Writes a configuration file; gives its path.
    #[must_use]
    pub fn writes_config(&self, text: &str) -> String {
        write_config(self.folder.path(), text)
    }

    /// Starts again with this configuration file.
    pub fn is_configured_by(&mut self, text: &str) {
        let file = self.writes_config(text);
        self.set_setting("COUNTERSIGN_CONFIG", &file);
        assert_eq!(self.is_stopped(), Some(0));
        self.starts();
    }

    /// What a setting is; empty when it is the default.
    pub fn setting(&self, name: &str) -> &str {
        let found = self.settings.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// Takes a setting out of the environment from the next start on.
    pub fn unset_setting(&mut self, name: &str) {
        self.settings.retain(|(known, _)| known != name);
    }

    /// Changes a setting from the next start on.
    pub fn set_setting(&mut self, name: &str, value: &str) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    pub(super) fn log_file(&self) -> PathBuf {
        self.folder.path().join("countersign.log")
    }
}
