#!/usr/bin/env bash
# Brings what the tests need onto a bare Debian 12 machine: a Docker Engine with Compose v2, an SSH server program,
# Git LFS, a static busybox and Chromium. Run it as often as you like: what is there is used, only what is missing is
# installed, a running Engine is never touched. Where it may not install (not root, not Debian) it says what is missing.
#
# The last lines are for programs (extra/test.ts): one "NEED <name> ok" or "NEED <name> missing <what to do>" each.
# The exit code is 0 as long as the script itself worked.
set -uo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

readonly engine_log=/var/log/dockerd-test-host.log
readonly engine_wait_s=90

say() { printf '%s\n' "set-up: $*"; }
has() { command -v "$1" >/dev/null 2>&1; }

engine_answers() { has docker && timeout 20 docker info >/dev/null 2>&1; }
compose_answers() { has docker && timeout 20 docker compose version >/dev/null 2>&1; }
has_static_busybox() { has busybox && ! ldd "$(command -v busybox)" >/dev/null 2>&1; }
find_chromium() { for name in chromium chromium-browser google-chrome; do has "$name" && return 0; done; return 1; }

is_debian_12() { [ -r /etc/os-release ] && . /etc/os-release && [ "${ID:-}" = debian ] && [ "${VERSION_ID:-}" = 12 ]; }
may_install() { [ "${GIT_DEPLOY_TEST_HOST_INSTALL:-yes}" != no ] && [ "$(id -u)" = 0 ] && has apt-get && is_debian_12; }

# --- installing -----------------------------------------------------------------------------------------------------

is_list_fresh=no
refresh_list() {
    [ "$is_list_fresh" = yes ] && return 0
    say "apt-get update"
    apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 update >"$scratch/apt.log" 2>&1 || { tail -n 5 "$scratch/apt.log"; return 1; }
    is_list_fresh=yes
}

# Usage: install [-t suite] package...
install() {
    refresh_list || return 1
    say "apt-get install $*"
    apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 install "$@" </dev/null >"$scratch/apt.log" 2>&1 && return 0
    say "that failed:"
    tail -n 15 "$scratch/apt.log"
    return 1
}

# Debian 12 has no Compose v2. Its packages come from trixie, pinned low so that nothing else ever does. The mirror and
# the key are those of the first stanza of the machine's own sources (the second one is the security archive).
add_trixie() {
    local own=/etc/apt/sources.list.d/debian.sources uris signed_by
    [ -e /etc/apt/sources.list.d/trixie.sources ] && return 0
    [ -r "$own" ] || { say "there is no $own to take the mirror from"; return 1; }
    uris=$(awk '/^[[:space:]]*$/ && seen { exit } /^[A-Za-z]/ { seen = 1 } /^URIs:/ { print; exit }' "$own")
    signed_by=$(awk '/^[[:space:]]*$/ && seen { exit } /^[A-Za-z]/ { seen = 1 } /^Signed-By:/ { print; exit }' "$own")
    [ -n "$uris" ] || { say "$own names no mirror"; return 1; }
    printf 'Package: *\nPin: release n=trixie\nPin-Priority: 50\n' >/etc/apt/preferences.d/trixie
    { printf 'Types: deb\n%s\nSuites: trixie\nComponents: main\n' "$uris"; [ -z "$signed_by" ] || printf '%s\n' "$signed_by"; } >/etc/apt/sources.list.d/trixie.sources
    is_list_fresh=no
}

# Installing must not start services of the machine (an SSH server on port 22, say): that is somebody else's decision.
forbid_service_starts() {
    [ -e /usr/sbin/policy-rc.d ] && return 0
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    has_own_policy=yes
}

install_missing() {
    local packages=()
    if ! engine_answers; then
        { has dockerd && has docker; } || packages+=(docker.io)
        has iptables || packages+=(iptables)
    fi
    has_static_busybox || packages+=(busybox-static)
    has sshd || packages+=(openssh-server)
    has ssh || packages+=(openssh-client)
    has git || packages+=(git)
    has git-lfs || packages+=(git-lfs)
    find_chromium || packages+=(chromium)
    if [ ${#packages[@]} -gt 0 ]; then
        # One by one after a failure, so that one package that cannot be had does not take the others with it.
        install "${packages[@]}" || for package in "${packages[@]}"; do install "$package"; done
    fi
    if ! compose_answers; then
        add_trixie && install -t trixie docker-compose docker-buildx
    fi
}

# --- starting the Engine --------------------------------------------------------------------------------------------

# A pid file that outlived a reboot names somebody else's process by now, and dockerd would refuse to start.
remove_stale_pid_file() {
    local file=$1 program=$2 pid
    [ -r "$file" ] || return 0
    pid=$(cat "$file")
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$program" ] || rm -f "$file"
}

start_engine() {
    [ "$(id -u)" = 0 ] && has dockerd || return 1
    case "${DOCKER_HOST:-unix:///var/run/docker.sock}" in unix:///var/run/docker.sock | unix:///run/docker.sock) ;; *) return 1 ;; esac
    if [ -d /run/systemd/system ]; then
        say "systemctl start docker"
        systemctl start docker
    else
        remove_stale_pid_file /var/run/docker.pid dockerd
        remove_stale_pid_file /var/run/docker/containerd/containerd.pid containerd
        say "starting dockerd (its log: $engine_log)"
        setsid dockerd </dev/null >"$engine_log" 2>&1 &
    fi
    local deadline=$((SECONDS + engine_wait_s))
    until engine_answers; do
        if [ $SECONDS -ge $deadline ]; then
            say "the Engine did not answer within ${engine_wait_s} s:"
            tail -n 15 "$engine_log" 2>/dev/null
            return 1
        fi
        sleep 0.5
    done
}

# --- what is there --------------------------------------------------------------------------------------------------

# Usage: need name "what to do when it is missing" check...
need() {
    local name=$1 advice=$2
    shift 2
    if "$@"; then printf 'NEED %s ok\n' "$name"; else printf 'NEED %s missing %s\n' "$name" "$advice"; fi
}

main() {
    scratch=$(mktemp -d)
    has_own_policy=no
    trap 'rm -rf "$scratch"; [ "$has_own_policy" = no ] || rm -f /usr/sbin/policy-rc.d' EXIT

    if may_install; then
        forbid_service_starts
        install_missing
    else
        say "installing nothing: that takes root on Debian 12 with apt-get (and GIT_DEPLOY_TEST_HOST_INSTALL other than \"no\")"
    fi
    engine_answers || start_engine
    # Where sshd looks for its empty folder; the boot scripts make it, a container has none.
    if [ "$(id -u)" = 0 ] && has sshd; then mkdir -p -m 755 /run/sshd; fi

    engine_answers && say "Engine $(docker info --format '{{.ServerVersion}}' 2>/dev/null), Compose $(docker compose version --short 2>/dev/null)"
    need engine "Start a Docker Engine that this user may talk to (\"docker info\" must answer); on Debian as root: apt-get install docker.io, then dockerd." engine_answers
    need compose "Install the Compose v2 plugin: \"docker compose version\" must answer." compose_answers
    need busybox "Install a static busybox (Debian: busybox-static); the tests make their base image from it." has_static_busybox
    need git "Install git." has git
    need git-lfs "Install git-lfs." has git-lfs
    need sshd "Install openssh-server; sshd only has to be there, it need not run." has sshd
    need chromium "Install Chromium (Debian: chromium)." find_chromium
}

main "$@"
exit 0
