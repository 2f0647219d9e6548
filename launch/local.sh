#!/usr/bin/env bash
# Runs an experiment on this machine, and first makes .venv where it is missing.
#
#   bash launch/local.sh [experiment] [--flags]      with no experiment: reproduce, which runs them all
#
# PYTHON and EXTRAS are explained in setup.sh.

# shellcheck source=launch/setup.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/setup.sh"

# Whether there is an experiment of that name: one file, or a package that can be run.
is_experiment() {
    [[ $1 =~ ^[a-z][a-z0-9_]*$ ]] && [[ -f $ROOT/experiments/$1.py || -f $ROOT/experiments/$1/__main__.py ]]
}

experiments() {
    local path name last=''
    for path in "$ROOT"/experiments/[a-z]*; do
        name=${path##*/}
        name=${name%.py}
        if [ "$name" != "$last" ] && is_experiment "$name"; then
            printf ' %s' "$name"
            last=$name
        fi
    done
}

name=reproduce
if [ $# -gt 0 ]; then
    case $1 in
        -*) ;;
        *) name=$1 && shift ;;
    esac
fi
is_experiment "$name" ||
    fail "there is no experiment '$name'; there are:$(experiments)"

set_up
# -P: a random.py where the user stands is not ours. No cd: the paths among the flags are the user's.
exec "$VENV_PYTHON" -P -m "experiments.$name" "$@"
