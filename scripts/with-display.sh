#!/bin/sh
# Runs a command that opens windows; on Linux without a screen it gets a virtual one.
set -eu

if [ "$(uname -s)" != Linux ] || [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    exec "$@"
fi
if command -v xvfb-run >/dev/null; then
    exec xvfb-run -a -s "-screen 0 1280x1024x24" "$@"
fi
echo "There is no screen and no Xvfb; Qt draws off screen, where OpenGL may be missing. To mend it, install xvfb." >&2
QT_QPA_PLATFORM=offscreen exec "$@"
