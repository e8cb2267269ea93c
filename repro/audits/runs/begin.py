"""What stands between an audit and one run of it: it prepares where the script runs, starts it, and ends all it left.

Run by path, without `site`, so it stays as quick as the interpreter: `python -I -S begin.py PARENT JOB`. PARENT is the
process that started it, JOB a file of JSON that `process.py` writes. On Linux it enters a mount namespace of its own,
lays an overlay over each folder of the job's layer (layer.py), and is the reaper of everything that the script starts,
also of what detaches itself: all of it ends with the run, and the run ends with the audit. Elsewhere it becomes the
script.
"""

import ctypes
import json
import os
import signal
import sys
import time
from typing import Any

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000  # from Linux's sched.h
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_MOVE, MS_REC, MS_PRIVATE = 0x1, 0x20, 0x1000, 0x2000, 0x4000, 0x40000  # mount.h
KEPT_FLAGS = {0x2: 0x2, 0x4: 0x4, 0x8: 0x8, 0x400: 0x400, 0x800: 0x800, 0x1000: 0x200000}  # of statvfs, as mount's
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # from sys/prctl.h
ADDR_NO_RANDOMIZE = 0x0040000  # from sys/personality.h
ENDING_SECONDS = 0.5  # in which what a script started may end after it, as the tracker of multiprocessing does
NO_LAYER = 125  # the exit status where the layer could not be laid; the report says why


class Libc:
    """The system calls that Python has no function for. OSError if one fails."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)

    def call(self, name: str, *arguments: Any, on: str = "") -> None:
        """Call a function that gives a negative number if it fails."""
        if getattr(self._libc, name)(*arguments) < 0:
            number = ctypes.get_errno()
            raise OSError(number, f"{os.strerror(number)}, in {name}{on and ' of '}{on}")

    def mount(self, source: str | None, target: str, kind: str | None, flags: int, data: str | None) -> None:
        """As mount(2); None for what it does not take."""
        texts = [None if one is None else os.fsencode(one) for one in (source, target, kind)]
        self.call("mount", *texts, ctypes.c_ulong(flags), None if data is None else data.encode(), on=target)


def _unshare(libc: Libc) -> bool:
    """Enter the namespaces; whether as root, who needs none of users."""
    if os.geteuid() == 0:
        try:
            libc.call("unshare", CLONE_NEWNS)
            return True
        except OSError:  # root of a container, without the capability
            pass
    user, group = os.geteuid(), os.getegid()
    libc.call("unshare", CLONE_NEWUSER | CLONE_NEWNS)
    for name, text in (
        ("setgroups", "deny"),  # or no group could be mapped: user_namespaces(7)
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    return False


def enter(libc: Libc, layer: dict[str, Any]) -> None:
    """Enter a mount namespace, as an ordinary user within a user namespace in which everybody is who they are, and
    lays the layer there."""
    as_root = _unshare(libc)
    libc.mount("none", "/", None, MS_REC | MS_PRIVATE, None)
    # Everything is opened before anything is mounted over it: paths with commas and colons need no escapes, either.
    held: dict[str, int] = {}

    def hold(path: str) -> str:
        if path not in held:
            held[path] = os.open(path, os.O_PATH)
        return f"/proc/self/fd/{held[path]}"

    mounts: list[tuple[str, str | None, str | None, str | None]] = []
    for folder in layer["folders"]:
        mounts.append((folder["path"], hold(folder["path"]), hold(folder["upper"]), hold(folder["work"])))
    mounts += [(path, hold(path), None, None) for path in layer["kept"]]
    mounts += [(path, None, None, None) for path in layer["empty"]]
    options = ",redirect_dir=on,metacopy=off" if as_root else ",userxattr"
    new_root = layer["root"] if "/" in (folder["path"] for folder in layer["folders"]) else ""
    for path, lower, upper, work in sorted(mounts, key=lambda one: one[0].rstrip("/").count("/")):
        target = (new_root + path).rstrip("/")
        if upper is not None:
            data = f"lowerdir={lower},upperdir={upper},workdir={work}"
            libc.mount("layer", target, "overlay", 0, data + options)
        elif lower is not None:
            libc.mount(lower, target, None, MS_BIND | MS_REC, None)
        else:
            libc.mount("empty", target, "tmpfs", 0, "mode=1777")
    for path in layer["read_only"]:  # the overlays have their own way to what they lie over
        flags = os.statvfs(path).f_flag
        kept = sum(mount for seen, mount in KEPT_FLAGS.items() if flags & seen)  # locked in a user namespace
        libc.mount(None, path, None, MS_REMOUNT | MS_BIND | MS_RDONLY | kept, None)
    for number in held.values():
        os.close(number)
    if new_root:
        os.chdir(new_root)
        libc.mount(new_root, "/", None, MS_MOVE, None)
        os.chroot(".")


def below(root: int) -> list[int]:
    """All processes below one, those that have ended and were not waited for left out."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    state, parent = file.read().rpartition(b")")[2].split()[:2]
            except OSError:
                continue
            if state != b"Z":
                children.setdefault(int(parent), []).append(int(name))
    found: list[int] = []
    look = [root]
    while look:
        new = children.get(look.pop(), [])
        found += new
        look += new
    return found


