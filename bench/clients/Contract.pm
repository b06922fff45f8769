# Reads the questions of mcwire lie and writes the answers of the client under examination, for
# adapters in Perl. README.md has the contract.
package Contract;

use strict;
use warnings;
use Timed;

our $server = $ENV{MCWIRE_SERVERS} // '127.0.0.1:11211';
our $timeout_s = ($ENV{MCWIRE_TIMEOUT_MS} // 1000) / 1000;

sub encode {
    my ($value) = @_;
    $value =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;
    return $value;
}

sub hit {
    my ($value) = @_;
    return defined $value ? 'HIT ' . encode($value) : 'MISS';
}

# The answer to many, from a hash.
sub hits {
    my ($keys, $values) = @_;
    return 'HIT ' . join ' ', map { defined $values->{$_} ? encode($values->{$_}) : '-' } @$keys;
}

sub answer {
    my ($calls, $name, @words) = @_;
    return 'SKIP' unless $calls->{$name};
    $words[1] =~ s/%(..)/chr hex $1/ge if $name eq 'set' or $name eq 'cas';
    my $answer = eval { $calls->{$name}->(@words) };
    return $answer if defined $answer;
    (my $why = $@) =~ s/\s+/ /g;
    return "ERROR $why";
}

# settings: what makes it fast. make(server, seconds) makes the client, and calls() the functions get,
# many, set, cas, incr and delete, as far as there are such calls.
sub run {
    my ($version, $settings, $make, $calls) = @_;
    $| = 1;
    if (@ARGV and $ARGV[0] eq '--version') {
        print "$version\n";
        return;
    }
    return Timed::run($version, $settings, $make) if @ARGV and $ARGV[0] eq '--timed';
    $calls = $calls->($make->($server, $timeout_s));
    while (my $line = <STDIN>) {
        print answer($calls, split ' ', $line), "\n";
    }
}

1;
