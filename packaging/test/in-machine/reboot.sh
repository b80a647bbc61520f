# After a reboot: the engine is away, the guard has run, the agent has not.

guarded() { active banyan-guard && nft list table inet banyan_network && [ "$(systemctl is-active banyan-agent)" != active ]; }
# tcpdump writes an empty line at its end.
has_left() { grep -q 'IP 10\.201\.' /tmp/leak; }
# As Docker does it: the bridge is there before the agent, and a container that speaks.
speaks_early() {
  local own
  own=$(cat /srv/c1)
  ip link add banyan0 type bridge
  ip address add "${own%.*}.1/24" dev banyan0
  ip link set banyan0 up
  sysctl -q -w net.ipv4.ip_forward=1
  # The way by which it would leave, if nothing kept it in.
  ip route add default via 192.0.2.3 2>/dev/null
  container c1 here "$own"
  tcpdump -l -n -i lan0 "net 10.201.0.0/16" >/tmp/leak 2>/tmp/tcpdump &
  holds_soon grep -q 'listening on' /tmp/tcpdump || return 1
  ! ip netns exec c1 ping -c 5 -i 0.2 -W 1 "$(cat /srv/c2)"
  kill -INT $!
  wait $!
  cat /tmp/tcpdump /tmp/leak
  ! has_left
}
# The same without the guard: it must be seen to leave, or the check above shows nothing.
would_leak() {
  nft delete table inet banyan_network
  ip -4 rule show | sed -n 's/^\(20[1-5]\):.*/\1/p' | while read -r pref; do ip rule del pref "$pref"; done
  ip route flush type blackhole
  tcpdump -l -n -i lan0 "net 10.201.0.0/16" >/tmp/leak 2>/tmp/tcpdump &
  holds_soon grep -q 'listening on' /tmp/tcpdump || return 1
  ip netns exec c1 ping -c 5 -i 0.2 -W 1 "$(cat /srv/c2)"
  sleep 1
  kill -INT $!
  wait $!
  systemctl restart banyan-guard
  cat /tmp/leak
  has_left
}
mesh_is_back() {
  run_worker_2
  holds_soon ip -n worker-2 link show banyan0 && container c2 worker-2 "$(cat /srv/c2)" &&
    holds_soon containers_talk
}
no_engine() { ! active banyan-engine && ! ss -Hltn 'sport = :50051' | grep -q .; }
engine_returns() { systemctl start banyan-engine && holds_soon is_online; }
removes_client() { removes_worker_2 && are_cut_off; }
removes() {
  systemctl stop worker-2
  apt-get -q -y remove banyan </dev/null && ! ip link show banyan-wg && ! ip link show wg-control && ! ip link show banyan0 &&
    [ -z "$(nft list tables)" ] && [ -s /etc/banyan/banyan.yaml ] && ! pgrep -f /usr/lib/banyan
}
purges() {
  apt-get -q -y purge banyan </dev/null && [ -z "$(find /etc /var /usr /run/banyan* -name '*banyan*' 2>/dev/null | grep -v -e ^/var/log/ -e ^/var/lib/dpkg/)" ]
}

before_agent() {
  check 'after a reboot the guard has run, the agent not yet' guarded
  check 'a container that is there before the agent leaks nothing' speaks_early
  check 'it would without the guard' would_leak
  report '        (the agent may start now)'
}

after_agent() {
  check 'the agent is back by itself, without the engine' holds_soon active banyan-agent
  check 'there is no engine' no_engine
  check 'the mesh is back' mesh_is_back
  check 'banyan-wg is of the kernel again' in_kernel banyan-wg
  check 'the engine is started again and finds its agents' engine_returns
  check 'a removed client is out at once' removes_client
  check 'apt-get remove takes services, tunnels and firewall away' removes
  check 'apt-get purge leaves nothing' purges
}
