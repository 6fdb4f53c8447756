//! Fault injection into `rounds serve`.

use std::time::{Duration, Instant};

use fastrand::Rng;
use rustix::process::Signal;
use tokio::time::sleep;

use crate::{
    Setup,
    faults::FaultSchedule,
    programs::CLOCKS,
    serve::Serve,
    world::{World, lock},
};

/// A kind that is listed twice is injected twice as often.
const OF_SERVE: [&str; 8] = [
    "killed",
    "killed",
    "killed during a backup",
    "stopped and started",
    "frozen",
    "connections cut",
    "connections cut",
    "backup made",
];

/// Injects faults into the process and its connections. Returns after the kills of the setup, if it limits them.
pub(crate) async fn of_serve(world: &World, serve: &Serve, rng: Rng, setup: &Setup) -> Result<(), String> {
    let kinds: &[_] = if setup.kills.is_some() { &["killed"] } else { &OF_SERVE };
    let mut schedule = FaultSchedule::new(rng, &setup.pause, kinds);
    let mut injected = 0;
    while setup.kills.is_none_or(|kills| injected < kills) {
        let kind = schedule.next().await;
        match kind {
            "killed" => kill(world, serve, &mut schedule.rng).await?,
            "killed during a backup" => {
                let soon = schedule.millis(0..300);
                let killed = async {
                    sleep(soon).await;
                    kill(world, serve, &mut schedule.rng).await
                };
                tokio::try_join!(serve.back_up(world), killed)?;
            }
            "stopped and started" => {
                serve.stop().await?;
                start(world, serve, &mut schedule.rng).await?;
            }
            "frozen" => freeze(serve, schedule.millis(1000..11_000)).await,
            "backup made" => serve.back_up(world).await?,
            // The world counts the connections that were cut.
            _ => {
                let times = schedule.rng.usize(4..=16);
                serve.cut((0..times).map(|_| Duration::from_micros(schedule.rng.u64(..20_000))));
                continue;
            }
        }
        world.count(kind, 1);
        injected += 1;
    }
    Ok(())
}

/// Kills the process while it handles requests, and starts it again at once.
async fn kill(world: &World, serve: &Serve, rng: &mut Rng) -> Result<(), String> {
    let killed = Instant::now();
    serve.kill().await;
    start(world, serve, rng).await?;
    lock(&world.ready_after).push(killed.elapsed());
    Ok(())
}

/// Starts the process, sometimes with a wrong clock.
async fn start(world: &World, serve: &Serve, rng: &mut Rng) -> Result<(), String> {
    let clock = CLOCKS[rng.usize(..CLOCKS.len())];
    serve.run(clock).await?;
    world.count("clock half a minute off", u32::from(clock != 0));
    Ok(())
}

/// Freezes the process (SIGSTOP), and continues it (SIGCONT) after some time.
async fn freeze(serve: &Serve, lasting: Duration) {
    if let Some(process) = serve.process().await {
        process.signal(Signal::STOP);
        sleep(lasting).await;
        process.signal(Signal::CONT);
    }
}
