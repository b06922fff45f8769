#!/usr/bin/perl
# Cache::Memcached::Fast, for mcwire lie. A get of it has one answer, undef, for a miss and for a
# failure; a write has undef for a failure, and a false value for no.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Cache::Memcached::Fast;
use Contract;

my $client = Cache::Memcached::Fast->new({
    servers         => [$Contract::server],
    connect_timeout => $Contract::timeout_s,
    io_timeout      => $Contract::timeout_s,
});

sub written {
    my ($result) = @_;
    return 'ERROR undef' unless defined $result;
    return $result ? 'OK' : 'NO';
}

sub cas {
    my ($key, $value) = @_;
    my $old = $client->gets($key);
    return 'NO' unless defined $old;
    return written(scalar $client->cas($key, $old->[0], $value));
}

Contract::run("Cache::Memcached::Fast $Cache::Memcached::Fast::VERSION", {
    get  => sub { Contract::hit(scalar $client->get($_[0])) },
    many => sub { Contract::hits([@_], scalar $client->get_multi(@_)) },
    set  => sub { written(scalar $client->set(@_)) },
    cas  => \&cas,
    incr => sub { Contract::hit(scalar $client->incr(@_)) },
    delete => sub { written(scalar $client->delete($_[0])) },
});
