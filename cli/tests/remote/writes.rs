//! The server side keeps nothing: what its process opens and writes is traced.
use crate::{Serving, brief, on_tiny, picture};
use foveate::engine::{Engine, Leave, Place, Terms};
use std::process::Command;
use std::time::Duration;

const QUESTION: &str = "Where is the surprise party?";

/// Calls by which something can get onto a disk.
const CALLS: &str = "trace=open,openat,openat2,creat,mkdir,mkdirat,rename,renameat,renameat2,link,\
    linkat,symlink,symlinkat,truncate,ftruncate,fallocate,memfd_create,write,writev,pwrite64,\
    pwritev,pwritev2,copy_file_range,sendfile,splice,sendto,sendmsg,exit_group";

#[test]
fn nothing_of_a_request_is_written() {
    if Command::new("strace").arg("-V").output().is_err() {
        eprintln!("nothing_of_a_request_is_written: skipped, there is no strace");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("calls");
    let mut strace = Command::new("strace");
    // -D: the server is the child, strace its grandchild; -y: what a descriptor is.
    strace.args(["-D", "-f", "-y", "-qq", "-s", "4096", "-e", CALLS, "-o"]);
    strace.arg(&log).arg(env!("CARGO_BIN_EXE_foveate"));
    let serving = Serving::start(on_tiny(strace), &[]);
    let mut conversation = serving.remote().begin().unwrap();
    conversation.show(&picture(), Leave::Allowed).unwrap();
    let terms = Terms {
        request: brief(),
        consent: true,
    };
    let reply = conversation.answer(QUESTION, &terms).unwrap();
    assert_eq!(reply.route.place, Place::Server);
    let id = serving.child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    let calls = whole(&log);
    // The answer was traced, so that a write of the request would have been.
    assert!(
        calls.iter().any(|call| call.contains("[DONE]")),
        "{} calls",
        calls.len()
    );
    let kept: Vec<_> = calls.iter().filter(|call| keeps(call)).collect();
    println!(
        "{} calls, {} of them could keep something",
        calls.len(),
        kept.len()
    );
    assert!(kept.is_empty(), "{kept:#?}");
    let said = calls.iter().filter(|call| call.contains("surprise"));
    assert_eq!(said.count(), 0, "the question was written somewhere");
}

/// The calls, once the trace is whole.
fn whole(log: &std::path::Path) -> Vec<String> {
    for _ in 0..6000 {
        let text = String::from_utf8_lossy(&std::fs::read(log).unwrap()).into_owned();
        if text.lines().any(|line| line.contains("exit_group(")) {
            return text.lines().map(str::to_owned).collect();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the server did not end");
}

/// Whether a call makes or changes a file, or writes elsewhere than to a connection, a pipe, or an
/// event.
fn keeps(line: &str) -> bool {
    let Some((head, arguments)) = line.split_once('(') else {
        return false;
    };
    let name = head.rsplit(' ').next().unwrap_or_default();
    let failed = line.contains(") = -1 ");
    if failed || line.contains("resumed>") {
        return false;
    }
    match name {
        "open" | "openat" | "openat2" => {
            let writes = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"];
            writes.iter().any(|flag| arguments.contains(flag)) && !arguments.contains("/dev/null")
        }
        "write" | "writev" | "pwrite64" | "pwritev" | "pwritev2" | "sendfile" | "splice" => {
            let target = arguments.split_once('<').map_or("", |(_, rest)| rest);
            let passing = ["socket:", "TCP:", "TCPv6:", "UNIX", "pipe:", "anon_inode:"];
            !passing.iter().any(|kind| target.starts_with(kind))
        }
        "sendto" | "sendmsg" | "exit_group" => false,
        // A thread that was waiting in a call when the process ended.
        "???" => false,
        _ => true,
    }
}
