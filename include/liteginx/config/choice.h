/* Which keys of a mapping go together, as the rows say by their group and by what they stand beside. */
#ifndef LITEGINX_CONFIG_CHOICE_H
#define LITEGINX_CONFIG_CHOICE_H

#include "liteginx/config/take.h"

/* Of each group one key at most, and one at least where its rows are required; none without the key that it says more about.
 * `sort` as in take_all. False: an error says what is wrong, or said so before. */
bool choice_check(const struct taking *taking, const struct take_from *from, const char *sort);

#endif
