//! Cut links, and warps and agents that are killed: every step ran exactly once or is told of as lost, and nothing is left.
//!
//! Blows fall from outside, on the very program that users have: when so many bytes have passed between warp and the
//! target, or when a step has made a file.

mod bench;

use bench::{Bench, Blow, Round, When};
use std::collections::BTreeMap;
use std::time::Duration;

const NOW: Duration = Duration::ZERO;
const SOON: Duration = Duration::from_millis(1500);
/// Longer than either side waits for a sign of the other's life.
const LONG: Duration = Duration::from_secs(6);
const NEVER: Duration = Duration::from_secs(100_000);

fn round(blow: Blow, when: When) -> Round {
    Round { blow, when, fresh: false, limit: 20 }
}

#[test]
fn ten_blows() {
    let bench = Bench::new();
    // A link that comes back within the limit is gone on over, whether it is cut, or dead without anybody being told, or
    // warp sleeps until the server has given it up: nobody sees it.
    for (blow, when) in [
        (Blow::Cut(NOW), When::Passed(500)),
        (Blow::Cut(SOON), When::Made("effect")),
        (Blow::Hold(LONG), When::Made("effect")),
        (Blow::Sleep(LONG), When::Made("running")),
    ] {
        let ended = bench.round(round(blow, when));
        assert_eq!((ended.code, ended.ran), (Some(0), [1; 4]), "{blow:?} {when:?} {ended:#?}");
    }
    // One that does not: what ran meanwhile is told of as lost, whatever it came to.
    let ended = bench.round(Round { limit: 2, ..round(Blow::Cut(NEVER), When::Made("running")) });
    assert_eq!((&*ended.told["middle"], ended.ran), ("lost", [1, 1, 0, 0]), "{ended:#?}");
    // While it connects, and while the agent is placed, nothing has run.
    for (when, fresh) in [(When::Passed(5), false), (When::Passed(400), true)] {
        let ended = bench.round(Round { fresh, ..round(Blow::Cut(NOW), when) });
        assert!(matches!(ended.code, Some(0 | 4)), "{when:?} {ended:#?}");
    }
    let ended = bench.round(round(Blow::KillAgent, When::Made("effect")));
    assert_eq!((&*ended.told["end"], ended.ran), ("lost", [1, 1, 1, 0]), "{ended:#?}");
    for when in [When::Made("running"), When::Passed(600)] {
        let ended = bench.round(Round { limit: 2, ..round(Blow::KillWarp, when) });
        assert_eq!(ended.code, None, "{when:?} {ended:#?}");
    }
}

#[test]
fn a_detached_step_is_collected_once_whatever_befalls_who_waits() {
    let bench = Bench::new();
    for (blow, limit) in
        [(Blow::Cut(NEVER), 1), (Blow::KillWarp, 1), (Blow::KillAgent, 20), (Blow::Cut(SOON), 20)]
    {
        let [first, again, log] = bench.detached(Round { limit, ..round(blow, When::Made("running")) });
        assert_eq!(again.as_deref(), Some("changed"), "{blow:?}");
        // What the first run collected the rerun begins anew; what it did not the rerun collects.
        let lines = match (blow, first.as_deref()) {
            (Blow::Cut(NEVER) | Blow::KillWarp, None | Some("lost" | "unreachable"))
            | (Blow::KillAgent, Some("lost")) => "middle\ndone\n",
            (Blow::Cut(SOON) | Blow::KillAgent, Some("changed")) => "middle\ndone\nmiddle\ndone\n",
            told => panic!("told of as {told:?}"),
        };
        assert_eq!(log.as_deref(), Some(lines), "{blow:?} {first:?}");
    }
}

/// Blows of every kind all along the conversation: `CUTS` of them (200), from number `CUTS_FROM` on.
#[test]
#[ignore = "make soak"]
fn two_hundred_blows() {
    let number = |name: &str, or: u64| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(or);
    let (from, count) = (number("CUTS_FROM", 0), number("CUTS", 200));
    let bench = Bench::new();
    let mut ends = BTreeMap::<String, u32>::new();
    for n in from..from + count {
        let (blow, limit) = match n % 7 {
            0 => (Blow::Cut(NOW), 20),
            1 => (Blow::Cut(SOON), 20),
            2 => (Blow::Cut(NEVER), 2),
            3 => (Blow::Hold(LONG), 20),
            4 => (Blow::Sleep(LONG), 20),
            5 => (Blow::KillWarp, 2),
            _ => (Blow::KillAgent, 2),
        };
        let when = match n / 7 % 6 {
            0 => When::Made("running"),
            1 => When::Made("effect"),
            // Steps that meet all parts of the conversation before they meet one again.
            _ => When::Passed(n * 617 % 1000),
        };
        let round = Round { blow, when, fresh: n % 5 == 0, limit };
        let ended = bench.round(round);
        println!("{n}: {round:?}: exit {:?}, ran {:?}", ended.code, ended.ran);
        *ends.entry(format!("{:?}", ended.code)).or_default() += 1;
    }
    println!("{ends:?}");
}
