//! A study of another host model: pairs, weights and the dictionaries that are published for it, all random.
//!
//! The model is run layer by layer from its own file, so that no more than one layer is in memory.

use burn_ndarray::{NdArray, NdArrayDevice};

use super::Sink;
use super::dictionary::{Random, Sizes};
use super::host::{Host, Published};
use super::prompts::Pairs;
use crate::core::problem::Result;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::engine::cancel::Cancel;
use crate::engine::model::config::Config;
use crate::engine::model::inside::{Inside, Layer};
use crate::engine::model::layout::Layout;
use crate::engine::model::weight_files::WeightFiles;

/// Makes data sets, model and dictionaries of `host`; `reopen` opens the model's weights once they are written, and `tell` is called with the
/// name of each finished part.
///
/// # Errors
/// When `sink` or `reopen` fails.
pub fn synthesize_host(
    host: Host,
    pairs: usize,
    seed: u32,
    sink: &dyn Sink,
    reopen: &dyn Fn() -> Result<WeightFiles>,
    tell: &dyn Fn(&str),
) -> Result<()> {
    let pairs = Pairs::new(pairs, seed);
    sink.file("pairs.json", pairs.lines().as_bytes())?;
    sink.file("baseline.json", pairs.baseline_lines().as_bytes())?;
    tell("pairs.json, baseline.json");
    let text = host.config();
    let config = Config::parse(text.as_bytes(), "config.json")?;
    sink.file("model/config.json", text.as_bytes())?;
    sink.stream("model/model.safetensors", &mut |out| host.write_weights(&config, seed, out))?;
    tell("model");
    let weights = reopen()?;
    let prompts = pairs.prompts();
    let prompts: Vec<Vec<u32>> = prompts.iter().map(|prompt| [&[host.bos()], *prompt].concat()).collect();
    let mut streams: Vec<Vec<f32>> = prompts.iter().map(|prompt| embed(&config, &weights, prompt)).collect::<Result<_>>()?;
    let last = match host.published {
        Published::Residual => host.layers - 1,
        Published::GemmaScope { layer } => layer,
    };
    for index in 0..=last {
        let layer = Layer::<NdArray<f32>>::load(&config, &weights, index, &NdArrayDevice::Cpu, &Cancel::default())?;
        let insides: Vec<Inside> = streams.iter().map(|stream| layer.look(stream)).collect();
        match host.published {
            Published::Residual => {
                residual(host, index, &insides, seed, sink)?;
                tell(&format!("resid_{index}"));
            }
            Published::GemmaScope { layer } if layer == index => gemma_scope(host, index, &insides, seed, sink, tell)?,
            Published::GemmaScope { .. } => {}
        }
        streams = insides.into_iter().map(|inside| inside.leaving).collect();
    }
    Ok(())
}

/// The stream that enters layer 0, from the rows that the prompt needs.
fn embed(config: &Config, weights: &WeightFiles, prompt: &[u32]) -> Result<Vec<f32>> {
    let layout = Layout::of(config.family);
    let prefix = if layout.inputs_first { "" } else { layout.prefix };
    let table = |part: &str| weights.tensor(&format!("{prefix}{part}.weight"));
    let (embedding, positions) = (table(layout.embedding)?, layout.positions.map(table).transpose()?);
    let scale = config.embedding_scale.unwrap_or(1.0) as f32;
    let mut stream = vec![0.0; prompt.len() * config.width];
    let mut row = vec![0.0; config.width];
    for (place, (target, token)) in stream.chunks_exact_mut(config.width).zip(prompt).enumerate() {
        embedding.read_row(*token as usize, target)?;
        target.iter_mut().for_each(|value| *value *= scale);
        if let Some(positions) = &positions {
            positions.read_row(place, &mut row)?;
            target.iter_mut().zip(&row).for_each(|(value, position)| *value += position);
        }
    }
    Ok(stream)
}

/// The activations of one place inside of a layer.
type Pick = fn(&Inside) -> &Vec<f32>;

fn rows(insides: &[Inside], pick: Pick, width: usize) -> Vec<&[f32]> {
    insides.iter().flat_map(|inside| pick(inside).chunks_exact(width)).collect()
}

fn made(host: Host, submodule: Submodule, tokens: &[&[f32]], seed: u32) -> Random {
    let width = tokens.first().map_or(host.width, |token| token.len());
    Random::new(Sizes { features: host.features, width, active: host.active }, submodule, tokens, seed)
}

/// The dictionary of a layer's output, under the name of the stream that enters the next layer.
fn residual(host: Host, index: usize, insides: &[Inside], seed: u32, sink: &dyn Sink) -> Result<()> {
    let centred = |row: &[f32]| -> Vec<f32> {
        let mean = row.iter().map(|value| f64::from(*value)).sum::<f64>() / row.len() as f64;
        row.iter().map(|value| value - mean as f32).collect()
    };
    let tokens: Vec<Vec<f32>> = rows(insides, |inside| &inside.leaving, host.width).into_iter().map(centred).collect();
    let tokens: Vec<&[f32]> = tokens.iter().map(Vec::as_slice).collect();
    let made = made(host, Submodule::new(SubmoduleKind::Residual, index), &tokens, seed);
    let hook = if index + 1 == host.layers {
        format!("blocks.{index}.hook_resid_post")
    } else {
        format!("blocks.{}.hook_resid_pre", index + 1)
    };
    let config = serde_json::json!({
        "architecture": "standard", "d_in": host.width, "d_sae": host.features, "dtype": "float32", "hook_name": hook,
        "apply_b_dec_to_input": true, "normalize_activations": "none", "prepend_bos": true,
        "model_from_pretrained_kwargs": {"center_writing_weights": true},
    });
    let folder = format!("dictionaries/{hook}");
    sink.file(&format!("{folder}/cfg.json"), format!("{config:#}\n").as_bytes())?;
    sink.stream(&format!("{folder}/sae_weights.safetensors"), &mut |out| made.stream_sae_lens(out))
}

/// Gemma Scope's dictionaries of a layer: its output, the MLP's, and the heads'.
fn gemma_scope(host: Host, layer: usize, insides: &[Inside], seed: u32, sink: &dyn Sink, tell: &dyn Fn(&str)) -> Result<()> {
    let heads = host.heads * host.head_width;
    let sites: [(&str, SubmoduleKind, Pick, usize); 3] = [
        ("res", SubmoduleKind::Residual, |inside| &inside.leaving, host.width),
        ("mlp", SubmoduleKind::Mlp, |inside| &inside.mlp, host.width),
        ("att", SubmoduleKind::Attention, |inside| &inside.heads, heads),
    ];
    for (site, kind, pick, width) in sites {
        let made = made(host, Submodule::new(kind, layer), &rows(insides, pick, width), seed);
        let folder = format!("dictionaries/gemma-scope-2b-pt-{site}/layer_{layer}/width_16k/average_l0_{}", host.active);
        sink.stream(&format!("{folder}/params.npz"), &mut |out| made.stream_gemma_scope(out))?;
        tell(&format!("{site} of layer {layer}"));
    }
    Ok(())
}
