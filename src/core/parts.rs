//! Parts of a model's dictionaries: some layers, some kinds of submodules.

use std::fmt;
use std::str::FromStr;

use super::problem::{Problem, Result};
use super::submodule::{MOST_LAYERS, Submodule, SubmoduleKind};
use super::text::excerpt;

/// Layers from the first to the last one, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layers {
    /// The first layer.
    pub first: usize,
    /// The last layer.
    pub last: usize,
}

impl Layers {
    /// Whether `layer` is one of them.
    pub fn holds(self, layer: usize) -> bool {
        (self.first..=self.last).contains(&layer)
    }
}

impl FromStr for Layers {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let number = |text: &str| text.parse().ok().filter(|layer| *layer < MOST_LAYERS);
        let parsed = number(first).zip(number(last)).filter(|(first, last)| first <= last);
        parsed.map(|(first, last)| Self { first, last }).ok_or_else(|| {
            Problem::new(
                format_args!("layers '{}'", excerpt(text, 40)),
                "are not understood",
                "use a layer or a range: 3, or 0-11",
            )
        })
    }
}

impl fmt::Display for Layers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(formatter, "{}", self.first)
        } else {
            write!(formatter, "{}-{}", self.first, self.last)
        }
    }
}

/// A kind of submodule by its name: `attn`, `mlp`, `resid`, `embed`, `z`, `attn_raw`, `mlp_raw`.
///
/// # Errors
/// If there is no such kind.
pub fn kind_of(text: &str) -> Result<SubmoduleKind> {
    SubmoduleKind::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| {
        let remedy = format!("use {}", SubmoduleKind::ALL.map(SubmoduleKind::name).join(", "));
        Problem::new(format_args!("site '{}'", excerpt(text, 40)), "is not known", remedy)
    })
}

/// The dictionaries that are used, of those that there are. The default is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// The layers; None for all.
    pub layers: Option<Layers>,
    /// The kinds of submodules; empty for all.
    pub kinds: Vec<SubmoduleKind>,
}

impl Parts {
    /// Whether nothing is left out.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the dictionaries of `kind` are used, as far as that does not depend on the layer.
    pub fn holds_kind(&self, kind: SubmoduleKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// Whether the dictionary of `submodule` is used. The embedding belongs to no layer.
    pub fn holds(&self, submodule: Submodule) -> bool {
        if submodule == Submodule::EMBEDDING {
            return self.is_all() || self.kinds.contains(&submodule.kind);
        }
        self.holds_kind(submodule.kind) && self.layers.is_none_or(|layers| layers.holds(submodule.layer.0))
    }

    /// The smallest part that holds all of `submodules`.
    pub fn of(submodules: impl IntoIterator<Item = Submodule>) -> Self {
        let mut parts = Self::default();
        for submodule in submodules {
            if !parts.kinds.contains(&submodule.kind) {
                parts.kinds.push(submodule.kind);
            }
            if submodule != Submodule::EMBEDDING {
                let layer = submodule.layer.0;
                let Layers { first, last } = parts.layers.unwrap_or(Layers { first: layer, last: layer });
                parts.layers = Some(Layers { first: first.min(layer), last: last.max(layer) });
            }
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_both_ends() {
        let layers: Layers = "2-11".parse().unwrap();
        assert_eq!([1, 2, 11, 12].map(|layer| layers.holds(layer)), [false, true, true, false]);
        assert_eq!([layers.to_string(), "3".parse::<Layers>().unwrap().to_string()], ["2-11", "3"]);
        for wrong in ["", "-", "3-", "5-2", "x", "0-1000", "1-2-3"] {
            assert!(wrong.parse::<Layers>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn parts_name_layers_and_kinds() {
        let [attention, residual] = ["attn_3", "resid_3"].map(|name| name.parse::<Submodule>().unwrap());
        assert!(Parts::default().is_all() && Parts::default().holds(attention));
        let some = Parts { layers: Some("0-3".parse().unwrap()), kinds: vec![kind_of("resid").unwrap()] };
        assert!(some.holds(residual) && !some.holds(attention) && !some.holds("resid_4".parse().unwrap()));
        assert!(kind_of("residual").is_err() && !some.is_all());
        assert!(!some.holds(Submodule::EMBEDDING) && Parts::default().holds(Submodule::EMBEDDING));
        let found = Parts::of([attention, Submodule::EMBEDDING, "attn_7".parse().unwrap()]);
        assert_eq!(found.layers, Some(Layers { first: 3, last: 7 }));
        assert!(found.holds(Submodule::EMBEDDING) && found.holds(attention) && !found.holds(residual));
    }
}
