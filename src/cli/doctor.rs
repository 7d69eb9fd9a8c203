//! `saescope doctor`: prints what the program found on this machine, and the reasons for its choices.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::arguments::DoctorArguments;
use super::explore::configuration;
use super::{output, study};
use crate::app::config::Config;
use crate::core::problem::Result;
use crate::core::request::Backend;
use crate::core::text::{bytes, printable};
use crate::engine::compute;
use crate::store::folders::{self, Folders};
use crate::store::hub::cache::{self, Local, here};
use crate::store::hub::settings::Settings;
use crate::store::log::Log;
use crate::store::presets::{self, Presets};
use crate::term::background::{self, Background};
use crate::term::clipboard::{Clipboard, Provider};
use crate::term::environment::Environment;
use crate::term::explorer::expect_terminal;
use crate::term::{browser, color_depth};

/// Prints the report; the exit status is 1 if a fault would stop the explorer.
pub fn doctor(_: &DoctorArguments) -> Result<ExitCode> {
    let environment = Environment::capture();
    let folders = Folders::find();
    let mut report = Report::default();
    report.line("version", &format!("saescope {}, burn {}", env!("CARGO_PKG_VERSION"), compute::BURN_VERSION));
    report.heading("folders");
    let placed = |folder: Result<PathBuf>, without: &str| folder.map_or_else(|_| without.to_owned(), |path| there(&path));
    report.line("configuration", &placed(folders::config().map(|folder| folder.join("config.toml")), "none: no home folder"));
    match &folders {
        Ok(folders) => {
            report.line("tags", &there(&folders.tags()));
            report.line("kept runs", &there(&folders.runs()));
            report.line("log", &there(&folders.log_file()));
        }
        Err(problem) => report.fault("tags, kept runs, log", &problem.to_string()),
    }
    report.line("hashes of weight files", &placed(folders::cache(), "not kept: no home folder"));
    report
        .line("models of your own", &placed(folders::config().map(|folder| folder.join(presets::FILE)), "none: no home folder"));
    report.line("Hugging Face cache", &placed(cache::folder(), "none: no home folder; HF_HOME can name one"));
    match Settings::from_environment() {
        Ok(settings) => {
            let token = if settings.token.is_some() { "with a token" } else { "without a token" };
            let offline = if settings.offline { ", not asked: HF_HUB_OFFLINE is set" } else { "" };
            report.line("Hugging Face hub", &format!("{}, {token}{offline}", without_login(&settings.endpoint)));
        }
        Err(_) if cache::folder().is_err() => report.line("Hugging Face hub", "not asked without a cache"),
        Err(problem) => report.fault("Hugging Face hub", &problem.to_string()),
    }
    report.heading("models");
    models(&mut report);
    report.heading("configuration");
    let config = folders.as_ref().map_or_else(|_| Ok(Config::default()), configuration);
    match &config {
        Ok(config) => {
            report.line("keys and settings", "are fine");
            let without = config.keymap.lost();
            if !without.is_empty() {
                report.line("without a key now", &format!("{}: others have their keys; : runs them by name", without.join(", ")));
            }
        }
        Err(problems) => problems.iter().for_each(|problem| report.fault("keys and settings", &problem.to_string())),
    }
    report.heading("terminal");
    let (depth, reason) = color_depth::detect(&environment);
    report.line("colours", &format!("{depth:?}: {reason}"));
    let background = match background::from_environment(&environment) {
        Background::Unknown if background::should_ask(&environment) => {
            "not in the environment; the explorer asks the terminal".to_owned()
        }
        known => format!("{known:?}"),
    };
    report.line("background", &background);
    let configured = config.ok().and_then(|config| config.clipboard).and_then(|name| Provider::configured(&name).ok().flatten());
    let state = folders.as_ref().map(|folders| folders.state.clone()).unwrap_or_default();
    let clipboard = Clipboard::new(&environment, configured, &state);
    let choice = clipboard.choice();
    report.line("clipboard", &format!("{}: {}", choice.provider.name(), choice.reason));
    report.line(
        "browser",
        &browser::can_open(&environment).map_or_else(|why| format!("none: {why}"), |()| "can be opened".to_owned()),
    );
    report.line(
        "terminal",
        if expect_terminal().is_ok() { "yes" } else { "no: the explorer needs one; run, export and --plain do not" },
    );
    report.heading("backends");
    for backend in Backend::ALL {
        let says = if compute::is_built_in(backend) {
            compute::works(backend).map_or_else(|problem| format!("built in, not usable: {problem}"), |()| "usable".to_owned())
        } else {
            format!("not built in; build with --features {backend}")
        };
        report.line(backend.name(), &says);
    }
    report.heading("log");
    match &folders {
        Ok(folders) => match Log::open(&folders.log_file()).try_line("doctor: the log can be written") {
            Ok(()) => report.line("can be written", "yes"),
            Err(error) => report.fault("can be written", &format!("no: {error}; check the folder {}", folders.state.display())),
        },
        Err(_) => report.line("can be written", "no: its folder is not known, as said above"),
    }
    output::print_lines(&report.text)?;
    Ok(ExitCode::from(u8::from(report.faults > 0)))
}

/// Adds to the report which presets are on this machine.
/// An address without the name and the password that may stand in it.
fn without_login(address: &str) -> String {
    match address.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.split_once('@')?.1))) {
        Some((scheme, host)) => format!("{scheme}://{host}"),
        None => address.to_owned(),
    }
}

fn models(report: &mut Report) {
    let presets = match Presets::of_user() {
        Ok(presets) => presets,
        Err(problem) => return report.fault("presets", &problem.to_string()),
    };
    for preset in presets.all() {
        let says = match here(preset) {
            Local::Complete(_) => format!("all {} files are here", preset.files()),
            Local::Missing(missing) => {
                let about = preset.about_bytes().map_or_else(String::new, |about| format!(", about {} in all", bytes(about)));
                format!("{} of {} files are missing{about}: saescope fetch {}", missing.len(), preset.files(), preset.name)
            }
        };
        report.line(&preset.name, &says);
    }
    match study::default_model() {
        Ok(model) => report.line("explored by default", model),
        Err(problem) => report.fault("explored by default", &problem.to_string()),
    }
}

fn there(path: &Path) -> String {
    let there = if path.exists() { "" } else { " (not there yet)" };
    format!("{}{there}", printable(&path.display().to_string()))
}

#[derive(Default)]
struct Report {
    text: String,
    faults: usize,
}

impl Report {
    fn heading(&mut self, title: &str) {
        // Writing into a string cannot fail.
        let _ = writeln!(self.text, "\n{title}");
    }

    fn line(&mut self, name: &str, says: &str) {
        let _ = writeln!(self.text, "  {name:<20} {says}");
    }

    fn fault(&mut self, name: &str, says: &str) {
        self.faults += 1;
        self.line(name, &format!("FAULT: {says}"));
    }
}
