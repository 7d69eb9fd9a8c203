//! Curves as an SVG picture.

use plotters::prelude::*;

use crate::core::problem::{Problem, Result};

/// One curve, in a panel of its own.
pub struct Curve {
    /// What is drawn.
    pub title: &'static str,
    /// Of the vertical axis, which starts at 0.
    pub unit: &'static str,
    /// Ascending along the horizontal axis.
    pub points: Vec<(f64, f64)>,
}

/// Pixels of one panel.
const PANEL: (u32, u32) = (520, 320);

/// The panels side by side; `along` names the horizontal axis, which is logarithmic.
pub fn plot(along: &str, curves: &[Curve]) -> Result<String> {
    let mut picture = String::new();
    draw(&mut picture, along, curves).map_err(|error| {
        Problem::new("plot", format_args!("cannot be drawn: {error}"), "report it; the table has the figures")
    })?;
    Ok(picture)
}

fn draw(picture: &mut String, along: &str, curves: &[Curve]) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(picture, (PANEL.0 * curves.len() as u32, PANEL.1)).into_drawing_area();
    area.fill(&WHITE)?;
    for (panel, curve) in area.split_evenly((1, curves.len())).iter().zip(curves) {
        let first = curve.points.first().map_or(1.0, |point| point.0);
        // A logarithmic axis needs two ends.
        let last = curve.points.last().map_or(first, |point| point.0).max(first * 1.01);
        let highest = curve.points.iter().fold(0.0_f64, |highest, point| highest.max(point.1));
        let mut chart = ChartBuilder::on(panel)
            .margin(16)
            .caption(curve.title, ("sans-serif", 16))
            .x_label_area_size(40)
            .y_label_area_size(56)
            .build_cartesian_2d((first..last).log_scale(), 0.0..(1.15 * highest).max(f64::MIN_POSITIVE))?;
        chart.configure_mesh().x_desc(along).y_desc(curve.unit).light_line_style(TRANSPARENT).draw()?;
        chart.draw_series(LineSeries::new(curve.points.iter().copied(), BLUE.stroke_width(2)))?;
        chart.draw_series(curve.points.iter().map(|point| Circle::new(*point, 3, BLUE.filled())))?;
    }
    area.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_a_panel_and_a_point_for_each_measurement() {
        let curve = |title| Curve { title, unit: "s", points: vec![(50.0, 1.0), (500.0, 2.0), (5000.0, 1.5)] };
        let picture = plot("pairs", &[curve("time"), curve("memory")]).unwrap();
        assert!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"), "{picture}");
        assert_eq!(picture.matches("<circle").count(), 6);
        assert!(picture.contains("time") && picture.contains("memory"));
        // One point, and none.
        for points in [vec![(50.0, 1.0)], vec![]] {
            assert!(plot("pairs", &[Curve { title: "t", unit: "s", points }]).is_ok());
        }
    }
}
