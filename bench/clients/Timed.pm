# The lines of timed.h, for adapters in Perl. A client is an object with the methods
# get, get_multi and set, which are called in a plain loop; each result is looked at.
package Timed;

use strict;
use warnings;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC CLOCK_PROCESS_CPUTIME_ID);

my $warm_max = 200; # operations before the clock runs, as in timed.c
my ($client, $seconds, $verb, $batch, $starts, @keys, @values);
my $done = 0;

sub ns { return 1e9 * clock_gettime($_[0] // CLOCK_MONOTONIC) }

# Keys and values as work.c makes them.
sub set_work {
    ($verb, $batch, my $size, my $first, my $count) = @_;
    die "no it has no such command\n" unless $verb =~ /^(get|miss|set)$/;
    my $letters = join('', 'a' .. 'z') x (int($size / 26) + 1);
    @keys = map { sprintf 'key:%05d', $first + $_ } 0 .. $count - 1;
    @values = map { substr $_ . substr($letters, 9), 0, $size } @keys;
    ($starts, $done) = ($count - $batch + 1, 0);
    return '';
}

# One operation. True when its result is right.
sub operate {
    my $at = $_[0] % $starts;
    return $client->set($keys[$at], $values[$at]) if $verb eq 'set';
    return !defined scalar $client->get($keys[$at]) if $verb eq 'miss';
    return defined scalar $client->get($keys[$at]) if $batch == 1;
    return keys %{scalar $client->get_multi(@keys[$at .. $at + $batch - 1])} == $batch;
}

# One operation, all of it compared.
sub check {
    return operate($done) if $verb ne 'get';
    my $at = $done % $starts;
    my @range = $at .. $at + $batch - 1;
    my $got = $batch == 1 ? {$keys[$at] => scalar $client->get($keys[$at])}
        : $client->get_multi(@keys[@range]);
    return keys %$got == $batch && !grep { ($got->{$keys[$_]} // '') ne $values[$_] } @range;
}

sub some {
    for (1 .. $_[0]) { operate($done++) or die "bad wrong result\n" }
    return '';
}

sub warm_up {
    my $count = int($_[0] / 8) + 1;
    some($count < $warm_max ? $count : $warm_max);
}

sub time_round {
    warm_up(@_);
    my ($cpu, $start) = (ns(CLOCK_PROCESS_CPUTIME_ID), ns());
    some(@_);
    my $end = ns();
    return sprintf '%.0f %.0f', $end - $start, ns(CLOCK_PROCESS_CPUTIME_ID) - $cpu;
}

sub time_each {
    my ($count) = @_;
    warm_up($count);
    my @at = (ns());
    for (1 .. $count) {
        operate($done++) or die "bad wrong result\n";
        push @at, ns();
    }
    return join ' ', map { sprintf '%.0f', $at[$_] - $at[$_ - 1] } 1 .. $count;
}

sub try_one {
    my $start = ns();
    my $right = eval { operate(0) };
    return sprintf '%.0f %s', ns() - $start, $right ? 'right' : 'wrong';
}

# make(server, seconds) makes the client; seconds: how long a wait may be, undef: any time.
sub run {
    my ($title, $settings, $make) = @_;
    my %commands = (
        hello => sub { sprintf "%s\t%s; Perl %vd", $title, $settings, $^V },
        open => sub {
            $client->disconnect_all if $client;
            my $start = ns();
            $client = $make->($_[0], $seconds);
            return sprintf '%.0f', ns() - $start;
        },
        deadline => sub { $seconds = $_[0] / 1000; '' },
        work => \&set_work,
        check => sub { check() ? '' : die "bad wrong result\n" },
        run => \&some, round => \&time_round, each => \&time_each, try => \&try_one,
    );
    $| = 1;
    while (my $line = <STDIN>) {
        my ($name, @words) = split ' ', $line;
        my $answer = eval { $commands{$name}->(@words) };
        if (defined $answer) {
            print $answer eq '' ? "ok\n" : "ok $answer\n";
            next;
        }
        (my $why = $@) =~ s/\s+/ /g;
        print $why =~ /^(no|bad) / ? "$why\n" : "bad $why\n";
    }
}

1;
