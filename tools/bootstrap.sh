#!/bin/sh
# Sets up what a goal needs: `sh tools/bootstrap.sh up|test|check|bench|campaign`.
# All this part does is find a Python that is new enough; tools/bootstrap.py does the rest.
set -eu
cd "$(dirname "$0")/.."

for candidate in ${TAEL_PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$candidate" tools/bootstrap.py "$@"
    fi
done

echo "Tael needs Python 3.11 or newer, and found none on the PATH. Install it, then run make again:" >&2
if command -v apt-get >/dev/null 2>&1; then
    echo "    sudo apt-get install -y python3.11" >&2
else
    echo "    brew install python" >&2
fi
exit 1
