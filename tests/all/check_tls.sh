#!/usr/bin/env bash
# TLS: src/examples/tls.c against memcached -Z, and against servers that stall: each call ends at its
# deadline, during the handshake and after it.
# needs: gcc openssl openssl/ssl.h memcached python3
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/tap.sh"

example=$tap_root/src/examples/tls.c

is_short() {
    [ "$(grep -vcE '^ *(/\*.*)?$' "$example")" -lt 100 ]
}

compile() {
    mkdir "$tap_folder/mcwire" && ln -s "$tap_root"/{proto,src}/*.[ch] "$tap_folder/mcwire" &&
        gcc -std=gnu17 -Wall -Wextra -Wpedantic -Werror -O2 -I"$tap_folder" -o "$tap_folder/tls" \
            "$example" "$tap_folder"/mcwire/*.c -lssl -lcrypto
}

# A certificate of this name, that signs itself.
make_certificate() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" \
        -addext "subjectAltName=DNS:$1" -keyout "$tap_folder/$1.key" -out "$tap_folder/$1.crt"
    chmod a+r "$tap_folder/$1.key"
}

# expect STATUS TEXT ADDRESS CA: what the program ends with, by itself.
expect() {
    local said status=0
    said=$(timeout 60 "$tap_folder/tls" "$3" "$tap_folder/$4") || status=$?
    echo "$status: $said"
    [ "$status" -eq "$1" ] && [ "$said" = "$2" ]
}

# stall HOW: a server that stalls so (silent: before the handshake; mute: after it; drip: after it,
# with a byte now and then). The program's call ends at its deadline.
stall() {
    local port
    coproc python3 -c '
import socket, ssl, sys, time
how, cert, key = sys.argv[1:]
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
connection = listener.accept()[0]
if how != "silent":
    connection = context.wrap_socket(connection, server_side=True)
try:
    while how == "drip":
        connection.send(b"S")
        time.sleep(0.05)
    while connection.recv(65536):
        pass
except OSError:
    pass
' "$1" "$tap_folder/localhost.crt" "$tap_folder/localhost.key"
    read -r port <&"${COPROC[0]}"
    expect 1 "$2" "localhost:$port" localhost.crt || return
    wait "$COPROC_PID"
}

deadline='the deadline passed'
unknown='the write was sent but its reply lost: it may or may not be done'
check 'the example has less than 100 lines of code' is_short
check 'the example compiles' compile || finish
check 'a certificate' make_certificate localhost
check 'another certificate' make_certificate elsewhere
start_memcached tcp -Z \
    -o "ssl_chain_cert=$tap_folder/localhost.crt,ssl_key=$tap_folder/localhost.key"
port=$tap_port
check 'a value of 100 kB is stored and read' expect 0 'stored and read over TLS' \
    "localhost:$port" localhost.crt
check 'a certificate of an authority that is not trusted' expect 1 \
    'the server does not accept connections' "localhost:$port" elsewhere.crt
check 'a certificate for another name' expect 1 'the server does not accept connections' \
    "127.0.0.1:$port" localhost.crt
check 'silent before the handshake' stall silent "$deadline"
check 'silent after the handshake' stall mute "$unknown"
check 'a byte now and then after the handshake' stall drip "$unknown"
finish
