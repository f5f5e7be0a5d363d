"""A server on 127.0.0.1 that tells of what it was asked, until /stop. Its port is written to the file that is named."""
import http.server
import os
import socket
import sys
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        status, more = {
            "/gone": (404, {}),
            "/moved": (302, {"Location": "/echo"}),
            "/round": (302, {"Location": "/round"}),
        }.get(self.path, (200, {}))
        if self.path == "/secret" and not self.headers.get("Authorization"):
            status, more = 401, {"WWW-Authenticate": 'Basic realm="x"'}
        if self.path == "/drop":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if self.path == "/slow":
            self.connection.settimeout(5)
            self.connection.recv(1)
            return
        names = ["X-One", "User-Agent", "Cache-Control", "Authorization", "Accept-Encoding"]
        body = "".join("%s=%s\n" % (name, self.headers.get(name)) for name in names)
        body = (body + "\u00e9\x0bone\u2028line\r\nend").encode()
        self.send_response(status)
        for name, value in more.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        if self.path == "/stop":
            threading.Thread(target=self.server.shutdown).start()


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + ".new", "w") as port:
    port.write(str(server.server_port))
os.rename(sys.argv[1] + ".new", sys.argv[1])
threading.Timer(120, server.shutdown).start()
server.serve_forever()
os._exit(0)