def kill_all() -> None:
    """Kills everything below this process and waits for its end: one may begin another while it is killed."""
    for _ in range(1000):
        for process in below(os.getpid()):
            try:
                os.kill(process, signal.SIGKILL)
            except OSError:
                pass  # it has ended, or is another user's
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.002)


def wait_for(child: int) -> int:
    """The wait status of the script; whatever else ends meanwhile, and has no parent any more, is reaped."""
    while True:
        ended, status = os.wait()
        if ended == child:
            return status


def reap() -> int:
    """Wait a moment for what the script has left; how many processes of it do not end."""
    until = time.monotonic() + ENDING_SECONDS
    while True:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return 0
        left = len(below(os.getpid()))
        if not left or time.monotonic() > until:
            return left
        time.sleep(0.01)


def end(*_: object) -> None:
    """End the run: called where a signal asks for it."""
    kill_all()
    os._exit(128 + signal.SIGTERM)


def run(job: dict[str, Any], libc: Libc) -> tuple[int, int]:
    """Run the job's command; its wait status, and how many processes it left."""
    signal.signal(signal.SIGTERM, end)
    libc.call("prctl", PR_SET_CHILD_SUBREAPER, 1)
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            libc.call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)
            os.setsid()  # what the script sends to its own group does not reach this process
            if job["fixed_addresses"]:
                libc.call("personality", ADDR_NO_RANDOMIZE)
            become(job)
        except OSError as error:
            os.write(2, f"{error}\n".encode())
        finally:
            os._exit(127)
    status = wait_for(child)
    left = reap()
    kill_all()
    return status, left


def become(job: dict[str, Any]) -> None:
    """Becomes the job's command, in its folder."""
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.default_int_handler if one is signal.SIGINT else signal.SIG_DFL)
    os.chdir(job["folder"])
    os.execvp(job["command"][0], job["command"])


def main() -> None:
    """See above."""
    parent = int(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as file:
        job = json.load(file)
    if sys.platform != "linux":
        become(job)
    libc = Libc()
    libc.call("prctl", PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it has ended already
        os._exit(1)
    report: dict[str, Any] = {"left": 0, "layer": None}
    with open(job["report"], "w", encoding="utf-8") as out:  # opened here: in the layer the file would be another
        if job["layer"] is not None:
            try:
                enter(libc, job["layer"])
            except OSError as error:
                report["layer"] = error.strerror
                json.dump(report, out)
                out.flush()
                os._exit(NO_LAYER)
        status, report["left"] = run(job, libc)
        json.dump(report, out)
    if os.WIFSIGNALED(status):  # end as it has ended
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if os.WTERMSIG(status) not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.WEXITSTATUS(status))


if __name__ == "__main__":
    main()
