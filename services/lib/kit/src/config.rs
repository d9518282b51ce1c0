//! Configuration in layers: the embedded default file, the operator's file, the environment.
//!
//! Every key can be set by the environment as `COUNTERSIGN_<SECTION>__<KEY>`. A key whose name
//! ends in `_file` or `_env` sets the key without that ending from a file or from another
//! variable, so that a secret need not stand in the configuration.

use std::{fs, path::Path};

use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// Why a configuration cannot be used; the process ends with exit code 64.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

/// A short environment name and the key it stands for, as a path into the tables.
pub type ShortName = (&'static str, &'static [&'static str]);

/// What a configuration is made of, later layers winning.
#[derive(Debug)]
pub struct Layers<'a> {
    /// The commented default file that is also the documentation.
    pub defaults: &'a str,
    /// The operator's file.
    pub file: Option<&'a Path>,
    /// Names and values of the environment.
    pub environment: &'a [(String, String)],
    /// Names that are enough for a first real use.
    pub short_names: &'a [ShortName],
}

impl Layers<'_> {
    /// Merges the layers and reads them into `T`.
    pub fn load<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        let mut merged = parse("the embedded defaults", self.defaults)?;
        if let Some(path) = self.file {
            let text = fs::read_to_string(path).map_err(|error| {
                ConfigError(format!("cannot read the configuration {}: {error}", path.display()))
            })?;
            merge(&mut merged, parse(&path.display().to_string(), &text)?);
        }
        for (name, value) in self.environment {
            self.apply_environment(&mut merged, name, value)?;
        }
        resolve_indirections(&mut merged, self.environment)?;
        Value::Table(merged)
            .try_into()
            .map_err(|error: toml::de::Error| ConfigError(one_line(&error)))
    }

    fn apply_environment(
        &self,
        merged: &mut Table,
        name: &str,
        value: &str,
    ) -> Result<(), ConfigError> {
        if let Some((_, path)) = self.short_names.iter().find(|(short, _)| *short == name) {
            return set(merged, path, Value::String(value.to_owned())).map_err(ConfigError);
        }
        let Some(key) = name.strip_prefix("COUNTERSIGN_").filter(|key| key.contains("__")) else {
            return Ok(());
        };
        let lower = key.to_lowercase();
        let path: Vec<&str> = lower.split("__").collect();
        set(merged, &path, literal(value)).map_err(|why| ConfigError(format!("{name}: {why}")))
    }
}

fn parse(what: &str, text: &str) -> Result<Table, ConfigError> {
    text.parse().map_err(|error: toml::de::Error| {
        ConfigError(format!("{what} is not valid TOML: {}", one_line(&error)))
    })
}

/// The message of an error without the quoted source, which could show a secret.
fn one_line(error: &toml::de::Error) -> String {
    error.message().trim().replace('\n', ", ")
}

/// Numbers, truth values and lists as TOML writes them; anything else is text.
fn literal(text: &str) -> Value {
    format!("value = {text}")
        .parse::<Table>()
        .ok()
        .and_then(|mut table| table.remove("value"))
        .filter(|value| !value.is_table())
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

fn merge(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(base)), Value::Table(over)) => merge(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

fn set(table: &mut Table, path: &[&str], value: Value) -> Result<(), String> {
    let Some((key, parents)) = path.split_last() else {
        return Err("an empty name".to_owned());
    };
    let mut table = table;
    for parent in parents {
        let entry = table.entry((*parent).to_owned()).or_insert_with(|| Value::Table(Table::new()));
        table = entry.as_table_mut().ok_or_else(|| format!("{parent} is not a section"))?;
    }
    table.insert((*key).to_owned(), value);
    Ok(())
}

fn resolve_indirections(
    table: &mut Table,
    environment: &[(String, String)],
) -> Result<(), ConfigError> {
    let names: Vec<String> = table.keys().cloned().collect();
    for name in names {
        let resolved = match table.get(&name) {
            Some(Value::String(source)) => indirect(&name, source, environment)?,
            _ => None,
        };
        if let Some((key, secret)) = resolved {
            table.remove(&name);
            table.insert(key, Value::String(secret));
        }
    }
    for (_, value) in table.iter_mut() {
        match value {
            Value::Table(inner) => resolve_indirections(inner, environment)?,
            Value::Array(items) => {
                for item in items.iter_mut().filter_map(Value::as_table_mut) {
                    resolve_indirections(item, environment)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn indirect(
    name: &str,
    source: &str,
    environment: &[(String, String)],
) -> Result<Option<(String, String)>, ConfigError> {
    if let Some(key) = name.strip_suffix("_file") {
        let text = fs::read_to_string(source)
            .map_err(|error| ConfigError(format!("{name}: cannot read {source}: {error}")))?;
        return Ok(Some((key.to_owned(), text.trim_end_matches(['\r', '\n']).to_owned())));
    }
    if let Some(key) = name.strip_suffix("_env") {
        let value = environment.iter().find(|(variable, _)| variable == source);
        let (_, value) = value
            .ok_or_else(|| ConfigError(format!("{name}: the variable {source} is not set")))?;
        return Ok(Some((key.to_owned(), value.clone())));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Config {
        gitlab: GitLab,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct GitLab {
        url: String,
        #[serde(default)]
        token: String,
        page_size: u32,
    }

    const DEFAULTS: &str = "[gitlab]\nurl = 'http://localhost'\npage_size = 20";

    fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("countersign.toml");
        fs::write(&path, file).unwrap();
        let environment: Vec<_> =
            environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let short_names: &[ShortName] = &[("COUNTERSIGN_GITLAB_URL", &["gitlab", "url"])];
        let file = Some(path.as_path());
        Layers { defaults: DEFAULTS, file, environment: &environment, short_names }.load()
    }

    #[test]
    fn later_layers_win() {
        let config = load("[gitlab]\npage_size = 50", &[]).unwrap();
        assert_eq!((config.gitlab.url.as_str(), config.gitlab.page_size), ("http://localhost", 50));
        let environment =
            [("COUNTERSIGN_GITLAB_URL", "https://git"), ("COUNTERSIGN_GITLAB__PAGE_SIZE", "7")];
        let config = load("[gitlab]\npage_size = 50", &environment).unwrap();
        assert_eq!((config.gitlab.url.as_str(), config.gitlab.page_size), ("https://git", 7));
    }

    #[test]
    fn a_secret_may_come_from_a_file_or_a_variable() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, "from file\n").unwrap();
        let file = format!("[gitlab]\ntoken_file = '{}'", path.display());
        assert_eq!(load(&file, &[]).unwrap().gitlab.token, "from file");
        let config = load("[gitlab]\ntoken_env = 'MY_TOKEN'", &[("MY_TOKEN", "from variable")]);
        assert_eq!(config.unwrap().gitlab.token, "from variable");
        let missing = load("[gitlab]\ntoken_env = 'MY_TOKEN'", &[]).unwrap_err().to_string();
        assert_eq!(missing, "token_env: the variable MY_TOKEN is not set");
    }

    #[test]
    fn a_wrong_key_is_named() {
        let error = load("[gitlab]\ntokn = 'hidden'", &[]).unwrap_err().to_string();
        assert!(error.contains("unknown field `tokn`"), "{error}");
        assert!(!error.contains("hidden"), "{error}");
    }
}
