"""Asking servers."""
import base64
import http.cookiejar as cookiejar
import os
import ssl
import urllib.error
import urllib.parse
import urllib.request

from ansible.module_utils.common.text.converters import to_bytes, to_native

_SAFE = ('GET', 'HEAD')


class ConnectionError(Exception):
    """A server cannot be reached."""


class ProxyError(ConnectionError):
    """A proxy does not do it."""


class SSLValidationError(ConnectionError):
    """A server is not who it says."""


class NoSSLError(SSLValidationError):
    """There is no TLS here."""


def get_user_agent():
    """Who asks."""
    from ansible.module_utils.ansible_release import __version__
    return 'ansible-httpget/%s' % __version__


def basic_auth_header(username, password):
    """The header of a login."""
    return b'Basic ' + base64.b64encode(to_bytes('%s:%s' % (username, password or '')))


def url_argument_spec():
    """What modules that ask servers take."""
    return dict(
        url=dict(type='str'),
        force=dict(type='bool', default=False),
        http_agent=dict(type='str', default='ansible-httpget'),
        use_proxy=dict(type='bool', default=True),
        validate_certs=dict(type='bool', default=True),
        url_username=dict(type='str'),
        url_password=dict(type='str', no_log=True),
        force_basic_auth=dict(type='bool', default=False),
        client_cert=dict(type='path'),
        client_key=dict(type='path'),
        use_gssapi=dict(type='bool', default=False),
    )


def url_redirect_argument_spec():
    """What they take for redirects."""
    return dict(follow_redirects=dict(type='str', default='safe',
                                      choices=['all', 'no', 'none', 'safe', 'urllib2', 'yes']))


class _Redirects(urllib.request.HTTPRedirectHandler):
    def __init__(self, follow):
        self.follow = follow

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        method = req.get_method()
        wanted = self.follow in ('all', 'yes', True, 'urllib2') or (self.follow == 'safe' and method in _SAFE)
        if not wanted:
            raise urllib.error.HTTPError(req.full_url, code, msg, headers, fp)
        if self.follow == 'urllib2':
            return super().redirect_request(req, fp, code, msg, headers, newurl)
        # 307 and 308 keep the method and what is sent; 303 asks for the answer; 301 and 302 do for what is not safe.
        keeps = code in (307, 308) or method in _SAFE
        kept = {name: value for name, value in req.headers.items()
                if keeps or name.lower() not in ('content-length', 'content-type')}
        return urllib.request.Request(newurl.replace(' ', '%20'), data=req.data if keeps else None, headers=kept,
                                      method=method if keeps else 'GET', origin_req_host=req.origin_req_host,
                                      unverifiable=True)


def _context(validate_certs, ca_path, client_cert, client_key, ciphers):
    context = ssl.create_default_context()
    if not validate_certs:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if ca_path:
        where = 'capath' if os.path.isdir(ca_path) else 'cafile'
        context.load_verify_locations(**{where: ca_path})
    if client_cert:
        context.load_cert_chain(client_cert, client_key)
    if ciphers:
        context.set_ciphers(':'.join(ciphers) if isinstance(ciphers, (list, tuple)) else ciphers)
    return context


def open_url(url, data=None, headers=None, method=None, use_proxy=True, force=False, last_mod_time=None, timeout=10,
             validate_certs=True, url_username=None, url_password=None, http_agent=None, force_basic_auth=False,
             follow_redirects='urllib2', client_cert=None, client_key=None, cookies=None, use_gssapi=False,
             unix_socket=None, ca_path=None, unredirected_headers=None, decompress=True, ciphers=None,
             use_netrc=True):
    """Asks a server; the answer can be read like a file."""
    if use_gssapi or unix_socket:
        raise ValueError('warp does not have %s for Python modules' % ('use_gssapi' if use_gssapi else 'unix_socket'))
    parts = urllib.parse.urlsplit(url)
    if parts.username and not url_username:
        url_username, url_password = urllib.parse.unquote(parts.username), urllib.parse.unquote(parts.password or '')
        url = urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition('@')[2]))
    handlers = [_Redirects(follow_redirects),
                urllib.request.HTTPSHandler(context=_context(validate_certs, ca_path, client_cert, client_key,
                                                             ciphers))]
    if not use_proxy:
        handlers.append(urllib.request.ProxyHandler({}))
    if cookies is not None:
        handlers.append(urllib.request.HTTPCookieProcessor(cookies))
    request = urllib.request.Request(url, data=None if data is None else to_bytes(data), method=method)
    request.add_header('User-agent', http_agent or get_user_agent())
    if url_username and force_basic_auth:
        request.add_header('Authorization', to_native(basic_auth_header(url_username, url_password)))
    elif url_username:
        manager = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        manager.add_password(None, url, url_username, url_password or '')
        handlers += [urllib.request.HTTPBasicAuthHandler(manager), urllib.request.HTTPDigestAuthHandler(manager)]
    if force:
        request.add_header('cache-control', 'no-cache')
    elif last_mod_time:
        request.add_header('If-Modified-Since', last_mod_time.strftime('%a, %d %b %Y %H:%M:%S GMT'))
    for name, value in (headers or {}).items():
        kept_here = name.lower() in [other.lower() for other in unredirected_headers or []]
        (request.add_unredirected_header if kept_here else request.add_header)(name, str(value))
    return urllib.request.build_opener(*handlers).open(request, None, timeout)


