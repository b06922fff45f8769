<?php
/* php-memcached, for mcwire lie. */

require __DIR__ . '/contract.php';

class Adapter
{
    private Memcached $client;

    const SETTINGS = 'text protocol, OPT_TCP_NODELAY, no compression';
    const MANY = 'getMulti';

    /* $ms: how long a wait may be, null: as long as it likes. $timed: in its fastest correct setting. */
    public static function raw(string $host, int $port, ?int $ms, bool $timed): Memcached
    {
        $client = new Memcached();
        $client->setOptions([Memcached::OPT_TCP_NODELAY => true, Memcached::OPT_COMPRESSION => !$timed]);
        if ($ms !== null) {
            $client->setOptions([
                Memcached::OPT_CONNECT_TIMEOUT => $ms,
                Memcached::OPT_POLL_TIMEOUT => $ms,
                Memcached::OPT_RECV_TIMEOUT => $ms * 1000,
                Memcached::OPT_SEND_TIMEOUT => $ms * 1000,
            ]);
        }
        $client->addServer($host, $port);
        return $client;
    }

    public function __construct()
    {
        $this->client = self::raw(HOST, PORT, TIMEOUT_MS, false);
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

run('php-memcached ' . phpversion('memcached'), 'Adapter');
