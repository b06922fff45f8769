"""Uses pymemcache as a program would. usage: pymemcache_.py PORT"""

import os
import sys

from pymemcache.client.base import Client

client = Client(("127.0.0.1", int(sys.argv[1])), default_noreply=False)
assert client.set("a", "value")
assert client.get("a") == b"value"
assert client.set("n", "10")
assert client.incr("n", 5) == 15
assert client.decr("n", 6) == 9
assert not client.add("a", "x")
assert client.append("a", "+") and client.prepend("a", "\r\n")
assert client.get("a") == b"\r\nvalue+"
assert client.replace("a", "x") and client.touch("a", 1000)
value, cas = client.gets("a")
assert client.cas("a", "new", cas) is True
assert client.cas("a", "no", cas) is False
assert client.delete("a")
assert client.get("a") is None
assert client.set_many({"many-%d" % k: "%d" % k for k in range(0, 100, 2)}) == []
assert len(client.get_many(["many-%d" % k for k in range(100)])) == 50
assert len(client.gets_many(["many-%d" % k for k in range(100)])) == 50
big = os.urandom(1000000)
assert client.set("big", big)
assert client.get("big") == big
client.set("a", "x", noreply=True)
client.incr("none", 1, noreply=True)
client.delete_many(["a", "none"], noreply=True)
assert client.version()
assert client.stats()
client.quit()
