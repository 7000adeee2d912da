#!/bin/sh
# Makes the certificates of these tests again: an authority, and a server at 127.0.0.1 that it
# vouches for. The keys protect nothing: they are published with the tests.
set -eu
cd "$(dirname "$0")"
new() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt; }
new > authority.key
openssl req -x509 -new -key authority.key -days 36500 -subj "/CN=foveate test authority" \
	-addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign" \
	-out authority.pem
new > server.key
openssl req -new -key server.key -subj "/CN=127.0.0.1" -out server.csr
printf 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n' > server.ext
openssl x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial \
	-days 36500 -extfile server.ext -out server.pem
rm -f authority.key authority.srl server.csr server.ext
