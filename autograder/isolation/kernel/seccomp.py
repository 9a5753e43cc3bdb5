"""Which system calls a worker may make: an allow-list. It is the last layer, since it denies the calls of the others.

There are three verdicts. Calls that a homework needs pass. Well-known forbidden calls get EPERM, so that a student
reads "Operation not permitted". All other calls, also those of future kernels, get ENOSYS, so that libraries fall back
as on an old kernel. A call of another architecture or of the x32 table kills the process: its numbers mean other calls.

Calls that Landlock does not cover are refused here: stat is harmless, but chdir, chmod, utime, extended attributes and
connecting to sockets are not.
"""

import os
from errno import ENOSYS, EPERM, EROFS
from functools import cache

from autograder.isolation.kernel import syscalls
from autograder.isolation.kernel.bpf import (
    ALLOW,
    OWN_PID,
    Program,
    Rule,
    assemble,
    bits,
    can_install,
    null,
    one_of,
    refuse,
)

ALLOWED = {
    "memory: malloc, mapped weights, loading of libraries": "brk mmap munmap mremap mprotect madvise msync membarrier"
    " get_mempolicy",
    "threads, and the end of the process itself": "exit exit_group futex futex_waitv gettid set_tid_address"
    " set_robust_list rseq sched_yield getcpu wait4 waitid",
    "oneDNN requests the AMX registers by arch_prctl": "arch_prctl",
    "signals to itself, and their handlers": "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait"
    " rt_sigsuspend sigaltstack pause signalfd signalfd4 restart_syscall",
    "time": "clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times alarm getitimer setitimer"
    " timer_create timer_settime timer_gettime timer_getoverrun timer_delete timerfd_create timerfd_settime"
    " timerfd_gettime",
    "identity and limits of the process": "getpid getppid getpgrp getpgid getsid getuid geteuid getgid getegid"
    " getresuid getresgid getgroups capget uname sysinfo getcwd getrusage getrlimit setrlimit getpriority"
    " sched_getaffinity sched_getscheduler sched_getparam sched_get_priority_max sched_get_priority_min getrandom"
    " umask",
    "open files": "read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close close_range"
    " dup dup2 dup3 fstat fstatfs ftruncate fallocate fadvise64 readahead fsync fdatasync sync_file_range sendfile"
    " copy_file_range",
    "files by name: Landlock decides which": "open openat creat access faccessat faccessat2 stat lstat newfstatat statx"
    " statfs readlink readlinkat getdents getdents64 truncate mkdir mkdirat rmdir unlink unlinkat rename renameat"
    " renameat2 symlink symlinkat",
    "waiting": "poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2"
    " eventfd eventfd2 pipe pipe2",
    "socket pairs, which asyncio uses": "recvfrom recvmsg shutdown getsockname getpeername getsockopt",
}

FORBIDDEN = {
    "other processes: start": "fork vfork execve execveat setsid setpgid",
    "other processes: inspect, signal, slow down": "ptrace process_vm_readv process_vm_writev kcmp pidfd_open"
    " pidfd_getfd pidfd_send_signal process_madvise process_mrelease move_pages migrate_pages tkill rt_sigqueueinfo"
    " rt_tgsigqueueinfo setpriority ioprio_set sched_setaffinity sched_setscheduler sched_setparam sched_setattr",
    "the network, and local sockets": "socket connect bind listen accept accept4 sendmsg sendmmsg recvmmsg setsockopt",
    "memory and messages shared by name": "shmget shmat shmdt shmctl semget semop semtimedop semctl msgget msgsnd"
    " msgrcv msgctl mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr memfd_create memfd_secret",
    "locks on files, which other workers could see": "flock",
    "attributes of files, which Landlock does not cover": "chmod fchmod fchmodat chown fchown lchown fchownat utime"
    " utimes futimesat utimensat setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr"
    " flistxattr removexattr lremovexattr fremovexattr",
    "names for files elsewhere": "link linkat mknod mknodat chdir fchdir chroot name_to_handle_at open_by_handle_at"
    " inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_init fanotify_mark",
    "namespaces and mounts": "unshare setns mount umount2 pivot_root open_tree move_mount fsopen fsconfig fsmount"
    " fspick mount_setattr",
    "another identity": "setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capset"
    " personality",
    "calls with a large attack surface": "bpf perf_event_open io_uring_setup io_uring_enter io_uring_register"
    " userfaultfd keyctl add_key request_key seccomp splice tee vmsplice modify_ldt",
    "the machine": "reboot kexec_load kexec_file_load init_module finit_module delete_module swapon swapoff acct"
    " quotactl syslog sethostname setdomainname iopl ioperm settimeofday clock_settime clock_adjtime adjtimex vhangup",
}

