//! What a study with a model would take on this machine, from the model's sizes alone: before its files are here.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::core::problem::Result;
use crate::core::quadrature::Quadrature;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::core::text::bytes;
use crate::core::view::{Direction, View};
use crate::engine::attribution::{ViewInput, batches};
use crate::engine::compute::Inner;
use crate::engine::compute::rates;
use crate::engine::dataset::Example;
use crate::engine::floor::Floor;
use crate::engine::model::config::Config;
use crate::engine::threads::Threads;
use crate::store::presets::{Preset, Repository};

/// Pairs of the study that is estimated, and tokens of its prompts.
const PAIRS: u32 = 50;
const TOKENS: u32 = 5;

/// Points on the path.
const STEPS: usize = 10;

/// How long the rate of this machine is measured, for layers and for encoders.
const MEASURED: Duration = Duration::from_millis(150);

/// The widest model whose own matrices are multiplied to measure the rate; those of wider ones would take gigabytes themselves.
const WIDEST: usize = 1024;

/// Two lines: memory and time. None if the preset does not say the model's sizes.
///
/// # Errors
/// When they are no configuration that is read.
pub fn lines(preset: &Preset) -> Result<Option<String>> {
    let Some(text) = &preset.model.config else { return Ok(None) };
    let config = Config::parse(text.as_bytes(), &format!("{} in models.toml", preset.name))?;
    let dictionaries: Vec<(Submodule, usize)> = preset.dictionaries.iter().flat_map(|from| encoders(from, &config)).collect();
    let floor = floor(&config, &dictionaries);
    let small = Config::parse(STUDY_SIZE.as_bytes(), "the study's size")?;
    let measured = if config.width <= WIDEST { &config } else { &small };
    let rates = Threads::new(None)?.run(|| Ok(rates(measured, prefixes(), MEASURED)))?;
    let seconds = 2.0 * ((floor.plain + floor.paths) / rates.layers + floor.encoders / rates.encoder);
    Ok(Some(format!(
        "memory: about {} for the weights as 32-bit numbers; dictionaries are mapped, and only decoder rows of active features enter memory\n\
         time: not under {} on this machine for {PAIRS} pairs of {TOKENS} tokens in both directions by ig with {STEPS} steps: the arithmetic \
         alone, at the rate measured now{}; attrib takes about a tenth\n",
        bytes(weights(&config)),
        spoken(seconds),
        if config.width <= WIDEST { "" } else { " with smaller matrices" },
    )))
}

/// A configuration of the published study's size, for the measurement.
const STUDY_SIZE: &str = r#"{"model_type": "gpt_neox", "num_hidden_layers": 6, "hidden_size": 512, "num_attention_heads": 8,
    "intermediate_size": 2048, "vocab_size": 50304, "hidden_act": "gelu"}"#;

/// Submodule and number of encoder weights of each dictionary of a repository.
fn encoders(from: &Repository, config: &Config) -> Vec<(Submodule, usize)> {
    let mut layers: BTreeSet<usize> = from.files.iter().filter_map(|file| file.layer).collect();
    if layers.is_empty() {
        layers.insert(0);
    }
    // Where a repository holds several kinds it does not say which; the paths of residual outputs are the shortest.
    let kind = from.kind.unwrap_or(SubmoduleKind::Residual);
    let encoder = |layer| {
        let submodule = Submodule::new(kind, layer);
        let width = Inner::of(submodule).map_or(config.width, |inner| inner.width(config));
        (submodule, width * from.declared.features.unwrap_or(0))
    };
    layers.into_iter().map(encoder).collect()
}

fn prefixes() -> usize {
    (2 * PAIRS * TOKENS) as usize
}

/// The least arithmetic of the study.
fn floor(config: &Config, dictionaries: &[(Submodule, usize)]) -> Floor {
    let prompt = |first: u32| (0..TOKENS).map(|token| first * TOKENS + token).collect::<Vec<u32>>();
    let examples: Vec<Example> = (0..PAIRS)
        .map(|pair| Example { line: 1, clean: prompt(2 * pair), patch: prompt(2 * pair + 1), clean_answer: 1, patch_answer: 2 })
        .collect();
    let view = |place, direction| ViewInput { view: View(place), name: "", examples: &examples, direction, is_part: false };
    let views = [view(0, Direction::Forward), view(1, Direction::Reversed)];
    Floor::of(config, dictionaries, &batches(&views, PAIRS as usize), Quadrature::riemann(STEPS))
}

/// Bytes of the model's weights as numbers of 32 bits.
fn weights(config: &Config) -> u64 {
    let heads = config.head_width * (2 * config.heads + 2 * config.key_value_heads);
    let mlp = config.mlp_width * if config.gated { 3 } else { 2 };
    let vocabulary = config.vocabulary * if config.tied { 1 } else { 2 };
    4 * (config.width * (config.layers * (heads + mlp) + vocabulary)) as u64
}

fn spoken(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 90.0 => format!("{:.0} s", seconds.ceil()),
        seconds if seconds < 5400.0 => format!("{:.0} min", (seconds / 60.0).ceil()),
        seconds => format!("{:.1} h", seconds / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::presets::Presets;

    #[test]
    fn every_preset_says_sizes_that_are_read() {
        for preset in Presets::of_user().unwrap().all().iter().filter(|preset| preset.model.config.is_some()) {
            let config = Config::parse(preset.model.config.as_ref().unwrap().as_bytes(), &preset.name).unwrap();
            let dictionaries: Vec<(Submodule, usize)> =
                preset.dictionaries.iter().flat_map(|from| encoders(from, &config)).collect();
            assert!(
                dictionaries.len().is_multiple_of(config.layers) && dictionaries.iter().all(|(_, weights)| *weights > 0),
                "{}",
                preset.name
            );
            // Files hold 16 or 32 bits a number, and some buffers.
            let files: u64 = preset.model.files.iter().filter_map(|file| file.about_bytes).sum();
            let ratio = weights(&config) as f64 / files as f64;
            assert!((0.7..2.1).contains(&ratio), "{}: {ratio}", preset.name);
            let floor = floor(&config, &dictionaries);
            assert!(floor.paths > floor.plain && floor.encoders > 0.0, "{}", preset.name);
        }
        assert_eq!([0.2, 100.0, 9000.0].map(spoken), ["1 s", "2 min", "2.5 h"]);
    }
}
