# What a program should not: argv[1] says what, and it goes on where it can.
import os
import socket
import sys


def read_shadow():
    return open("/etc/shadow").read()


what = {
    "write": lambda: open("/tmp/vn-evil", "w"),
    "shadow": read_shadow,
    "socket": socket.socket,
    "fork": os.fork,
    "run": lambda: os.execv("/bin/true", ["true"]),
    "kill": lambda: os.kill(1, 0),
    "unlink": lambda: os.unlink(__file__),
    "link": lambda: os.symlink("/etc/shadow", "/tmp/vn-evil"),
}
try:
    what[sys.argv[1]]()
    print("done")
except OSError as e:
    print(e.strerror)
