//! The demo model: a small GPT-NeoX with its tokenizer and its dictionaries, compiled into the program.
//!
//! See `assets/demo/README.md` for how they were made and what they do.

use crate::core::neuronpedia::layer_name;
use crate::core::problem::{Problem, Result};
pub use crate::core::request::DEMO_NAME as NAME;
use crate::core::submodule::Submodule;
use crate::engine::dictionary::{Dictionary, Purpose, saelens};
use crate::engine::model::config::Config;
use crate::engine::model::weight_files::WeightFiles;
use crate::engine::tensor_file::{Bytes, TensorFile};
use crate::engine::tokenizer::Tokenizer;

/// The model's `config.json`.
pub const CONFIG: &str = include_str!("../../assets/demo/model/config.json");
const WEIGHTS: &[u8] = include_bytes!("../../assets/demo/model/model.safetensors");
const TOKENIZER: &[u8] = include_bytes!("../../assets/demo/model/tokenizer.json");

/// Folder name, configuration and weights of one dictionary.
type DictionaryFiles = (&'static str, &'static [u8], &'static [u8]);

macro_rules! dictionaries {
    ($($name:literal),* $(,)?) => {
        [$((
            $name,
            include_bytes!(concat!("../../assets/demo/dictionaries/", $name, "/cfg.json")),
            include_bytes!(concat!("../../assets/demo/dictionaries/", $name, "/sae_weights.safetensors")),
        )),*]
    };
}

const DICTIONARIES: [DictionaryFiles; 12] = dictionaries![
    "0-att-sm", "1-att-sm", "2-att-sm", "3-att-sm", "0-mlp-sm", "1-mlp-sm", "2-mlp-sm", "3-mlp-sm", "0-res-sm", "1-res-sm",
    "2-res-sm", "3-res-sm",
];

/// The model's sizes, from [`CONFIG`].
pub fn config() -> Result<Config> {
    Config::parse(CONFIG.as_bytes(), "embedded config.json")
}

/// The model's weights, embedded in the program.
pub fn weights() -> Result<WeightFiles> {
    WeightFiles::of(TensorFile::from_bytes(Bytes::Embedded(WEIGHTS), "embedded".to_owned())?)
}

/// The model's tokenizer, embedded in the program.
pub fn tokenizer() -> Result<Tokenizer> {
    Tokenizer::from_bytes(TOKENIZER, "embedded tokenizer.json".to_owned())
}

/// The model's dictionaries, one per submodule in submodule order.
pub fn dictionaries(config: &Config) -> Result<Vec<Dictionary>> {
    Submodule::all(config.layers)
        .into_iter()
        .map(|submodule| {
            let name = layer_name(submodule);
            let found = DICTIONARIES.into_iter().find(|(candidate, ..)| *candidate == name);
            let (_, settings, weights) = found
                .ok_or_else(|| Problem::new("demo model", format_args!("has no dictionary {name}"), "rebuild the program"))?;
            let purpose = Purpose::Use { submodule, width: config.width };
            saelens::embedded(settings, weights, &format!("embedded {name}"), purpose)
        })
        .collect()
}
