"""A package that breaks each limit of a worker."""

HOG = """
import hashlib, os, signal, sys, threading, time
import torch

def spin():
    for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    while True:
        pass

def spin_in_threads():
    for _ in range(19):
        threading.Thread(target=hash_without_end).start()
    hash_without_end()

def hash_without_end():
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)  # it does not hold Python's lock

def sleep(): time.sleep(60)
def segfault():
    import ctypes
    ctypes.string_at(0)
def leave(): os._exit(3)
def leave_politely(): sys.exit(3)
def allocate(): return torch.ones(2**30).sum()
def allocate_python(): return len(bytearray(2**31))
def write(): open("large", "wb").write(bytes(2**25))
def flood():
    while True:
        print("x" * 1000)
def chat():
    print("before", end="")
    print("to stderr", file=sys.stderr)
    return 1
def fork(): return os.fork()
def outside(): open("/tmp/outside", "w")
def remember():
    with open("note", "x") as file:
        file.write("I was here")
    return os.listdir(".")
def early(): os.write(3, b"HWF1" + bytes(50)); return 1
def late():
    threading.Timer(0.2, lambda: os.write(3, b"HWF1" + bytes(50))).start()
    return 1
def honest(x): return x + 1
def loop(callback):
    while True:
        callback(torch.ones(1))
def catches(callback):
    try:
        callback(torch.ones(1))
    except Exception:
        return 7
def count_threads():
    return torch.get_num_threads()
"""
