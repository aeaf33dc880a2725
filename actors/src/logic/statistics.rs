//! Statistics: the figures of a roast, from its curves and marks. Source of the definitions: roasting reference 2.5.

use super::detection::turning_point::FALLEN_BY;
use crate::model::mark::{Mark, MarkKind};
use crate::model::profile::{Series, Statistics};

/// The area under the curve counts above this. Unit: °C.
const AUC_BASE: f64 = 100.0;
/// A reading above this is none. Unit: °C.
const BT_PLAUSIBLE_MAX: f64 = 500.0;
/// Readings further apart say nothing about what lay between them. Unit: ms.
const BRIDGED_MS: u64 = 60_000;
const MS_PER_MINUTE: f64 = 60_000.0;

/// A moment of the roast and BT there.
#[derive(Debug, Clone, Copy)]
struct Moment {
    at: u64,
    bt: Option<f64>,
}

/// The figures of a roast; each is `None` where a mark or reading it needs is missing.
///
/// Without a mark for it the turning point is the lowest BT between CHARGE and first crack, or DROP; there is none unless BT fell
/// to it. Weights in g.
pub fn statistics(
    series: &Series,
    marks: &[Mark],
    green_weight_g: Option<f64>,
    roasted_weight_g: Option<f64>,
) -> Statistics {
    let moment = |kind| marks.iter().find(|m| m.kind == kind).map(|m| moment_of(m, series));
    let charge = moment(MarkKind::Charge);
    let dry_end = moment(MarkKind::DryEnd);
    let first_crack = moment(MarkKind::FirstCrackStart);
    let drop = moment(MarkKind::Drop);
    let turning_point = moment(MarkKind::TurningPoint).or_else(|| turn(series, charge?, first_crack.or(drop)?.at));

    let total_ms = span(charge, drop);
    let (drying_ms, maillard_ms, development_ms) =
        (span(charge, dry_end), span(dry_end, first_crack), span(first_crack, drop));
    let share = |ms: Option<u64>| {
        let total = total_ms.filter(|&total| total > 0)?;
        Some(100.0 * ms? as f64 / total as f64)
    };
    Statistics {
        total_ms,
        drying_ms,
        maillard_ms,
        development_ms,
        drying_pct: share(drying_ms),
        maillard_pct: share(maillard_ms),
        dtr_pct: share(development_ms),
        tp_ms: span(charge, turning_point),
        tp_bt: turning_point.and_then(|tp| tp.bt),
        auc: turning_point.zip(drop).and_then(|(tp, drop)| area(series, tp.at, drop.at)),
        weight_loss_pct: weight_loss(green_weight_g, roasted_weight_g),
        max_et: turning_point.zip(drop).and_then(|(tp, drop)| highest(series, tp.at, drop.at)),
        drying_ror: rise(turning_point, dry_end),
        maillard_ror: rise(dry_end, first_crack),
        development_ror: rise(first_crack, drop),
        total_ror: rise(turning_point, drop),
    }
}

/// The value of a curve at a moment, on the line between its good neighbours; `None` outside the curve and where these lie more
/// than a minute apart.
pub fn value_at(timestamps: &[u64], column: &[Option<f64>], at: u64) -> Option<f64> {
    let after = timestamps.partition_point(|&t| t < at);
    let good = |i: usize| Some((*timestamps.get(i)?, (*column.get(i)?)?));
    let (t1, v1) = (after..timestamps.len()).find_map(good)?;
    if t1 == at {
        return Some(v1);
    }
    let (t0, v0) = (0..after).rev().find_map(good)?;
    (t1 - t0 <= BRIDGED_MS).then(|| v0 + (v1 - v0) * (at - t0) as f64 / (t1 - t0) as f64)
}

fn moment_of(mark: &Mark, series: &Series) -> Moment {
    Moment { at: mark.at.0, bt: mark.bt.or_else(|| value_at(&series.timestamp_ms, &series.bt, mark.at.0)) }
}

fn span(from: Option<Moment>, to: Option<Moment>) -> Option<u64> {
    to?.at.checked_sub(from?.at)
}

fn rise(from: Option<Moment>, to: Option<Moment>) -> Option<f64> {
    let (from, to) = (from?, to?);
    let ms = to.at.checked_sub(from.at).filter(|&ms| ms > 0)?;
    Some((to.bt? - from.bt?) * MS_PER_MINUTE / ms as f64)
}

