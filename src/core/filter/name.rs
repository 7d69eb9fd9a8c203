//! Finds where a text can occur in a feature's two names, `resid_5/26074` and `5-res-sm/26074`.
//!
//! A filter searches hundreds of thousands of names on each key. Everything that depends on the text alone is therefore worked
//! out once, and only the part of a name that can contain the text is written, into a few bytes on the stack.

use crate::core::submodule::{FeatureId, Submodule, SubmoduleKind};

/// A text to look for in names, which have no capitals, with the part of a name that can contain it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NameText {
    /// No name can contain the text.
    Nowhere,
    /// The text has digits only: it can occur in the layer or in the index.
    Number(String),
    /// The text has other characters than digits: it can occur in the submodule's part.
    Submodule(String),
    /// The text has a slash: the submodule's part must end with `before`, and the index must begin with `behind`.
    Across { before: String, behind: String },
}

impl NameText {
    pub(super) fn new(text: &str) -> Self {
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if let Some((before, behind)) = text.split_once('/') {
            let across = Self::Across { before: before.to_owned(), behind: behind.to_owned() };
            if is_number(behind) { across } else { Self::Nowhere }
        } else if is_number(text) {
            Self::Number(text.to_owned())
        } else if text.bytes().all(|byte| SUBMODULE_ALPHABET.contains(&byte)) {
            Self::Submodule(text.to_owned())
        } else {
            Self::Nowhere
        }
    }

    /// Whether one of the names of `feature` contains the text.
    pub(super) fn is_in(&self, feature: FeatureId) -> bool {
        let layer = feature.submodule.layer.0;
        let index = feature.index.0 as usize;
        match self {
            Self::Nowhere => false,
            Self::Number(text) => {
                // The embedding's names hold no layer.
                let in_layer =
                    feature.submodule.kind != SubmoduleKind::Embedding && contains(Digits::new(layer).bytes(), text.as_bytes());
                in_layer || contains(Digits::new(index).bytes(), text.as_bytes())
            }
            Self::Submodule(text) => {
                let names = SubmoduleNames::new(feature.submodule);
                contains(names.name(), text.as_bytes()) || contains(names.neuronpedia_name(), text.as_bytes())
            }
            Self::Across { before, behind } => {
                // The index first: few features have it, many have the submodule.
                Digits::new(index).bytes().starts_with(behind.as_bytes()) && {
                    let names = SubmoduleNames::new(feature.submodule);
                    [names.name(), names.neuronpedia_name()].iter().any(|name| name.ends_with(before.as_bytes()))
                }
            }
        }
    }
}

/// Every byte that occurs in a submodule's names.
const SUBMODULE_ALPHABET: &[u8] = b"0123456789_-abdeilmnprstwz";

/// The most decimal digits that a number can have.
const DIGITS: usize = 20;

/// A number in decimal digits, on the stack.
struct Digits {
    bytes: [u8; DIGITS],
    start: usize,
}

impl Digits {
    fn new(mut number: usize) -> Self {
        let mut digits = Self { bytes: [b'0'; DIGITS], start: DIGITS };
        loop {
            digits.start -= 1;
            digits.bytes[digits.start] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                return digits;
            }
        }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

/// Room for `attn_raw_`, a layer and `-res-sm`.
const CAPACITY: usize = 9 + DIGITS + 7;

/// Both names of a submodule in one text, `resid_5-res-sm`: they overlap in the layer, and are one where there is only one name.
struct SubmoduleNames {
    bytes: [u8; CAPACITY],
    name_end: usize,
    neuronpedia_start: usize,
    end: usize,
}

impl SubmoduleNames {
    fn new(submodule: Submodule) -> Self {
        let (before, behind): (&[u8], &[u8]) = match submodule.kind {
            SubmoduleKind::Attention => (b"attn_", b"-att-sm"),
            SubmoduleKind::Mlp => (b"mlp_", b"-mlp-sm"),
            SubmoduleKind::Residual => (b"resid_", b"-res-sm"),
            SubmoduleKind::Embedding => (b"embed", b"e-res-sm"),
            SubmoduleKind::Heads => (b"z_", b""),
            SubmoduleKind::AttentionBeforeNorm => (b"attn_raw_", b""),
            SubmoduleKind::MlpBeforeNorm => (b"mlp_raw_", b""),
        };
        let layer = Digits::new(submodule.layer.0);
        let layer: &[u8] = if submodule.kind == SubmoduleKind::Embedding { &[] } else { layer.bytes() };
        let name_end = before.len() + layer.len();
        let end = name_end + behind.len();
        let mut bytes = [0; CAPACITY];
        bytes[..before.len()].copy_from_slice(before);
        bytes[before.len()..name_end].copy_from_slice(layer);
        bytes[name_end..end].copy_from_slice(behind);
        let neuronpedia_start = if behind.is_empty() { 0 } else { before.len() };
        Self { bytes, name_end, neuronpedia_start, end }
    }

    fn name(&self) -> &[u8] {
        &self.bytes[..self.name_end]
    }

    fn neuronpedia_name(&self) -> &[u8] {
        &self.bytes[self.neuronpedia_start..self.end]
    }
}

fn contains(name: &[u8], text: &[u8]) -> bool {
    let Some((first, others)) = text.split_first() else { return true };
    let mut rest = name;
    while let Some((byte, behind)) = rest.split_first() {
        if byte == first && behind.starts_with(others) {
            return true;
        }
        rest = behind;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::submodule::FeatureIndex;

    #[test]
    fn every_part_of_both_names_is_found_and_nothing_else() {
        let numbers = [(0, 0), (5, 26074), (11, 9), (1, 11), (usize::MAX, u32::MAX)];
        let features = numbers.into_iter().flat_map(|(layer, index)| {
            let layer = |kind| if kind == SubmoduleKind::Embedding { 0 } else { layer };
            SubmoduleKind::ALL.map(|kind| FeatureId { submodule: Submodule::new(kind, layer(kind)), index: FeatureIndex(index) })
        });
        let names = |feature: FeatureId| [format!("{}/{}", feature.submodule, feature.index.0), feature.to_string()];
        let features: Vec<FeatureId> = features.collect();
        let mut texts = vec!["//".to_owned(), "5-res_5".to_owned(), "d_5-r".to_owned(), "é".to_owned(), "1/x".to_owned()];
        for name in features.iter().copied().flat_map(names) {
            for start in 0..name.len() {
                texts.extend((start..=name.len()).filter_map(|end| name.get(start..end)).map(str::to_owned));
            }
            texts.extend([format!("{name}0"), format!("0{name}"), name.replace('/', "0")]);
        }
        for text in texts {
            let prepared = NameText::new(&text);
            for feature in &features {
                let expected = names(*feature).iter().any(|name| name.contains(&text));
                assert_eq!(prepared.is_in(*feature), expected, "{text} in {feature}");
            }
        }
    }
}
