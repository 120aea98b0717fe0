#![allow(clippy::unwrap_used)]

use super::trip_count;
use crate::flow::snippets::Snippet;

/// The bound of the first loop in a snippet.
fn count(body: &str) -> Option<u64> {
    let snippet = Snippet::of(body);
    trip_count(&snippet.tree, snippet.stmt("for "), &snippet)
}

#[test]
fn a_counted_loop_has_the_distance_over_the_step() {
    assert_eq!(count("for i := 0; i < 4; i++ {}"), Some(4));
    assert_eq!(count("for i := 0; i <= 4; i++ {}"), Some(5));
    assert_eq!(count("for i := 4; i > 0; i-- {}"), Some(4));
    assert_eq!(count("for i := 4; i >= 0; i-- {}"), Some(5));
    assert_eq!(count("for i := 0; i < 10; i += 3 {}"), Some(4));
    assert_eq!(count("for i := 10; i > 0; i -= 5 {}"), Some(2));
    assert_eq!(count("for i := 0; i < 10; i = i + 2 {}"), Some(5));
    assert_eq!(count("for i := 0; i != 4; i++ {}"), Some(4));
    assert_eq!(count("for i := 0; 4 > i; i++ {}"), Some(4));
    assert_eq!(count("for i := 0; i < three; i++ {}"), Some(3));
    assert_eq!(count("for i, n := 0, 9; i < 2; i++ { _ = n }"), Some(2));
    assert_eq!(count("for i := 5; i < 2; i++ {}"), Some(0));
}

#[test]
fn any_operand_of_and_bounds_the_loop() {
    assert_eq!(count("for i := 0; more() && i < 4; i++ {}"), Some(4));
    assert_eq!(count("for i := 0; i < 4 || more(); i++ {}"), None);
}

#[test]
fn a_loop_that_runs_away_or_past_its_end_has_no_bound() {
    assert_eq!(count("for i := 0; i != 5; i += 2 {}"), None);
    assert_eq!(count("for i := 0; i < 4; i-- {}"), None);
    assert_eq!(count("for i := uint8(0); i <= 255; i++ {}"), None);
    assert_eq!(count("for i := uint8(3); i >= 0; i-- {}"), None);
    assert_eq!(count("for i := uint8(0); i < 200; i++ {}"), Some(200));
    assert_eq!(count("for i := 0; i <= 9223372036854775807; i++ {}"), None);
    assert_eq!(count("for i := 0; i < 9223372036854775807; i++ {}"), Some(9223372036854775807));
}

#[test]
fn a_loop_whose_counter_is_written_elsewhere_has_no_bound() {
    assert_eq!(count("for i := 0; i < 4; i++ { i = 0 }"), None);
    assert_eq!(count("for i := 0; i < 4; i++ { i-- }"), None);
    assert_eq!(count("for i := 0; i < 4; i++ { (i) += 2 }"), None);
    assert_eq!(count("for i := 0; i < 4; i++ { p(&i) }"), None);
    assert_eq!(count("for i := 0; i < 4; i++ { func() { i = 0 }() }"), None);
    assert_eq!(count("for i := 0; i < 4; i++ { for i = range xs {} }"), None);
    assert_eq!(count("for i := 0; i < 4; i++ { i.Reset() }"), None);
    assert_eq!(count("for i := 0; i < 4 && f(&i); i++ { }"), None);
    assert_eq!(count("for i = 0; i < 4; i++ {}"), None, "i may be anybody's");
    assert_eq!(count("for i := 0; i < n; i++ {}"), None);
    assert_eq!(count("for i := 0; i < 4; { i++ }"), None);
}

#[test]
fn a_range_over_something_of_known_length_has_that_many_turns() {
    assert_eq!(count("for range 10 {}"), Some(10));
    assert_eq!(count("for range three {}"), Some(3));
    assert_eq!(count("for _, x := range []int{1, 2} {}"), Some(2));
    assert_eq!(count("for _, x := range [...]string{5: a, b} {}"), Some(7));
    assert_eq!(count("for _, x := range [8]int{} {}"), Some(8));
    assert_eq!(count("for _, x := range &[8]int{} {}"), Some(8));
    assert_eq!(count("for k := range map[string]int{\"a\": 1, \"b\": 2} {}"), Some(2));
    assert_eq!(count("for range \"abc\" {}"), Some(3));
    assert_eq!(count("for range table {}"), Some(7));
    assert_eq!(count("for range table[2:] {}"), Some(5));
    assert_eq!(count("for range xs[1:3] {}"), Some(2));
}

#[test]
fn a_range_over_anything_else_has_no_bound() {
    assert_eq!(count("for range xs {}"), None);
    assert_eq!(count("for range xs[:] {}"), None);
    assert_eq!(count("for range []int{n: 1} {}"), None);
    assert_eq!(count("for range [n]int{} {}"), None);
    assert_eq!(count("for range (T{1, 2}) {}"), None);
    assert_eq!(count("for x := range c {}"), None);
}
