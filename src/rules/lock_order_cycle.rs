//! `rules/lock-order-cycle.md`: two goroutines take the same locks in opposite order.
//!
//! ```go
//! a.Lock(); b.Lock() // and elsewhere b.Lock(); a.Lock()
//! ```

mod linked;

use super::stuck;
use crate::finding::{Confidence, Finding, Label};
use crate::rule::{Pass, Rule};
use crate::summary::simulate::Order;

pub(super) const RULE: Rule = Rule { id: "lock-order-cycle", page: include_str!("../../rules/lock-order-cycle.md"), check };

/// How many locks a cycle has at most.
const LONGEST: usize = 4;

fn check(pass: &mut Pass) {
    stuck::check(pass, "lock-order-cycle");
    let mut orders: Vec<Order> = Vec::new();
    for &decl in &pass.summaries.entries(pass.package).locking {
        for order in &pass.summaries.simulated(decl).orders {
            if orders.iter().all(|known| (known.outer_site, known.inner_site) != (order.outer_site, order.inner_site)) {
                orders.push(order.clone());
            }
        }
    }
    let mut told: Vec<Vec<usize>> = Vec::new();
    for first in 0..orders.len() {
        let Some(cycle) = cycle_from(&orders, first) else { continue };
        let mut members = cycle.clone();
        members.sort_unstable();
        // The same locks in the same order elsewhere are the same mistake.
        let same = |known: &Vec<usize>| known.iter().all(|&of| cycle.iter().any(|&own| orders[own].outer == orders[of].outer));
        if told.iter().any(same) {
            continue;
        }
        told.push(members);
        let finding = finding(pass, &orders, &cycle);
        pass.findings.push(finding);
    }
    let found = linked::findings(pass);
    pass.findings.extend(found);
}

/// The shortest way along the orders from one back to its own outer lock.
fn cycle_from(orders: &[Order], first: usize) -> Option<Vec<usize>> {
    let mut ways: Vec<Vec<usize>> = vec![vec![first]];
    for _ in 1..LONGEST {
        let mut next = Vec::new();
        for way in ways {
            let last = &orders[*way.last()?];
            for (at, order) in orders.iter().enumerate().filter(|(_, order)| order.outer == last.inner) {
                let mut longer = way.clone();
                longer.push(at);
                if order.inner == orders[first].outer {
                    if can_meet(orders, &longer) {
                        return Some(longer);
                    }
                } else if way.iter().all(|&of| orders[of].outer != order.outer) {
                    next.push(longer);
                }
            }
        }
        ways = next;
    }
    None
}

/// Whether goroutines that follow the orders can all wait at once: no other lock keeps them apart, and of each lock somebody wants or has
/// more than to read.
fn can_meet(orders: &[Order], cycle: &[usize]) -> bool {
    let first = &orders[cycle[0]];
    let apart = first.gates.iter().any(|gate| cycle.iter().all(|&of| orders[of].gates.contains(gate)));
    let only_read = cycle.iter().enumerate().any(|(at, &of)| {
        let next = &orders[cycle[(at + 1) % cycle.len()]];
        orders[of].inner_read && next.outer_read
    });
    !apart && !only_read
}

fn finding(pass: &Pass, orders: &[Order], cycle: &[usize]) -> Finding {
    let site = cycle.iter().map(|&of| orders[of].inner_site).min_by_key(|site| pass.span(site.decl, site.node));
    let site = site.unwrap_or(orders[cycle[0]].inner_site);
    let mut labels: Vec<Label> = Vec::new();
    for &of in cycle {
        let order = &orders[of];
        for (at, text) in [(order.outer_site, "here one lock is taken"), (order.inner_site, "and here the next one with it held")] {
            let span = stuck::first_line(pass, at);
            if at != site && labels.iter().all(|known| known.span != span) {
                labels.push(Label { span, text: text.to_owned() });
            }
        }
    }
    let of = match cycle.len() {
        2 => "elsewhere in opposite order".to_owned(),
        many => format!("elsewhere on, in a ring of {many}"),
    };
    Finding {
        rule: pass.rule,
        span: stuck::first_line(pass, site),
        function: pass.function_name(site.decl),
        message: format!("locks are taken here in one order, {of}: all can wait forever"),
        severity: pass.severity,
        // Whether two goroutines run what gives a lock back for a while, and with the same locks, nobody knows.
        confidence: if cycle.iter().any(|&of| orders[of].again) { Confidence::Medium } else { Confidence::High },
        labels,
        help: Some("take the locks in the same order everywhere".to_owned()),
        fix: None,
    }
}
