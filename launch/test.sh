#!/usr/bin/env bash
# Runs the tests, and first makes .venv where it is missing.
#
#   bash launch/test.sh [pytest arguments]      for instance -m slow, or -k sweep
#
# PYTHON and EXTRAS are explained in setup.sh.

# shellcheck source=launch/setup.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/setup.sh"

EXTRAS=dev,${EXTRAS-}
set_up
cd -- "$ROOT"
exec "$VENV_PYTHON" -m pytest "$@"
