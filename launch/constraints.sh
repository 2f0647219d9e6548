#!/usr/bin/env bash
# Writes launch/constraints-jax*.txt anew, after a change of the dependencies in pyproject.toml; needs uv on the path.
#
#   bash launch/constraints.sh [--upgrade]      keeps the versions that are pinned, or takes the newest
#
# Each file holds a version of every package that the project and its extras need, with the hashes of all files of that
# version, for every platform. The packages stand under the names of what needs them: `build` and `base`, which are
# always installed, and the extras. setup.sh gives pip those of what is wanted, and no others.

# shellcheck source=launch/setup.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/setup.sh"
set -o pipefail

command -v uv >/dev/null || fail "needs uv; pip install uv"
upgrade=
case ${1-} in
    '') ;;
    --upgrade) upgrade=--upgrade ;;
    *) fail "there is no option '$1'; there is --upgrade" ;;
esac

scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
project=$ROOT/pyproject.toml build=$scratch/build.txt pins=$scratch/pins.txt needs=$scratch/needs.txt
sed -n 's/^requires = \["\(setuptools[^"]*\)"\]$/\1/p' "$project" >"$build"

# fewest: one version of a package for all Pythons of a file.
resolve() {
    uv pip compile -q --universal --fork-strategy=fewest --python-version="$first" --no-annotate --no-header "$@"
}

# Prints what setuptools, the project and each extra need, as `<who needs it> <package>==<version> [; marker]`.
list_needs() {
    local extra
    resolve -c "$pins" "$build" | sed 's/^/build /'
    resolve -c "$pins" "$project" | sed 's/^/base /'
    for extra in $(known_extras); do
        resolve -c "$pins" --extra="$extra" "$project" | sed "s/^/$extra /"
    done
}

# Writes the file for the Pythons from $1 on.
write() {
    local first=$1 file=$2
    say "Resolving $file ..."
    cp "$ROOT/launch/$file" "$pins" # uv keeps the versions that the file which it writes already has
    # shellcheck disable=SC2086  # no option where nothing is upgraded
    resolve $upgrade --all-extras --generate-hashes -o "$pins" "$project" "$build" >/dev/null
    list_needs >"$needs"
    # A version has the same hashes whoever needs it; its marker may differ.
    awk '
        FILENAME == ARGV[1] { if (/==/) pin = $1; else hashes[pin] = hashes[pin] "\n" $0; next }
        {
            by = $1
            sub(/^[^ ]* /, "")
            if (!($0 in users)) pins[++count] = $0
            # What is always installed comes first, and need not be named for the extras too.
            if (users[$0] !~ /^(build|base)$/) users[$0] = users[$0] (users[$0] == "" ? "" : " ") by
        }
        END {
            for (i = 1; i <= count; i++) {
                group = users[pins[i]]
                if (!(group in members)) groups[++n] = group
                split(pins[i], words, " ")
                members[group] = members[group] "\n" pins[i] " \\" hashes[words[1]]
            }
            print "# Written by `bash launch/constraints.sh`, which explains it."
            for (i = 1; i <= n; i++) print "# " groups[i] members[groups[i]]
        }' "$pins" "$needs" >"$scratch/new.txt"
    mv "$scratch/new.txt" "$ROOT/launch/$file"
}

write 3.11 constraints-jax0.10.txt
write 3.12 constraints-jax0.12.txt
