#include "config.h"

#include "sim/api/policy.h"

const char *
vn_policy_text(double value)
{
    return (const char *) (uintptr_t) value;
}
