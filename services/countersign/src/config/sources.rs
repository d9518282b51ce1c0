//! The systems that may decide, as they are written, and as recorder takes them.

use super::{
    Config, Signature,
    settings::{Result, plain, wrong},
};

impl Config {
    /// The names of the systems that may decide.
    pub(crate) fn sources(&self) -> Result<Vec<String>> {
        let wrong_one = self.source.keys().find(|it| !plain(it) || *it == bus::UI_SOURCE);
        match wrong_one {
            Some(name) => wrong(format!(
                "source.{name}: a name is made of letters, digits, - and _, and is not ui"
            )),
            None => Ok(self.source.keys().cloned().collect()),
        }
    }

    /// The systems that may decide, with how they sign and how often.
    pub(super) fn systems(&self) -> Result<Vec<recorder::Source>> {
        self.sources()?;
        let mut systems = Vec::new();
        for (name, source) in &self.source {
            if let Some(key) = source.public_keys.iter().find(|key| !is_public_key(key)) {
                let shown = if key.starts_with('S') { "a seed, which is secret" } else { key };
                return wrong(format!(
                    "source.{name}.public_keys: {shown} is not the public key of an nkey (U…)"
                ));
            }
            let required = source.signature == Signature::Required;
            if required && source.public_keys.is_empty() {
                return wrong(format!(
                    "source.{name}.signature is required, and source.{name}.public_keys is empty"
                ));
            }
            let public_keys = source.public_keys.clone();
            let signs = !public_keys.is_empty();
            systems.push(recorder::Source {
                name: name.clone(),
                signing: signs.then_some(recorder::Signing { public_keys, required }),
                decisions_a_minute: source.decisions_a_minute,
            });
        }
        Ok(systems)
    }
}

/// The form of a public key of a user, as NATS writes it.
fn is_public_key(text: &str) -> bool {
    recorder::is_public_key(text) && text.starts_with('U')
}

#[cfg(test)]
mod tests {
    use super::super::settings::tests::trouble;
    use crate::Role;

    #[test]
    fn a_source_signs_with_keys_that_are_keys() {
        let set = |name: &str, value: &str| {
            let name = format!("COUNTERSIGN_SOURCE__SERVICENOW__{name}");
            trouble(Role::All, &[(name.as_str(), value)], "").unwrap_or_default()
        };
        let seed =
            set("PUBLIC_KEYS", "[\"SUAMLK2ZNL35WSMW37E7UD4VZ7ELPKW7DHC3BWBSD2GCZ7IUQQXZIORRBU\"]");
        let sentence = "source.servicenow.public_keys: a seed, which is secret is not the public key of \
                        an nkey (U…)";
        assert_eq!(seed, sentence);
        assert!(set("PUBLIC_KEYS", "[\"U123\"]").contains("U123 is not the public key"));
        let keyless = set("SIGNATURE", "required");
        assert!(keyless.ends_with("source.servicenow.public_keys is empty"), "{keyless}");
    }
}
