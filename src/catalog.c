/* All commands by name, for tools and tests: whoever uses this has them all in the program. */
#include "catalog.h"

#define LISTED(name)               \
    {                              \
#name, &mc_command_##name, \
    }

const struct mc_command_name mc_catalog[MC_CATALOG_COUNT] = {
    LISTED(get),
    LISTED(gets),
    LISTED(gat),
    LISTED(gats),
    LISTED(set),
    LISTED(add),
    LISTED(replace),
    LISTED(append),
    LISTED(prepend),
    LISTED(cas),
    LISTED(delete),
    LISTED(incr),
    LISTED(decr),
    LISTED(touch),
    LISTED(mg),
    LISTED(ms),
    LISTED(md),
    LISTED(ma),
    LISTED(me),
    LISTED(version),
    LISTED(flush_all),
    LISTED(verbosity),
    LISTED(cache_memlimit),
    LISTED(auth),
    LISTED(stats),
    LISTED(stats_text),
    LISTED(metadump),
    LISTED(mgdump),
    LISTED(watch),
};
