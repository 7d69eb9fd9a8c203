//! A feature in JSON: its name.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

use crate::core::submodule::FeatureId;

pub fn serialize<S: Serializer>(feature: &FeatureId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(feature)
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FeatureId, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}