WRITES_BY_NAME = (
    "creat truncate mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 symlink symlinkat"
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

# Unmeasured: the calls that the CUDA driver is known to make besides ioctl. No machine with a GPU was available.
ALLOWED_WITH_GPU = "mbind set_mempolicy mlock mlock2 munlock mincore"

# pthread_create's flags in glibc and musl. Without CLONE_THREAD, clone makes a process.
_CLONE_THREAD = 0x00010000
_THREAD_FLAGS = 0x007D0F00

_PRCTL = {
    "PR_GET_PDEATHSIG": 2,
    "PR_GET_DUMPABLE": 3,
    "PR_SET_NAME": 15,
    "PR_GET_NAME": 16,
    "PR_GET_SECCOMP": 21,
    "PR_CAPBSET_READ": 23,
    "PR_GET_NO_NEW_PRIVS": 39,
    "PR_SET_VMA": 0x53564D41,  # names of anonymous mappings
}
_IOCTL = {
    "TCGETS": 0x5401,  # isatty
    "TCGETS2": 0x802C542A,  # isatty, newer C libraries
    "TIOCGWINSZ": 0x5413,
    "FIONREAD": 0x541B,
    "FIONBIO": 0x5421,
    "FIONCLEX": 0x5450,
    "FIOCLEX": 0x5451,
}
# Input into a terminal, and signals to another process through a file's owner: never allowed, not for a GPU either.
_IOCTL_NEVER = {"TIOCSTI": 0x5412, "TIOCLINUX": 0x541C, "FIOSETOWN": 0x8901, "SIOCSPGRP": 0x8902}
# Not F_SETOWN and F_SETSIG, which send any signal to any process of the same user. Not locks, leases and notifications:
# two workers that run at the same time could use them to communicate through a file that both may only read.
_FCNTL = {
    "F_DUPFD": 0,
    "F_GETFD": 1,
    "F_SETFD": 2,
    "F_GETFL": 3,
    "F_SETFL": 4,
    "F_DUPFD_CLOEXEC": 1030,
    "F_SETPIPE_SZ": 1031,
    "F_GETPIPE_SZ": 1032,
    "F_GET_SEALS": 1034,
}
_AF_UNIX = 1


def available() -> bool:
    """Whether this kernel accepts a filter from this process."""
    return syscalls.supported() and can_install()


def install(*, gpu: bool = False, writes: bool = True) -> None:
    """Restricts this process and all its threads to the list, for good. Sets no_new_privs.

    Args:
        gpu: whether the CUDA driver is allowed: any ioctl, on the device files that Landlock permits.
        writes: whether files may be written by name. False if no other layer restricts which: a filter sees no names.

    Raises:
        OSError: the kernel refuses.
        RuntimeError: a thread already has another filter, so no thread got this one.
    """
    syscalls.forgo_privileges()
    program(gpu=gpu, writes=writes).install()


@cache
def program(*, gpu: bool = False, writes: bool = True) -> Program:
    """The filter. It is built once: build it before the fork, and children only install it."""
    verdicts = {name: ALLOW for names in ALLOWED.values() for name in names.split()}
    verdicts |= {name: refuse(EPERM) for names in FORBIDDEN.values() for name in names.split()}
    if gpu:
        verdicts |= dict.fromkeys(ALLOWED_WITH_GPU.split(), ALLOW)
    rules = _rules(gpu)
    if not writes:
        verdicts |= dict.fromkeys(WRITES_BY_NAME.split(), refuse(EROFS))
        for name, flags_at in (("open", 1), ("openat", 2)):
            rules[name] = bits(flags_at, required=0, forbidden=_WRITING, yes=ALLOW, no=refuse(EROFS))
    return assemble(verdicts, rules, refuse(ENOSYS))


def _rules(gpu: bool) -> dict[str, Rule]:
    """The calls whose arguments decide. clone3 keeps its flags in memory, which a filter cannot see: it gets ENOSYS."""
    yes, no = ALLOW, refuse(EPERM)
    return {
        "clone": bits(0, required=_CLONE_THREAD, forbidden=~_THREAD_FLAGS & 0xFFFFFFFF, yes=yes, no=no),
        "kill": one_of(0, [OWN_PID], yes, no),
        "tgkill": one_of(0, [OWN_PID], yes, no),
        "prlimit64": one_of(0, [0, OWN_PID], yes, no),
        "prctl": one_of(0, list(_PRCTL.values()), yes, no),
        "fcntl": one_of(1, list(_FCNTL.values()), yes, no),
        "ioctl": one_of(1, list(_IOCTL_NEVER.values()), no, yes)
        if gpu
        else one_of(1, list(_IOCTL.values()), yes, no),
        "socketpair": one_of(0, [_AF_UNIX], yes, no),
        "sendto": null(4, yes, no),
    }
