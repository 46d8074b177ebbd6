//! A limit on CPU time.

use super::*;

/// A CPU cgroup with a limit, below the root group of whichever version there is; gone when dropped.
struct Limited(std::path::PathBuf);

impl Limited {
    /// A tenth of one CPU. None: this machine does not let us.
    fn new() -> Option<Self> {
        let name = format!("pinload-test-{}", std::process::id());
        for (controller, file, limit) in
            [("/sys/fs/cgroup/cpu", "cpu.cfs_quota_us", "10000"), ("/sys/fs/cgroup", "cpu.max", "10000 100000")]
        {
            let group = std::path::Path::new(controller).join(&name);
            if std::fs::create_dir(&group).is_err() {
                continue;
            }
            let group = Self(group);
            if std::fs::write(group.0.join(file), limit).is_ok() {
                return Some(group);
            }
        }
        None
    }

    fn take(&self, pid: i32) -> bool {
        std::fs::write(self.0.join("cgroup.procs"), pid.to_string()).is_ok()
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        // The last process of it may be about to end.
        let deadline = Deadline::within(5 * S);
        while std::fs::remove_dir(&self.0).is_err() && deadline.pause() {}
    }
}

#[test]
fn a_cpu_limit_of_the_cgroup_is_throttling() {
    let cannot = || left_out("a_cpu_limit_of_the_cgroup_is_throttling", "no CPU cgroup can be made here");
    let Some(group) = Limited::new() else { return cannot() };
    let scene = null_scene("a_cpu_limit_of_the_cgroup_is_throttling");
    // The shell joins the group before it becomes the program, which then finds its cgroup as any program in a
    // container does.
    let join = format!("echo $$ > {}/cgroup.procs && exec \"$@\"", group.0.display());
    let mut probe = Command::new("sleep").arg("0").spawn().expect("sleep");
    let may_join = group.take(i32::try_from(probe.id()).expect("a pid"));
    probe.wait().expect("our own child");
    if !may_join {
        return cannot();
    }
    let mut args = vec!["-c".to_owned(), join, "sh".to_owned(), PINLOAD.to_owned()];
    args.extend(judged_by(&NULL_RUN, &["throttled-share=0.5"]));
    let done = scene.command("sh", args).limit(LIMIT).run();
    // Its control is the run without a cause above, which is judged by the same threshold.
    let detail = assert_explained(&scene, &done, &["throttled"]);
    assert!(words(&detail, "throttled").contains("a CPU limit stopped the group"), "{done}");
}
