/* The lines of timed.h for spymemcached: its calls in a plain loop; each result is looked
 * at. */

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.spy.memcached.ConnectionFactoryBuilder;
import net.spy.memcached.MemcachedClient;

class Timed {
    static final int WARM_MAX = 200; /* operations before the clock runs, as in timed.c */
    static final long COMPILE_NS = 300000000; /* of the first operations of a work, in which it is compiled */

    static class Wrong extends Exception {
        Wrong() { super("bad wrong result"); }
    }

    static class Missing extends Exception {
        Missing(String why) { super("no " + why); }
    }

    final Adapter.Bytes bytes = new Adapter.Bytes();
    final Set<String> compiled = new HashSet<>();
    long timeoutMs = 10000;
    MemcachedClient client;
    String name, verb;
    int batch, starts, done;
    List<String> keys;
    List<byte[]> values;

    /* Keys and values as work.c makes them. */
    void setWork(List<String> words) throws Missing {
        verb = words.get(0);
        if (!Arrays.asList("get", "miss", "set").contains(verb))
            throw new Missing("it has no such command");
        int size = Integer.parseInt(words.get(2)), first = Integer.parseInt(words.get(3));
        int count = Integer.parseInt(words.get(4));
        batch = Integer.parseInt(words.get(1));
        starts = count - batch + 1;
        done = 0;
        name = String.join(" ", words);
        String letters = "abcdefghijklmnopqrstuvwxyz".repeat(size / 26 + 1).substring(9);
        keys = new ArrayList<>();
        values = new ArrayList<>();
        for (int k = 0; k < count; k++) {
            keys.add(String.format("key:%05d", first + k));
            String value = (keys.get(k) + letters).substring(0, size);
            values.add(value.getBytes(StandardCharsets.ISO_8859_1));
        }
    }

    /* One operation. With compare, all of it is compared. */
    boolean operate(int i, boolean compare) throws Exception {
        int at = i % starts;
        if (verb.equals("set"))
            return client.set(keys.get(at), 0, values.get(at), bytes).get();
        if (verb.equals("get") && batch > 1)
            return operateMany(keys.subList(at, at + batch), at, compare);
        byte[] value = client.get(keys.get(at), bytes);
        if (verb.equals("miss"))
            return value == null;
        return value != null && (!compare || Arrays.equals(value, values.get(at)));
    }

    boolean operateMany(List<String> range, int at, boolean compare) {
        Map<String, byte[]> got = client.getBulk(range, bytes);
        for (int k = 0; compare && k < batch; k++)
            if (!Arrays.equals(got.get(range.get(k)), values.get(at + k)))
                return false;
        return got.size() == batch;
    }

    void some(int count) throws Exception {
        for (; count > 0; count--)
            if (!operate(done++, false))
                throw new Wrong();
    }

    void warmUp(int count) throws Exception {
        long end = System.nanoTime() + COMPILE_NS;
        while (!compiled.contains(name) && System.nanoTime() < end)
            some(1);
        compiled.add(name);
        some(Math.min(count / 8 + 1, WARM_MAX));
    }

    /* Of all threads, to the nanosecond: what Java itself tells has steps of 10 ms. Those of the compiler
     * come and go: one that has ended since the list was made is left out. */
    static long cpuNs() throws Exception {
        long sum = 0;
        for (File task : new File("/proc/self/task").listFiles()) {
            try {
                Path file = new File(task, "schedstat").toPath();
                sum += Long.parseLong(Files.readString(file).split(" ")[0]);
            } catch (IOException ended) {
                continue;
            }
        }
        return sum;
    }

    String timeRound(int count) throws Exception {
        warmUp(count);
        long cpu = cpuNs(), start = System.nanoTime();
        some(count);
        long ns = System.nanoTime() - start;
        return ns + " " + (cpuNs() - cpu);
    }

    String timeEach(int count) throws Exception {
        warmUp(count);
        StringBuilder each = new StringBuilder();
        long before = System.nanoTime();
        for (int i = 0; i < count; i++) {
            some(1);
            long now = System.nanoTime();
            each.append(i > 0 ? " " : "").append(now - before);
            before = now;
        }
        return each.toString();
    }

    String open(String address) throws Exception {
        if (address.startsWith("unix:"))
            throw new Missing("it knows no Unix sockets");
        if (client != null)
            client.shutdown();
        int colon = address.lastIndexOf(':');
        long start = System.nanoTime();
        client = new MemcachedClient(
            new ConnectionFactoryBuilder().setOpTimeout(timeoutMs).setUseNagleAlgorithm(false).build(),
            Arrays.asList(new InetSocketAddress(address.substring(0, colon),
                                                Integer.parseInt(address.substring(colon + 1)))));
        return String.valueOf(System.nanoTime() - start);
    }

    String tryOne() {
        long start = System.nanoTime();
        boolean right;
        try {
            right = operate(0, false);
        } catch (Exception error) {
            right = false;
        }
        return (System.nanoTime() - start) + (right ? " right" : " wrong");
    }

    String obey(List<String> words) throws Exception {
        String first = words.size() > 1 ? words.get(1) : "";
        switch (words.get(0)) {
        case "hello":
            return "spymemcached\ttext protocol, no Nagle algorithm, operations time out after 10 s; Java " +
                System.getProperty("java.version");
        case "open": return open(first);
        case "deadline": timeoutMs = Long.parseLong(first); break;
        case "work": setWork(words.subList(1, words.size())); break;
        case "check":
            if (!operate(done, true))
                throw new Wrong();
            break;
        case "run": some(Integer.parseInt(first)); break;
        case "round": return timeRound(Integer.parseInt(first));
        case "each": return timeEach(Integer.parseInt(first));
        case "try": return tryOne();
        }
        return "";
    }

    String say(String line) {
        try {
            return ("ok " + obey(Arrays.asList(line.split(" ")))).trim();
        } catch (Wrong | Missing answer) {
            return answer.getMessage();
        } catch (Exception error) {
            return "bad " + String.valueOf(error).replaceAll("\\s+", " ");
        }
    }

    static void run() throws Exception {
        Timed timed = new Timed();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine())
            System.out.println(timed.say(line));
        System.exit(0);
    }
}
