# From a bare Debian to containers of two workers that reach each other.

is_debian() {
  [ "$(cat /proc/1/comm)" = systemd ] && grep -q 'VERSION_ID="12"' /etc/os-release && ! command -v node &&
    ! lsmod | grep -qw wireguard
}
installs() { apt-get -q -y install /package/banyan.deb </dev/null; }
starts_nothing() {
  [ "$(systemctl is-enabled banyan-engine banyan-agent banyan-guard | sort -u)" = disabled ] &&
    [ "$(systemctl is-active banyan-engine banyan-agent banyan-guard | sort -u)" = inactive ]
}
inits_engine() { banyan-engine init --json >/srv/engine.json; }
starts_engine() { systemctl enable --now banyan-engine && active banyan-engine; }
starts_worker() { systemctl enable --now banyan-guard banyan-agent && active banyan-agent; }
loads_module() { lsmod | grep -qw wireguard; }
is_connected() { grep -q "\"state\": *\"ready\"" "$one" && ip link show banyan0; }

joins_worker_2() { init_of agent worker-2 on worker-2 && admits worker-2 && run_worker_2 && holds_soon has_links 1; }
takes_tunnel() { [ "$(field channel "$two")" = tunnel ]; }
sees_network() { # by the path that is given
  "${@:2}" banyan-cli status >/srv/status && cat /srv/status && grep -q "path: *$1" /srv/status && grep -q '2 of 2 online' /srv/status
}
joins_laptop() { init_of cli laptop on laptop && admits laptop && sees_network tunnel on laptop; }
make_containers() {
  in_subnet "$(field subnet "$one")" 9 >/srv/c1
  in_subnet "$(field subnet "$two")" 9 >/srv/c2
  container c1 here "$(cat /srv/c1)"
  container c2 worker-2 "$(cat /srv/c2)"
}

installation() {
  local started
  report_machine
  check 'Debian 12, systemd as the first process, no Node, no module of WireGuard loaded' is_debian
  started=$SECONDS
  check 'apt-get install ./banyan.deb' installs
  check 'nothing is enabled or started by it' starts_nothing
  check 'banyan-engine init' inits_engine
  check 'systemctl enable --now banyan-engine' starts_engine
  check 'the kernel has loaded its WireGuard for it' loads_module
  check 'wg-control is of the kernel' in_kernel wg-control
  note "$(ip -o -d link show type wireguard | tr -s ' \\' ' ' | sed 's/mtu.*link/… link/; s/promiscuity.*wireguard/… wireguard/; s/wireguard .*/wireguard/')"
  check 'banyan-agent init' init_of agent worker-1
  check 'banyan-engine add-client' admits worker-1
  check 'systemctl enable --now banyan-guard banyan-agent' starts_worker
  check 'worker-1 has its network' holds_soon is_connected
  check 'banyan-wg is of the kernel' in_kernel banyan-wg
  check 'worker-2 is set up, admitted and linked' joins_worker_2
  note "from apt-get install to the first tunnel between workers: ten commands, $((SECONDS - started)) s"
  check 'its calls take the tunnel, which is of the kernel' takes_tunnel
  check 'so is its wg-control' in_kernel wg-control worker-2
  check 'banyan-cli status of laptop shows the network, through the tunnel' joins_laptop
  make_containers
  check 'containers of the two workers reach each other' holds_soon containers_talk
}
