<?php
/* php-memcached, for mcwire lie. */

require __DIR__ . '/contract.php';

class Adapter
{
    private Memcached $client;

    public function __construct()
    {
        $this->client = new Memcached();
        $this->client->setOptions([
            Memcached::OPT_TCP_NODELAY => true,
            Memcached::OPT_CONNECT_TIMEOUT => TIMEOUT_MS,
            Memcached::OPT_POLL_TIMEOUT => TIMEOUT_MS,
            Memcached::OPT_RECV_TIMEOUT => TIMEOUT_MS * 1000,
            Memcached::OPT_SEND_TIMEOUT => TIMEOUT_MS * 1000,
        ]);
        $this->client->addServer(HOST, PORT);
    }

    /* The answer by the last result: $good, $bad when the server has no such item or refuses, or an
     * error. */
    private function judge(string $good, string $bad): string
    {
        switch ($this->client->getResultCode()) {
            case Memcached::RES_SUCCESS:
                return $good;
            case Memcached::RES_NOTFOUND:
            case Memcached::RES_NOTSTORED:
            case Memcached::RES_DATA_EXISTS:
                return $bad;
        }
        return 'ERROR ' . $this->client->getResultMessage();
    }

    public function get(string $key): string
    {
        $value = $this->client->get($key);
        return $this->judge(hit($value), 'MISS');
    }

    public function many(array $keys): string
    {
        $values = $this->client->getMulti($keys);
        return $values === false ? $this->judge('MISS', 'MISS') : hits($keys, $values);
    }

    public function set(string $key, string $value): string
    {
        $this->client->set($key, $value);
        return $this->judge('OK', 'NO');
    }

    public function cas(string $key, string $value): string
    {
        $old = $this->client->get($key, null, Memcached::GET_EXTENDED);
        if ($old !== false) {
            $this->client->cas($old['cas'], $key, $value);
        }
        return $this->judge('OK', 'NO');
    }

    public function incr(string $key, string $number): string
    {
        $sum = $this->client->increment($key, (int)$number);
        return $this->judge(hit($sum), 'MISS');
    }

    public function delete(string $key): string
    {
        $this->client->delete($key);
        return $this->judge('OK', 'NO');
    }
}

run('php-memcached ' . phpversion('memcached'), fn() => new Adapter());
