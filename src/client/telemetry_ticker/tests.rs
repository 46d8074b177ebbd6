//! The rhythm in virtual time.

use super::*;
use crate::client::virtual_time::VirtualTime;
use crate::os::usage::{self, Usage};
use crate::telemetry::{Role, Shape};

#[test]
fn boundaries_are_whole_seconds_after_the_epoch_and_never_the_epoch_itself() {
    let epoch = 5_000;
    assert_eq!(next_boundary(epoch, 0), epoch + NS_PER_S);
    assert_eq!(next_boundary(epoch, epoch), epoch + NS_PER_S);
    assert_eq!(next_boundary(epoch, epoch + NS_PER_S - 1), epoch + NS_PER_S);
    assert_eq!(next_boundary(epoch, epoch + NS_PER_S), epoch + 2 * NS_PER_S);
    assert_eq!(next_boundary(epoch, epoch + 7 * NS_PER_S + 3), epoch + 8 * NS_PER_S);
}

#[test]
fn the_wait_between_ready_and_the_load_is_not_charged_and_nothing_goes_back() {
    const EPOCH_NS: u64 = 50_000_000;
    let spend = |ns| {
        let cpu = |usage: Usage| usage.cpu_user_ns + usage.cpu_system_ns;
        let enough = cpu(usage::of_thread()) + ns;
        while cpu(usage::of_thread()) < enough {}
    };
    let charged = |counters: &Counters| counters[Counter::CpuUserNs] + counters[Counter::CpuSystemNs];
    let (time, mut end) = VirtualTime::new(0, Shape::new(Role::Consumer, 0, 1));
    let (mut ticker, mut counters) = (TelemetryTicker::new(0, true), Counters::default());
    // The process is the whole test program: other tests run in it, so only the order of what is charged can be
    // told exactly.
    ticker.introduce(&mut counters, &mut end);
    let ready_ns = charged(&counters);
    spend(20_000_000);
    ticker.cut(1_000_000, &mut counters, &mut [], &mut end);
    assert_eq!(charged(&counters), ready_ns, "the wait is not charged");
    time.supervisor().set_epoch(EPOCH_NS);
    ticker.tick(EPOCH_NS - 300_000, 0, &end);
    assert_eq!(ticker.next_tick_ns(), EPOCH_NS - BEFORE_EPOCH_NS, "there is a tick when the load begins");
    spend(20_000_000);
    ticker.tick(EPOCH_NS - BEFORE_EPOCH_NS, 0, &end);
    assert!(ticker.used_epoch.unwrap().hot.cpu_user_ns >= ticker.used_ready.hot.cpu_user_ns);
    spend(20_000_000);
    ticker.cut(EPOCH_NS + NS_PER_S, &mut counters, &mut [], &mut end);
    assert!(charged(&counters) >= ready_ns + 19_000_000, "the load is charged");
}

#[test]
fn a_loop_that_sleeps_wakes_eight_times_a_second_when_nothing_happens_and_soon_again_when_something_does() {
    let (_time, end) = VirtualTime::new(0, Shape::new(Role::Consumer, 0, 1));
    let mut ticker = TelemetryTicker::new(0, false);
    let ticks_within = |ticker: &mut TelemetryTicker, from_ns: u64, until_ns: u64, per_s: u64| {
        let mut ticks = 0;
        while ticker.next_tick_ns() < until_ns {
            let now_ns = ticker.next_tick_ns();
            ticker.tick(now_ns, now_ns.saturating_sub(from_ns) * per_s / NS_PER_S, &end);
            ticks += 1;
        }
        ticks
    };
    assert!(ticks_within(&mut ticker, 0, NS_PER_S, 0) < 30);
    assert_eq!(ticks_within(&mut ticker, 0, 11 * NS_PER_S, 0), 80);
    assert_eq!(ticks_within(&mut ticker, 11 * NS_PER_S, 21 * NS_PER_S, 10), 80, "ten messages a second are few");
    let busy = ticks_within(&mut ticker, 0, 31 * NS_PER_S, 1_000);
    assert!((1_950..=2_000).contains(&busy), "{busy}");
    ticks_within(&mut ticker, u64::MAX, 61 * NS_PER_S, 0);
    let far_ns = ticker.next_tick_ns();
    ticker.hasten(far_ns - 100_000_000);
    assert_eq!(ticker.next_tick_ns(), far_ns - 95_000_000);
}

#[test]
fn a_tick_that_comes_much_too_late_is_a_stall_by_as_much() {
    let (_time, end) = VirtualTime::new(0, Shape::new(Role::Producer, 0, 1));
    let mut ticker = TelemetryTicker::new(0, true);
    for at_ns in [0, 200_000, 5_300_000, 5_500_000, 25_700_000] {
        ticker.tick(at_ns, 0, &end);
    }
    assert_eq!((ticker.stalls, ticker.stall_ns), (1, 20_000_000), "4.9 ms late is none, 20 ms late is one");
}
