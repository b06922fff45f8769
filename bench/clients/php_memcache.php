<?php
/* The extension memcache of PHP, for mcwire lie. It has one answer, false, for a miss and for a
 * failure. */

require __DIR__ . '/contract.php';

class Adapter
{
    private Memcache $client;

    const SETTINGS = 'text protocol, no compression; a timeout has whole seconds';
    const MANY = 'get';

    /* $ms: how long a wait may be, null: its default. $timed: in its fastest correct setting. */
    public static function raw(string $host, int $port, ?int $ms, bool $timed): Memcache
    {
        if ($timed) {
            ini_set('memcache.compress_threshold', '0');
        }
        $client = new Memcache();
        /* Seconds are all that it has for its deadline. */
        $client->addServer($host, $port, false, 1, (int)ceil(($ms ?? 10000) / 1000));
        return $client;
    }

    public function __construct()
    {
        $this->client = self::raw(HOST, PORT, TIMEOUT_MS, false);
    }

    public function get(string $key): string
    {
        $value = $this->client->get($key);
        return $value === false ? 'MISS' : hit($value);
    }

    public function many(array $keys): string
    {
        $values = $this->client->get($keys);
        return $values === false ? 'MISS' : hits($keys, $values);
    }

    public function set(string $key, string $value): string
    {
        return $this->client->set($key, $value) ? 'OK' : 'ERROR set returns false';
    }

    public function cas(string $key, string $value): string
    {
        $unique = 0;
        $flags = 0;
        if ($this->client->get($key, $flags, $unique) === false) {
            return 'NO';
        }
        return $this->client->cas($key, $value, 0, 0, $unique) ? 'OK' : 'NO';
    }

    public function incr(string $key, string $number): string
    {
        $sum = $this->client->increment($key, (int)$number);
        return $sum === false ? 'MISS' : hit($sum);
    }

    public function delete(string $key): string
    {
        return $this->client->delete($key) ? 'OK' : 'NO';
    }
}

run('php-memcache ' . phpversion('memcache'), 'Adapter');
