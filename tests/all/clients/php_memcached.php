<?php
// Uses php-memcached as a program would. usage: php_memcached.php ascii|binary PORT

function want($good)
{
    if (!$good) {
        throw new Exception("a surprise");
    }
}

$client = new Memcached();
$client->setOption(Memcached::OPT_BINARY_PROTOCOL, $argv[1] === "binary");
$client->setOption(Memcached::OPT_COMPRESSION, false);
$client->addServer("127.0.0.1", (int)$argv[2]);
want($client->set("a", "value"));
want($client->get("a") === "value");
want($client->set("n", 10));
want($client->increment("n", 5) === 15);
want($client->decrement("n", 6) === 9);
want(!$client->add("a", "x"));
want($client->append("a", "+") && $client->prepend("a", "\r\n"));
want($client->get("a") === "\r\nvalue+");
want($client->replace("a", "x") && $client->touch("a", 1000));
$found = $client->get("a", null, Memcached::GET_EXTENDED);
want($client->cas($found["cas"], "a", "new"));
want(!$client->cas($found["cas"], "a", "no"));
want($client->delete("a"));
want($client->get("a") === false);
$items = [];
for ($k = 0; $k < 100; $k += 2) {
    $items["many-$k"] = "$k";
}
want($client->setMulti($items));
want(count($client->getMulti(array_map(fn($k) => "many-$k", range(0, 99)))) === 50);
mt_srand(1);
$big = "";
while (strlen($big) < 1000000) {
    $big .= pack("N", mt_rand());
}
want($client->set("big", $big));
want($client->get("big") === $big);
$client->quit();
