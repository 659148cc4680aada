#!/bin/sh
# vn_shipped (model.h) of model files, as C on standard output.
set -eu
echo '#include "config.h"'
echo
echo '#include "vnode_exec/model/model.h"'
echo
echo 'const struct vn_shipped vn_shipped[] = {'
for file in "$@"; do
    name=${file##*/}
    echo "    {\"${name%.yaml}\","
    sed 's/\\/\\\\/g; s/"/\\"/g; s/.*/     "&\\n"/' "$file"
    echo '    },'
done
echo '    {0, 0},'
echo '};'
