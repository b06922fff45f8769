/* Drives a reader over the bytes of one direction, and shows its events: a retrieval with its keys,
 * and a value with its CRLF, as one. */
#include "side.h"

#include <string.h>

enum { ENOUGH = 256 /* bytes of a value, to see what it is */ };

/* Drops what has been read. */
static void drop(struct side *side)
{
    side->offset += side->read;
    side->kept_len -= side->read;
    memmove(side->kept, side->kept + side->read, side->kept_len);
    side->read = 0;
}

static void show_read(const struct side *side, const struct screen *screen)
{
    if (side->read > 0)
        screen_show(screen, side->replies ? '<' : '>', side->offset, &side->shown,
                    (struct mc_bytes){side->kept, side->read});
}

void side_flush(struct side *side, const struct screen *screen)
{
    show_read(side, screen);
    drop(side);
}

static bool is_value(const struct side *side, int event)
{
    return event == (side->replies ? (int)MC_BODY : (int)MC_REQUEST_DATA);
}

/* What may be a password that was sent to log in is not shown. A wrong line may have one, too, and what
 * is no reply may be an echo. */
static void hide_password(const struct side *side, int event, struct mc_annotation *annotation)
{
    bool hidden = event == MC_REQUEST_WRONG || is_value(side, event);
    if (side->may_log_in && (event < 0 || (hidden && !side->replies)))
        annotation->secret = true;
}

/* Counts what is shown of a value. True when that is enough: its further pieces are skipped. */
static bool is_enough(struct side *side, int event, size_t len)
{
    if (!is_value(side, event) || event != side->last)
        side->value_shown = 0;
    bool enough = side->value_shown >= ENOUGH;
    side->value_shown += is_value(side, event) ? len : 0;
    return enough;
}

/* Says how much of a value has been skipped. */
static void show_skipped(struct side *side, const struct screen *screen)
{
    if (side->skipped == 0)
        return;
    const struct mc_annotation rest = {.title = "the rest of the value",
                                       .secret = true,
                                       .count = 1,
                                       .fields = {{0, side->skipped, "value", ""}}};
    screen_show(screen, side->replies ? '<' : '>', side->skipped_at, &rest,
                (struct mc_bytes){NULL, side->skipped});
    side->skipped = 0;
}

static void skip(struct side *side, size_t len)
{
    if (side->skipped == 0)
        side->skipped_at = side->offset;
    side->skipped += len;
    side->read = len;
    drop(side);
}

/* True when the event is shown together with the one before it. */
static bool continues(const struct side *side, int event)
{
    bool retrieval = side->last >= MC_REQUEST_GET && side->last <= MC_REQUEST_GATS;
    if (side->replies)
        return false;
    return event == MC_MORE || ((retrieval || side->last == MC_REQUEST_KEY) && event > 0) ||
           (side->last == MC_REQUEST_DATA && event == MC_REQUEST_END);
}

/* What has been read is shown later, together with what may belong to it. */
static void keep(struct side *side, const struct mc_annotation *next, size_t len)
{
    if (side->read == 0)
        side->shown = (struct mc_annotation){
            .title = next->title, .fault = next->fault, .fault_at = next->fault_at};
    mc_annotate_join(&side->shown, next, side->read);
    side->read += len;
}

/* The contents point into kept, so nothing may have been dropped since they were read. */
static void tell(const struct side *side, int event, const void *contents)
{
    if (side->note != NULL)
        side->note(side->ctx, event, contents);
}

/* Reads the next event; false when there is none. */
static bool read_next(struct side *side, const struct screen *screen)
{
    struct mc_annotation next;
    struct mc_reply reply;
    struct mc_request request;
    struct mc_bytes all = {side->kept + side->read, side->kept_len - side->read}, in = all;
    int event = side->replies ? mc_reader_next(&side->reader, &in, &reply)
                              : mc_request_next(&side->requests, &in, &request);
    struct mc_bytes bytes = {all.data, event < 0 ? all.len : all.len - in.len};
    if (event == MC_MORE && bytes.len == 0)
        return false;
    if (side->replies)
        mc_annotate_reply(&next, event, &side->reader, &reply, bytes);
    else
        mc_annotate_request(&next, event, &side->requests, &request, bytes);
    hide_password(side, event, &next);
    const void *contents = side->replies ? (const void *)&reply : (const void *)&request;
    size_t len = bytes.len;
    bool skipped = is_enough(side, event, len), joined = side->read > 0 && continues(side, event);
    bool apart = skipped || !joined;
    if (apart)
        show_read(side, screen);
    if (!skipped)
        show_skipped(side, screen);
    tell(side, event, contents);
    if (apart)
        drop(side);
    if (skipped)
        skip(side, len);
    else
        keep(side, &next, len);
    side->last = event != MC_MORE ? event : side->last;
    return event > 0;
}

void side_feed(struct side *side, const struct screen *screen, struct mc_bytes bytes)
{
    while (bytes.len > 0 && side->last >= 0) {
        size_t room = SIDE_KEPT - side->kept_len, piece = bytes.len < room ? bytes.len : room;
        memcpy(side->kept + side->kept_len, bytes.data, piece);
        side->kept_len += piece;
        bytes.data += piece;
        bytes.len -= piece;
        while (side->last >= 0 && read_next(side, screen)) {
        }
        bool open = !side->replies && !mc_request_is_final(side->last) && side->last > 0;
        if (!open || side->kept_len >= SIDE_KEPT)
            side_flush(side, screen);
    }
}

bool side_is_open(const struct side *side)
{
    bool over = side->replies ? mc_is_final(side->last) : mc_request_is_final(side->last);
    return side->last >= 0 && (side->kept_len > 0 || (side->last > 0 && !over));
}

void side_end(struct side *side, const struct screen *screen)
{
    side_flush(side, screen);
    show_skipped(side, screen);
    if (side_is_open(side))
        screen_say(screen, '!', "the bytes end here, in the middle of a message");
}
