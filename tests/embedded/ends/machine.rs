//! A machine that refuses: folders, disks, shared memory.

use super::*;

#[test]
fn an_output_folder_that_cannot_be_written_is_found_before_anything_is_started() {
    let scene = scene("an_output_folder_that_cannot_be_written_is_found_before_anything_is_started");
    scene.write("a-file", "");
    let folder = scene.path("a-file").join("results").display().to_string();
    let started = Instant::now();
    let ended = scene.pinload(["run", "--embedded", "--no-progress", "--output-dir", &folder, "small.yaml"]).run();
    ended.assert_code(NOT_WRITTEN).assert_stderr_has(&folder);
    assert!(started.elapsed() < 10 * SECOND, "refused only after {:?}", started.elapsed());
    scene.assert_no_leftovers();
}

/// Runs pinload in a mount namespace of its own, after `mount` has changed what the file system looks like.
fn in_namespace(scene: &Scene, mount: &str, args: &[&str]) -> scene::Outcome {
    let mut command = vec!["--map-root-user".to_owned(), "--mount".into(), "sh".into(), "-ec".into()];
    command.push(format!("{mount}; exec \"$0\" \"$@\""));
    command.push(scene::PINLOAD.to_owned());
    command.extend(args.iter().map(|arg| (*arg).to_owned()));
    scene.command("unshare", command).run()
}

#[test]
fn a_full_disk_is_one_clear_error_and_leaves_no_temporary_file() {
    let scene = scene("a_full_disk_is_one_clear_error_and_leaves_no_temporary_file");
    std::fs::create_dir(scene.path("full")).expect("a folder");
    // 8 KiB hold an empty result, not one with its details.
    let mount = "mount -t tmpfs -o size=8k tmpfs full";
    let ended = in_namespace(
        &scene,
        mount,
        &[
            "run",
            "--embedded",
            "--no-progress",
            "--warmup",
            "0s",
            "--duration",
            "2s",
            "--output-dir",
            "full",
            "small.yaml",
        ],
    );
    ended.assert_code(NOT_WRITTEN).assert_stderr_has("full");
    scene.assert_no_leftovers();
}

#[test]
fn shared_memory_that_is_too_small_is_one_clear_error_at_the_start() {
    let scene = scene("shared_memory_that_is_too_small_is_one_clear_error_at_the_start");
    let mount = "mount -t tmpfs -o size=256k tmpfs /dev/shm";
    let ended = in_namespace(&scene, mount, &["run", "--embedded", "--no-progress", "small.yaml"]);
    ended.assert_code(REFUSED).assert_stderr_has("of shared memory, 0.2 MiB are free").assert_stderr_has("--shm-size");
    scene.assert_no_leftovers();
}
