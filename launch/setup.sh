# shellcheck shell=bash
# The set-up that local.sh and test.sh share: after `set_up`, .venv holds the project and every extra of $EXTRAS.
#
#   PYTHON=...         the Python to make .venv with, in place of the newest that runs and has what EXTRAS names
#   EXTRAS=tpu,ray     what to install beside the base; pyproject.toml lists them
#
# Three files keep it honest. .venv/dl_jax.stamp says what .venv holds and is written last, so a set-up that was cut
# short is never taken for whole. .venv.unfinished stands while one is under way, and holds what pip says. .venv.lock
# lets only one run at a time.
# Written for bash 3.2, which is what macOS has.

set -eu

ROOT=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
VENV=$ROOT/.venv
VENV_PYTHON=$VENV/bin/python
STAMP=$VENV/dl_jax.stamp
UNFINISHED=$ROOT/.venv.unfinished

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "error: $*"
    exit 2
}

# Prints the names that stand under [project.optional-dependencies].
known_extras() {
    awk '/^\[/ { inside = ($0 == "[project.optional-dependencies]") } inside && /^[a-z0-9_]+ *=/ { print $1 }' \
        "$ROOT/pyproject.toml" | tr '\n' ' '
}

# Sets wanted_extras to the names in $EXTRAS, which commas or spaces part.
read_extras() {
    wanted_extras=
    [ -n "${EXTRAS-}" ] || return 0
    local known extra
    known=$(known_extras)
    case $EXTRAS in
        *[!a-z0-9_,\ ]*) fail "EXTRAS='$EXTRAS' names an unknown extra; there are: ${known% }" ;;
    esac
    for extra in ${EXTRAS//,/ }; do
        case " $known" in
            *" $extra "*) wanted_extras="$wanted_extras $extra" ;;
            *) fail "there is no extra '$extra'; there are: ${known% }" ;;
        esac
    done
}

# Prints the version of a Python and the path of the one it was made from, if it runs and is new enough. The path
# matters where an activated .venv comes first: it cannot be the base of its own successor.
probe() {
    "$1" -I -c 'if 1:
        import sys
        sys.version_info >= (3, 11) or sys.exit(1)
        print("%d.%d" % sys.version_info[:2], getattr(sys, "_base_executable", sys.executable))' 2>/dev/null
}

# Whether the extras that are wanted can be had for a version of Python: TensorFlow, which is what `prepare` installs,
# has no build for 3.14.
suits() {
    case " $wanted_extras " in *" prepare "*) ;; *) return 0 ;; esac
    case $1 in 3.11 | 3.12 | 3.13) ;; *) return 1 ;; esac
}

# Sets base_version and base_python. A name on the path is not enough: the shims of pyenv exist and fail.
choose_python() {
    local candidate probed found='' or_later='or later'
    if [ -n "${PYTHON-}" ]; then
        found=$(probe "$PYTHON") || fail "PYTHON='$PYTHON' does not run or is older than Python 3.11"
        suits "${found%% *}" || fail "PYTHON='$PYTHON' is Python ${found%% *}, for which TensorFlow (EXTRAS=prepare)" \
            "has no build; name a Python 3.11 to 3.13, or none"
    else
        for candidate in python3.14 python3.13 python3.12 python3.11 python3 python; do
            if probed=$(probe "$candidate") && suits "${probed%% *}"; then
                found=$probed
                break
            fi
        done
        suits 3.14 || or_later='to 3.13, which EXTRAS=prepare needs,'
        [ -n "$found" ] || fail "no Python 3.11 $or_later was found that runs; install Python 3.12 with its venv and" \
            "pip, or name one: PYTHON=/path/to/python bash launch/$(basename -- "$0")"
    fi
    base_version=${found%% *}
    base_python=${found#* }
}

# The line that the stamp of a whole .venv starts with: its Python, where the project lies, what it was installed from.
stamp_line() {
    local sum
    sum=$(cat "$ROOT/pyproject.toml" "$ROOT"/launch/constraints-*.txt | cksum)
    printf '%s %s %s\n' "$1" "${sum// /-}" "$ROOT"
}

# Reads the stamp into held_line and held_extras; fails where there is none.
read_stamp() {
    held_line='' held_extras=''
    [ -f "$STAMP" ] && [ ! -e "$UNFINISHED" ] && { read -r held_line && read -r held_extras; } <"$STAMP"
}

write_stamp() {
    printf '%s\n%s\n' "$1" "$2" >"$STAMP.new"
    rm -f "$UNFINISHED"
    mv -f "$STAMP.new" "$STAMP"
}

# Prints the version of .venv's Python; fails where it does not run, is too old, is not the one that $PYTHON asks for or
# cannot have the extras that are wanted.
venv_version() {
    local version
    [ -x "$VENV_PYTHON" ] || return 1
    version=$("$VENV_PYTHON" -I -S -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || return 1
    case $version in 2.* | 3.? | 3.10) return 1 ;; esac
    [ -z "${PYTHON-}" ] || [ "$version" = "$base_version" ] || return 1
    suits "$version" || return 1
    printf '%s\n' "$version"
}

# Whether .venv already is what is wanted. This is all that a second run does, so it must stay quick.
is_whole() {
    local version extra
    read_stamp || return 1
    version=$(venv_version) || return 1
    [ "$held_line" = "$(stamp_line "$version")" ] || return 1
    for extra in $wanted_extras; do
        case " $held_extras " in *" $extra "*) ;; *) return 1 ;; esac
    done
}

