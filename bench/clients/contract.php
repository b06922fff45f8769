<?php
/* Reads the questions of mcwire lie and writes the answers of the client under examination, for
 * adapters in PHP. README.md has the contract. */

require __DIR__ . '/timed.php';

define('TIMEOUT_MS', (int)(getenv('MCWIRE_TIMEOUT_MS') ?: 1000));
[$host, $port] = explode(':', getenv('MCWIRE_SERVERS') ?: '127.0.0.1:11211');
define('HOST', $host);
define('PORT', (int)$port);

function hit($value): string
{
    return 'HIT ' . rawurlencode((string)$value);
}

/* The answer to many, from an array by key. */
function hits(array $keys, array $values): string
{
    return 'HIT ' . implode(' ', array_map(
        fn($key) => array_key_exists($key, $values) ? rawurlencode((string)$values[$key]) : '-', $keys));
}

function answer(object $client, string $line): string
{
    $words = explode(' ', trim($line));
    $name = array_shift($words);
    if (!method_exists($client, $name)) {
        return 'SKIP';
    }
    if ($name == 'set' || $name == 'cas') {
        $words[1] = rawurldecode($words[1]);
    }
    try {
        return $name == 'many' ? $client->many($words) : $client->$name(...$words);
    } catch (Throwable $error) {
        return 'ERROR ' . strtr($error->getMessage(), "\r\n", '  ');
    }
}

/* $adapter: the name of a class, whose objects have the methods get, many, set, cas, incr and delete, as
 * far as the client has such calls. timed.php says what else the class has. */
function run(string $version, string $adapter): void
{
    global $argv;
    ini_set('display_errors', 'stderr');
    if (($argv[1] ?? '') == '--version') {
        echo $version, "\n";
        return;
    }
    if (($argv[1] ?? '') == '--timed') {
        run_timed($version, $adapter);
        return;
    }
    $client = new $adapter();
    while (($line = fgets(STDIN)) !== false) {
        fwrite(STDOUT, answer($client, $line) . "\n");
    }
}
