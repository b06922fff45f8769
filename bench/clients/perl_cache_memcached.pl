#!/usr/bin/perl
# Cache::Memcached, for mcwire lie. It has one answer, undef, for a miss and for a failure.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Cache::Memcached;
use Contract;

sub make {
    my ($server, $seconds) = @_;
    my @timeouts = $seconds ? (connect_timeout => $seconds, select_timeout => $seconds) : ();
    return Cache::Memcached->new({servers => [$server =~ s/^unix://r], @timeouts});
}

Contract::run("Cache::Memcached $Cache::Memcached::VERSION",
    'text protocol, no compression; its timeouts are 0.25 s to connect and 1 s', \&make, sub {
        my ($client) = @_;
        return {
            get  => sub { Contract::hit($client->get($_[0])) },
            many => sub { Contract::hits([@_], $client->get_multi(@_)) },
            set  => sub { $client->set(@_) ? 'OK' : 'ERROR set returns false' },
            incr => sub { Contract::hit($client->incr(@_)) },
            delete => sub { $client->delete($_[0]) ? 'OK' : 'NO' },
        };
    });
