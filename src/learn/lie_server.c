/* Answers requests one by one: each honestly, and then with the case's fault in the answer. */
#include "lie_server.h"

#include <string.h>

/* ---- honest replies -------------------------------------------------------------------------- */

/* False: the server then closes. The reply ends in a NUL. */
static bool answer_honestly(struct lie_server *server, struct mc_serve_client *client,
                            struct mc_bytes request, struct mc_out *out)
{
    *out = (struct mc_out){server->reply, LIE_SERVER_REPLY - 1, 0};
    int r = mc_serve_input(&server->serve, client, &request, out);
    out->data[out->len] = '\0';
    return r == MC_MORE;
}

static void store_item(struct lie_server *server, struct mc_bytes key, struct mc_bytes value)
{
    struct mc_serve_client client = {0};
    char line[MC_KEY_MAX + 64];
    struct mc_out command = {line, sizeof line, 0}, reply;
    const struct mc_item item = {.key = key, .value = value};
    mc_put_store(&command, MC_SET, &item, false);
    answer_honestly(server, &client, (struct mc_bytes){line, command.len}, &reply);
    answer_honestly(server, &client, value, &reply);
    answer_honestly(server, &client, MC_BYTES("\r\n"), &reply);
    mc_serve_leave(&server->serve, &client);
}

void lie_server_init(struct lie_server *server, const struct lie_case *scene, void *block,
                     char *reply)
{
    struct mc_bytes key, value;
    *server = (struct lie_server){.scene = scene, .reply = reply};
    mc_serve_init(&server->serve, block, LIE_SERVER_BLOCK, 1000000000);
    for (size_t n = 0; lie_case_item(n, &key, &value); n++)
        store_item(server, key, value);
}

/* ---- requests -------------------------------------------------------------------------------- */

ptrdiff_t lie_server_request(const struct lie_server *server, struct lie_server_link *link,
                             const char *data, size_t len)
{
    struct mc_bytes in = {data + link->read, len - link->read};
    struct mc_bytes key = mc_string(server->scene->key != NULL ? server->scene->key : "");
    struct mc_request request;
    int event;
    do {
        event = mc_request_next(&link->reader, &in, &request);
        if (event > 0 && key.len > 0 && request.key.len == key.len &&
            memcmp(request.key.data, key.data, key.len) == 0)
            link->is_about = true;
        link->read = len - in.len;
    } while (event > 0 && !mc_request_is_final(event));
    if (event <= 0)
        return event;
    link->read = 0;
    return in.data - data;
}

/* ---- faults ---------------------------------------------------------------------------------- */

/* HD, VA and their like, with or without flags. */
static bool is_meta_line(const char *text)
{
    return text[0] >= 'A' && text[0] <= 'Z' && strcspn(text, " \r") == 2 && text[0] != 'O';
}

/* The letters of the words that a reply begins with. */
static const char *known_letters(const char *text)
{
    if (text[0] >= '0' && text[0] <= '9')
        return "n";
    if (strncmp(text, "VALUE ", 6) == 0)
        return "wkfsc";
    return strncmp(text, "VA ", 3) == 0 ? "ws" : "w";
}

/* The letters of lies_reply.fields: a number, or a word and what follows it. */
static void name_fields(const char *text, char fields[MC_TOKENS_MAX + 1])
{
    bool is_meta = is_meta_line(text);
    const char *known = known_letters(text);
    size_t count = 0;
    for (bool more = true; more && count < MC_TOKENS_MAX; count++) {
        fields[count] = '-';
        if (*known != '\0')
            fields[count] = *known++;
        else if (is_meta)
            fields[count] = *text;
        text += strcspn(text, " \r");
        more = *text == ' ';
        text += more ? 1 : 0;
    }
    fields[count] = '\0';
}

static size_t find_place(enum lie_case_place place, const char *text, size_t len)
{
    size_t line = strcspn(text, "\r");
    switch (place) {
    case LIE_AT_START: return 0;
    case LIE_IN_VALUE: return line + 4 < len ? line + 4 : len / 2;
    default: return len;
    }
}

/* The first of several classic items goes after the others. */
static void mix(struct lie_plan *plan, struct mc_bytes reply)
{
    struct mc_bytes in = reply;
    struct mc_reader reader = {0};
    struct mc_reply item;
    if (mc_reader_next(&reader, &in, &item) != MC_VALUE || item.meta)
        return;
    size_t first = reply.len - in.len + item.size + 2, end = MC_BYTES("END\r\n").len;
    if (first + end >= reply.len)
        return;
    plan->parts[0] = (struct mc_bytes){reply.data + first, reply.len - first - end};
    plan->parts[1] = (struct mc_bytes){reply.data, first};
    plan->parts[2] = (struct mc_bytes){reply.data + reply.len - end, end};
}

/* False: the case has a lie that cannot be told in this reply. */
static bool tell_lie(const struct lie_case *scene, const char *text, struct lie_plan *plan)
{
    char fields[MC_TOKENS_MAX + 1];
    struct lies_told told;
    const struct lie *lie = scene->lie != NULL ? lies_find(scene->lie) : scene->own;
    if (lie == NULL)
        return true;
    name_fields(text, fields);
    const struct lies_reply honest = {text, fields, ""};
    if (!lies_tell(lie, &honest, 0, &told))
        return false;
    memcpy(plan->parts, told.parts, sizeof plan->parts);
    return true;
}

static void measure(struct lie_plan *plan)
{
    plan->len = plan->parts[0].len + plan->parts[1].len + plan->parts[2].len;
    plan->cut = plan->len;
}

void lie_server_answer(struct lie_server *server, struct lie_server_link *link,
                       struct mc_bytes request, struct lie_plan *plan)
{
    const struct lie_case *scene = server->scene;
    struct mc_out out;
    bool is_about = link->is_about || scene->key == NULL;
    *plan = (struct lie_plan){.pace = LIE_PACE_WHOLE};
    plan->close = !answer_honestly(server, &link->client, request, &out);
    link->is_about = false;
    plan->parts[0] = (struct mc_bytes){out.data, out.len};
    if (is_about && out.len > 0 && tell_lie(scene, out.data, plan)) {
        server->told++;
        plan->pace = scene->pace;
        plan->stop = scene->stop;
    }
    if (plan->pace == LIE_PACE_MIXED)
        mix(plan, plan->parts[0]);
    measure(plan);
    if (plan->stop != LIE_STOP_NEVER && scene->place != LIE_AT_END)
        plan->cut = find_place(scene->place, out.data, plan->len);
}

void lie_server_leave(struct lie_server *server, struct lie_server_link *link)
{
    mc_serve_leave(&server->serve, &link->client);
}
