//! The features that a check is of: how they were chosen, how many there are, and their names.

use serde_json::{Value, json};

use super::words::wrapped;
use crate::core::filter::Filter;
use crate::core::findings::Findings;
use crate::core::rows::{Row, Spec};
use crate::core::submodule::FeatureId;
use crate::core::text::{counted, printable};

/// Most names in a table; JSON has them all.
const NAMED: usize = 40;

/// The features that a check is of, with the findings that they are of.
pub struct Listing {
    /// The run's findings.
    pub findings: Findings,
    /// What is listed.
    pub spec: Spec,
    /// The features, strongest first; at least one.
    pub rows: Vec<Row>,
}

impl Listing {
    /// The features, strongest first.
    pub fn features(&self) -> Vec<FeatureId> {
        self.rows.iter().map(|row| row.feature).collect()
    }

    /// The features, strongest first, with their effects in units of the metric.
    pub fn with_effect(&self) -> Vec<(FeatureId, f32)> {
        self.rows.iter().map(|row| (row.feature, row.effect)).collect()
    }

    /// How the features were chosen, and which they are: `list: 2 features, |effect| > 0, filter tag=FN; strongest first: ..`.
    pub fn described(&self) -> String {
        let count = counted(self.rows.len(), "feature");
        let filter = self.filter().map_or_else(String::new, |filter| format!(", filter {}", printable(filter)));
        let names: Vec<String> = self.rows.iter().take(NAMED).map(|row| row.feature.to_string()).collect();
        let more = match self.rows.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more (--format json names all)"),
        };
        wrapped(&format!("list: {count}, {}{filter}; strongest first: {}{more}", self.spec.selection, names.join(", ")))
    }

    /// The same for JSON; `order` has every name, the strongest first.
    pub fn as_json(&self) -> Value {
        json!({
            "selection": self.spec.selection.to_string(),
            "filter": self.filter(),
            "features": self.rows.len(),
            "order": self.rows.iter().map(|row| row.feature.to_string()).collect::<Vec<_>>(),
        })
    }

    fn filter(&self) -> Option<&str> {
        self.spec.filter.as_ref().map(Filter::text).map(str::trim)
    }
}
