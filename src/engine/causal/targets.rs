//! The values that ablated features take, from plain runs.

use std::collections::BTreeMap;

use super::plain::{Group, Plain};
use crate::core::causal::way::Way;
use crate::engine::dictionary::codes::TokenCodes;

/// The values that ablated features take; a feature that is not listed takes 0.
pub enum Targets {
    /// 0 everywhere.
    Zero,
    /// For each dictionary and position, counted from the prompt's first token; a mean is over the prompts that have the position.
    Position(Vec<Vec<TokenCodes>>),
    /// For each dictionary, the same at every position.
    Everywhere(Vec<TokenCodes>),
    /// The value in the example's patch prompt.
    Patch,
}

/// Codes that are added up.
#[derive(Default)]
struct Sum {
    tokens: usize,
    values: BTreeMap<u32, f64>,
}

impl Sum {
    fn add(&mut self, codes: &TokenCodes) {
        self.tokens += 1;
        for (feature, value) in codes.iter() {
            *self.values.entry(*feature).or_default() += f64::from(*value);
        }
    }

    fn mean(self) -> TokenCodes {
        let tokens = self.tokens as f64;
        self.values.into_iter().map(|(feature, sum)| (feature, (sum / tokens) as f32)).collect()
    }
}

impl Targets {
    /// The targets of `way`.
    pub fn new(plain: &Plain<'_>, way: Way) -> Self {
        let dictionaries = 0..plain.dictionaries.len();
        let by_position = |side: fn(&Group, usize) -> &[TokenCodes]| {
            let positions = plain.groups.iter().map(|group| group.positions).max().unwrap_or(0);
            let of_dictionary = |dictionary: usize| {
                let mut sums: Vec<Sum> = (0..positions).map(|_| Sum::default()).collect();
                for group in &plain.groups {
                    let codes = side(group, dictionary).iter().enumerate();
                    codes.for_each(|(row, codes)| sums[row % group.positions].add(codes));
                }
                sums.into_iter().map(Sum::mean).collect()
            };
            Self::Position(dictionaries.clone().map(of_dictionary).collect())
        };
        match way {
            Way::Zero => Self::Zero,
            Way::Resample => Self::Patch,
            Way::MeanPosition => by_position(Group::clean),
            Way::MeanPositionPatch => by_position(Group::patch),
            Way::MeanAll => {
                let of_dictionary = |dictionary: usize| {
                    let mut sum = Sum::default();
                    plain.groups.iter().flat_map(|group| group.clean(dictionary)).for_each(|codes| sum.add(codes));
                    sum.mean()
                };
                Self::Everywhere(dictionaries.map(of_dictionary).collect())
            }
        }
    }

    /// The targets at token `row` of `group`, in dictionary number `dictionary`.
    pub fn at<'a>(&'a self, group: &'a Group, dictionary: usize, row: usize) -> &'a [(u32, f32)] {
        match self {
            Self::Zero => &[],
            Self::Position(codes) => &codes[dictionary][row % group.positions],
            Self::Everywhere(codes) => &codes[dictionary],
            Self::Patch => &group.patch(dictionary)[row],
        }
    }
}
