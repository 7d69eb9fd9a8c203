//! dictionary_learning's `ae.pt`: the state dict of one of its classes, with the training's `config.json` beside it.
//!
//! Source: <https://github.com/saprmarks/dictionary_learning>, `dictionary.py` and `trainers/`. The class decides the rule; where no
//! configuration says it, the names of the tensors do, if only one class has them.

use std::path::Path;

use super::arithmetic::Arithmetic;
use super::parts::Parts;
use super::place::Place;
use super::rule::Rule;
use super::torch_file::TorchFile;
use super::training_config::TrainingConfig;
use super::{Dictionary, Format, Purpose};
use crate::core::problem::{Problem, Result};
use crate::core::text::excerpt;
use crate::engine::tensor_file::{Bytes, StoredTensor};
use crate::files::stamp::Stamp;
use crate::files::whole::{self, CONFIGURATION};

/// A class of dictionary_learning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    AutoEncoder,
    AutoEncoderNew,
    Gated,
    JumpRelu,
    TopK,
    BatchTopK,
    Matryoshka,
}

impl Class {
    const ALL: [Self; 7] =
        [Self::AutoEncoder, Self::AutoEncoderNew, Self::Gated, Self::JumpRelu, Self::TopK, Self::BatchTopK, Self::Matryoshka];

    /// The name in `dict_class`.
    fn name(self) -> &'static str {
        match self {
            Self::AutoEncoder => "AutoEncoder",
            Self::AutoEncoderNew => "AutoEncoderNew",
            Self::Gated => "GatedAutoEncoder",
            Self::JumpRelu => "JumpReluAutoEncoder",
            Self::TopK => "AutoEncoderTopK",
            Self::BatchTopK => "BatchTopKSAE",
            Self::Matryoshka => "MatryoshkaBatchTopKSAE",
        }
    }

    /// The tensors of the class, and those that only newer files have.
    fn tensors(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::AutoEncoder => (&["bias", "encoder.weight", "encoder.bias", "decoder.weight"], &[]),
            Self::AutoEncoderNew => (&["encoder.weight", "encoder.bias", "decoder.weight", "decoder.bias"], &[]),
            Self::Gated => (&["decoder_bias", "encoder.weight", "decoder.weight", "r_mag", "gate_bias", "mag_bias"], &[]),
            Self::JumpRelu => (&["W_enc", "b_enc", "W_dec", "b_dec", "threshold"], &[]),
            Self::TopK => (&["b_dec", "encoder.weight", "encoder.bias", "decoder.weight", "k"], &["threshold"]),
            Self::BatchTopK => (&["b_dec", "encoder.weight", "encoder.bias", "decoder.weight", "k", "threshold"], &[]),
            Self::Matryoshka => (&["W_enc", "b_enc", "W_dec", "b_dec", "k", "threshold", "group_sizes"], &[]),
        }
    }

    fn fits(self, names: &[&str]) -> bool {
        let (needed, more) = self.tensors();
        needed.iter().all(|name| names.contains(name)) && names.iter().all(|name| needed.contains(name) || more.contains(name))
    }
}

/// What is read and what is refused, in words.
pub fn capability() -> (String, String) {
    let refuses = "other classes, TopK and BatchTopK without the config.json that tells them apart, a k that differs between the two files, a key that is not known";
    (format!("dict_class {}; also in one zip", Class::ALL.map(Class::name).join(", ")), refuses.to_owned())
}

/// Opens the dictionary in the file at `path`; the training's `config.json` beside it is checked if there is one.
pub fn open(path: &Path, purpose: Purpose) -> Result<Dictionary> {
    let config_path = path.with_file_name("config.json");
    let stamps = [path, &config_path].map(Stamp::of).to_vec();
    let config = whole::is_present(&config_path)?.then(|| whole::read(&config_path, CONFIGURATION)).transpose()?;
    let config_name = config_path.display().to_string();
    let config = config.as_deref().map(|text| (text, config_name.as_str()));
    let dictionary = read(Bytes::map(path)?, path.display().to_string(), config, purpose)?;
    Ok(dictionary.read_from(stamps))
}

/// Reads the dictionary in the bytes of an `ae.pt`; `name` is what messages call it, `config` the text and name of the training's
/// `config.json`.
pub fn read(bytes: Bytes, name: String, config: Option<(&[u8], &str)>, purpose: Purpose) -> Result<Dictionary> {
    let file = TorchFile::read(bytes, name)?;
    let config = config.map(|(text, name)| TrainingConfig::read(text, name).map(|config| (config, name))).transpose()?;
    let class = class(&file, config.as_ref())?;
    config.iter().try_for_each(|(config, _)| config.expect_class(class.name()))?;
    let config = config.map(|(config, _)| config);
    let turned = |key: &str| file.tensor(key).map(StoredTensor::transposed);
    let [encoder, decoder, encoder_bias, decoder_bias] = match class {
        Class::JumpRelu | Class::Matryoshka => {
            [file.tensor("W_enc")?, file.tensor("W_dec")?, file.tensor("b_enc")?, file.tensor("b_dec")?]
        }
        Class::Gated => {
            let bias = file.tensor("decoder_bias")?;
            [turned("encoder.weight")?, turned("decoder.weight")?, bias.clone(), bias]
        }
        class => {
            let bias = match class {
                Class::AutoEncoder => "bias",
                Class::AutoEncoderNew => "decoder.bias",
                _ => "b_dec",
            };
            [turned("encoder.weight")?, turned("decoder.weight")?, file.tensor("encoder.bias")?, file.tensor(bias)?]
        }
    };
    let features = encoder.shape().get(1).copied().unwrap_or_default();
    let rule = rule(class, &file, config.as_ref(), features)?;
    let place = config.as_ref().map_or_else(|| Ok(Place::Unknown(String::new())), TrainingConfig::place)?;
    let stated = config.map(|config| config.check(purpose.required(), encoder.shape())).transpose()?;
    let parts = Parts {
        encoder,
        encoder_bias: (class != Class::Gated).then_some(encoder_bias),
        decoder,
        decoder_bias,
        skip: None,
        arithmetic: Arithmetic::plain(rule, !matches!(class, Class::AutoEncoderNew | Class::JumpRelu)),
        reads: place.clone(),
        writes: place,
    };
    let (bytes, name) = (file.bytes.clone(), file.name.clone());
    let dictionary = Dictionary::assemble(Format::DictionaryLearning, purpose, parts, bytes, name)?;
    Ok(dictionary.with_stated(stated.unwrap_or_default()))
}

