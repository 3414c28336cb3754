#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""web.py - a web server for large files

usage: web.py ADDRESS PORT FILE

GET is answered with the file, PUT with the SHA-256 of what was put. Says "ready", then who asked for what.
"""

import hashlib
import http.server
import socket
import sys

PIECE = 1 << 18


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, length):
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def do_GET(self):
        with open(self.server.path, "rb") as file:
            file.seek(0, 2)
            self.answer(file.tell())
            file.seek(0)
            self.wfile.flush()
            self.connection.sendfile(file)

    def do_PUT(self):
        left = int(self.headers["Content-Length"])
        digest = hashlib.sha256()
        while left > 0 and (piece := self.rfile.read(min(left, PIECE))):
            digest.update(piece)
            left -= len(piece)
        text = digest.hexdigest().encode() + b"\n"
        self.answer(len(text))
        self.wfile.write(text)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


def main():
    address, port, path = sys.argv[1:]
    Server.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
    server = Server((address, int(port)), Handler)
    server.path = path
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
