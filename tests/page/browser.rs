//! Debian's headless Chromium on the client of a lab, driven through its ChromeDriver.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use vrrp_lab::{Command, Lab, Process, Result};

/// For everything that is waited for: far more than it takes, for a busy machine.
pub(crate) const BOUND: Duration = Duration::from_secs(60);

const DRIVER: &str = "http://127.0.0.1:9515";

/// One browser window.
pub(crate) struct Browser<'a> {
    lab: &'a Lab,
    session: String,
    _driver: Process,
    _profile: tempfile::TempDir,
}

impl<'a> Browser<'a> {
    pub(crate) fn start(lab: &'a Lab) -> Result<Self> {
        let profile = tempfile::tempdir().expect("a directory");
        let driver = Command::new("chromedriver")
            .arg("--port=9515")
            .env("HOME", profile.path());
        let driver = lab.client().spawn(&driver)?;
        driver.wait_line("started successfully", BOUND)?;
        let mut browser = Self {
            lab,
            session: String::new(),
            _driver: driver,
            _profile: profile,
        };
        let user_data = format!("--user-data-dir={}", browser._profile.path().display());
        let options = json!({"args": [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", "--lang=en", user_data,
        ]});
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let answer = browser.ask("/session", &wanted)?;
        let id = answer["sessionId"].as_str().expect("a session");
        browser.session = format!("/session/{id}");
        Ok(browser)
    }

    /// A command of the WebDriver protocol.
    fn ask(&self, path: &str, body: &Value) -> Result<Value> {
        let command = Command::new("curl")
            .args(["--silent", "--show-error", "--max-time", "60"])
            .args(["--header", "Content-Type: application/json"])
            .args(["--data-binary", &body.to_string()])
            .arg(format!("{DRIVER}{path}"));
        let output = self.lab.client().output(&command, BOUND)?;
        let answer: Value = serde_json::from_str(&output.stdout).unwrap_or_default();
        let value = &answer["value"];
        assert!(
            output.status.success() && answer.is_object() && value.get("error").is_none(),
            "{path} {body}: {} {}",
            output.stdout,
            output.stderr
        );
        Ok(value.clone())
    }

    fn devtools(&self, command: &str, parameters: &Value) -> Result<Value> {
        let path = format!("{}/goog/cdp/execute", self.session);
        self.ask(&path, &json!({"cmd": command, "params": parameters}))
    }

    /// Makes the window this wide, as of a telephone where it is narrow, in `light` or `dark`.
    pub(crate) fn look(&self, width: u32, scheme: &str) -> Result<()> {
        let metrics = json!({
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics)?;
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", &media)?;
        Ok(())
    }

    pub(crate) fn open(&self, url: &str) -> Result<()> {
        self.ask(&format!("{}/url", self.session), &json!({"url": url}))?;
        Ok(())
    }

    /// What a function's body returns in the page; a promise is waited for.
    pub(crate) fn run(&self, script: &str) -> Result<Value> {
        let path = format!("{}/execute/sync", self.session);
        self.ask(&path, &json!({"script": script, "args": []}))
    }

    /// Runs `script` until `enough` likes what it returns.
    pub(crate) fn wait(
        &self,
        what: &str,
        script: &str,
        enough: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let mut last = Value::Null;
        let found = self.lab.wait_for(what, BOUND, || {
            last = self.run(script).ok()?;
            if enough(&last) {
                return Some(last.clone());
            }
            // The page has something new with each answer, not sooner.
            std::thread::sleep(Duration::from_millis(100));
            None
        });
        found.inspect_err(|_| println!("{what}: {last:#}"))
    }

    /// What the console has said since the last look: errors of the script, loads that failed,
    /// violations of the policy.
    pub(crate) fn console(&self) -> Result<Vec<Value>> {
        let path = format!("{}/se/log", self.session);
        let lines = self.ask(&path, &json!({"type": "browser"}))?;
        Ok(lines.as_array().cloned().unwrap_or_default())
    }

    /// Keeps a picture of the whole page for people to look at.
    pub(crate) fn picture(&self, file: &Path) -> Result<()> {
        let wanted = json!({"format": "png", "captureBeyondViewport": true});
        let shot = self.devtools("Page.captureScreenshot", &wanted)?;
        let text = shot["data"].as_str().expect("a picture");
        let encoded = file.with_extension("base64");
        std::fs::write(&encoded, text).expect("written");
        let png = std::process::Command::new("base64")
            .arg("--decode")
            .arg(&encoded)
            .output()
            .expect("base64 of coreutils");
        std::fs::write(file, png.stdout).expect("written");
        std::fs::remove_file(encoded).expect("removed");
        Ok(())
    }
}

impl Drop for Browser<'_> {
    fn drop(&mut self) {
        let command = Command::new("curl")
            .args(["--silent", "--max-time", "10", "--request", "DELETE"])
            .arg(format!("{DRIVER}{}", self.session));
        let _ = self.lab.client().output(&command, BOUND);
    }
}
