//! What a study with a model would take on this machine, from the model's sizes alone: before its files are here.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::core::problem::Result;
use crate::core::quadrature::Quadrature;
use crate::core::request::Backend;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::core::view::{Direction, View};
use crate::engine::attribution::{ViewInput, batches};
use crate::engine::compute::{Inner, choose, rates};
use crate::engine::dataset::Example;
use crate::engine::floor::Floor;
use crate::engine::footprint::{DictionarySize, Footprint, Needs};
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
    let dictionaries: Vec<(Submodule, DictionarySize)> =
        preset.dictionaries.iter().flat_map(|from| sizes(from, &config)).collect();
    let (examples, backend, threads) = (examples(), choose(None, &config), Threads::new(None)?);
    let footprint = footprint(&config, &dictionaries, &examples, (backend, threads.count()))?;
    let floor = floor(&config, &dictionaries, &examples);
    let small = Config::parse(STUDY_SIZE.as_bytes(), "the study's size")?;
    let measured = if config.width <= WIDEST { &config } else { &small };
    let rates = threads.run(|| Ok(rates(measured, prefixes(), MEASURED)))?;
    let seconds = 2.0 * ((floor.plain + floor.paths) / rates.layers + floor.encoders / rates.encoder);
    Ok(Some(format!(
        "memory: {footprint}, on {backend} for {PAIRS} pairs of {TOKENS} tokens in both directions by ig with {STEPS} steps; mapped files beside \
         that; with less --memory it takes longer\n\
         time: not under {} on this machine for the same: the arithmetic alone, at the rate measured now{}; attrib takes about a tenth\n",
        spoken(seconds),
        if config.width <= WIDEST { "" } else { " with smaller matrices" },
    )))
}

/// A configuration of the published study's size, for the measurement.
const STUDY_SIZE: &str = r#"{"model_type": "gpt_neox", "num_hidden_layers": 6, "hidden_size": 512, "num_attention_heads": 8,
    "intermediate_size": 2048, "vocab_size": 50304, "hidden_act": "gelu"}"#;

/// Submodule and size of each dictionary of a repository.
fn sizes(from: &Repository, config: &Config) -> Vec<(Submodule, DictionarySize)> {
    let mut layers: BTreeSet<usize> = from.files.iter().filter_map(|file| file.layer).collect();
    if layers.is_empty() {
        layers.insert(0);
    }
    // Where a repository holds several kinds it does not say which; the paths of residual outputs are the shortest.
    let kind = from.kind.unwrap_or(SubmoduleKind::Residual);
    let size = |(place, layer)| {
        let submodule = Submodule::new(kind, layer);
        let width = Inner::of(submodule).map_or(config.width, |inner| inner.width(config));
        let (features, active) = (from.declared.features.unwrap_or(0), from.declared.l0.get(place).copied());
        (submodule, DictionarySize { width, written_width: width, features, active })
    };
    layers.into_iter().enumerate().map(size).collect()
}

fn prefixes() -> usize {
    (2 * PAIRS * TOKENS) as usize
}

/// The pairs of the study that is estimated: no two prompts begin alike.
fn examples() -> Vec<Example> {
    let prompt = |first: u32| (0..TOKENS).map(|token| first * TOKENS + token).collect::<Vec<u32>>();
    let pair =
        |pair: u32| Example { line: 1, clean: prompt(2 * pair), patch: prompt(2 * pair + 1), clean_answer: 1, patch_answer: 2 };
    (0..PAIRS).map(pair).collect()
}

/// Both directions.
fn views(examples: &[Example]) -> [ViewInput<'_>; 2] {
    let view = |place, direction| ViewInput { view: View(place), name: "", examples, direction, is_part: false };
    [view(0, Direction::Forward), view(1, Direction::Reversed)]
}

/// The least arithmetic of the study.
fn floor(config: &Config, dictionaries: &[(Submodule, DictionarySize)], examples: &[Example]) -> Floor {
    let encoders: Vec<(Submodule, usize)> =
        dictionaries.iter().map(|(submodule, size)| (*submodule, size.width * size.features)).collect();
    Floor::of(config, &encoders, &batches(&views(examples), PAIRS as usize), Quadrature::riemann(STEPS))
}

/// The memory of the study, as `run` states it.
fn footprint(
    config: &Config,
    dictionaries: &[(Submodule, DictionarySize)],
    examples: &[Example],
    (backend, threads): (Backend, usize),
) -> Result<Footprint> {
    let dictionaries: Vec<DictionarySize> = dictionaries.iter().map(|(_, size)| *size).collect();
    let (views, points) = (views(examples), Quadrature::riemann(STEPS).between());
    let needs = Needs { config, backend, threads, dictionaries: &dictionaries, views: &views, points, looks: false };
    needs.within(PAIRS as usize, None)
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
            let dictionaries: Vec<(Submodule, DictionarySize)> =
                preset.dictionaries.iter().flat_map(|from| sizes(from, &config)).collect();
            assert!(
                dictionaries.len().is_multiple_of(config.layers) && dictionaries.iter().all(|(_, size)| size.features > 0),
                "{}",
                preset.name
            );
            let examples = examples();
            let of = |backend| footprint(&config, &dictionaries, &examples, (backend, 2)).unwrap();
            // Files hold 16 or 32 bits a number, and some buffers.
            let files: u64 = preset.model.files.iter().filter_map(|file| file.about_bytes).sum();
            let ratio = of(Backend::Flex).model as f64 / files as f64;
            assert!((0.7..2.5).contains(&ratio), "{}: {ratio}", preset.name);
            assert!(of(Backend::NdArray).sum() > of(Backend::NdArray).model && of(Backend::NdArray).pairs > 0);
            let floor = floor(&config, &dictionaries, &examples);
            assert!(floor.paths > floor.plain && floor.encoders > 0.0, "{}", preset.name);
        }
        assert_eq!([0.2, 100.0, 9000.0].map(spoken), ["1 s", "2 min", "2.5 h"]);
    }
}
