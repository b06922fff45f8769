<?php
/* The lines of timed.h, for adapters in PHP. A client is an object of its extension:
 * get(), $many() for several and set() are called in a plain loop, and each result is looked at. */

const WARM_MAX = 200; /* operations before the clock runs, as in timed.c */

class Missing extends Exception
{
}

/* Keys and values as work.c makes them, and one operation: run($i). */
class Work
{
    public string $verb;
    private int $batch, $starts;
    private array $keys = [], $values = [];

    public function __construct(string $verb, int $batch, int $size, int $first, int $count)
    {
        if (!in_array($verb, ['get', 'miss', 'set'])) {
            throw new Missing('it has no such command');
        }
        [$this->verb, $this->batch, $this->starts] = [$verb, $batch, $count - $batch + 1];
        $letters = str_repeat('abcdefghijklmnopqrstuvwxyz', intdiv($size, 26) + 1);
        for ($k = 0; $k < $count; $k++) {
            $this->keys[] = sprintf('key:%05d', $first + $k);
            $this->values[] = substr($this->keys[$k] . substr($letters, 9), 0, $size);
        }
    }

    public function run(object $client, string $many, int $i): bool
    {
        $at = $i % $this->starts;
        switch ($this->verb) {
            case 'get':
                return $this->batch == 1 ? $client->get($this->keys[$at]) !== false
                    : count($client->$many(array_slice($this->keys, $at, $this->batch))) == $this->batch;
            case 'miss':
                return $client->get($this->keys[$at]) === false;
        }
        return $client->set($this->keys[$at], $this->values[$at]);
    }

    /* One operation, all of it compared. */
    public function check(object $client, string $many, int $i): bool
    {
        if ($this->verb != 'get') {
            return $this->run($client, $many, $i);
        }
        $at = $i % $this->starts;
        $keys = array_slice($this->keys, $at, $this->batch);
        $got = $this->batch == 1 ? [$keys[0] => $client->get($keys[0])] : $client->$many($keys);
        return $got == array_combine($keys, array_slice($this->values, $at, $this->batch));
    }
}

class TimedWorker
{
    private ?object $client = null;
    private ?int $ms = null;
    private Work $work;
    private int $done = 0;

    /* $adapter: the name of a class with raw(), which makes a client, SETTINGS and MANY. */
    public function __construct(private string $version, private string $adapter)
    {
    }

    private function one(): bool
    {
        return $this->work->run($this->client, $this->adapter::MANY, $this->done++);
    }

    private function some(int $count): void
    {
        while ($count-- > 0) {
            if (!$this->one()) {
                throw new Exception('wrong result');
            }
        }
    }

    private function warmUp(int $count): void
    {
        $this->some(min(intdiv($count, 8) + 1, WARM_MAX));
    }

    private static function cpuNs(): int
    {
        $used = getrusage();
        return 1000 * (1000000 * ($used['ru_utime.tv_sec'] + $used['ru_stime.tv_sec'])
            + $used['ru_utime.tv_usec'] + $used['ru_stime.tv_usec']);
    }

    private function open(string $address): string
    {
        if (str_starts_with($address, 'unix:')) {
            throw new Missing('this adapter knows no Unix sockets');
        }
        [$host, $port] = explode(':', $address);
        $this->client = null;
        $start = hrtime(true);
        $this->client = $this->adapter::raw($host, (int)$port, $this->ms, true);
        return hrtime(true) - $start;
    }

    private function tryOne(): string
    {
        $start = hrtime(true);
        try {
            $right = $this->work->run($this->client, $this->adapter::MANY, 0);
        } catch (Throwable) {
            $right = false;
        }
        return (hrtime(true) - $start) . ($right ? ' right' : ' wrong');
    }

    private function round(int $count): string
    {
        $this->warmUp($count);
        $before = self::cpuNs();
        $start = hrtime(true);
        $this->some($count);
        $ns = hrtime(true) - $start;
        return $ns . ' ' . (self::cpuNs() - $before);
    }

    private function each(int $count): string
    {
        $this->warmUp($count);
        $each = [];
        $before = hrtime(true);
        for ($i = 0; $i < $count; $i++) {
            if (!$this->one()) {
                throw new Exception('wrong result');
            }
            $now = hrtime(true);
            $each[] = $now - $before;
            $before = $now;
        }
        return implode(' ', $each);
    }

    private function check(): void
    {
        if (!$this->work->check($this->client, $this->adapter::MANY, $this->done)) {
            throw new Exception('wrong result');
        }
    }

    private function setWork(string $verb, string ...$numbers): void
    {
        $this->work = new Work($verb, ...array_map('intval', $numbers));
        $this->done = 0;
    }

    public function obey(string $line): string
    {
        $words = explode(' ', trim($line));
        try {
            return rtrim('ok ' . match (array_shift($words)) {
                'hello' => "$this->version\t" . $this->adapter::SETTINGS . '; PHP ' . PHP_VERSION,
                'open' => $this->open($words[0]),
                'deadline' => [$this->ms = (int)$words[0], ''][1],
                'work' => $this->setWork(...$words),
                'check' => $this->check(),
                'run' => $this->some((int)$words[0]),
                'round' => $this->round((int)$words[0]),
                'each' => $this->each((int)$words[0]),
                'try' => $this->tryOne(),
            });
        } catch (Missing $missing) {
            return 'no ' . $missing->getMessage();
        } catch (Throwable $error) {
            return 'bad ' . strtr($error->getMessage(), "\r\n", '  ');
        }
    }
}

function run_timed(string $version, string $adapter): void
{
    $worker = new TimedWorker($version, $adapter);
    while (($line = fgets(STDIN)) !== false) {
        fwrite(STDOUT, $worker->obey($line) . "\n");
    }
}
