/* Flights of commands over one connection after another: replies that are late, timeouts, calls
 * that are cancelled, close and reconnect. spin searches every order in which this can happen.
 *
 * In the model            In the client
 *   fill                  mc_pipeline_run (src/pipeline.c): the commands of the next flight
 *   mark                  send_parts (src/client.c): awaited is raised before the first byte leaves
 *   send, receive         send_flight, answer (src/pipeline.c)
 *   cancelled             the caller never came back, so begin (src/client.c) finds replies awaited
 *   give up               mc_client_break (src/client.c): a timeout, a close, any doubt
 *   settle                lost (src/pipeline.c): whether its last byte was sent tells what is known
 *                         of a write; src/server.c asks again for a read, once
 *
 * Odd commands write. -DKEEP, -DMARK_LATE, -DRESEND and -DNOT_DONE each seed a fault, which has to
 * violate an assertion. */
#define WINDOW 6
#define COMMANDS 8
#define WRITES(id) ((id) % 2 == 1)

chan to_server = [24] of { byte }; /* of the connection that is open: commands, and replies */
chan to_client = [24] of { byte };
chan late = [COMMANDS] of { byte }; /* writes of closed connections, which the server may still do */
chan again = [COMMANDS] of { byte }; /* reads to be asked again */

bit lost;                    /* the server takes nothing more from this connection */
bit ended[COMMANDS];         /* its result is known to the caller */
bit done[COMMANDS];          /* the server has done this write */
bit called_undone[COMMANDS]; /* the caller was told that it was not done */
bit retried[COMMANDS];

byte flight[WINDOW], size, sent, answered, awaited;

inline end(id) {
    assert(!ended[id]); /* each command ends exactly once */
    ended[id] = 1
}

inline tell_undone(id) {
    assert(!done[id]);
    called_undone[id] = 1
}

/* The command in place k of the flight, whose reply will not be read any more. */
inline settle(id, k) {
    if
    :: !WRITES(id) && !retried[id] -> retried[id] = 1; again!id
    :: !WRITES(id) && retried[id] -> end(id)
#ifdef RESEND
    :: WRITES(id) && !retried[id] -> retried[id] = 1; again!id
    :: WRITES(id) && retried[id] -> end(id)
#elif defined(NOT_DONE)
    :: WRITES(id) -> end(id); tell_undone(id)
#else
    :: WRITES(id) && k >= sent -> end(id); tell_undone(id)
    :: WRITES(id) && k < sent -> end(id) /* outcome unknown */
#endif
    fi
}

/* What was on its way to the client reaches nobody, and the server gets what it gets. */
inline reconnect() {
    do
    :: to_client?_
    :: to_server?got -> if :: WRITES(got) -> late!!got :: skip fi
    :: empty(to_client) && empty(to_server) -> break
    od;
    awaited = 0; lost = 0; got = 0
}

proctype client() {
    byte next, k, got;

fill:
    atomic { /* a flight of any size */
        size = 0; sent = 0; answered = 0;
        do
        :: size < WINDOW && nempty(again) -> again?flight[size]; size++
        :: size < WINDOW && empty(again) && next < COMMANDS ->
            flight[size] = next; next++; size++
        :: size > 0 -> break
        :: size == 0 && empty(again) && next == COMMANDS -> goto finished
        od;
#ifndef MARK_LATE
        awaited = size /* mark */
#endif
    }
    do
    :: sent < size -> atomic { to_server!flight[sent]; sent++ }
#ifdef MARK_LATE
    :: sent == size && awaited == 0 && answered == 0 -> awaited = size
#endif
    :: atomic { awaited > 0 && answered < sent && nempty(to_client) ->
        to_client?got;
        assert(flight[answered] == got); /* a reply answers its own question */
        end(got);
        answered++; awaited--; got = 0 }
    :: answered == size -> goto fill
    :: goto give_up   /* timeout, close, malformed reply */
    :: goto cancelled
    od;

give_up:
    atomic {
#ifdef KEEP
        awaited = 0;
#else
        reconnect();
#endif
        k = answered;
        do
        :: k < size -> settle(flight[k], k); k++
        :: else -> break
        od;
        k = 0
    }
    goto fill;

cancelled: /* the caller takes none of the results that are left */
    atomic {
        k = answered;
        do
        :: k < size -> end(flight[k]); k++
        :: else -> break
        od;
        k = 0;
        if
        :: awaited > 0 -> reconnect()
        :: else
        fi
    }
    goto fill;

finished:
    do
    :: k < COMMANDS -> assert(ended[k]); k++
    :: else -> break
    od
}

inline do_write(id) {
    assert(!done[id]);          /* no write is done twice */
    assert(!called_undone[id]); /* nor after it was called not done */
    done[id] = 1
}

proctype server() {
    byte id;
end_idle:
    do
    :: atomic { to_server?id ->
        if
        :: lost = 1
        :: !lost ->
            if
            :: WRITES(id) -> do_write(id)
            :: else
            fi;
            to_client!id
        fi;
        id = 0 }
    :: atomic { late??1 -> do_write(1) } /* in any order */
    :: atomic { late??3 -> do_write(3) }
    :: atomic { late??5 -> do_write(5) }
    :: atomic { late??7 -> do_write(7) }
    od
}

init { atomic { run client(); run server() } }
