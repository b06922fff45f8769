"""pylibmc, for mcwire lie."""

import contract
import pylibmc

MS = int(contract.TIMEOUT_S * 1000)


class Adapter:
    def __init__(self):
        behaviors = {"tcp_nodelay": True, "cas": True, "connect_timeout": MS, "_poll_timeout": MS,
                     "receive_timeout": MS * 1000, "send_timeout": MS * 1000}
        self.client = pylibmc.Client([contract.HOST + ":" + contract.PORT], behaviors=behaviors)

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
