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
static bool tell_lie(const struct lie_case *scene, struct mc_bytes reply, struct lie_plan *plan)
{
    char fields[LIES_FIELDS_MAX + 1];
    const struct lies_reply honest = {reply, fields, ""};
    const struct lie *lie = lie_case_lie(scene);
    if (lie == NULL)
        return true;
    lies_name_fields(reply, fields);
    if (!lies_tell(lie, &honest, 0, &plan->told))
        return false;
    memcpy(plan->parts, plan->told.parts, sizeof plan->parts);
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
    if (is_about && out.len > 0 && tell_lie(scene, plan->parts[0], plan)) {
        server->told++;
        plan->pace = scene->pace;
        plan->stop = scene->stop;
    }
    if (plan->pace == LIE_PACE_MIXED)
        mix(plan, plan->parts[0]);
    measure(plan);
    if (plan->stop != LIE_STOP_NEVER && scene->place != LIE_AT_END)
        plan->cut = lie_case_stop_at(scene, (struct mc_bytes){out.data, out.len});
}

void lie_server_leave(struct lie_server *server, struct lie_server_link *link)
{
    mc_serve_leave(&server->serve, &link->client);
}
