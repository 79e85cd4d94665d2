#!/bin/sh
# Called by PostgreSQL with a finished WAL segment's path and name: copies it to the folder that
# `tael db backup` wrote beside this file, for good before it says yes. Before there is a backup
# there is nowhere to copy to, and nothing that the segment would belong to.
set -eu
to=$(cat "$(dirname "$0")/archive-to" 2>/dev/null) || exit 0
kept="$to/wal/$2.gz"
if [ -e "$kept" ]; then
    # A crash may have come between the copy and the yes; another segment of that name may not.
    gunzip -c "$kept" | cmp -s - "$1"
    exit
fi
part="$to/wal/.$2.part"
gzip -1 -c "$1" > "$part"
sync "$part"
mv "$part" "$kept"
sync "$to/wal"
