"""python-memcached, for mcwire lie. It has one answer, None or 0, for a miss and for a failure."""

from importlib.metadata import version

import contract
import memcache


class Adapter:
    SETTINGS = "text protocol, no socket timeout, keys not checked; it has no TCP_NODELAY"

    def __init__(self, server, seconds, timed):
        self.client = memcache.Client([server], socket_timeout=seconds, cache_cas=not timed,
                                      check_keys=not timed)
        self.close = self.client.disconnect_all
        self.fetch, self.fetch_many = self.client.get, self.client.get_multi
        self.store = self.client.set

    def get(self, key):
        return contract.hit(self.client.get(key))

    def many(self, keys):
        return contract.hits(keys, self.client.get_multi(keys))

    def set(self, key, value):
        return contract.OK if self.client.set(key, value) else "ERROR set returns 0"

    def cas(self, key, value):
        if self.client.gets(key) is None:
            return contract.NO
        return contract.ok(self.client.cas(key, value))

    def incr(self, key, number):
        return contract.hit(self.client.incr(key, int(number)))

    def delete(self, key):
        return contract.OK if self.client.delete(key) else "ERROR delete returns 0"


contract.run("python-memcached " + version("python-memcached"), Adapter)