/// The class that the configuration says and the tensors fit.
fn class(file: &TorchFile, config: Option<&(TrainingConfig<'_>, &str)>) -> Result<Class> {
    let names = file.names();
    let listed = || Class::ALL.map(|class| format!("\"{}\"", class.name())).join(", ");
    let said = config.map(|(config, name)| Ok::<_, Problem>((config.class()?, *name))).transpose()?;
    if let Some((Some(said), config_name)) = said {
        let class = Class::ALL.into_iter().find(|class| class.name() == said).ok_or_else(|| {
            let what = format_args!("dict_class is \"{}\", which is not supported", excerpt(said, 60));
            Problem::new(config_name, what, format_args!("supported: {}", listed()))
        })?;
        return if class.fits(&names) { Ok(class) } else { Err(unfit(file, class, &names)) };
    }
    let fitting: Vec<Class> = Class::ALL.into_iter().filter(|class| class.fits(&names)).collect();
    match fitting[..] {
        [class] => Ok(class),
        [] => Err(unfit(file, Class::AutoEncoder, &names)),
        _ => Err(Problem::new(
            &file.name,
            format_args!(
                "could be of the classes {}, which encode in different ways",
                fitting.iter().map(|class| class.name()).collect::<Vec<_>>().join(" and ")
            ),
            "put the config.json that dictionary_learning wrote beside it: its dict_class decides",
        )),
    }
}

/// The problem that the file's tensors are not those of `class`.
fn unfit(file: &TorchFile, class: Class, names: &[&str]) -> Problem {
    let (needed, more) = class.tensors();
    let foreign = names.iter().find(|name| !needed.contains(name) && !more.contains(name));
    let what = match (foreign, needed.iter().find(|name| !names.contains(name))) {
        (Some(name), _) => {
            format!("holds a tensor '{}', which dictionary_learning's {} has not", excerpt(name, 60), class.name())
        }
        (None, Some(name)) => format!("holds no tensor '{name}', which dictionary_learning's {} has", class.name()),
        (None, None) => format!("is not of dictionary_learning's class {}", class.name()),
    };
    let wrapper = ["_orig_mod.", "module."].into_iter().find(|wrapper| foreign.is_some_and(|name| name.starts_with(wrapper)));
    let listed = Class::ALL.map(Class::name).join(", ");
    let remedy = match wrapper {
        Some(wrapper) => format!("take the prefix '{wrapper}' of a wrapper off the names"),
        None => format!("supported are the classes {listed}, with config.json beside ae.pt"),
    };
    Problem::new(&file.name, what, remedy)
}

/// The rule of a dictionary of `class` with `features` features.
fn rule(class: Class, file: &TorchFile, config: Option<&TrainingConfig<'_>>, features: usize) -> Result<Rule> {
    let vector = |key: &str| file.tensor(key)?.expect_shape(&[features])?.values();
    if let (Class::TopK | Class::BatchTopK | Class::Matryoshka, Some(config)) = (class, config) {
        let (said, held) = (config.k()?, file.whole_number("k")?);
        if let Some(said) = said.filter(|said| i64::try_from(*said).ok() != Some(held)) {
            return Err(Problem::new(
                &file.name,
                format_args!("its k is {held}, but config.json says {said}"),
                "configuration and weights belong to different dictionaries: fetch both again",
            ));
        }
    }
    Ok(match class {
        Class::AutoEncoder | Class::AutoEncoderNew => Rule::Relu,
        Class::Gated => Rule::Gated {
            gate_bias: vector("gate_bias")?,
            magnitude: vector("r_mag")?.into_iter().map(f32::exp).collect(),
            magnitude_bias: vector("mag_bias")?,
        },
        Class::JumpRelu | Class::BatchTopK | Class::Matryoshka => {
            let thresholds = file.tensor("threshold")?;
            // One number for all features.
            let thresholds = match thresholds.shape() {
                [1] => thresholds.values()?.repeat(features),
                _ => thresholds.expect_shape(&[features])?.values()?,
            };
            Rule::JumpRelu { thresholds }
        }
        Class::TopK => {
            let held = file.whole_number("k")?;
            let k = usize::try_from(held).ok().filter(|k| (1..=features).contains(k)).ok_or_else(|| {
                let what = format_args!("its k is {held}, of {features} features");
                Problem::new(&file.name, what, "the file is damaged: fetch it again")
            })?;
            Rule::TopK { k, signed: false, by_decoder_norm: false }
        }
    })
}
