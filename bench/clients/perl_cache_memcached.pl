#!/usr/bin/perl
# Cache::Memcached, for mcwire lie. It has one answer, undef, for a miss and for a failure.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Cache::Memcached;
use Contract;

my $client = Cache::Memcached->new({
    servers         => [$Contract::server],
    connect_timeout => $Contract::timeout_s,
    select_timeout  => $Contract::timeout_s,
});

Contract::run("Cache::Memcached $Cache::Memcached::VERSION", {
    get  => sub { Contract::hit($client->get($_[0])) },
    many => sub { Contract::hits([@_], $client->get_multi(@_)) },
    set  => sub { $client->set(@_) ? 'OK' : 'ERROR set returns false' },
    incr => sub { Contract::hit($client->incr(@_)) },
    delete => sub { $client->delete($_[0]) ? 'OK' : 'NO' },
});
