//! A real browser: Chromium, driven by chromedriver.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use kit::child::Guarded;
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

    /// Saves what is to be seen as a PNG.
    pub async fn takes_picture(&self, path: &std::path::Path) {
        self.window.screenshot(path).await.unwrap();
    }

    /// Closes the window.
    pub async fn closes(self) {
        self.window.quit().await.unwrap();
    }
}
