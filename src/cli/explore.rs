//! `saescope` and `saescope open`: start the explorer, or print the same tables line by line.

use std::process::ExitCode;
use std::sync::Arc;

use super::arguments::{Choice, DisplayArguments, ExploreArguments, OpenArguments};
use super::plain;
use super::study::{self, default_model};
use super::which_run::file_or_kept;
use crate::app::config::Config;
use crate::core::problem::{Problem, Result};
use crate::files::whole;
use crate::store::folders::Folders;
use crate::store::log::Log;
use crate::term::explorer::{self, Opening, Start, expect_terminal};

/// Explores a study that is computed now, or the published figures.
pub fn explore(arguments: ExploreArguments) -> Result<ExitCode> {
    let ExploreArguments { study, published, display } = arguments;
    let default = if published { study::DEMO } else { default_model()? };
    if display.plain {
        return if published { plain::published(&display) } else { plain::computed(study::request(study, default)?, &display) };
    }
    // This check comes first: without a terminal no other fault matters.
    expect_terminal()?;
    let request = Box::new(study::request_to_explore(study, default)?);
    start(if published { Opening::Published(request) } else { Opening::Compute(request) }, display)
}

/// Explores a saved run file.
pub fn open(arguments: OpenArguments) -> Result<ExitCode> {
    let OpenArguments { run, display } = arguments;
    let run = file_or_kept(&run)?;
    if display.plain {
        return plain::saved(&run, &display);
    }
    expect_terminal()?;
    // A file that is not a run is reported here, before the explorer starts with an empty screen.
    if !crate::store::run_file::is_run(&run)? {
        return Err(Problem::new(run.display(), "is not a run file", "make one with `saescope run`"));
    }
    start(Opening::Run(run), display)
}

/// Reads the user's configuration.
///
/// # Errors
/// All problems with it, at least one.
pub fn configuration(folders: &Folders) -> std::result::Result<Config, Vec<Problem>> {
    let Some(path) = folders.config_file() else { return Ok(Config::default()) };
    let text = whole::text_if_present(&path, whole::BY_HAND).map_err(|problem| vec![problem])?;
    text.map_or_else(|| Ok(Config::default()), |text| Config::parse(&text, &path.display().to_string()))
}

/// What a notice says if the configuration has `problems` and the defaults are used instead.
fn faulty(problems: &[Problem]) -> String {
    let [first, others @ ..] = problems else { return String::new() };
    let others = if others.is_empty() { String::new() } else { format!(" (and {} more)", others.len()) };
    format!("the defaults are used: {first}{others}; `saescope doctor` lists every fault")
}

fn start(opening: Opening, display: DisplayArguments) -> Result<ExitCode> {
    let folders = Folders::find()?;
    let (mut config, says) = match configuration(&folders) {
        Ok(config) => (config, None),
        // How many runs the user wants to keep is not known, so that none is removed.
        Err(problems) => {
            let config = Config { kept_runs: usize::MAX, kept_bytes: u64::MAX, ..Config::default() };
            (config, Some(faulty(&problems)))
        }
    };
    if display.no_mouse {
        config.mouse = Some(false);
    }
    let selection = display.selection();
    let selection_chosen = display.threshold.is_some() || display.top_k.is_some();
    let hosted = study::hosted()?;
    let offers = study::offers()?;
    config.clipboard = display.clipboard.or(config.clipboard).filter(|name| name != "auto");
    if display.theme == Some(Choice::Auto) {
        config.theme = None;
    }
    let theme = display.theme.and_then(Choice::named);
    let log = Arc::new(Log::open(&folders.log_file()));
    explorer::report_faults(Arc::clone(&log));
    explorer::explore(Start { opening, selection, selection_chosen, theme, config, says, offers, hosted, folders, log })?;
    Ok(ExitCode::SUCCESS)
}
