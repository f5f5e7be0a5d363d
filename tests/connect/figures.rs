//! Figures, printed by `cargo test --test connect figures -- --ignored --nocapture`.

use crate::sshd::Sshd;
use crate::{call, sessions};
use std::fs;
use std::time::{Duration, Instant};

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all[all.len() / 2]
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures, does not judge"]
async fn figures() {
    let sshd = Sshd::start("");
    let (mut login, mut cold, mut warm, mut calls) = (vec![], vec![], vec![], vec![]);
    for _ in 0..15 {
        let sessions = sessions();
        let begun = Instant::now();
        sessions.raw(&sshd.target(), "true").await.unwrap();
        login.push(begun.elapsed());
        let _ = fs::remove_dir_all(sshd.at("home/.cache"));
        for times in [&mut cold, &mut warm] {
            let mut target = sshd.target();
            target.become_ = None;
            let begun = Instant::now();
            let again = crate::sessions();
            again.raw(&target, "true").await.unwrap();
            let connected = begun.elapsed();
            again.call(&target, call("ping", &[]), None).await.unwrap();
            times.push(begun.elapsed() - connected);
            if times.len() == 15 {
                for _ in 0..200 {
                    let begun = Instant::now();
                    again.call(&target, call("ping", &[]), None).await.unwrap();
                    calls.push(begun.elapsed());
                }
            }
            again.shutdown(Duration::from_secs(1)).await;
        }
    }
    println!("connect, log in and one exec: {:?}", median(login));
    println!("agent to first answer, sent: {:?}", median(cold));
    println!("agent to first answer, there: {:?}", median(warm));
    println!("a call: {:?}", median(calls));
}
