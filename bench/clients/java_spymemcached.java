/* spymemcached, for mcwire lie. */

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import net.spy.memcached.CASResponse;
import net.spy.memcached.CASValue;
import net.spy.memcached.CachedData;
import net.spy.memcached.ConnectionFactoryBuilder;
import net.spy.memcached.MemcachedClient;
import net.spy.memcached.transcoders.Transcoder;

class Adapter {
    /* Values are the bytes that they are. */
    static class Bytes implements Transcoder<byte[]> {
        public boolean asyncDecode(CachedData data) { return false; }
        public byte[] decode(CachedData data) { return data.getData(); }
        public CachedData encode(byte[] value) { return new CachedData(0, value, getMaxSize()); }
        public int getMaxSize() { return CachedData.MAX_SIZE; }
    }

    final Bytes bytes = new Bytes();
    final long timeoutMs = Long.parseLong(System.getenv("MCWIRE_TIMEOUT_MS"));
    final MemcachedClient client;

    Adapter() throws Exception {
        String[] server = System.getenv("MCWIRE_SERVERS").split(":");
        client = new MemcachedClient(
            new ConnectionFactoryBuilder().setOpTimeout(timeoutMs).build(),
            Arrays.asList(new InetSocketAddress(server[0], Integer.parseInt(server[1]))));
    }

    static String encode(byte[] value) {
        StringBuilder text = new StringBuilder();
        for (byte b : value) {
            boolean plain = (b >= '0' && b <= '9') || (b >= 'A' && b <= 'Z') ||
                (b >= 'a' && b <= 'z') || (b > 0 && "-._~".indexOf(b) >= 0);
            text.append(plain ? String.valueOf((char) b) : String.format("%%%02X", b & 0xff));
        }
        return text.toString();
    }

    String many(List<String> keys) {
        Map<String, byte[]> values = client.getBulk(keys, bytes);
        StringBuilder text = new StringBuilder("HIT");
        for (String key : keys)
            text.append(' ').append(values.containsKey(key) ? encode(values.get(key)) : "-");
        return text.toString();
    }

    String cas(String key, byte[] value) {
        CASValue<byte[]> old = client.gets(key, bytes);
        if (old == null)
            return "NO";
        CASResponse response = client.cas(key, old.getCas(), value, bytes);
        return response == CASResponse.OK ? "OK" : "NO";
    }

    String answer(List<String> words) throws Exception {
        String key = words.get(1);
        switch (words.get(0)) {
        case "get":
            byte[] found = client.get(key, bytes);
            return found == null ? "MISS" : "HIT " + encode(found);
        case "many": return many(words.subList(1, words.size()));
        case "incr":
            long number = client.incr(key, Long.parseLong(words.get(2)));
            return number < 0 ? "MISS" : "HIT " + number;
        case "delete":
            return client.delete(key).get(timeoutMs, TimeUnit.MILLISECONDS) ? "OK" : "NO";
        }
        byte[] value = URLDecoder.decode(words.get(2), "ISO-8859-1").getBytes(StandardCharsets.ISO_8859_1);
        if (words.get(0).equals("cas"))
            return cas(key, value);
        boolean stored = client.set(key, 0, value, bytes).get(timeoutMs, TimeUnit.MILLISECONDS);
        return stored ? "OK" : "NO";
    }

    String say(String line) {
        try {
            return answer(new ArrayList<>(Arrays.asList(line.split(" "))));
        } catch (Exception error) {
            return "ERROR " + String.valueOf(error).replaceAll("\\s+", " ");
        }
    }

    public static void main(String[] arguments) throws Exception {
        System.setProperty("net.spy.log.LoggerImpl", "net.spy.memcached.compat.log.SunLogger");
        java.util.logging.LogManager.getLogManager().reset();
        if (arguments.length == 1 && arguments[0].equals("--version")) {
            System.out.println("spymemcached");
            return;
        }
        if (arguments.length == 1 && arguments[0].equals("--timed"))
            Timed.run();
        Adapter adapter = new Adapter();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine())
            System.out.println(adapter.say(line));
        System.exit(0);
    }
}
