//! Cut links, and warps and agents that are killed: every step ran exactly once or is told of as lost, and nothing is left.
//!
//! Blows fall from outside, on the very program that users have: when so many bytes have passed between warp and the
//! target, or when a step has made a file.

mod bench;

use bench::{Bench, Blow, Round, When};
use std::time::Duration;

const NOW: Duration = Duration::ZERO;
const SOON: Duration = Duration::from_millis(1500);
const NEVER: Duration = Duration::from_secs(100_000);

fn round(blow: Blow, when: When) -> Round {
    Round { blow, when, fresh: false, limit: 20 }
}

#[test]
fn ten_blows() {
    let bench = Bench::new();
    // A link that comes back within the limit is gone on over: nobody sees that it was cut.
    for (away, when) in [
        (NOW, When::Passed(500)),
        (SOON, When::Passed(900)),
        (NOW, When::Made("running")),
        (SOON, When::Made("effect")),
    ] {
        let ended = bench.round(round(Blow::Cut(away), when));
        assert_eq!((ended.code, ended.ran), (Some(0), [1; 4]), "{when:?} {ended:#?}");
    }
    // One that does not: what ran is ended, and told of as lost.
    let ended = bench.round(Round { limit: 2, ..round(Blow::Cut(NEVER), When::Made("running")) });
    assert_eq!((&*ended.told["middle"], ended.ran), ("lost", [1, 0, 0, 0]), "{ended:#?}");
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
