//! A real browser: Chromium, driven by chromedriver.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use kit::child::Guarded;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::prelude::*;

use crate::process::tool;

/// A browser with one window.
#[derive(Debug)]
pub struct Browser {
    /// The window.
    pub window: WebDriver,
    _driver: Guarded,
    _profile: TempDir,
}

impl Browser {
    /// Starts the browser without a screen.
    pub async fn opens() -> Self {
        let port = bus::embedded::free_port().unwrap();
        let mut command = Command::new(tool("CHROMEDRIVER_BIN", "chromedriver"));
        command.arg(format!("--port={port}")).stdout(Stdio::null()).stderr(Stdio::null());
        let driver = Guarded::spawn(command).expect("chromedriver cannot be run: see `make setup`");
        crate::stage::until("chromedriver to open its port", async || {
            tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()
        })
        .await;
        let profile = tempfile::Builder::new().prefix("countersign-browser-").tempdir().unwrap();
        let mut wishes = DesiredCapabilities::chrome();
        let profile_flag = format!("--user-data-dir={}", profile.path().display());
        for flag in [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,900",
            &profile_flag,
        ] {
            wishes.add_arg(flag).unwrap();
        }
        if let Some(chromium) = std::env::var_os("CHROMIUM_BIN") {
            wishes.set_binary(chromium.to_str().unwrap()).unwrap();
        }
        let window = WebDriver::new(format!("http://127.0.0.1:{port}"), wishes).await.unwrap();
        Self { window, _driver: driver, _profile: profile }
    }

    /// Waits for an element whose text contains this one, and returns it.
    pub async fn sees(&self, css: &str, text: &str) -> WebElement {
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            for element in self.window.find_all(By::Css(css)).await.unwrap() {
                // An element that was replaced meanwhile has no text any more.
                if element.text().await.is_ok_and(|found| found.contains(text)) {
                    return element;
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{text:?} is not in {css}:\n{}", self.window.source().await.unwrap_or_default());
    }

    /// Types into a field.
    pub async fn types(&self, css: &str, text: &str) {
        self.window.find(By::Css(css)).await.unwrap().send_keys(text).await.unwrap();
    }

    /// Presses keys, wherever the focus is.
    pub async fn presses(&self, keys: &str) {
        self.window.action_chain().send_keys(keys).perform().await.unwrap();
    }

    /// Sees a screen of this many CSS pixels across.
    pub async fn is_wide(&self, pixels: u32) {
        let screen = json!({
            "width": pixels, "height": if pixels < 600 { 740 } else { 900 },
            "deviceScaleFactor": 1, "mobile": pixels < 600,
        });
        self.tells_chromium("Emulation.setDeviceMetricsOverride", screen).await;
    }

    /// Whether the reader likes it dark.
    pub async fn is_dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.tells_chromium("Emulation.setEmulatedMedia", features).await;
    }

    /// Whether scripts run.
    pub async fn runs_scripts(&self, runs: bool) {
        let value = json!({ "value": !runs });
        self.tells_chromium("Emulation.setScriptExecutionDisabled", value).await;
    }

    async fn tells_chromium(&self, command: &str, parameters: Value) {
        self.window.cdp().send_raw(command, parameters).await.unwrap();
    }

    /// What a script in the page returns.
    pub async fn finds_out(&self, script: &str) -> Value {
        self.window.execute(script, Vec::new()).await.unwrap().json().clone()
    }

    /// What axe-core finds wrong in the page, by WCAG 2.2 AA and its best practices.
    pub async fn violations(&self) -> Vec<String> {
        let path = std::env::var_os("AXE_JS").expect("axe-core is missing: see `make setup`");
        self.window.execute(std::fs::read_to_string(path).unwrap(), Vec::new()).await.unwrap();
        let run = "const done = arguments[arguments.length - 1];
            axe.run(document, { resultTypes: ['violations'] }).then((found) => done(
                found.violations.flatMap((it) => it.nodes.map((node) =>
                    `${it.id}: ${node.html} ${node.failureSummary}`))))";
        let found = self.window.execute_async(run, Vec::new()).await.unwrap();
        serde_json::from_value(found.json().clone()).unwrap()
    }

    /// Saves the whole page as a PNG, into `target/screenshots` unless `COUNTERSIGN_SCREENSHOTS` names
    /// another folder.
    pub async fn takes_picture(&self, name: &str) {
        let folder = std::env::var_os("COUNTERSIGN_SCREENSHOTS").map_or_else(
            || {
                std::path::PathBuf::from(concat!(
                    env!("CARGO_MANIFEST_DIR"),
                    "/../target/screenshots"
                ))
            },
            Into::into,
        );
        std::fs::create_dir_all(&folder).unwrap();
        self.window.screenshot(&folder.join(format!("{name}.png"))).await.unwrap();
    }

    /// Closes the window.
    pub async fn closes(self) {
        self.window.quit().await.unwrap();
    }
}
