# Sourced by the scripts beside it: makes .venv from nothing but Python, once for each pyproject.toml.
# $1: the extras to install, such as `dev,kubectl`.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=${DEPLOYCTL_VENV:-$root/.venv}

find_python() {
    local candidate
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
        if command -v "$candidate" >/dev/null &&
            "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    echo "deployctl needs Python 3.11 or newer, with its venv module (Debian: apt-get install python3-venv)" >&2
    return 2
}

make_environment() {
    local extras=$1 python stamp wanted
    stamp=$venv/.made-for
    wanted="$extras $root $(cksum <"$root/pyproject.toml")"
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && return
    python=$(find_python)
    echo "making $venv (once)" >&2
    "$python" -m venv --clear "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -e "$root[$extras]"
    echo "$wanted" >"$stamp"
}