class Request:
    """Asks servers, each time with the same options."""

    def __init__(self, **options):
        self.options = options
        self.headers = options.pop('headers', None) or {}

    def open(self, method, url, data=None, headers=None, **kwargs):
        """Asks one."""
        options = dict(self.options, **{name: value for name, value in kwargs.items() if value is not None})
        return open_url(url, data, dict(self.headers, **(headers or {})), method, **options)

    def get(self, url, **kwargs):
        """Asks for something."""
        return self.open('GET', url, **kwargs)

    def head(self, url, **kwargs):
        """Asks for the headers alone."""
        return self.open('HEAD', url, **kwargs)

    def post(self, url, data=None, **kwargs):
        """Gives something."""
        return self.open('POST', url, data=data, **kwargs)

    def put(self, url, data=None, **kwargs):
        """Puts something."""
        return self.open('PUT', url, data=data, **kwargs)

    def patch(self, url, data=None, **kwargs):
        """Changes something."""
        return self.open('PATCH', url, data=data, **kwargs)

    def delete(self, url, **kwargs):
        """Takes something away."""
        return self.open('DELETE', url, **kwargs)


def fetch_url(module, url, data=None, headers=None, method=None, use_proxy=None, force=False, last_mod_time=None,
              timeout=10, use_gssapi=False, unix_socket=None, ca_path=None, cookies=None, unredirected_headers=None,
              decompress=True, ciphers=None, use_netrc=True):
    """Asks a server as the module's arguments say; gives the answer, and what is to know of it."""
    params = module.params
    cookies = cookies if isinstance(cookies, cookiejar.CookieJar) else cookiejar.CookieJar()
    info, answer = {'url': url, 'status': -1}, None
    try:
        answer = open_url(
            url, data, headers, method, params.get('use_proxy', True) if use_proxy is None else use_proxy, force,
            last_mod_time, timeout, validate_certs=params.get('validate_certs', True),
            url_username=params.get('url_username'), url_password=params.get('url_password'),
            http_agent=params.get('http_agent'), force_basic_auth=params.get('force_basic_auth', False),
            follow_redirects=params.get('follow_redirects', 'urllib2'), client_cert=params.get('client_cert'),
            client_key=params.get('client_key'), cookies=cookies, use_gssapi=params.get('use_gssapi', use_gssapi),
            unix_socket=unix_socket, ca_path=ca_path, unredirected_headers=unredirected_headers, ciphers=ciphers)
        for name in answer.headers:
            info[name.lower()] = ', '.join(answer.headers.get_all(name))
        info['cookies'] = {cookie.name: cookie.value for cookie in cookies}
        info['cookies_string'] = '; '.join('%s=%s' % pair for pair in info['cookies'].items())
        info.update(msg='OK (%s bytes)' % answer.headers.get('Content-Length', 'unknown'), url=answer.geturl(),
                    status=answer.status)
    except urllib.error.HTTPError as e:
        answer = e
        info.update({name.lower(): value for name, value in e.headers.items()})
        info.update(msg=to_native(e), body=e.read(), status=e.code)
    except urllib.error.URLError as e:
        info['msg'] = 'Request failed: %s' % e
    except (ConnectionError, ValueError) as e:
        module.fail_json(msg=to_native(e), **info)
    except OSError as e:
        info['msg'] = 'Connection failure: %s' % e
    return answer, info
