#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# journal.py - start a program as systemd does, with standard error connected to a journal, which is this one
#
# Usage: journal.py FILE COMMAND...
#
# Needs a mount namespace of its own. Lines of standard error are passed on, and each event that comes with fields is
# a line of FILE: a JSON object.
import json
import os
import selectors
import socket
import subprocess
import sys

PATH = "/run/systemd/journal/socket"


def take_event(events, file):
    lines = events.recv(65536).decode().splitlines()
    with open(file, "a", encoding="ascii") as out:
        print(json.dumps(dict(line.split("=", 1) for line in lines)), file=out)


def read(events, stream, file):
    ready = selectors.DefaultSelector()
    ready.register(events, selectors.EVENT_READ)
    ready.register(stream, selectors.EVENT_READ)
    while True:
        for key, _ in ready.select():
            if key.fileobj is events:
                take_event(events, file)
            elif lines := stream.recv(65536):
                os.write(2, lines)
            else:
                return


def main():
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"], check=True)
    os.makedirs(os.path.dirname(PATH))
    events = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    events.bind(PATH)
    os.chmod(PATH, 0o666)
    stream, ours = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        read(events, stream, sys.argv[1])
        sys.exit()
    status = os.fstat(ours.fileno())
    os.environ["JOURNAL_STREAM"] = f"{status.st_dev}:{status.st_ino}"
    os.dup2(ours.fileno(), 2)
    os.execvp(sys.argv[2], sys.argv[2:])


main()
