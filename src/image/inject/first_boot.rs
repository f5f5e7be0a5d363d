//! Commands that run once in the booted guest: as files, so that none is an argument that every account can read.

use super::{File, Injection};

/// Runs them and tells what became of them.
pub const RUNNER: &str = "/var/lib/warp/first-boot";

/// How they ended: the exit status of the one that failed, or 0. It is there when they have ended.
pub const STATUS: &str = "/var/lib/warp/first-boot.status";

/// The files of the commands, of what runs them, and of its unit.
pub fn files(injection: &Injection) -> Vec<File> {
    let file = |path: String, mode: &str, content: String| File {
        path,
        mode: mode.to_owned(),
        owner: "root".to_owned(),
        content,
    };
    let mut files: Vec<File> = injection
        .commands
        .iter()
        .enumerate()
        .map(|(i, command)| {
            let program = if command.starts_with("#!") { "" } else { "#!/bin/sh -e\n" };
            file(format!("{RUNNER}.d/{i:04}"), "0700", format!("{program}{}\n", command.trim_end()))
        })
        .collect();
    let steps: Vec<&str> = files.iter().map(|f| f.path.as_str()).collect();
    let runner = format!(
        "#!/bin/sh\n\
         # Written by warp: what was asked of the guest's first boot.\n\
         exec >> /var/log/warp-first-boot.log 2>&1 < /dev/null\n\
         cd /root || exit\n\
         export HOME=/root\n\
         status=0\n\
         for step in {}; do\n    \
             \"$step\"\n    \
             status=$?\n    \
             if [ $status != 0 ]; then\n        \
                 echo \"$step failed: $status\"\n        \
                 break\n    \
             fi\n\
         done\n\
         echo $status > {STATUS}.new\n\
         mv {STATUS}.new {STATUS}\n\
         exit $status\n",
        steps.join(" ")
    );
    files.push(file(RUNNER.to_owned(), "0700", runner));
    files.push(file("/etc/systemd/system/warp-first-boot.service".to_owned(), "0644", unit()));
    files
}

fn unit() -> String {
    format!(
        "[Unit]\n\
         Description=What warp was asked to run at the first boot\n\
         ConditionPathExists=!{STATUS}\n\
         Wants=network-online.target\n\
         After=network-online.target\n\
         \n\
         [Service]\n\
         Type=oneshot\n\
         ExecStart={RUNNER}\n\
         \n\
         [Install]\n\
         WantedBy=multi-user.target\n"
    )
}
