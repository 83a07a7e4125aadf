//! Whether a series grows, judged so that a few odd values do not matter.

/// A series' course over the part that is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// Growth a minute.
    pub slope: f64,
    /// From the median of the first quarter to that of the last: a single step has no slope.
    pub step: f64,
    /// The median value.
    pub middle: f64,
    /// Minutes that were judged.
    pub span: f64,
}

impl Trend {
    /// Of the last two thirds: what is before counts as warming up.
    pub fn of(points: &[(f64, f64)]) -> Self {
        let end = points.last().map_or(0.0, |point| point.0);
        let from = points.partition_point(|point| point.0 < end / 3.0);
        let late = &points[from..];
        let quarter = late.len().div_ceil(4);
        let (first, last) = (&late[..quarter], &late[late.len() - quarter..]);
        Self {
            slope: theil_sen(late),
            step: middle(last) - middle(first),
            middle: middle(late),
            span: late.first().map_or(0.0, |first| end - first.0),
        }
    }

    /// How much was added in the judged time, steadily or at once.
    pub fn growth(&self) -> f64 {
        let steady = self.slope * self.span;
        if self.step > steady.max(0.0) {
            self.step
        } else {
            steady
        }
    }
}

/// The median of the slopes between all pairs of points (Theil and Sen): nearly a third of the
/// points may be anything.
fn theil_sen(points: &[(f64, f64)]) -> f64 {
    let mut slopes = Vec::with_capacity(points.len().pow(2) / 2);
    for (place, (x, y)) in points.iter().enumerate() {
        for (later, value) in &points[place + 1..] {
            if later > x {
                slopes.push((value - y) / (later - x));
            }
        }
    }
    median(slopes)
}

fn middle(points: &[(f64, f64)]) -> f64 {
    median(points.iter().map(|point| point.1).collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        count if count.is_multiple_of(2) => f64::midpoint(values[count / 2 - 1], values[count / 2]),
        count => values[count / 2],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(value: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        (0..=240)
            .map(|n| f64::from(n) / 12.0)
            .map(|minute| (minute, value(minute)))
            .collect()
    }

    #[test]
    fn medians() {
        for (values, wanted) in [
            (vec![], 0.0),
            (vec![3.0], 3.0),
            (vec![9.0, 1.0], 5.0),
            (vec![9.0, 1.0, 2.0], 2.0),
        ] {
            assert!((median(values.clone()) - wanted).abs() < 1e-9, "{values:?}");
        }
    }

    #[test]
    fn growth_is_that_of_the_last_two_thirds() {
        let odd = |minute: f64| if minute.fract() < 0.1 { 500.0 } else { 0.0 };
        for (name, series, growth) in [
            ("level", points(|_| 40.0), 0.0),
            ("a leak", points(|minute| 40.0 + 0.3 * minute), 4.0),
            ("shrinks", points(|minute| 40.0 - 0.3 * minute), -4.0),
            (
                "a step",
                points(|m| if m < 11.0 { 40.0 } else { 46.0 }),
                6.0,
            ),
            (
                "a late step",
                points(|m| if m < 17.0 { 40.0 } else { 46.0 }),
                6.0,
            ),
            ("warms up", points(|minute| 40.0 + minute.min(6.0)), 0.0),
            (
                "a leak with peaks",
                points(|m| 40.0 + 0.3 * m + odd(m)),
                4.0,
            ),
            ("peaks", points(|minute| 40.0 + odd(minute)), 0.0),
        ] {
            let trend = Trend::of(&series);
            assert!((trend.growth() - growth).abs() < 0.05, "{name}: {trend:?}");
        }
    }

    #[test]
    fn no_points_do_not_grow() {
        assert!(Trend::of(&[]).growth().abs() < 1e-9);
        assert!(Trend::of(&[(1.0, 5.0)]).growth().abs() < 1e-9);
    }
}
