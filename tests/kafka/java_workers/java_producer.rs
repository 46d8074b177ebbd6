//! The end of a run as the thread of a Java worker's producer meets it.

use super::*;

/// The thread of a Java worker's producer: it takes the next time from a limiter, sleeps until then, sends, and only
/// then looks whether the run is over. Closing a worker takes 100 ms; who sends after that is told "producer has been
/// closed".
#[derive(Default)]
struct JavaProducer {
    limiter: Mutex<Limiter>,
    /// 1: `stop-all` has been called, and `closed` 100 ms later.
    completed: AtomicU64,
    closed: AtomicU64,
    sent: AtomicU64,
    sent_when_closed: AtomicU64,
    ended: AtomicU64,
}

#[derive(Default)]
struct Limiter {
    interval: Duration,
    next: Option<Instant>,
}

#[expect(clippy::disallowed_methods, reason = "it plays a program that sleeps; nothing is waited for by that")]
impl JavaProducer {
    fn hears(self: &Arc<Self>, asked: &Asked) {
        match asked.path.as_str() {
            "/start-load" => {
                let work: Value = serde_json::from_str(&asked.body).expect("JSON");
                self.adjust(work["publishRate"].as_f64().expect("a rate"));
                let producer = Arc::clone(self);
                std::thread::spawn(move || producer.send());
            }
            "/adjust-publish-rate" => self.adjust(asked.body.parse().expect("a rate")),
            "/stop-all" => {
                self.completed.store(1, Relaxed);
                std::thread::sleep(Duration::from_millis(100));
                self.closed.store(1, Relaxed);
            }
            _ => {}
        }
    }

    /// A limiter of its own, as in Java.
    fn adjust(&self, per_s: f64) {
        let interval = Duration::from_secs_f64(1.0 / per_s.max(1.0));
        *self.limiter.lock().unwrap_or_else(PoisonError::into_inner) = Limiter { interval, next: None };
    }

    fn send(&self) {
        while self.completed.load(Relaxed) == 0 {
            let due = {
                let mut limiter = self.limiter.lock().unwrap_or_else(PoisonError::into_inner);
                let due = limiter.next.unwrap_or_else(Instant::now);
                limiter.next = Some(due + limiter.interval);
                due
            };
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let when = if self.closed.load(Relaxed) == 0 { &self.sent } else { &self.sent_when_closed };
            when.fetch_add(1, Relaxed);
        }
        self.ended.fetch_add(1, Relaxed);
    }
}

#[test]
fn java_producers_see_the_end_of_the_run_before_they_are_closed() {
    let scene = Scene::untimed("java_producers_see_the_end_of_the_run_before_they_are_closed");
    write_files(&scene);
    let (producer, workers) = (Arc::new(JavaProducer::default()), ["w1", "w2"].map(Replies::of));
    let heard = Arc::clone(&producer);
    let [first, second] = workers;
    let first = StandIn::start(move |asked| {
        if asked.path == "/stop-all" && heard.sent.load(Relaxed) == 0 {
            return first.answer(asked);
        }
        heard.hears(asked);
        first.answer(asked)
    });
    let second = StandIn::start(move |asked| second.answer(asked));
    let outcome = run(&scene, &format!("{},{}", first.url, second.url), "6s", &[]).run();
    outcome.assert_stderr_has("letting Java's producers send what is due before they are closed: 1 s");
    Deadline::within(LIMIT).poll("the end of its thread", || (producer.ended.load(Relaxed) > 0).then_some(()));
    assert!(producer.sent.load(Relaxed) > 1_000, "{outcome}");
    assert_eq!(producer.sent_when_closed.load(Relaxed), 0, "{outcome}");
}
