//! The bucket, by a clock that the tests turn.

use std::time::Duration;

use tokio::time::Instant;

use super::bucket::{Bucket, Place, Spacing};

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// Takes a place at `at` and gives the moment of its turn, if nothing happens in between.
fn turn(bucket: &mut Bucket, start: Instant, at: f64, spacing: Spacing) -> f64 {
    let now = start + seconds(at);
    let place = bucket.take(now, spacing, Duration::MAX).expect("without a limit there is a turn");
    at + bucket.wait(now, place).as_secs_f64()
}

#[track_caller]
fn close(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-5, "{value} is not {expected}");
}

#[test]
fn in_no_window_is_more_than_the_rate_beyond_a_seconds_worth() {
    for (rate, spacing) in [(7.5, Spacing::Burst), (7.5, Spacing::Even), (0.4, Spacing::Burst)] {
        let start = Instant::now();
        let mut bucket = Bucket::new(rate, start);
        // Crowds and lulls: the pauses are a fixed sequence without a pattern.
        let (mut at, mut state, mut turns) = (0.0, 1_u64, Vec::new());
        for _ in 0..600 {
            turns.push(turn(&mut bucket, start, at, spacing));
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let pause = f64::from((state >> 40) as u32) / f64::from(1 << 24);
            at += if pause > 0.98 { 20.0 * pause / rate } else { pause * 1.2 / rate };
        }
        let burst = if spacing == Spacing::Burst { f64::max(rate, 1.0) } else { 1.0 };
        let mut fullest = 0.0_f64;
        for first in 0..turns.len() {
            for last in first..turns.len() {
                let allowed = burst + rate * (turns[last] - turns[first]);
                fullest = fullest.max((last - first + 1) as f64 / allowed);
            }
        }
        assert!(fullest <= 1.0 + 1e-6, "{rate} {spacing:?}: {fullest} of what is allowed");
        assert!(fullest > 0.95, "{rate} {spacing:?}: what is allowed can be had, and not only {fullest} of it");
        assert!(turns.is_sorted(), "in order");
    }
}

#[test]
fn a_burst_is_a_seconds_worth_and_comes_back_after_a_lull() {
    let start = Instant::now();
    let mut bucket = Bucket::new(10.0, start);
    let mut turns = |at, spacing| (0..12).map(|_| turn(&mut bucket, start, at, spacing) - at).collect::<Vec<_>>();
    let first = turns(0.0, Spacing::Burst);
    assert!(first[..10].iter().all(|wait| *wait == 0.0), "{first:?}");
    close(first[10], 0.1);
    close(first[11], 0.2);
    assert_eq!(turns(100.0, Spacing::Burst)[9], 0.0);
    let even = turns(200.0, Spacing::Even);
    assert_eq!(even[0], 0.0);
    close(even[11], 1.1);
}

#[test]
fn what_would_come_too_late_takes_nothing() {
    let start = Instant::now();
    let mut bucket = Bucket::new(1.0, start);
    assert!(bucket.take(start, Spacing::Burst, Duration::ZERO).is_ok(), "its turn is now");
    for _ in 0..3 {
        let wait = bucket.take(start, Spacing::Burst, seconds(0.9)).expect_err("its turn is in a second");
        close(wait.as_secs_f64(), 1.0);
    }
    assert!(bucket.take(start, Spacing::Burst, seconds(1.1)).is_ok());
}

#[test]
fn it_halves_once_a_second_and_recovers_by_a_tenth_a_second() {
    let start = Instant::now();
    let mut bucket = Bucket::new(160.0, start);
    assert_eq!(bucket.slow_down(start), Some(80.0));
    assert_eq!(bucket.slow_down(start + seconds(0.9)), None, "it is about the same burst");
    let rates: Vec<_> = (1..40).filter_map(|at| bucket.slow_down(start + seconds(f64::from(at)))).collect();
    // A second after a halving it has regained 16; so it never becomes slower than that.
    for (rate, expected) in rates.iter().zip([48.0, 32.0, 24.0, 20.0, 18.0, 17.0, 16.5]) {
        close(*rate, expected);
    }
    assert!(rates.iter().all(|rate| *rate >= 16.0 - 1e-6), "{rates:?}");
    assert_eq!((rates.len(), bucket.slow_downs()), (39, 40));

    // From 16 to 160 takes nine seconds.
    let interval = |bucket: &mut Bucket, at| {
        turn(bucket, start, at, Spacing::Even);
        turn(bucket, start, at, Spacing::Even) - at
    };
    let half_way = interval(&mut bucket, 39.0 + 4.5);
    assert!((1.0 / 90.0..1.0 / 86.0).contains(&half_way), "{half_way}");
    close(interval(&mut bucket, 39.0 + 9.0), 1.0 / 160.0);
}

#[test]
fn those_who_wait_are_put_off_and_stay_in_order() {
    let start = Instant::now();
    let mut bucket = Bucket::new(10.0, start);
    let places: Vec<Place> =
        (0..20).map(|_| bucket.take(start, Spacing::Even, Duration::MAX).expect("a turn")).collect();
    close(bucket.wait(start, places[19]).as_secs_f64(), 1.9);
    bucket.slow_down(start);
    let waits: Vec<_> = places.iter().map(|place| bucket.wait(start, *place).as_secs_f64()).collect();
    // 5 a second, and each second one more: 5 t + t²/2 = 19 at t = 2.88.
    close(waits[19], 63.0_f64.sqrt() - 5.0);
    assert!(waits.is_sorted(), "{waits:?}");
    // What was foretold comes true.
    for (place, wait) in places.iter().zip(&waits) {
        close(bucket.wait(start + seconds(*wait), *place).as_secs_f64(), 0.0);
    }
}

#[test]
fn what_was_saved_is_gone_when_it_slows_down() {
    let start = Instant::now();
    let mut bucket = Bucket::new(10.0, start);
    bucket.slow_down(start);
    assert_eq!(turn(&mut bucket, start, 0.0, Spacing::Burst), 0.0);
    assert!(turn(&mut bucket, start, 0.0, Spacing::Burst) > 0.19);
}
