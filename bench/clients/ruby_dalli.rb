# dalli, which speaks the binary protocol alone, so that mcwire lie cannot examine it: only the lines of
# timed.h.
require "dalli"

WARM_MAX = 200 # operations before the clock runs, as in timed.c

class Missing < StandardError; end

# Keys and values as work.c makes them, and one operation: run(client, i).
class Work
  def initialize(verb, *numbers)
    raise Missing, "it has no such command" unless %w[get miss set].include?(verb)
    @batch, size, first, count = numbers.map(&:to_i)
    @verb, @starts = verb, count - @batch + 1
    letters = [*"a".."z"].join * (size / 26 + 1)
    @keys = (0...count).map { |k| format("key:%05d", first + k) }
    @values = @keys.map { |key| (key + letters[9..])[0, size] }
  end

  def run(client, i)
    at = i % @starts
    case @verb
    when "set" then client.set(@keys[at], @values[at], nil, raw: true)
    when "miss" then client.get(@keys[at]).nil?
    else @batch == 1 ? client.get(@keys[at]) : client.get_multi(@keys[at, @batch]).size == @batch
    end
  end

  # One operation, all of it compared.
  def check(client, i)
    return run(client, i) unless @verb == "get"
    at = i % @starts
    keys = @keys[at, @batch]
    got = @batch == 1 ? { keys[0] => client.get(keys[0]) } : client.get_multi(keys)
    got == keys.zip(@values[at, @batch]).to_h
  end
end

class Worker
  SETTINGS = "binary protocol; values as they are (raw), no compression, not threadsafe"

  def initialize
    @options = { compress: false, threadsafe: false, socket_timeout: 10 }
    @done = 0
  end

  def ns(clock = Process::CLOCK_MONOTONIC)
    Process.clock_gettime(clock, :nanosecond)
  end

  def hello
    "dalli #{Dalli::VERSION}\t#{SETTINGS}; Ruby #{RUBY_VERSION}"
  end

  def open(address)
    @client&.close
    start = ns
    @client = Dalli::Client.new(address.delete_prefix("unix:"), @options)
    ns - start
  end

  def deadline(ms)
    @options[:socket_timeout] = ms.to_i / 1000.0
    nil
  end

  def work(*words)
    @work, @done = Work.new(*words), 0
    nil
  end

  def check
    @work.check(@client, @done) or raise "wrong result"
    nil
  end

  def run(count)
    count.to_i.times { one }
    nil
  end

  def one
    @work.run(@client, @done) or raise "wrong result"
    @done += 1
  end

  def warm_up(count)
    run([count.to_i / 8 + 1, WARM_MAX].min)
  end

  def round(count)
    warm_up(count)
    cpu, start = ns(Process::CLOCK_PROCESS_CPUTIME_ID), ns
    run(count)
    last = ns
    "#{last - start} #{ns(Process::CLOCK_PROCESS_CPUTIME_ID) - cpu}"
  end

  def each(count)
    warm_up(count)
    at = [ns]
    count.to_i.times do
      one
      at << ns
    end
    at.each_cons(2).map { |a, b| b - a }.join(" ")
  end

  def try
    start = ns
    right = begin
      @work.run(@client, 0)
    rescue StandardError
      false
    end
    "#{ns - start} #{right ? "right" : "wrong"}"
  end

  def obey(line)
    answer = public_send(*line.split)
    answer ? "ok #{answer}" : "ok"
  rescue Missing => e
    "no #{e.message}"
  rescue StandardError => e
    "bad #{e.message.gsub(/\s+/, " ")}"
  end
end

if ARGV == ["--version"]
  puts "dalli #{Dalli::VERSION}"
  exit
end
$stdout.sync = true
Dalli.logger.level = Logger::FATAL
worker = Worker.new
$stdin.each_line { |line| puts worker.obey(line) }
