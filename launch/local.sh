#!/usr/bin/env bash
# Runs an experiment on this machine, and first makes .venv where it is missing.
#
#   bash launch/local.sh [experiment] [--flags]      with no experiment: reproduce, which runs them all
#
# PYTHON and EXTRAS are explained in setup.sh.

# shellcheck source=launch/setup.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/setup.sh"

experiments() {
    local file name
    for file in "$ROOT"/experiments/[a-z]*.py; do
        name=${file##*/}
        printf ' %s' "${name%.py}"
    done
}

name=reproduce
if [ $# -gt 0 ]; then
    case $1 in
        -*) ;;
        *) name=$1 && shift ;;
    esac
fi
[[ $name =~ ^[a-z][a-z0-9_]*$ && -f $ROOT/experiments/$name.py ]] ||
    fail "there is no experiment '$name'; there are:$(experiments)"

set_up
# -P: a random.py where the user stands is not ours. No cd: the paths among the flags are the user's.
exec "$VENV_PYTHON" -P -m "experiments.$name" "$@"
