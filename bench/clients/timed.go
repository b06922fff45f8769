// The lines of timed.h for gomemcache: its calls in a plain loop; each result is looked
// at.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/bradfitz/gomemcache/memcache"
)

const (
	warmMax  = 200 // operations before the clock runs, as in timed.c
	settings = "text protocol, Timeout of 10 s; Go's TCP_NODELAY"
)

var (
	errWrong   = errors.New("bad wrong result")
	errMissing = errors.New("no it has no such command")
	deadline   = 10 * time.Second
	current    work
	done       int
)

// Keys and values as work.c makes them.
type work struct {
	verb          string
	batch, starts int
	keys          []string
	values        [][]byte
}

func makeWork(words []string) (w work, err error) {
	w.verb = words[0]
	if w.verb != "get" && w.verb != "miss" && w.verb != "set" {
		return w, errMissing
	}
	var numbers [4]int
	for i := range numbers {
		numbers[i], _ = strconv.Atoi(words[i+1])
	}
	w.batch, w.starts = numbers[0], numbers[3]-numbers[0]+1
	letters := strings.Repeat("abcdefghijklmnopqrstuvwxyz", numbers[1]/26+1)
	for k := 0; k < numbers[3]; k++ {
		key := fmt.Sprintf("key:%05d", numbers[2]+k)
		w.keys = append(w.keys, key)
		w.values = append(w.values, []byte((key + letters[9:])[:numbers[1]]))
	}
	return w, nil
}

// One operation. With compare, all of it is compared.
func (w *work) run(i int, compare bool) bool {
	at := i % w.starts
	switch {
	case w.verb == "set":
		return client.Set(&memcache.Item{Key: w.keys[at], Value: w.values[at]}) == nil
	case w.verb == "miss":
		_, err := client.Get(w.keys[at])
		return err == memcache.ErrCacheMiss
	case w.batch == 1:
		item, err := client.Get(w.keys[at])
		return err == nil && (!compare || string(item.Value) == string(w.values[at]))
	}
	items, err := client.GetMulti(w.keys[at : at+w.batch])
	for k := at; compare && err == nil && k < at+w.batch; k++ {
		item, ok := items[w.keys[k]]
		compare = ok && string(item.Value) == string(w.values[k])
		if !compare {
			return false
		}
	}
	return err == nil && len(items) == w.batch
}

func some(count int) error {
	for ; count > 0; count-- {
		if !current.run(done, false) {
			return errWrong
		}
		done++
	}
	return nil
}

func warmUp(count int) error {
	count = count/8 + 1
	if count > warmMax {
		count = warmMax
	}
	return some(count)
}

func cpuNs() int64 {
	var used syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return used.Utime.Nano() + used.Stime.Nano()
}

func timeRound(count int) (string, error) {
	if err := warmUp(count); err != nil {
		return "", err
	}
	before, start := cpuNs(), time.Now()
	err := some(count)
	ns := time.Since(start).Nanoseconds()
	return fmt.Sprint(ns, cpuNs()-before), err
}

func timeEach(count int) (string, error) {
	if err := warmUp(count); err != nil {
		return "", err
	}
	each := make([]string, count)
	before := time.Now()
	for i := range each {
		if err := some(1); err != nil {
			return "", err
		}
		now := time.Now()
		each[i] = strconv.FormatInt(now.Sub(before).Nanoseconds(), 10)
		before = now
	}
	return strings.Join(each, " "), nil
}

func open(address string) (string, error) {
	start := time.Now()
	client = memcache.New(strings.TrimPrefix(address, "unix:"))
	client.Timeout = deadline
	return fmt.Sprint(time.Since(start).Nanoseconds()), nil
}

func tryOne() string {
	outcome, start := "wrong", time.Now()
	if current.run(0, false) {
		outcome = "right"
	}
	return fmt.Sprint(time.Since(start).Nanoseconds(), " ", outcome)
}

func obeyLine(words []string) (answer string, err error) {
	count := 0
	if len(words) > 1 {
		count, _ = strconv.Atoi(words[1])
	}
	switch words[0] {
	case "hello":
		return "gomemcache\t" + settings + "; " + runtime.Version(), nil
	case "open":
		return open(words[1])
	case "deadline":
		deadline = time.Duration(count) * time.Millisecond
	case "work":
		current, err = makeWork(words[1:])
		done = 0
	case "check":
		if !current.run(done, true) {
			err = errWrong
		}
	case "run":
		err = some(count)
	case "round":
		return timeRound(count)
	case "each":
		return timeEach(count)
	case "try":
		answer = tryOne()
	}
	return answer, err
}

func obeyLines(input io.Reader) {
	lines := bufio.NewScanner(input)
	for lines.Scan() {
		answer, err := obeyLine(strings.Fields(lines.Text()))
		if err != nil {
			fmt.Println(err)
		} else {
			fmt.Println(strings.TrimSpace("ok " + answer))
		}
	}
}
