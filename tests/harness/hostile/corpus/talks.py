"""Class 8 as well: connects to the network, and to all servers on the machine."""

from tests.harness.hostile.corpus.leftovers import quietly

ENTRIES = (
    quietly(
        "talk-network",
        "connects over TCP, sends over UDP, locally and to the internet, and resolves a name",
        """
import socket
for address in (("127.0.0.1", aim.PORT), ("localhost", aim.PORT), ("::1", aim.PORT), ("192.0.2.1", 80)):
    attempt(lambda: socket.create_connection(address, timeout=0.2).send(b"hello"))
attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", ("127.0.0.1", aim.PORT)))
attempt(socket.getaddrinfo, "example.invalid", 80)
attempt(socket.create_server, ("127.0.0.1", 0))
""",
    ),
    quietly(
        "talk-unix",
        "connects to Unix sockets with and without a file, sends over one end of a pair, and passes descriptors",
        """
import socket
for address in (aim.SOCKET, "\\0" + aim.ABSTRACT, "/run/docker.sock", "/var/run/dbus/system_bus_socket"):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        attempt(lambda: socket.socket(socket.AF_UNIX, kind).connect(address))
one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
attempt(one.sendto, b"hello", aim.SOCKET)
attempt(one.sendto, b"hello", "\\0" + aim.ABSTRACT)
attempt(socket.send_fds, one, [b"x"], [0, 3], 0, aim.SOCKET)
attempt(socket.send_fds, socket.socket(fileno=os.dup(3)), [b""], [0])
""",
    ),
    quietly(
        "talk-by-kernel",
        "uses other interfaces of the kernel: io_uring, bpf, keys, shared queues and segments",
        """
import ctypes, platform
libc = ctypes.CDLL(None)
buffer = ctypes.create_string_buffer(256)
numbers = {"x86_64": (425, 321, 248, 250, 240, 29, 64, 68, 323, 298, 304, 272, 308, 319),
           "aarch64": (425, 280, 217, 219, 180, 194, 190, 186, 282, 241, 265, 97, 268, 279)}
for number in numbers[platform.machine()]:
    if libc.syscall(number, 1, buffer, 0, 0, 0) > 3:
        loot.spill([f"call {number} was made"])
""",
    ),
)
