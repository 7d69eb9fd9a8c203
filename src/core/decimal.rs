//! Single precision as decimals: a number that was typed as 0.1 is printed as 0.1, not as the double next to its single-precision value.

/// The double that is printed with the shortest decimals that mean `value`: 0.1 for 0.1, where a conversion gives 0.10000000149011612.
pub fn decimal(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_the_shortest_ones_and_mean_the_same_number() {
        for value in [0.1_f32, -0.3, 1e-30, 3.4e38, 16_777_216.0, 0.0, f32::INFINITY] {
            assert_eq!((decimal(value) as f32).to_bits(), value.to_bits());
            assert!(
                decimal(value).to_string().parse::<f64>() == Ok(decimal(value))
                    && decimal(value).to_string() == value.to_string()
            );
        }
        assert!(decimal(f32::NAN).is_nan());
    }
}
