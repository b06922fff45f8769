"""Uses python-memcached as a program would. usage: python_memcached.py PORT"""

import os
import sys

import memcache

client = memcache.Client(["127.0.0.1:" + sys.argv[1]], cache_cas=True, server_max_value_length=2 << 20)
assert client.set("a", "value")
assert client.get("a") == "value"
assert client.set("n", 10)
assert client.incr("n", 5) == 15
assert client.decr("n", 6) == 9
assert client.add("a", "x") == 0
assert client.append("a", "+") and client.prepend("a", "-")
assert client.get("a") == "-value+"
assert client.replace("a", "x") and client.touch("a", 1000)
assert client.gets("a") == "x"
assert client.cas("a", "new")
client.set("a", "newer")
assert not client.cas("a", "no")
assert client.delete("a")
assert client.get("a") is None
assert client.set_multi({"many-%d" % k: "%d" % k for k in range(0, 100, 2)}) == []
assert len(client.get_multi(["many-%d" % k for k in range(100)])) == 50
big = os.urandom(1000000)
assert client.set("big", big)
assert client.get("big") == big
assert client.set("a", "x", noreply=True) and client.delete("a", noreply=True)
assert client.get_stats()
client.disconnect_all()
