# Uses dalli as a program would: it speaks the binary protocol. usage: dalli.rb PORT
require "dalli"

def want(good)
  raise "a surprise" unless good
end

client = Dalli::Client.new("127.0.0.1:" + ARGV[0], value_max_bytes: 2 << 20)
want client.set("a", "value")
want client.get("a") == "value"
want client.set("n", "10", nil, raw: true)
want client.incr("n", 5) == 15
want client.decr("n", 6) == 9
want !client.add("a", "x")
want client.replace("a", "x")
want client.cas("a") { |value| value + "y" }
want client.get("a") == "xy"
want client.touch("a", 1000)
want client.delete("a")
want client.get("a").nil?
client.multi { (0...100).step(2) { |k| client.set("many-#{k}", k) } }
want client.get_multi((0...100).map { |k| "many-#{k}" }).size == 50
big = Random.new(1).bytes(1_000_000)
want client.set("big", big)
want client.get("big") == big
client.close
