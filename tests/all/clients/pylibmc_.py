"""Uses pylibmc as a program would. usage: pylibmc_.py ascii|binary PORT"""

import os
import sys

import pylibmc

client = pylibmc.Client(["127.0.0.1:" + sys.argv[2]], binary=sys.argv[1] == "binary",
                        behaviors={"cas": True})
assert client.set("a", b"value")
assert client.get("a") == b"value"
assert client.set("n", 10)
assert client.incr("n", 5) == 15
assert client.decr("n", 6) == 9
assert not client.add("a", b"x")
assert client.append("a", b"+") and client.prepend("a", b"\r\n")
assert client.get("a") == b"\r\nvalue+"
assert client.replace("a", b"x") and client.touch("a", 1000)
value, cas = client.gets("a")
assert client.cas("a", b"new", cas)
assert not client.cas("a", b"no", cas)
assert client.delete("a")
assert client.get("a") is None
assert client.set_multi({"many-%d" % k: b"%d" % k for k in range(0, 100, 2)}) == []
assert len(client.get_multi(["many-%d" % k for k in range(100)])) == 50
big = os.urandom(1000000)
assert client.set("big", big)
assert client.get("big") == big
assert client.get_stats()
client.disconnect_all()
