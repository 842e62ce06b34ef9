#!/bin/sh
# Makes .venv and installs the program, napari, Qt and the test tools into it.
# The variable PYTHON chooses the interpreter; otherwise the newest that is known to work is taken.
set -eu
cd "$(dirname "$0")/.."

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

can_make_environments() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null
}

fail() {
    echo "$1" >&2
    exit 1
}

find_python() {
    incomplete=""
    for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3.14 python3 python}; do
        is_new_enough "$candidate" || continue
        can_make_environments "$candidate" && echo "$candidate" && return
        incomplete=$candidate
    done
    [ -z "$incomplete" ] ||
        fail "$incomplete lacks the modules venv and ensurepip. On Debian or Ubuntu: sudo apt-get install python3-venv"
    fail "No Python 3.11 or newer was found${PYTHON:+ at $PYTHON}. Install one from python.org, or name it: make PYTHON=/path/to/python3"
}

make_environment() {
    if [ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1; then
        return
    fi
    python=$(find_python)
    echo "Making .venv with $("$python" --version)" >&2
    "$python" -m venv --clear .venv
}

# uv is several times faster than pip, but does not read pip's settings: where it fails, pip may still succeed.
# Compiled now, as pip does by itself, the program starts in a third of the time, also where Python may not write.
install_program() {
    echo "Installing napari-csunet and what it needs (some gigabytes; minutes)" >&2
    if .venv/bin/python -m pip install --quiet --disable-pip-version-check uv; then
        UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-300}" \
            .venv/bin/python -m uv pip install --compile-bytecode --python .venv/bin/python --editable ".[all,test]" && return
        echo "uv could not install everything; going on with pip." >&2
    fi
    .venv/bin/python -m pip install --disable-pip-version-check --editable ".[all,test]"
}

sh scripts/system-libraries.sh
make_environment
install_program
