#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""terminal.py - is a program that takes the whole terminal a good guest there?

    terminal.py END COMMAND...      END: q, ctrl-c, ctrl-z, TERM, or: itself (it ends by itself)

The command gets a terminal of 24 lines and 80 columns, and after its first picture one of 12 lines and 60 columns. It
has to enter the alternate screen, draw no more than fits, and leave it whatever ends it; the terminal must have its
modes again. The last picture is printed, without what is not text, then what was written afterwards.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"
HOME = b"\x1b[H"


def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


class Guest:
    def __init__(self, command):
        self.out = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            time.sleep(0.2)  # until the size is set
            os.execvp(command[0], command)
        resize(self.fd, 24, 80)
        self.modes = termios.tcgetattr(self.fd)

    def read(self, done, what):
        end = time.monotonic() + 15
        while not done(self.out):
            assert time.monotonic() < end, (what, self.out)
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.out += os.read(self.fd, 65536)
                except OSError:
                    assert done(self.out), (what, self.out)

    def pictures(self, count, what):
        """Wait for so many more whole pictures that are not empty"""
        seen = len(self.out)
        whole = re.compile(rb"\x1b\[H\x1b\[1mnat46d.*?\x1b\[J", re.DOTALL)
        self.read(lambda out: len(whole.findall(out[seen:])) >= count, what)

    def status(self):
        end = time.monotonic() + 10
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)
            if pid:
                return status
            time.sleep(0.05)
        raise AssertionError("it does not end")

    def rest(self):
        """What it has written before its end"""
        try:
            while data := os.read(self.fd, 65536):
                self.out += data
        except OSError:
            pass

    def check_left(self):
        self.read(lambda out: LEAVE in out, "the alternate screen is not left")
        assert termios.tcgetattr(self.fd) == self.modes, "the terminal has other modes"


def last_picture(out):
    picture = [part for part in out.split(LEAVE)[0].split(HOME) if b"nat46d" in part and b"\x1b[J" in part][-1]
    lines = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", picture).decode().split("\r\n")
    return [line.replace("\r", "") for line in lines]


def stop_and_go(guest):
    """ctrl-Z: the terminal is given back, and taken again by SIGCONT"""
    os.write(guest.fd, b"\x1a")
    guest.check_left()
    assert os.WIFSTOPPED(guest.status()), "it does not stop"
    guest.out = b""
    os.kill(guest.pid, signal.SIGCONT)
    guest.read(lambda out: ENTER in out, "the terminal is not taken again")
    guest.pictures(1, "no picture after ctrl-Z")
    os.write(guest.fd, b"q")


def main():
    end, command = sys.argv[1], sys.argv[2:]
    guest = Guest(command)
    guest.read(lambda out: ENTER in out, "the alternate screen is not entered")
    guest.pictures(1, "no pictures")
    assert termios.tcgetattr(guest.fd) != guest.modes, "keys would be shown"
    assert len(last_picture(guest.out)) <= 24 and max(map(len, last_picture(guest.out))) <= 80, last_picture(guest.out)
    resize(guest.fd, 12, 60)
    guest.pictures(2, "no pictures after a new size")  # the first one may be on its way
    if end == "TERM":
        os.kill(guest.pid, signal.SIGTERM)
    elif end == "ctrl-z":
        stop_and_go(guest)
    elif end == "itself":
        print("ready", flush=True)
    else:
        os.write(guest.fd, b"\x03" if end == "ctrl-c" else b"q")
    guest.check_left()
    lines = last_picture(guest.out)
    assert len(lines) <= 12 and max(map(len, lines)) <= 60, lines
    status = guest.status()
    guest.rest()
    assert any("established" in line for line in lines), "a small terminal shows no flow"
    print("\n".join(lines))
    print(re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", guest.out.split(LEAVE)[-1]).decode().replace("\r", ""))
    print("signal", os.WTERMSIG(status)) if os.WIFSIGNALED(status) else print("status", os.WEXITSTATUS(status))


main()
