//! A value for every feature of every dictionary, in arrays: a study of thousands of prompts meets nearly all features, and a
//! hash table would be many times as large.

/// The values by ordinal of the submodule and index; those that were never set are the type's default.
#[derive(Debug, Default)]
pub struct PerFeature<T>(Vec<Vec<T>>);

impl<T: Copy + Default> PerFeature<T> {
    /// The value of a feature, by the ordinal of its submodule and its index.
    pub fn get(&self, (submodule, feature): (u32, u32)) -> T {
        self.0.get(submodule as usize).and_then(|features| features.get(feature as usize)).copied().unwrap_or_default()
    }

    /// The value of a feature, by the ordinal of its submodule and its index, to be changed.
    pub fn get_mut(&mut self, (submodule, feature): (u32, u32)) -> &mut T {
        let (submodule, feature) = (submodule as usize, feature as usize);
        if self.0.len() <= submodule {
            self.0.resize_with(submodule + 1, Vec::new);
        }
        let features = &mut self.0[submodule];
        if features.len() <= feature {
            features.resize(feature + 1, T::default());
        }
        &mut features[feature]
    }

    /// The values of each dictionary up to the last one that was set, in ascending order of feature.
    pub fn iter(&self) -> impl Iterator<Item = ((u32, u32), T)> + '_ {
        self.0.iter().enumerate().flat_map(|(submodule, features)| {
            features.iter().enumerate().map(move |(feature, value)| ((submodule as u32, feature as u32), *value))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_set_is_the_default() {
        let mut counts: PerFeature<u32> = PerFeature::default();
        *counts.get_mut((2, 1)) += 5;
        *counts.get_mut((0, 0)) += 1;
        assert_eq!([(2, 1), (2, 0), (2, 9), (1, 0), (7, 7)].map(|key| counts.get(key)), [5, 0, 0, 0, 0]);
        let all: Vec<_> = counts.iter().collect();
        assert_eq!(all, [((0, 0), 1), ((2, 0), 0), ((2, 1), 5)]);
    }
}
