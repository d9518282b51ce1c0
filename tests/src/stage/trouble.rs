//! What goes wrong around the product.

use bus::embedded::Server;
use gitlab_sim::MergeRequest;
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::Stage;
use crate::{Program, truth};

impl Stage {
    /// The bus is gone; the roles go on without it.
    pub fn loses_the_bus(&mut self) {
        self.bus_server.take().expect("the roles run apart").stop();
    }

    /// The bus is back where it was.
    pub async fn has_the_bus_again(&mut self) {
        let options = self.bus_options.as_ref().expect("the roles run apart");
        self.bus_server = Some(Server::start(options).await.unwrap());
    }

    /// The bus starts again, and lets ingress publish what GitLab said or not.
    pub async fn lets_ingress_publish(&mut self, allowed: bool) {
        self.loses_the_bus();
        let users = crate::users::of_the_bus(&self.operator(), allowed);
        self.bus_options.as_mut().expect("the roles run apart").users = users;
        self.has_the_bus_again().await;
    }

    /// One role ends without a chance to finish anything.
    pub fn loses_role(&mut self, role: &str) {
        let place = self.programs.iter().position(|(name, _)| *name == role);
        self.programs.remove(place.expect("it runs")).1.kill();
    }

    /// One role is there again.
    pub fn has_role_again(&mut self, role: &'static str) {
        let program = Program::start(&[role], &self.settings_of(role), self.log_file()).unwrap();
        self.programs.push((role, program));
    }

    /// The database is empty, as after the restore of the oldest backup there can be.
    ///
    /// What was decided before is then known to nobody, and is not looked at in the end.
    pub async fn forgets_everything(&mut self) {
        self.database.forgets_everything().await;
        self.forgot_decisions = true;
    }

    /// Somebody changes the audit record in the database.
    pub async fn somebody_edits_the_audit_record(&self, from: &str, to: &str) {
        let sql = format!("UPDATE audit SET personal = REPLACE(personal, '{from}', '{to}')");
        self.database.connection().await.execute_unprepared(&sql).await.unwrap();
    }

    /// Somebody who administers the database takes the last audit records out, and makes the tree one that
    /// never had them.
    pub async fn somebody_cuts_the_audit_record_off(&self, records: i64) {
        truth::cut_off(self.database.connection().await, records).await;
    }

    /// A developer posts a status with a token of their own, as every developer can.
    pub async fn somebody_else_answers(&self, merge_request: &MergeRequest, status: &str) {
        let mallory = self.gitlab.user_named("mallory", "Mallory");
        let token = self.gitlab.token(&mallory, &["api"], gitlab_sim::Role::Developer);
        let (project, iid) = (self.project.id(), merge_request.iid());
        let answer = self.client.post(format!(
            "{}/api/v4/projects/{project}/merge_requests/{iid}/status_check_responses",
            self.gitlab.url()
        ));
        let body = json!({
            "sha": merge_request.sha(), "external_status_check_id": self.check.id(),
            "status": status,
        });
        let answer = answer.header("PRIVATE-TOKEN", token.value()).json(&body).send().await;
        assert_eq!(answer.unwrap().status(), 201);
    }

    /// The machine is gone, with the database file and with the streams: what they said then nobody can compare.
    pub fn loses_its_machine(&mut self) {
        std::fs::remove_dir_all(self.data_folder()).unwrap();
        std::fs::remove_file(self.data_folder().with_file_name("story.db")).unwrap();
        self.forgot_decisions = true;
    }

    /// Somebody changes the product's database by hand.
    pub async fn somebody_says(&self, sql: &str) {
        self.database.connection().await.execute_unprepared(sql).await.unwrap();
    }

    /// A table of the product's database is not there for a while.
    pub async fn loses_table(&self, table: &str) {
        truth::rename(self.database.connection().await, table, &format!("{table}_away")).await;
    }

    /// It is there again.
    pub async fn has_table_again(&self, table: &str) {
        truth::rename(self.database.connection().await, &format!("{table}_away"), table).await;
    }
}
