"""What `get_url` and `uri` are asked of, by tests. It prints its port."""
import http.server, sys, json, base64, gzip, os, hashlib
class H(http.server.BaseHTTPRequestHandler):
    protocol_version='HTTP/1.1'
    def log_message(self,*a): pass
    def reply(self,code,body=b'',headers=(),reason=None):
        self.send_response(code,reason) if reason else self.send_response(code)
        for k,v in headers: self.send_header(k,v)
        self.send_header('Content-Length',str(len(body))); self.end_headers()
        if self.command!='HEAD': self.wfile.write(body)
    def send_response(self,code,message=None):
        self.send_response_only(code,message); self.send_header('Server','T')
    def any(self):
        n=int(self.headers.get('Content-Length',0) or 0); body=self.rfile.read(n)
        p=self.path.split('?')[0]
        if p=='/echo':
            hs={k:v for k,v in sorted(self.headers.items())}
            self.reply(200,json.dumps({'m':self.command,'p':self.path,'h':hs,'b':body.decode('latin-1')}).encode(),[('Content-Type','application/json')])
        elif p.startswith('/r'):
            self.reply(int(p[2:5]),b'moved',[('Location','/echo?x'),('Set-Cookie','a=b; Path=/')])
        elif p=='/basic':
            ok=self.headers.get('Authorization')=='Basic '+base64.b64encode(b'arthur:swordfish').decode()
            self.reply(200 if ok else 401,b'in' if ok else b'out',[] if ok else [('WWW-Authenticate','Basic realm="x"')])
        elif p=='/digest':
            a=self.headers.get('Authorization','')
            if not a.startswith('Digest'): return self.reply(401,b'out',[('WWW-Authenticate','Digest realm="r", nonce="n1", qop="auth", algorithm=MD5')])
            import urllib.request
            d=urllib.request.parse_keqv_list(urllib.request.parse_http_list(a[7:])); h=lambda s:hashlib.md5(s.encode()).hexdigest()
            w=h(':'.join([h('arthur:r:swordfish'),'n1',d['nc'],d['cnonce'],'auth',h(self.command+':'+d['uri'])]))
            self.reply(200 if w==d['response'] else 403,b'in')
        elif p=='/gzip': self.reply(200,gzip.compress(b'zipped text'),[('Content-Encoding','gzip'),('Content-Type','text/plain')])
        elif p=='/chunked':
            self.send_response(200); self.send_header('Transfer-Encoding','chunked'); self.end_headers()
            for c in (b'one ',b'two',b''): self.wfile.write(b'%x\r\n%s\r\n'%(len(c),c))
        elif p=='/file': self.reply(200,b'file content\n',[('Last-Modified','Sun, 06 Nov 1994 08:49:37 GMT'),('Content-Disposition','attachment; filename="named.txt"')]) if not self.headers.get('If-Modified-Since') else self.reply(304)
        elif p=='/sums': self.reply(200,(hashlib.sha256(b'file content\n').hexdigest()+'  ./file\n'+'00'*32+'  other\n').encode())
        elif p=='/latin': self.reply(200,'h\xe9'.encode('latin-1'),[('Content-Type','text/plain; charset=iso-8859-1')])
        elif p=='/json': self.reply(200,b'{"a": [1, 2.5, null]}',[('Content-Type','application/vnd.x+json')])
        elif p=='/odd': self.reply(418,b'tea',[],"I'm odd")
        elif p=='/close': self.close_connection=True; self.connection.close()
        else: self.reply(404,b'nothing here')
    do_GET=do_POST=do_PUT=do_HEAD=do_DELETE=do_PATCH=do_OPTIONS=any
class S(http.server.ThreadingHTTPServer):
    daemon_threads=True
    def handle_error(self,*a): pass
s=S(('127.0.0.1',int(sys.argv[1])),H); print(s.server_port,flush=True); s.serve_forever()
