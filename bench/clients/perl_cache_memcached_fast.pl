#!/usr/bin/perl
# Cache::Memcached::Fast, for mcwire lie. A get of it has one answer, undef, for a miss and for a
# failure; a write has undef for a failure, and a false value for no.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Cache::Memcached::Fast;
use Contract;

sub make {
    my ($server, $seconds) = @_;
    my @timeouts = $seconds ? (connect_timeout => $seconds, io_timeout => $seconds) : ();
    return Cache::Memcached::Fast->new({servers => [$server =~ s/^unix://r], @timeouts});
}

sub written {
    my ($result) = @_;
    return 'ERROR undef' unless defined $result;
    return $result ? 'OK' : 'NO';
}

sub cas {
    my ($client, $key, $value) = @_;
    my $old = $client->gets($key);
    return 'NO' unless defined $old;
    return written(scalar $client->cas($key, $old->[0], $value));
}

Contract::run("Cache::Memcached::Fast $Cache::Memcached::Fast::VERSION",
    'text protocol, no compression; its timeouts are 0.25 s to connect and 1 s', \&make, sub {
        my ($client) = @_;
        return {
            get  => sub { Contract::hit(scalar $client->get($_[0])) },
            many => sub { Contract::hits([@_], scalar $client->get_multi(@_)) },
            set  => sub { written(scalar $client->set(@_)) },
            cas  => sub { cas($client, @_) },
            incr => sub { Contract::hit(scalar $client->incr(@_)) },
            delete => sub { written(scalar $client->delete($_[0])) },
        };
    });
