/* The installed header stands alone, so that this is all that is included. */
#include "virtualflow/policy.h"

#include "t/sim/plugin_layout.h"

#include <string.h>

int
layout_of_header(size_t *layout)
{
    const size_t all[] = {LAYOUT};

    memcpy(layout, all, sizeof all);
    return (int) (sizeof all / sizeof all[0]);
}
