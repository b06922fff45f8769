"""pymemcache, for mcwire lie."""

import contract
import pymemcache
from pymemcache.client.base import Client


class Adapter:
    SETTINGS = "text protocol, no_delay=True, no timeout, noreply never"

    def __init__(self, server, seconds, timed):
        self.client = Client(server, timeout=seconds, connect_timeout=seconds, no_delay=True,
                             default_noreply=not timed)
        self.close = self.client.close
        self.fetch, self.fetch_many = self.client.get, self.client.get_many
        self.store = self.client.set

    def get(self, key):
        return contract.hit(self.client.get(key))

    def many(self, keys):
        return contract.hits(keys, self.client.get_many(keys))

    def set(self, key, value):
        return contract.ok(self.client.set(key, value, noreply=False))

    def cas(self, key, value):
        old, unique = self.client.gets(key)
        if old is None:
            return contract.NO
        return contract.ok(self.client.cas(key, value, unique, noreply=False))

    def incr(self, key, number):
        return contract.hit(self.client.incr(key, int(number), noreply=False))

    def delete(self, key):
        return contract.ok(self.client.delete(key, noreply=False))


contract.run("pymemcache " + pymemcache.__version__, Adapter)
