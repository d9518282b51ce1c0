//! From what a provider says to a person.

use serde_json::{Map, Value};

/// Longest value that is taken over, in characters, and most groups.
const CHARS_MAX: usize = 255;
const GROUPS_MAX: usize = 500;

/// Which claims say what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimNames {
    /// What rules, rights and the record know somebody by. It must never be given to another person:
    /// `sub` never is (OpenID Connect Core 1.0, 5.7).
    pub id: String,
    /// Their name for people.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Their groups: an array of texts, or one text.
    pub groups: String,
}

/// Somebody, as their provider says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// What rules, rights and the record know them by.
    pub id: String,
    /// Their name for people; the id when the provider says none.
    pub name: String,
    /// Their address; empty when the provider says none.
    pub email: String,
    /// Their groups.
    pub groups: Vec<String>,
}

impl ClaimNames {
    /// The person these claims are about; `None` when they do not say who it is.
    pub(crate) fn person(&self, claims: &Map<String, Value>) -> Option<Person> {
        let text = |name: &str| {
            let text = claims.get(name).and_then(Value::as_str).unwrap_or_default();
            text.trim().chars().filter(|c| !c.is_control()).take(CHARS_MAX).collect::<String>()
        };
        let id = claims.get(&self.id).and_then(Value::as_str)?;
        // What is cut or cleaned could be somebody else.
        let plain = id.chars().count() <= CHARS_MAX && !id.chars().any(char::is_control);
        if id.is_empty() || id.trim() != id || !plain {
            return None;
        }
        let name = text(&self.name);
        let groups = self.groups(claims).unwrap_or_default();
        let name = if name.is_empty() { id.to_owned() } else { name };
        Some(Person { id: id.to_owned(), name, email: text(&self.email), groups })
    }

    /// The groups these claims speak of; `None` when they say nothing about groups.
    pub(crate) fn groups(&self, claims: &Map<String, Value>) -> Option<Vec<String>> {
        let fits = |group: &&str| {
            let chars = group.chars().count();
            (1..=CHARS_MAX).contains(&chars) && !group.chars().any(char::is_control)
        };
        let said: Vec<&str> = match claims.get(&self.groups)? {
            Value::String(one) => vec![one],
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            _ => return None,
        };
        Some(said.into_iter().filter(fits).take(GROUPS_MAX).map(ToOwned::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use serde_json::json;

    use super::*;

    fn names() -> ClaimNames {
        let name = |it: &str| it.to_owned();
        ClaimNames {
            id: name("sub"),
            name: name("name"),
            email: name("email"),
            groups: name("groups"),
        }
    }

    fn person(claims: &Value) -> Option<Person> {
        names().person(claims.as_object().unwrap())
    }

    #[test]
    fn a_person_is_what_their_provider_says() {
        let claims = json!({ "sub": "7", "name": "Ada", "email": "a@x", "groups": ["cab", 3, ""] });
        let ada = person(&claims).unwrap();
        assert_eq!((ada.id.as_str(), ada.name.as_str(), ada.email.as_str()), ("7", "Ada", "a@x"));
        assert_eq!(ada.groups, ["cab"]);
        assert_eq!(person(&json!({ "sub": "7", "groups": "qa" })).unwrap().groups, ["qa"]);
        assert_eq!(person(&json!({ "sub": "7" })).unwrap().name, "7", "nameless");
    }

    #[test]
    fn who_could_be_somebody_else_is_nobody() {
        for id in
            [json!(""), json!(" 7"), json!("7\n"), json!("7".repeat(256)), json!(7), json!(null)]
        {
            assert_eq!(person(&json!({ "sub": id })), None, "{id}");
        }
        assert_eq!(person(&json!({ "name": "Ada" })), None);
    }
}