# Whether .venv, whole or made by hand, can be added to.
is_usable() {
    local version
    [ ! -e "$UNFINISHED" ] && version=$(venv_version) && "$VENV_PYTHON" -m pip --version >/dev/null 2>&1 || return 1
    ! read_stamp || case $held_line in "$version "*" $ROOT") ;; *) return 1 ;; esac
}

begin() {
    { : >"$UNFINISHED"; } 2>/dev/null || fail "cannot write in $ROOT"
    rm -f "$STAMP"
}

make_venv() {
    [ -n "$base_version" ] || choose_python
    say "Setting up .venv with Python $base_version (once; a few minutes) ..."
    begin
    "$base_python" -m venv --clear "$VENV" >"$UNFINISHED" 2>&1 && return
    # Debian parts venv from its pip; the pip of the base can then fill the gap.
    "$base_python" -m venv --clear --without-pip "$VENV" >>"$UNFINISHED" 2>&1 &&
        "$base_python" -m pip --python "$VENV_PYTHON" install -q pip >>"$UNFINISHED" 2>&1 && return
    cat "$UNFINISHED" >&2
    fail "$base_python cannot make .venv; install its venv module (on Debian and Ubuntu: python$base_version-venv)"
}

# Adds the project and the extras named to .venv; what pip says is shown only where it fails.
install() {
    local version=$1 constraints=$ROOT/launch/constraints-jax0.12.txt pins=$VENV/dl_jax.pins
    shift
    [ "$version" != 3.11 ] || constraints=$ROOT/launch/constraints-jax0.10.txt
    # pip checks the hashes of nothing that it builds in isolation, so what builds comes first. The project itself has no
    # hash; it finds all that it needs installed, or the constraints are older than pyproject.toml, and pip says so.
    {
        pins_of "$constraints" build >"$pins" && run_pip --require-hashes --no-deps -r "$pins" &&
            pins_of "$constraints" base "$@" >"$pins" &&
            run_pip --require-hashes --no-deps --no-build-isolation --use-pep517 -r "$pins" &&
            run_pip --no-index --no-build-isolation -e "$ROOT${*:+[$(join "$@")]}"
    } >"$UNFINISHED" 2>&1 </dev/null
}

run_pip() { PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_USER=0 "$VENV_PYTHON" -m pip install -q "$@"; }

# Prints the pins in the constraints file $1 that the others named need: who needs them stands above them.
pins_of() {
    local file=$1
    shift
    awk -v wanted=" $* " '
        /^#/ { needed = 0; for (i = 2; i <= NF; i++) if (index(wanted, " " $i " ")) needed = 1; next }
        needed' "$file"
}

join() {
    local IFS=,
    printf '%s' "$*"
}

packages() { ls "$VENV"/lib/python*/site-packages 2>/dev/null || true; }

bring_up_to_date() {
    local version extra extras=$wanted_extras before=''
    if is_usable; then
        if read_stamp; then
            before=$(packages)
            for extra in $held_extras; do
                case " $extras " in *" $extra "*) ;; *) extras="$extras $extra" ;; esac
            done
        fi
        say "Bringing .venv up to date${wanted_extras:+ with$wanted_extras} (once) ..."
        begin
    else
        make_venv
    fi
    version=$(PYTHON='' venv_version)
    # shellcheck disable=SC2086  # the extras are plain names, one a word
    if ! install "$version" $extras; then
        cat "$UNFINISHED" >&2
        if [ -n "$before" ] && [ "$before" = "$(packages)" ]; then # pip stopped before it changed anything
            write_stamp "$held_line" "$held_extras"
        fi
        fail "the installation failed; what pip said stands above. The same command tries again"
    fi
    write_stamp "$(stamp_line "$version")" "${extras# }"
}

set_up() {
    read_extras
    base_version=''
    [ -z "${PYTHON-}" ] || choose_python
    is_whole && return
    trap 'say; say "Interrupted; the same command starts the set-up again."; exit 130' INT
    if command -v flock >/dev/null && { exec 9>"$ROOT/.venv.lock"; } 2>/dev/null; then
        flock -n 9 || { say "Waiting for another run that sets up .venv ..." && flock 9; }
    fi
    if ! is_whole; then bring_up_to_date; fi
    { exec 9>&-; } 2>/dev/null
    trap - INT
}
