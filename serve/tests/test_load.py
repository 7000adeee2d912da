"""Load and ill will: the server refuses what it cannot do, and serves the rest."""

import collections
import concurrent.futures
import http.client
import json
import os
import socket
import threading
import time
import urllib.parse

import pytest

from conftest import ROOT, Server

CLIENTS = 64
SECONDS = float(os.environ.get("FOVEATE_LOAD_SECONDS", "60"))
# Megabytes that memory may grow by under load once the server is warm: allocators keep some.
GROWTH = 64


def ask(url, path, body=None, headers=None, method=None):
    """Status and body."""
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=120)
    try:
        connection.request(method or ("POST" if body else "GET"), path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def picture(name="jazz.png"):
    return (ROOT / "examples/flyers" / name).read_bytes()


def ocr(url, body, media="image/png"):
    return ask(url, "/v1/ocr", body, {"Content-Type": media})


def pressed(url, seconds):
    """What 64 clients are answered: seconds by status."""
    bodies = [picture(n) for n in ("jazz.png", "lecture.png", "market.png", "market-photo.jpg")]
    until = time.monotonic() + seconds
    taken = collections.defaultdict(list)

    def client(number):
        turn = number
        while time.monotonic() < until:
            began = time.monotonic()
            status, _ = ocr(url, bodies[turn % len(bodies)])
            taken[status].append(time.monotonic() - began)
            turn += 1
            if status == 429:
                time.sleep(0.2)

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    return taken


def of(values, part):
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def test_sixty_four_clients(capsys):
    # Pictures are not remembered: each is encoded.
    server = Server("--workers", "2", "--queue", "32", "--remember", "0")
    pressed(server.url, min(SECONDS, 10))  # until it is warm
    before = server.resident()
    taken = pressed(server.url, SECONDS)
    after = server.resident()
    assert server.end() == 0
    answered = taken[200]
    report = {
        "statuses": {status: len(values) for status, values in taken.items()},
        "p50_s": round(of(answered, 0.5), 3),
        "p99_s": round(of(answered, 0.99), 3),
        "memory_mb": [round(before), round(after)],
    }
    with capsys.disabled():
        print("\n" + json.dumps(report), end="")
    assert set(taken) <= {200, 429, 408}
    assert after < before + GROWTH


def opened(url, data):
    place = urllib.parse.urlsplit(url)
    connection = socket.create_connection((place.hostname, place.port), timeout=120)
    connection.sendall(data)
    return connection


HEAD = b"POST /v1/ocr HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"


def test_slow_and_half_sent_requests_keep_nobody_out(server):
    heads = [opened(server.url, HEAD[:40]) for _ in range(150)]
    bodies = [opened(server.url, HEAD + b"Content-Length: 9999\r\n\r\nhalf") for _ in range(150)]
    drops = threading.Event()

    def drip(connections):
        # A byte at a time, as slow loris does.
        while not drops.wait(0.5):
            for connection in connections:
                try:
                    connection.send(b"x")
                except OSError:
                    pass  # the server had enough of it

    thread = threading.Thread(target=drip, args=(heads[:50],))
    thread.start()
    try:
        assert ocr(server.url, picture())[0] == 200
        # Each is let go: a head after 10 s, a body after 30 s.
        for connection in heads:
            ended(connection)
        for connection in bodies:
            assert connection.recv(12) in (b"HTTP/1.1 408", b"")
    finally:
        drops.set()
        thread.join()
    assert ask(server.url, "/healthz")[0] == 200


def ended(connection):
    """Waits until the server has closed a connection."""
    try:
        while connection.recv(4096):
            pass
    except ConnectionResetError:
        pass


def test_two_hundred_megabytes_are_refused(server):
    before = server.resident()
    large = bytes(200 << 20)
    for _ in range(3):
        try:
            assert ocr(server.url, large)[0] == 413
        except (BrokenPipeError, ConnectionResetError):
            pass  # it is closed on those who go on sending
    chunks = (bytes(1 << 20) for _ in range(200))
    try:
        headers = {"Content-Type": "image/png", "Transfer-Encoding": "chunked"}
        assert ask(server.url, "/v1/ocr", chunks, headers)[0] == 413
    except (BrokenPipeError, ConnectionResetError):
        pass
    assert server.resident() < before + 2 * 32 + GROWTH
    connection = opened(server.url, HEAD + b"Content-Length: 209715200\r\n\r\n")
    assert connection.recv(12) == b"HTTP/1.1 413"


@pytest.mark.parametrize("form", ["png", "jpg", "gif", "bmp", "tif"])
def test_fifty_thousand_pixels_a_side_are_refused(server, form):
    before = server.resident()
    claims = (ROOT / f"tests/bad/50000x50000.{form}").read_bytes()
    status, body = ocr(server.url, claims)
    assert status == 400 and json.loads(body)["error"]["code"] == "invalid_image"
    assert server.resident() < before + GROWTH
    assert ocr(server.url, picture())[0] == 200


def test_who_leaves_is_not_worked_for(server):
    body = picture()
    request = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    for connection in [opened(server.url, request) for _ in range(40)]:
        connection.close()
    began = time.monotonic()
    assert ocr(server.url, body)[0] == 200
    print(f"\nan answer after 40 who left: {time.monotonic() - began:.2f} s")
