/* All commands by name. */
#ifndef MC_CATALOG_H
#define MC_CATALOG_H

#include "command.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A command and its name; for tools and tests: whoever uses the list has all commands. */
struct mc_command_name {
    const char *name;
    const struct mc_command *command;
};
enum { MC_CATALOG_COUNT = 29 };
extern const struct mc_command_name mc_catalog[MC_CATALOG_COUNT];

#ifdef __cplusplus
}
#endif

#endif
