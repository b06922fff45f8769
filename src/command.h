/* The commands: constants that operations point to, so that a linker keeps only those in use.
 *
 *   command         arguments of the operation          results besides errors
 *   get gets        key or keys                         MC_HIT MC_MISS MC_E_FULL
 *   gat gats        the same, exptime                   the same
 *   set add replace key data flags exptime              MC_STORED MC_NOT_STORED
 *   append prepend  key data                            the same
 *   cas             key data flags exptime number       and MC_EXISTS MC_NOT_FOUND
 *   delete          key                                 MC_DELETED MC_NOT_FOUND
 *   incr decr       key number (delta)                  MC_NUMBER MC_NOT_FOUND
 *   touch           key exptime                         MC_TOUCHED MC_NOT_FOUND
 *   mg              key meta_flags                      MC_HIT MC_HD MC_MISS MC_E_FULL
 *   ms              key data meta_flags                 MC_HD MC_NOT_STORED MC_EXISTS MC_NOT_FOUND
 *   md              key meta_flags                      MC_HD MC_NOT_FOUND MC_EXISTS
 *   ma              key meta_flags                      MC_HD MC_NUMBER MC_NOT_FOUND MC_NOT_STORED
 *                                                       MC_EXISTS
 *   me              key meta_flags                      MC_ME (text) MC_MISS
 *   version                                             MC_VERSION (text)
 *   flush_all       exptime (delay)                     MC_OK
 *   verbosity       number                              MC_OK
 *   cache_memlimit  number (megabytes)                  MC_OK MC_REFUSED
 *   auth            key (user) data (password)          MC_OK, or MC_E_AUTH
 *   stats           key (words or none) sink            MC_END MC_RESET MC_OK
 *   stats_text      key (detail dump) sink: lines       MC_END
 *   metadump mgdump key (classes) sink: lines           MC_END MC_BUSY
 *   watch           key (words) sink: lines             none: it ends with the connection
 *
 * An exptime up to MC_EXPTIME_RELATIVE_MAX is in seconds from now: see mc_item in proto.h.
 * Errors are MC_ERROR, MC_CLIENT_ERROR, MC_SERVER_ERROR, and every negative result. mg asked with v
 * is MC_HIT; MC_HD when the item is as the flag C says, and then there is no value. After "stats
 * sizes_enable" and "sizes_disable" memcached says no END: fail the connection then.
 */
#ifndef MC_COMMAND_H
#define MC_COMMAND_H

#include "engine.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct mc_command mc_command_get, mc_command_gets, mc_command_gat, mc_command_gats,
    mc_command_set, mc_command_add, mc_command_replace, mc_command_append, mc_command_prepend,
    mc_command_cas, mc_command_delete, mc_command_incr, mc_command_decr, mc_command_touch,
    mc_command_mg, mc_command_ms, mc_command_md, mc_command_ma, mc_command_me, mc_command_version,
    mc_command_flush_all, mc_command_verbosity, mc_command_cache_memlimit, mc_command_auth,
    mc_command_stats, mc_command_stats_text, mc_command_metadump, mc_command_mgdump,
    mc_command_watch;

#ifdef __cplusplus
}
#endif

#endif
