//! The reference of every setting as a page, made from the defaults and their comments.

use std::fmt::Write;

/// Makes the page of a file of defaults.
pub(super) fn page(defaults: &str) -> String {
    let mut page = Page::default();
    for line in defaults.lines() {
        page.take(line);
    }
    page.text
}

#[derive(Default)]
struct Page {
    text: String,
    /// The comment above the line that comes next.
    comment: Vec<String>,
    section: String,
}

impl Page {
    fn take(&mut self, line: &str) {
        if let Some(comment) = line.strip_prefix('#') {
            self.comment.push(comment.strip_prefix(' ').unwrap_or(comment).to_owned());
        } else if let Some(section) = line.strip_prefix('[').and_then(|it| it.split_once(']')) {
            section.0.clone_into(&mut self.section);
            self.say(&format!("\n## `[{}]`\n", section.0));
            self.explain();
        } else if let Some((key, value)) = line.split_once(" = ") {
            let value = value.split("   #").next().unwrap_or(value).trim();
            let (section, variable) = (self.section.clone(), self.variable(key));
            self.say(&format!("\n### `{section}.{key}`\n\n`{value}` — `{variable}`\n"));
            self.explain();
        } else if self.text.is_empty() {
            self.say("# Every setting\n");
            self.explain();
        }
    }

    fn variable(&self, key: &str) -> String {
        let section = self.section.replace('.', "__").to_uppercase();
        format!("COUNTERSIGN_{section}__{}", key.to_uppercase())
    }

    fn say(&mut self, text: &str) {
        let _infallible = writeln!(self.text, "{text}");
        self.text.truncate(self.text.trim_end().len());
        self.text.push('\n');
    }

    /// The comment as prose, and what is written in it as TOML as such.
    fn explain(&mut self) {
        let (mut prose, mut code) = (String::new(), String::new());
        for line in std::mem::take(&mut self.comment) {
            let goes_on = !code.is_empty() && line.starts_with([' ', '#', ']', '}', '"']);
            match is_toml(&line) || goes_on {
                true => {
                    self.paragraph(&mut prose);
                    code.push_str(&line);
                    code.push('\n');
                }
                false => {
                    self.example(&mut code);
                    if line.trim().is_empty() {
                        self.paragraph(&mut prose);
                    } else {
                        prose.push_str(&line);
                        prose.push('\n');
                    }
                }
            }
        }
        self.paragraph(&mut prose);
        self.example(&mut code);
    }

    fn paragraph(&mut self, prose: &mut String) {
        if !prose.trim().is_empty() {
            // What stands in angle brackets is a word to be replaced, and no HTML.
            let text = prose.trim_end().replace('<', "&lt;");
            self.say(&format!("\n{text}\n"));
        }
        prose.clear();
    }

    fn example(&mut self, code: &mut String) {
        if !code.trim().is_empty() {
            let text = code.trim_end().to_owned();
            self.say(&format!("\n```toml\n{text}\n```\n"));
        }
        code.clear();
    }
}

fn is_toml(line: &str) -> bool {
    let key = line.split(" = ").next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_lowercase() || matches!(c, '_' | '.');
    line.starts_with('[') || (line.contains(" = ") && !key.is_empty() && key.chars().all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_place_its_default_and_its_variable() {
        let defaults = "# All of it.\n\n[bus]\n# Where it is:\n#\n# [bus.more]\n# url = \"x\"\n#\n# \
                        and <so> on.\nurl = \"\"\n";
        let expected = "# Every setting\n\nAll of it.\n\n## `[bus]`\n\n### `bus.url`\n\n`\"\"` — \
                        `COUNTERSIGN_BUS__URL`\n\nWhere it is:\n\n```toml\n[bus.more]\nurl = \"x\"\n```\n\n\
                        and &lt;so> on.\n";
        assert_eq!(page(defaults), expected);
    }

    #[test]
    fn the_page_in_docs_is_up_to_date() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
        let page = page(crate::Config::DEFAULTS);
        let written = std::fs::read_to_string(file).unwrap_or_default();
        assert_eq!(written, page, "write it anew: countersign config --page");
    }
}