fn between<'a>(
    series: &'a Series,
    column: &'a [Option<f64>],
    from: u64,
    to: u64,
) -> impl Iterator<Item = (u64, f64)> + 'a {
    let rows = series.timestamp_ms.iter().copied().zip(column.iter().copied());
    rows.filter_map(|(t, v)| Some((t, v?))).filter(move |(t, _)| (from..=to).contains(t))
}

fn turn(series: &Series, charge: Moment, to: u64) -> Option<Moment> {
    let (at, bt) = between(series, &series.bt, charge.at, to).min_by(|a, b| a.1.total_cmp(&b.1))?;
    let before = between(series, &series.bt, charge.at, at).map(|(_, bt)| bt);
    let top = before.chain(charge.bt).max_by(f64::total_cmp)?;
    (top - bt > FALLEN_BY).then_some(Moment { at, bt: Some(bt) })
}

fn highest(series: &Series, from: u64, to: u64) -> Option<f64> {
    between(series, &series.et, from, to).map(|(_, et)| et).max_by(f64::total_cmp)
}

/// Area under BT above the base. Unit: °C·min. None where so many readings are missing that it cannot be told.
fn area(series: &Series, from: u64, to: u64) -> Option<f64> {
    let edge = |at| value_at(&series.timestamp_ms, &series.bt, at).map(|bt| (at, bt));
    let mut points = vec![edge(from)?];
    points.extend(between(series, &series.bt, from.saturating_add(1), to.saturating_sub(1)));
    points.push(edge(to)?);
    points.retain(|(_, bt)| *bt <= BT_PLAUSIBLE_MAX);
    let mut sum = 0.0;
    for pair in points.windows(2) {
        let (t0, bt0) = pair[0];
        let (t1, bt1) = pair[1];
        let ms = t1.checked_sub(t0).filter(|&ms| ms <= BRIDGED_MS)?;
        sum += ((bt0 + bt1) / 2.0 - AUC_BASE).max(0.0) * ms as f64 / MS_PER_MINUTE;
    }
    Some(sum)
}

