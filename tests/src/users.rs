//! Who may do what on the bus of the roles that run apart.

use bus::{
    Names, Stream,
    embedded::{Permissions, User},
};

use crate::stage::SOURCE_PASSWORD;

/// Everybody; ingress may publish what GitLab said, or not.
pub(crate) fn of_the_bus(ingress_may_publish: bool) -> Vec<User> {
    let names = Names::default();
    let mut publish = vec![names.subjects(&Stream::Dead), "$JS.API.>".to_owned()];
    if ingress_may_publish {
        publish.push(names.subjects(&Stream::Intake));
    }
    let source = Permissions {
        publish: vec![names.decision("servicenow")],
        subscribe: vec!["countersign.receipt.v1.servicenow.>".to_owned(), inbox("servicenow")],
    };
    vec![
        user("countersign", "the-password-of-the-owner", None),
        user(
            "ingress",
            "the-password-of-ingress",
            Some(Permissions { publish, subscribe: vec![inbox("ingress")] }),
        ),
        user("servicenow", SOURCE_PASSWORD, Some(source)),
    ]
}

/// The address of the bus for one of them.
pub(crate) fn url(users: &[User], name: &str, address: &str) -> String {
    let user = users.iter().find(|user| user.name == name).expect("the user is known");
    format!("nats://{name}:{}@{address}", user.password)
}

fn inbox(name: &str) -> String {
    format!("_INBOX_{name}.>")
}

fn user(name: &str, password: &str, only: Option<Permissions>) -> User {
    User { name: name.to_owned(), password: password.to_owned(), only }
}
