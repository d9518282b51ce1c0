//! Who may do what on the bus of the roles that run apart: what `countersign bus permissions` says.

use bus::{
    Permissions,
    embedded::{Options, User},
};
use serde_json::Value;

use crate::{Operator, stage::SOURCE_PASSWORD};

/// The owner of the bus, and everybody with the smallest permissions; ingress may publish what GitLab
/// said, or not.
pub(crate) fn of_the_bus(operator: &Operator, ingress_may_publish: bool) -> Vec<User> {
    let words = ["bus", "permissions", "--over-http", "servicenow", "--json"];
    let mut users = vec![user("countersign", "the-password-of-the-owner", None)];
    for one in operator.says(&words).json().as_array().unwrap() {
        let name = one["user"].as_str().unwrap();
        let list =
            |of: &str| -> Vec<String> { one[of].as_array().unwrap().iter().map(text).collect() };
        let (mut publish, subscribe) = (list("publish"), list("subscribe"));
        publish.retain(|it| name != "ingress" || ingress_may_publish || !it.contains(".intake."));
        let password = match name {
            "servicenow" => SOURCE_PASSWORD.to_owned(),
            role => format!("the-password-of-{role}"),
        };
        users.push(user(name, &password, Some(Permissions { publish, subscribe })));
    }
    users
}

/// The address of the bus for one of them.
pub(crate) fn url(options: &Options, name: &str) -> String {
    let user = options.users.iter().find(|user| user.name == name).expect("the user is known");
    format!("nats://{name}:{}@127.0.0.1:{}", user.password, options.port)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn user(name: &str, password: &str, only: Option<Permissions>) -> User {
    User { name: name.to_owned(), password: password.to_owned(), only }
}
