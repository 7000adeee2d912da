"""Token ids by llama.cpp, of the package `xllamacpp` (`llama-cpp-python` has no wheel)."""

import http.client
import json
from urllib.parse import urlparse


def encoder(file):
    """A function from text to ids: as a conversation begins, control tokens left as text."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.n_ctx, params.n_parallel, params.warmup = 64, 1, False
    server = xllamacpp.Server(params)
    there = http.client.HTTPConnection(urlparse(server.listening_address).netloc)

    def encode(text):
        asked = json.dumps({"content": text, "add_special": False, "parse_special": False})
        there.request("POST", "/tokenize", asked, {"Content-Type": "application/json"})
        return json.loads(there.getresponse().read())["tokens"]

    encode.server = server  # lives as long as the function
    return encode
