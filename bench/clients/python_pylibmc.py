"""pylibmc, for mcwire lie."""

import contract
import pylibmc


class Adapter:
    SETTINGS = "text protocol, tcp_nodelay"

    def __init__(self, server, seconds, timed):
        behaviors = {"tcp_nodelay": True, "cas": not timed}
        if seconds is not None:
            ms = int(1000 * seconds)
            behaviors.update(connect_timeout=ms, _poll_timeout=ms, receive_timeout=1000 * ms,
                             send_timeout=1000 * ms)
        self.client = pylibmc.Client([server[5:] if server.startswith("unix:") else server],
                                     binary=False, behaviors=behaviors)
        self.close = self.client.disconnect_all
        self.fetch, self.fetch_many = self.client.get, self.client.get_multi
        self.store = self.client.set

    def get(self, key):
        return contract.hit(self.client.get(key))

    def many(self, keys):
        return contract.hits(keys, self.client.get_multi(keys))

    def set(self, key, value):
        return contract.ok(self.client.set(key, value))

    def cas(self, key, value):
        old, unique = self.client.gets(key)
        return contract.NO if old is None else contract.ok(self.client.cas(key, value, unique))

    def incr(self, key, number):
        try:
            return contract.hit(self.client.incr(key, int(number)))
        except pylibmc.NotFound:
            return contract.MISS

    def delete(self, key):
        return contract.ok(self.client.delete(key))


contract.run("pylibmc " + pylibmc.__version__, Adapter)
