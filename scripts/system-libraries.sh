#!/bin/sh
# Installs what napari's window needs from a bare Debian or Ubuntu, and Xvfb for tests without a screen.
# Elsewhere, and where nothing is missing, it does nothing.
set -eu

packages="libegl1 libgl1 libdbus-1-3 libfontconfig1 libglib2.0-0 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4
libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1 xauth xvfb"

is_installed() {
    dpkg-query --show --showformat '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

# Debian 13 and Ubuntu 24.04 give some libraries the suffix t64.
missing_packages() {
    for package in $packages; do
        is_installed "$package" || is_installed "${package}t64" || echo "$package"
    done
    python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
}

install_packages() {
    DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

[ -e /etc/debian_version ] && command -v dpkg-query >/dev/null || exit 0
missing=$(missing_packages | tr '\n' ' ')
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "napari's window may need system libraries that are missing here. To install them: sudo apt-get install $missing" >&2
    exit 0
fi
echo "Installing system libraries: $missing" >&2
# shellcheck disable=SC2086  # one word for each package
install_packages $missing || echo "Not all system libraries could be installed: $missing" >&2