fn weight_loss(green_g: Option<f64>, roasted_g: Option<f64>) -> Option<f64> {
    let (green, roasted) = (green_g?, roasted_g?);
    (green > 0.0 && (0.0..=green).contains(&roasted)).then(|| 100.0 * (green - roasted) / green)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logic::real_roasts::{self, ROASTS};
    use crate::model::mark::MarkSource;
    use crate::model::time::SessionMs;
    use MarkKind::{Charge, Drop, DryEnd, FirstCrackStart, TurningPoint};

    /// 200 °C falling to 100 °C in one minute, then 10 °C/min up for ten; ET 20 °C above.
    fn roast() -> Series {
        let bt_at = |s: u64| if s <= 60 { 200.0 - s as f64 * 100.0 / 60.0 } else { 100.0 + (s - 60) as f64 / 6.0 };
        let seconds = 0..=660u64;
        Series {
            timestamp_ms: seconds.clone().map(|s| s * 1000).collect(),
            bt: seconds.clone().map(|s| Some(bt_at(s))).collect(),
            et: seconds.map(|s| Some(bt_at(s) + 20.0)).collect(),
            ..Series::default()
        }
    }

    fn mark(kind: MarkKind, second: u64) -> Mark {
        Mark { kind, at: SessionMs(second * 1000), source: MarkSource::Manual, bt: None, et: None }
    }

    fn near(value: Option<f64>, expected: f64) {
        let value = value.unwrap();
        assert!((value - expected).abs() < 1e-6, "{value} is not {expected}");
    }

    #[test]
    fn a_whole_roast_has_all_its_figures() {
        let marks = [mark(Charge, 0), mark(DryEnd, 360), mark(FirstCrackStart, 540), mark(Drop, 660)];
        let figures = statistics(&roast(), &marks, Some(1000.0), Some(850.0));
        assert_eq!(figures.total_ms, Some(660_000));
        assert_eq!(
            (figures.drying_ms, figures.maillard_ms, figures.development_ms),
            (Some(360_000), Some(180_000), Some(120_000))
        );
        near(figures.dtr_pct, 100.0 * 120.0 / 660.0);
        near(Some(figures.drying_pct.unwrap() + figures.maillard_pct.unwrap() + figures.dtr_pct.unwrap()), 100.0);
        assert_eq!((figures.tp_ms, figures.tp_bt), (Some(60_000), Some(100.0)));
        near(figures.auc, 10.0 * 100.0 / 2.0);
        near(figures.weight_loss_pct, 15.0);
        near(figures.max_et, 220.0);
        near(figures.drying_ror, 10.0);
        near(figures.total_ror, 10.0);
    }

    /// The program that recorded this roast gives these figures. Its area has the turning point's 113.4 °C for base and loses
    /// the 4.5 s around a dropout, 6.3 °C·min.
    #[test]
    fn a_real_roast_has_the_figures_its_own_program_gave_it() {
        let roast = real_roasts::roast(ROASTS[1]);
        let series = Series {
            timestamp_ms: roast.polls.iter().map(|p| p.0 as u64).collect(),
            bt: roast.polls.iter().map(|p| p.1).collect(),
            et: roast.polls.iter().map(|p| p.2).collect(),
            ..Series::default()
        };
        let at = |kind, name: &str| Mark { at: SessionMs(roast.marks[name] as u64), ..mark(kind, 0) };
        let marks = [at(Charge, "CHARGE"), at(DryEnd, "DRY_END"), at(FirstCrackStart, "FCs"), at(Drop, "DROP")];
        let figures = statistics(&series, &marks, Some(250.0), Some(213.0));
        let close = |value: Option<f64>, expected: f64, by: f64| {
            assert!((value.unwrap() - expected).abs() <= by, "{value:?} is not {expected}");
        };
        assert_eq!(figures.total_ms, Some(742_500));
        close(figures.tp_ms.map(|ms| ms as f64), 82_500.0, 1_500.0);
        close(figures.tp_bt, 113.4, 0.1);
        close(figures.drying_ror, 8.3, 0.1);
        close(figures.maillard_ror, 6.2, 0.06);
        close(figures.development_ror, 6.0, 0.06);
        close(figures.total_ror, 6.9, 0.06);
        close(figures.auc, 444.0 + 13.4 * (742.5 - 82.5) / 60.0 + 6.3, 3.0);
        close(figures.weight_loss_pct, 14.8, 0.01);
    }

    #[test]
    fn a_mark_for_the_turning_point_wins_over_the_minimum() {
        let marks = [mark(Charge, 0), mark(TurningPoint, 66), mark(Drop, 660)];
        assert_eq!(statistics(&roast(), &marks, None, None).tp_ms, Some(66_000));
    }

    #[test]
    fn a_curve_that_only_rises_has_no_turning_point() {
        let mut rising = roast();
        rising.bt = (0..=660).map(|s| Some(20.9 + f64::from(s) / 6.0 + f64::from(s % 2) * 0.3)).collect();
        let figures = statistics(&rising, &[mark(Charge, 0), mark(Drop, 660)], None, None);
        assert_eq!((figures.tp_ms, figures.tp_bt, figures.auc), (None, None, None));
        assert_eq!(figures.total_ms, Some(660_000));
    }

    #[test]
    fn what_needs_a_missing_mark_is_missing() {
        let figures = statistics(&roast(), &[mark(Charge, 0), mark(DryEnd, 360)], None, Some(850.0));
        assert_eq!(figures, Statistics { drying_ms: Some(360_000), ..Statistics::default() });
        assert_eq!(statistics(&Series::default(), &[], None, None), Statistics::default());
    }

    #[test]
    fn marks_in_a_wrong_order_give_no_figures_rather_than_wrong_ones() {
        let figures = statistics(&roast(), &[mark(Charge, 600), mark(Drop, 300)], Some(0.0), Some(1.0));
        assert_eq!(figures, Statistics::default());
    }

    #[test]
    fn a_short_gap_is_bridged_and_a_long_one_leaves_the_area_untold() {
        let marks = [mark(Charge, 0), mark(TurningPoint, 60), mark(Drop, 660)];
        let with_gap = |seconds: std::ops::Range<usize>| {
            let mut series = roast();
            series.bt[seconds].fill(None);
            statistics(&series, &marks, None, None).auc
        };
        near(with_gap(300..330), 500.0);
        assert_eq!(with_gap(300..400), None);
    }

    #[test]
    fn a_value_between_two_readings_lies_on_their_line() {
        let (t, v) = ([0, 1000, 2000], [Some(10.0), None, Some(20.0)]);
        assert_eq!(value_at(&t, &v, 500), Some(12.5));
        assert_eq!(value_at(&t, &v, 2000), Some(20.0));
        assert_eq!(value_at(&t, &v, 2001), None);
    }
}
