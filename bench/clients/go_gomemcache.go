// gomemcache, for mcwire lie.
package main

import (
	"bufio"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/bradfitz/gomemcache/memcache"
)

var client *memcache.Client

func encode(value []byte) string {
	return strings.Replace(url.QueryEscape(string(value)), "+", "%20", -1)
}

// What came of a call without a value.
func written(err error) string {
	switch err {
	case nil:
		return "OK"
	case memcache.ErrCacheMiss, memcache.ErrNotStored, memcache.ErrCASConflict:
		return "NO"
	}
	return fail(err)
}

func fail(err error) string {
	return "ERROR " + strings.Join(strings.Fields(err.Error()), " ")
}

func get(key string) string {
	item, err := client.Get(key)
	if err == memcache.ErrCacheMiss {
		return "MISS"
	}
	if err != nil {
		return fail(err)
	}
	return "HIT " + encode(item.Value)
}

func many(keys []string) string {
	items, err := client.GetMulti(keys)
	if err != nil {
		return fail(err)
	}
	words := []string{"HIT"}
	for _, key := range keys {
		if item, ok := items[key]; ok {
			words = append(words, encode(item.Value))
		} else {
			words = append(words, "-")
		}
	}
	return strings.Join(words, " ")
}

func cas(key string, value []byte) string {
	item, err := client.Get(key)
	if err != nil {
		return written(err)
	}
	item.Value = value
	return written(client.CompareAndSwap(item))
}

func incr(key, number string) string {
	delta, _ := strconv.ParseUint(number, 10, 64)
	sum, err := client.Increment(key, delta)
	if err == memcache.ErrCacheMiss {
		return "MISS"
	}
	if err != nil {
		return fail(err)
	}
	return "HIT " + strconv.FormatUint(sum, 10)
}

func answer(words []string) string {
	switch words[0] {
	case "get":
		return get(words[1])
	case "many":
		return many(words[1:])
	case "incr":
		return incr(words[1], words[2])
	case "delete":
		return written(client.Delete(words[1]))
	}
	value, _ := url.QueryUnescape(words[2])
	if words[0] == "cas" {
		return cas(words[1], []byte(value))
	}
	return written(client.Set(&memcache.Item{Key: words[1], Value: []byte(value)}))
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println("gomemcache")
		return
	}
	if len(os.Args) == 2 && os.Args[1] == "--timed" {
		obeyLines(os.Stdin)
		return
	}
	client = memcache.New(os.Getenv("MCWIRE_SERVERS"))
	ms, _ := strconv.Atoi(os.Getenv("MCWIRE_TIMEOUT_MS"))
	client.Timeout = time.Duration(ms) * time.Millisecond
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fmt.Println(answer(strings.Fields(lines.Text())))
	}
}
